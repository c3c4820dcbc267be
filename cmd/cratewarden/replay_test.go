package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cratewarden/advisory"
	"cratewarden/auth/authtest"
	"cratewarden/demo"
	"cratewarden/incident"
	"cratewarden/telemetry/pacetest"
	"cratewarden/web/webtest"
)

// responder counts what a person had to do: screens that were looked at, clicks,
// and confirmations with a passkey.
type responder struct {
	worker
	toll *toll
}

// toll is what both people did together.
type toll struct{ screens, clicks, confirmed int }

// does clicks a button with these words and looks at what has come when ready
// holds. A form that leads back to its own page shows no other screen.
func (r responder) does(words, ready string) {
	r.t.Helper()
	r.toll.clicks++
	before := webtest.Eval[string](r.Page, "location.pathname")
	presses(r.t, r.Page, words)
	until(r.t, r.Page, ready, "true")
	if webtest.Eval[string](r.Page, "location.pathname") != before {
		r.toll.screens++
	}
}

// follows clicks a link.
func (r responder) follows(selector, ready string) {
	r.t.Helper()
	r.toll.clicks++
	r.toll.screens++
	r.Click(selector)
	until(r.t, r.Page, ready, "true")
}

// looks opens a page that somebody has at hand, such as the first one of the day.
func (r responder) looks(path string) {
	r.t.Helper()
	r.toll.screens++
	r.Go(path)
}

// agrees answers “Confirm it is you”, and gives how long the console took from
// there until ready holds, without what it waited for a processor.
func (r responder) agrees(ready string) time.Duration {
	r.t.Helper()
	r.titled("Confirm it is you")
	r.toll.confirmed++
	took := pacetest.Start()
	r.does("Confirm with a passkey", ready)
	return took()
}

// says is a condition: the page holds a text.
func says(text string) string { return fmt.Sprintf("document.body.innerText.includes(%q)", text) }

const planIs = `location.pathname.startsWith("/plans/p") && document.querySelector(".head .badge")?.textContent === %q`

// TestReplayAugust is the evening of the attack: two people on the real "serve",
// one who may respond and one who may remove, from the publishes feed to the
// closed case, in two browsers.
func TestReplayAugust(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "responder")
	o.hub.Sit(authtest.Account{Number: o.ada, Login: "ada", Mail: "ada@example.org"})
	o.id.Sit(authtest.Account{ID: boSubject, Login: "bo", Mail: "bo@example.org"})
	count := &toll{}
	ada, bo := responder{o.arrives("GitHub", o.ada), count}, responder{o.arrives("Example ID", o.bo), count}
	august := o.made.Situations.August

	if text, list := o.takedowns(); len(list) != 0 {
		t.Errorf("before anything happened the feed tells %s", text)
	}
	o.opens(ada)
	o.contains(ada, bo, august)
	if count.confirmed != 2 { // one plan: the approval of the one, the confirmation of the other
		t.Errorf("containing took %d confirmations", count.confirmed)
	}
	o.removes(ada, bo, august)
	o.notices(ada, bo, august)
	o.proclaimed(august)
	o.closes(ada, bo)

	t.Logf("the case took two people %d screens, %d clicks and %d confirmations", count.screens, count.clicks, count.confirmed)
	if count.clicks > 25 || count.screens > 25 {
		t.Errorf("%d clicks on %d screens; 25 each is the goal", count.clicks, count.screens)
	}
	var out, trouble bytes.Buffer
	if err := run(t.Context(), []string{"ledger", "verify", "--console-url", o.own}, strings.NewReader(""), &out, &trouble); err != nil {
		t.Errorf("the ledger: %v\n%s%s", err, &out, &trouble)
	}
}

// arrives signs somebody in who has a passkey from a code of the server.
func (o *office) arrives(provider string, number int64) worker {
	o.t.Helper()
	w := o.comes(provider, "/you", 1440)
	var out bytes.Buffer
	if err := run(o.t.Context(), []string{"passkey", "enrol", "--console-url", o.own, strconv.FormatInt(number, 10)}, strings.NewReader(""), &out, &out); err != nil {
		o.t.Fatalf("%v: %s", err, &out)
	}
	w.enrols(enrolment(o.t, out.String()))
	return w
}

// opens makes a case of a row of the publishes feed, and gives the verdict.
func (o *office) opens(ada responder) {
	t := o.t
	ada.looks("/publishes?q=arraykit")
	ada.follows(`main a[href*="/incidents/new"][href*="arraykit%400.3.10"], main a[href*="/incidents/new"][href*="arraykit@0.3.10"]`, `document.querySelector("#case-subjects") !== null`)
	if got := webtest.Eval[string](ada.Page, `document.querySelector("#case-subjects").value.trim()`); !strings.Contains(got, "arraykit@0.3.10") {
		t.Fatalf("the form is about %q", got)
	}
	chooses(ada.Page, "#case-kind", "compromised-owner")
	chooses(ada.Page, "#case-severity", "critical")
	ada.does("Open the incident", `location.pathname === "/incidents/INC-1"`)
	chooses(ada.Page, "#judge-verdict", "compromised owner")
	ada.does("Record it and see what to do", `location.pathname === "/incidents/INC-1/proposal"`)
	ada.Screenshot("replay-verdict", 1440, "light")
}

// contains accepts what the console proposes: one plan, one approval, one
// confirmation.
func (o *office) contains(ada, bo responder, august demo.August) {
	t := o.t
	if webtest.Eval[string](ada.Page, "location.pathname") != "/incidents/INC-1/proposal" {
		ada.follows(`nav a[href="/incidents/INC-1/proposal"]`, `location.pathname === "/incidents/INC-1/proposal"`)
	}
	ada.Screenshot("replay-proposal", 1440, "light")
	ada.CheckAxe()
	wantText(t, ada.Page, "Unyank arraykit 0.3.9", "Hold macro-loom1 1.0.87", "one plan, one confirmation")
	fills(ada.Page, "#plan-public", "Versions that steal secrets were published with a stolen account.")
	ada.does("Make the plan", fmt.Sprintf(planIs, "reviewed")+" || "+fmt.Sprintf(planIs, "draft"))
	if webtest.Eval[bool](ada.Page, fmt.Sprintf(planIs, "draft")) {
		ada.does("Review", fmt.Sprintf(planIs, "reviewed"))
	}
	plan := webtest.Eval[string](ada.Page, "location.pathname")

	bo.looks("/")
	bo.Screenshot("replay-home", 1440, "light")
	bo.follows(`main a[href="`+plan+`"]`, fmt.Sprintf(planIs, "reviewed"))
	bo.does("Approve", says("Confirm it is you"))
	bo.agrees(fmt.Sprintf(planIs, "approved"))

	ada.Go(plan) // its page follows by itself; a reload is no new screen
	ada.state("approved")
	if typed := webtest.Eval[string](ada.Page, `document.querySelector("#typed")?.dataset.want ?? document.querySelector("label[for=typed]")?.innerText.match(/\d+/)?.[0] ?? ""`); typed != "" {
		fills(ada.Page, "#typed", typed)
	}
	ada.does("Apply the plan", says("Confirm it is you"))
	took := ada.agrees(fmt.Sprintf(planIs, "applied"))
	t.Logf("from the confirmation to contained: %s", took.Round(time.Millisecond))
	if took > 3*time.Second {
		t.Errorf("contained after %s; 3 s is the goal", took)
	}
	o.closed(august)
}

// closed tries every door of the contained accounts, and looks at what is held
// and put back.
func (o *office) closed(august demo.August) {
	t := o.t
	var people, crates []string
	for _, x := range august.Contain {
		people = append(people, strconv.Itoa(int(x.UserID)))
	}
	in := "(" + strings.Join(people, ",") + ")"
	crates = append(crates, "SELECT crate_id FROM crate_owners WHERE owner_kind = 0 AND NOT deleted AND owner_id IN "+in)
	for door, sql := range map[string]string{
		"sessions and tokens, which need an account without a lock": `SELECT count(*) FROM users WHERE id IN ` + in + ` AND account_lock_reason IS NULL`,
		"API tokens":           `SELECT count(*) FROM api_tokens WHERE user_id IN ` + in + ` AND NOT revoked AND (expired_at IS NULL OR expired_at > now())`,
		"invitations":          `SELECT count(*) FROM crate_owner_invitations WHERE invited_user_id IN ` + in + ` OR invited_by_user_id IN ` + in,
		"trusted publishers":   `SELECT (SELECT count(*) FROM trustpub_configs_github WHERE crate_id IN (` + crates[0] + `)) + (SELECT count(*) FROM trustpub_configs_gitlab WHERE crate_id IN (` + crates[0] + `))`,
		"live publish tokens":  `SELECT count(*) FROM trustpub_tokens WHERE expires_at > now() AND crate_ids && ARRAY(` + crates[0] + `)`,
		"bad versions in use":  `SELECT count(*) FROM versions WHERE NOT yanked AND id IN ` + versionIDs(august.Hold),
		"good versions yanked": `SELECT count(*) FROM versions WHERE yanked AND id IN ` + versionIDs(august.Restore),
		"old yanks undone":     `SELECT count(*) FROM versions WHERE NOT yanked AND id IN ` + versionIDs(august.StayYanked),
	} {
		if n := o.number(sql); n != 0 {
			t.Errorf("%s: %d", door, n)
		}
	}
	if held := o.number(`SELECT count(*) FROM versions WHERE yanked AND id IN ` + versionIDs(august.Hold)); held != int64(len(august.Hold)) || held != 15 {
		t.Errorf("%d versions are held", held)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, err := os.Stat(filepath.Join(o.static, "crates", "arraykit", "arraykit-0.3.10.crate"))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if time.Now().After(end) {
			t.Errorf("the archive can still be downloaded: %v", err)
			break
		}
	}
	if len(august.Restore) != 5 {
		t.Errorf("%d versions to put back", len(august.Restore))
	}
}

func versionIDs(list []demo.Release) string {
	var ids []string
	for _, r := range list {
		ids = append(ids, strconv.Itoa(int(r.VersionID)))
	}
	return "(" + strings.Join(ids, ",") + ")"
}

// removes deletes for good what is held: written by the one, approved and
// carried out by the other.
func (o *office) removes(ada, bo responder, august demo.August) {
	t := o.t
	ada.looks("/incidents/INC-1/proposal?of=remove")
	ada.Screenshot("replay-removal", 1440, "light")
	fills(ada.Page, "#plan-public", "They stole secrets while they were built.")
	ada.does("Make the plan", fmt.Sprintf(planIs, "reviewed")+" || "+fmt.Sprintf(planIs, "draft"))
	plan := webtest.Eval[string](ada.Page, "location.pathname")
	bo.looks(plan)
	bo.does("Review", fmt.Sprintf(planIs, "reviewed"))
	bo.does("Seal the evidence", says("Its evidence is sealed"))
	bo.does("Approve", says("Confirm it is you"))
	bo.agrees(fmt.Sprintf(planIs, "approved"))
	if typed := webtest.Eval[string](bo.Page, `document.querySelector("label[for=typed]")?.innerText ?? ""`); typed != "" {
		fills(bo.Page, "#typed", regexp.MustCompile(`[\w@.-]+$`).FindString(strings.TrimSpace(typed)))
	}
	bo.does("Apply the plan", says("Confirm it is you"))
	bo.agrees(fmt.Sprintf(planIs, "applied"))
	if n := o.number(`SELECT count(*) FROM versions WHERE id IN ` + versionIDs(august.Hold)); n != 0 {
		t.Errorf("%d bad versions are left", n)
	}
	if n := o.number(`SELECT count(*) FROM versions WHERE yanked AND id IN ` + versionIDs(august.Restore)); n != 0 {
		t.Errorf("%d good versions are yanked", n)
	}
}

// notices writes the facts that only people know, makes all notices, and approves
// those that the lint has nothing against.
func (o *office) notices(ada, bo responder, august demo.August) {
	ada.looks("/incidents/INC-1/figures")
	for field, text := range map[string]string{
		"summary":   "An account was taken over. Versions published with it pulled in a crate that steals secrets while it is built.",
		"behaviour": "A build script collects credentials from the environment and the home folder and sends them away.",
		"trigger":   "While the crate is built.",
		"finder":    "The publishes feed of the registry's team",
	} {
		fills(ada.Page, `[name="t.`+field+`"]`, text)
	}
	ada.does("Save the texts", `location.pathname === "/incidents/INC-1/figures" && document.querySelector("[name=\"t.trigger\"]").defaultValue !== ""`)
	bo.looks("/incidents/INC-1/drafts")
	bo.does("Set it to CLEAR", says("TLP:CLEAR"))
	bo.does("Make them", says("RustSec advisory"))
	bo.CheckAxe()
	bo.does("Approve the ticked", says("approved by Bo"))
	bo.Screenshot("replay-notices", 1440, "light")
	fills(bo.Page, "#draft-where", "https://advisories.example/2026-08-20")
	bo.does("Take down as sent", says("sent"))
	o.told(bo, august)
}

// told holds what was sent against what was right.
func (o *office) told(bo responder, august demo.August) {
	t := o.t
	text := webtest.Eval[string](bo.Page, `(() => { const x = new XMLHttpRequest(); x.open("GET", "/incidents/INC-1/drafts?format=json", false); x.send(); return x.responseText })()`)
	var list struct{ Drafts []incident.Draft }
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	due := map[advisory.Format][]string{}
	for _, d := range list.Drafts {
		if d.Format != advisory.RustSec && d.Format != advisory.OSV {
			continue
		}
		due[d.Format] = append(due[d.Format], d.Crate)
		severe := slices.ContainsFunc(d.Problems, func(p advisory.Problem) bool { return p.Severe })
		if d.State != incident.DraftSent || d.Edited || !d.Checked || severe || d.ApprovedWhy != "" {
			t.Errorf("%s of %s is %s, edited %t, checked %t: %v", d.Format, d.Crate, d.State, d.Edited, d.Checked, d.Problems)
		}
	}
	want := slices.Sorted(slices.Values(august.Advisories))
	for format, crates := range due {
		if slices.Sort(crates); !slices.Equal(crates, want) || len(crates) != 9 {
			t.Errorf("%s are of %v, want %v", format, crates, want)
		}
	}
	if len(due) != 2 {
		t.Errorf("forms: %v", due)
	}
}

// closes writes a note that the other browser sees by itself, and ends the case.
func (o *office) closes(ada, bo responder) {
	t := o.t
	ada.looks("/incidents/INC-1")
	bo.Go("/incidents/INC-1")
	until(t, ada.Page, `document.querySelector(".here")?.innerText.includes("Bo")`, "true")
	fills(bo.Page, `[name="body"]`, "The payload is in the evidence; nothing else calls home.")
	begin := time.Now()
	presses(t, bo.Page, "Keep the note")
	until(t, ada.Page, says("nothing else calls home"), "true")
	t.Logf("the other browser showed a note after %s", time.Since(begin).Round(time.Millisecond))
	ada.Screenshot("replay-case", 1440, "light")
	ada.CheckAxe()
	fills(ada.Page, `form.move:has(input[value="closed"]) [name="reason"]`, "All versions are gone; mails follow in the morning.")
	ada.does("Close the case", `document.querySelector(".head")?.innerText.includes("closed")`)
}

// chooses takes an option of a list.
func chooses(p *webtest.Page, selector, value string) {
	webtest.Eval[bool](p, fmt.Sprintf(`((e) => { e.value = %q; e.dispatchEvent(new Event("change", {bubbles: true})); return e.value === %q })(document.querySelector(%q))`, value, value, selector))
}
