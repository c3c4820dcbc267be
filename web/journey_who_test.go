package web

import (
	"testing"
	"time"

	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/web/webtest"
)

// TestJourneyEnrolAndStepUp signs in over a provider, adds a passkey with a code,
// and applies a plan: what was typed survives the question for the passkey.
func TestJourneyEnrolAndStepUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, access.Policy{})
	ada := h.comesIn(0, "/plans")
	ada.enrols()
	ada.sees(`document.querySelector("#passkeys strong").textContent.trim()`, "blue key")
	ada.Screenshot("who-enrolled", 1440, "light")
	ada.CheckAxe()
	ada.stepsDown()

	ada.fillsYank("0.3.4")
	ada.presses("Make the plan")
	ada.sees(`document.querySelector("main .card h2")?.textContent.trim()`, "Make a plan")
	ada.Screenshot("who-confirm", 390, "dark")
	ada.CheckAxe()
	ada.key.Known(false)
	ada.presses("Confirm with a passkey")
	ada.sees(`document.querySelector("[data-trouble]").textContent.startsWith("Nothing was confirmed")`, "true")
	ada.key.Known(true)
	ada.confirms("Make a plan")
	ada.state(action.Draft)
	if text := webtest.Eval[string](ada.Page, `document.querySelector("#internal").textContent + document.querySelector("#public").textContent`); !containsAll(text, "Seen in the queue.\nTwice, by “<b>Bo</b>” & me.", "Broken on big-endian.") {
		t.Errorf("what was typed is lost: %s", text)
	}
	ada.presses("Review")
	ada.state(action.Reviewed)
	ada.presses("Apply the plan")
	ada.confirms("Apply the plan “Yank arraykit 0.3.4”")
	ada.state(action.Applied)
	ada.Screenshot("who-applied", 1440, "light")

	ada.Go("/you")
	ada.presses("Sign out")
	ada.at("/sign-in")
	ada.Go("/plans")
	ada.at("/sign-in")
}

// TestJourneyRevokedWhileWorking ends the session under somebody who types, on a
// phone: they sign in again in another tab and send what they typed.
func TestJourneyRevokedWhileWorking(t *testing.T) {
	t.Parallel()
	h := newHouse(t, access.Policy{})
	ada := h.comesIn(0, "/plans")
	ada.Look(390, "light")
	ada.enrols()
	ada.fillsYank("0.3.4")
	sessions, err := h.Sessions(t.Context(), ada.person.ID)
	if err != nil || len(sessions) != 1 {
		t.Fatalf("%d sessions: %v", len(sessions), err)
	}
	bo := h.comesIn(1, "/people").enrols()
	bo.Go("/people/" + ada.person.ID)
	bo.presses("End all sessions")
	bo.sees(`document.querySelector("#sessions .empty .title")?.textContent`, "Not signed in anywhere")

	ada.presses("Make the plan")
	ada.sees(`document.querySelector("h1").textContent`, "Sign in first")
	ada.Screenshot("who-revoked", 390, "light")
	ada.CheckAxe()
	beside := ada.Beside("/sign-in?back=/you")
	ada.signsIn(beside)
	eventually(t, beside, `document.readyState === "complete" && location.pathname`, "/you")
	ada.presses("Then send it again")
	ada.confirms("Make a plan")
	ada.state(action.Draft)
	ada.Screenshot("who-phone-draft", 390, "light")
	ada.presses("Review")
	ada.state(action.Reviewed)
}

// TestJourneyAuthorAndApprover takes two people in two browsers, one of them on a
// phone: nobody approves their own plan, and approving takes a passkey, too.
func TestJourneyAuthorAndApprover(t *testing.T) {
	t.Parallel()
	h := newHouse(t, access.Policy{Versions: 1, Crates: 1})
	ada, bo := h.comesIn(0, "/plans").enrols(), h.comesIn(1, "/plans").enrols()
	ada.fillsYank("0.3.4")
	ada.presses("Make the plan")
	ada.state(action.Draft)
	ada.presses("Review")
	ada.state(action.Reviewed)
	ada.sees(`document.querySelector("#approve .why").textContent`, "You wrote it; somebody else must approve it.")
	ada.sees(`document.querySelector("#approvals").textContent.includes("Bo could approve it")`, "true")
	ada.sees(`document.querySelector("#glass .why").textContent.startsWith("Possible from")`, "true")
	ada.Screenshot("who-author", 1440, "light")
	ada.CheckAxe()

	bo.Look(390, "light")
	bo.Go("/")
	webtest.Eval[bool](bo.Page, `([...document.querySelectorAll("#plans a")].find(a => a.textContent.startsWith("Yank")).click(), true)`)
	bo.state(action.Reviewed)
	bo.presses("Approve")
	bo.confirms("Approve the plan “Yank arraykit 0.3.4”")
	bo.state(action.Approved)
	bo.Screenshot("who-approver", 390, "light")
	bo.CheckAxe()

	ada.Go(webtest.Eval[string](ada.Page, "location.pathname"))
	ada.state(action.Approved)
	ada.presses("Apply the plan")
	ada.confirms("Apply the plan “Yank arraykit 0.3.4”")
	ada.state(action.Applied)
}

// TestJourneyBreakGlass: nobody answers, somebody goes without, and somebody else
// judges it afterwards.
func TestJourneyBreakGlass(t *testing.T) {
	t.Parallel()
	h := newHouse(t, access.Policy{Versions: 1, Crates: 1, BreakGlassAfter: time.Millisecond})
	ada, bo := h.comesIn(0, "/plans").enrols(), h.comesIn(1, "/plans").enrols()
	ada.fillsYank("0.3.4")
	ada.presses("Make the plan")
	ada.state(action.Draft)
	ada.presses("Review")
	ada.state(action.Reviewed)
	ada.types("#glass-reason", "It spreads, and nobody answers.")
	ada.presses("Break the glass")
	ada.confirms("Apply the plan “Yank arraykit 0.3.4” without a second person")
	ada.sees(`document.querySelector(".notice.warn .title")?.textContent`, "Ada broke the glass")
	ada.Screenshot("who-glass", 1440, "light")
	ada.CheckAxe()
	ada.presses("Apply the plan")
	ada.confirms("Apply the plan “Yank arraykit 0.3.4”")
	ada.state(action.Applied)

	for _, r := range []*resident{ada, bo} {
		r.Go("/")
		webtest.Eval[bool](r.Page, `(document.querySelector("#plans a[href^='/break-glass/']").click(), true)`)
		r.at("/break-glass/1")
	}
	ada.sees(`document.querySelector("#judge .why").textContent`, "You broke the glass; somebody else must judge it.")
	bo.types("#glass-note", "It did spread; there was no time.")
	bo.presses("It was justified")
	bo.sees(`document.querySelector("#judged .badge")?.textContent`, "justified")
	bo.Screenshot("who-judged", 1440, "dark")
	bo.CheckAxe()
	bo.Go("/")
	if webtest.Eval[bool](bo.Page, `document.querySelector("#plans a[href^='/break-glass/']") !== null`) {
		t.Error("a closed review is still on the home page")
	}
}

// TestWithoutScriptsThePasskeyIsExplained: the pages say what is missing, and the
// time that is left stands there as a time.
func TestWithoutScriptsThePasskeyIsExplained(t *testing.T) {
	t.Parallel()
	h := newHouse(t, access.Policy{})
	ada := h.comesIn(0, "/plans").enrols()
	ada.Scripts(false)
	ada.Go("/you")
	ada.shows(map[string]bool{"#enrol .no-script": true, ".stepped time": true, ".stepped .count": false})
	ada.presses("Stop it now")
	ada.sees(`document.querySelector(".stepped") === null`, "true")
	ada.types("#token-name", "nightly")
	webtest.Eval[bool](ada.Page, `(document.querySelector("[name=role]").checked = true)`)
	ada.presses("Make the token")
	ada.sees(`document.querySelector("h1").textContent.trim()`, "Confirm it is you")
	ada.shows(map[string]bool{"main .no-script": true, "[data-ask]": false})
	ada.Screenshot("who-no-script", 390, "light")
}
