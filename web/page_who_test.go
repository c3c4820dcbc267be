package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/ledger"
)

// staff is a console with people and plans.
func staff(t testing.TB, d *doorman, change ...func(*Config)) (*Server, *planner) {
	t.Helper()
	f := samplePlans(t)
	return planServer(t, f, responder, append([]func(*Config){func(c *Config) { c.Auth = d }}, change...)...), f
}

// reads checks what a page says and what it must not.
func reads(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, want := range words {
		if not, ok := strings.CutPrefix(want, "!"); ok {
			if strings.Contains(text, not) {
				t.Errorf("%s holds %q", what, not)
			}
			continue
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q", what, want)
		}
	}
}

// used is a budget of which so much is used by everybody.
type used int

func (u used) Spent(context.Context, string) (int, error) { return int(u), nil }

func TestYouPage(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	s, _ := staff(t, d)
	answer := ask(s, "GET", "/you", nil)
	text := body(t, answer)
	reads(t, "/you", text, "Chrome on Linux", "The command line", "this one", `action="/you/sessions/s2/end"`, "blue key", "phone &lt;b&gt;", "perhaps copied", "synced", "nightly report", "192.0.2.0/24", "revoked", "expired",
		`action="/you/tokens/t1/revoke"`, "!/you/tokens/t2/revoke", "!/you/tokens/t3/revoke", "team crates-io", "team of 12 people", `name="role" value="responder"`, `name="act" value="plan.draft"`, "!"+`name="act" value="plan.approve"`, "Sign out", "!203.0.113.9")
	if answer.Header.Get("Cache-Control") != "no-store" {
		t.Error("the page may be kept")
	}
	if strings.Contains(text, `id="budget"`) {
		t.Error("a budget without an engine")
	}
	s, _ = staff(t, d, func(c *Config) { c.Budgets = used(120) })
	reads(t, "/you", body(t, ask(s, "GET", "/you", nil)), `id="budget"`, "120 of 300", "180", "!all used")
	s, _ = staff(t, d, func(c *Config) { c.Budgets = used(310) })
	reads(t, "/people/p2", body(t, ask(s, "GET", "/people/p2", nil)), "310 of 300", "all used")
	d.keys = nil
	reads(t, "/you without passkeys", body(t, ask(s, "GET", "/you", nil)), "The first passkey takes a code", `maxlength="80" autocomplete="off" autocapitalize="characters" spellcheck="false" required`)
	d.keys = []auth.Passkey{{ID: "k1", Name: "blue key", Created: deskTime}}
	reads(t, "/you with one passkey", body(t, ask(s, "GET", "/you", nil)), "Add a second one")
}

func TestYouForms(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	s, _ := staff(t, d)
	for _, step := range []struct {
		path, call string
		form       url.Values
		to         string
	}{
		{"/you/sessions/s2/end", "end s2", nil, "/you#sessions"},
		{"/you/sessions/s1/end", "end s1", nil, "/sign-in"},
		{"/you/passkeys/k1/name", "rename k1 new", url.Values{"name": {"new"}}, "/you#passkeys"},
		{"/you/passkeys/k1/remove", "remove k1", nil, "/you#passkeys"},
		{"/you/tokens/t1/revoke", "revoke t1", nil, "/you#tokens"},
		{"/you/passkeys/c2", `finish passkey c2 key {"id":1}`, url.Values{"name": {"key"}, "confirm.answer": {`{"id":1}`}}, "/you#passkeys"},
	} {
		answer := send2(s, step.path, step.form, nil)
		if calls := d.called(); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != step.to || calls[len(calls)-1] != step.call {
			t.Errorf("%s: %d to %q, asked %q", step.path, answer.StatusCode, answer.Header.Get("Location"), calls[len(calls)-1])
		}
	}
	answer := send2(s, "/you/passkeys", url.Values{"name": {"key"}, "code": {"AB-CD"}}, nil)
	reads(t, "the ceremony", body(t, answer), `data-passkey="create"`, `action="/you/passkeys/c2"`, `value="key"`)
	answer = send2(s, "/you/tokens", url.Values{"name": {"nightly"}, "role": {"responder"}, "act": {"look", "plan.draft"}, "networks": {"192.0.2.0/24, 2001:db8::/32"}, "days": {"7"}}, nil)
	reads(t, "the token", body(t, answer), "cwd_secret", "only time it is shown")
	if calls := d.called(); !slices.Contains(calls, "make token nightly [responder] [look plan.draft] [192.0.2.0/24 2001:db8::/32] 7") || !slices.Contains(calls, "begin passkey AB-CD") {
		t.Errorf("asked %q", calls)
	}
	d.err = cratewarden.Errorf(cratewarden.Invalid, "A token lives 1 to 90 days.")
	answer = send2(s, "/you/tokens", url.Values{"name": {"mine"}, "role": {"responder"}, "act": {"look"}, "days": {"700"}}, nil)
	reads(t, "a refused token", body(t, answer), "A token lives 1 to 90 days.", `value="mine"`, `name="role" value="responder" checked`, `name="act" value="look" checked`, `value="700"`, "!cwd_secret")
	if answer.StatusCode != http.StatusBadRequest {
		t.Error(answer.StatusCode)
	}
}

// TestFirstPasskeyTakesACode: whoever has no passkey is told to get a code, not
// to confirm with a passkey.
func TestFirstPasskeyTakesACode(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	d.visitor.Person.Passkeys, d.keys, d.err = 0, nil, &access.Denied{Act: "own.passkey", Denials: []access.Denial{{Rule: access.RuleStepUp, Why: "The code does not fit."}}}
	s, _ := staff(t, d)
	answer := send2(s, "/you/passkeys", url.Values{"name": {"key"}, "code": {"wrong"}}, nil)
	reads(t, "the page", body(t, answer), "The code does not fit.", "!Confirm it is you", "!wrong")
	d.visitor.Person.Passkeys, d.keys = 1, []auth.Passkey{{ID: "k1", Name: "key"}}
	answer = send2(s, "/you/passkeys", url.Values{"name": {"key"}}, nil)
	reads(t, "the page", body(t, answer), "Confirm it is you", `name="confirm.to" value="/you/passkeys"`, `name="carried" value="name=key"`)
}

func TestPeoplePages(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	s, _ := staff(t, d)
	reads(t, "/people", body(t, ask(s, "GET", "/people", nil)), "Cleo &lt;i&gt;", "not on the list", "one only", "never signed in", "Eve", "marker team", "The server answered 503.", "The file names nobody twice.", `href="/accounts/43"`)
	if to := ask(s, "GET", "/people/p1", nil).Header.Get("Location"); to != "/you" {
		t.Errorf("one's own page is at %q", to)
	}
	reads(t, "/people/p2", body(t, ask(s, "GET", "/people/p2", nil)), "Issue a code", "End all sessions", `action="/people/p2/sessions/s2/end"`, `action="/people/p2/tokens/t1/revoke"`, "!/you/passkeys/k1")
	reads(t, "the code", body(t, send2(s, "/people/p2/enrolment", nil, nil)), "ABCDE-FGHJK", "Bo")
	for path, call := range map[string]string{"/people/p2/sessions/s2/end": "end s2", "/people/p2/tokens/t1/revoke": "revoke t1", "/people/p2/sessions/end": "end s1"} {
		if answer := send2(s, path, nil, nil); answer.StatusCode != http.StatusSeeOther || !slices.Contains(d.called(), call) {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	for _, act := range []string{"person.enrol", "person.end-session"} {
		if !slices.Contains(d.asked, act) {
			t.Errorf("%s was not asked for", act)
		}
	}
	other := staffed(looker)
	other.visitor.Actor.Roles = []cratewarden.Role{cratewarden.Viewer}
	other.refuse["person.enrol"] = &access.Denied{Act: "person.enrol", Denials: []access.Denial{{Rule: access.RuleRole, Why: "It takes the role platform."}}}
	s, _ = staff(t, other)
	reads(t, "a colleague's page for a viewer", body(t, ask(s, "GET", "/people/p2", nil)), "It takes the role platform.", "!End all sessions", "!/sessions/s2", "!nightly report")
}

func TestRulesPage(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	d.refuse["metrics.read"] = &access.Denied{Act: "metrics.read", Denials: []access.Denial{{Rule: access.RuleRole, Why: "Ada has not the role."}}}
	d.refuse["plan.draft"] = needsStepUp("plan.draft")
	s, _ := staff(t, d)
	text := body(t, ask(s, "GET", "/rules", nil))
	reads(t, "/rules", text, "Ada has not the role.", "with a passkey", "second person")
	for _, rule := range access.Table() {
		if rule.Act != access.Public && !strings.Contains(text, `<tr id="`+rule.Act+`">`) {
			t.Errorf("the page lacks %s", rule.Act)
		}
	}
	if !slices.Equal(d.asked, []string{"look.people"}) {
		t.Errorf("looking at the rules asked May of %v", d.asked)
	}
}

func TestDevicePage(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	d.ask = auth.Ask{Code: "WDJB-MJHT", From: auth.From{Address: "203.0.113.9", Agent: "cratewarden/1 <b>"}, Created: deskTime}
	s, f := staff(t, d)
	reads(t, "the form", body(t, ask(s, "GET", "/device?code=WDJB-MJHT", nil)), "Look at what it asks", "!WDJB-MJHT")
	if answer := send2(s, "/device", url.Values{"code": {"XXXX"}}, nil); answer.StatusCode != http.StatusNotFound {
		t.Error(answer.StatusCode)
	}
	reads(t, "the question", body(t, send2(s, "/device", url.Values{"code": {"WDJB-MJHT"}}, nil)), "It wants to sign in as you", "203.0.113.9", "cratewarden/1 &lt;b&gt;", "No, it was not me")
	reads(t, "no", body(t, send2(s, "/device/answer", url.Values{"code": {"WDJB-MJHT"}, "answer": {"no"}}, nil)), "was told no")
	d.ask.Session, d.ask.About = "s2", auth.About{Purpose: "apply", Plan: "p01reviewed", Digest: &ledger.Digest{7}}
	reads(t, "a step-up", body(t, send2(s, "/device", url.Values{"code": {"WDJB-MJHT"}}, nil)), "Apply the plan", f.plans["p01reviewed"].Title)
	d.err = needsStepUp("own.step-up")
	text := body(t, send2(s, "/device/answer", url.Values{"code": {"WDJB-MJHT"}, "answer": {"yes"}}, nil))
	reads(t, "its confirmation", text, "Confirm it is you", `name="confirm.to" value="/device/answer"`, `name="confirm.purpose" value="apply"`, `name="confirm.plan" value="p01reviewed"`, `name="carried" value="answer=yes&amp;code=WDJB-MJHT"`)
	if calls := d.called(); !slices.Equal(calls, []string{"answer ask WDJB-MJHT false", "answer ask WDJB-MJHT true", "ask apply p01reviewed"}) {
		t.Errorf("asked %q", calls)
	}
}

// waitingPlan waits for a second person since so long.
func waitingPlan(f *planner, since time.Duration) action.Plan {
	p := samplePlan("p95waits", action.Reviewed)
	at := deskTime.Add(-since)
	p.NeedsApproval, p.AskedAt = true, &at
	p.Demands = []access.Demand{{Rule: access.RuleSecondPerson, Why: "Deleting takes a second person."}}
	p.Fallen = []action.Fallen{{Approval: action.Approval{Actor: colleague, At: at}, FellAt: deskTime, By: responder, Why: "It was reviewed again.", Changes: []action.Difference{{Text: "Step 1 is new."}}}}
	f.plans[p.ID], f.effects[p.ID] = p, f.effects["p01reviewed"]
	return p
}

func TestBreakGlass(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	s, f := staff(t, d)
	p := waitingPlan(f, 10*time.Minute)
	reads(t, "a plan that waits", body(t, ask(s, "GET", "/plans/"+p.ID, nil)), "Deleting takes a second person.", "could approve it", `href="/people/p2"`, "!/people/p3", "The approval of Bo fell", "Step 1 is new.", "Possible from 18:55:00 UTC, in 5 min")
	waitingPlan(f, 20*time.Minute)
	reads(t, "a plan that waited long", body(t, ask(s, "GET", "/plans/"+p.ID, nil)), `action="/plans/p95waits/break-glass"`, "Break the glass</button>", "!Possible from")
	form := url.Values{"digest": {p.Digest.String()}, "reason": {"Worm spreads now."}}
	f.err = needsStepUp("plan.break-glass")
	reads(t, "its confirmation", body(t, send2(s, "/plans/p95waits/break-glass", form, nil)), "Confirm it is you", "without a second person", `name="confirm.purpose" value="break-glass"`, `reason=Worm&#43;spreads&#43;now.`)
	f.err = cratewarden.Errorf(cratewarden.Invalid, "Say why.")
	reads(t, "without a reason", body(t, send2(s, "/plans/p95waits/break-glass", form, nil)), "Say why.", "Worm spreads now.</textarea>")
	f.err = nil
	if answer := send2(s, "/plans/p95waits/break-glass", form, nil); answer.Header.Get("Location") != "/plans/p95waits" {
		t.Errorf("%d", answer.StatusCode)
	}
	g := action.BrokenGlass{ID: 3, Plan: p.ID, Digest: *p.Digest, Actor: responder, Reason: "Worm <b>.", Demands: p.Demands, At: deskTime, Due: deskTime.Add(24 * time.Hour)}
	f.glass = []action.BrokenGlass{g}
	reads(t, "the plan", body(t, ask(s, "GET", "/plans/p95waits", nil)), "Ada broke the glass", `href="/break-glass/3"`)
	reads(t, "home", body(t, ask(s, "GET", "/", nil)), "Broken glass:", `href="/break-glass/3"`)
	reads(t, "the list", body(t, ask(s, "GET", "/break-glass", nil)), "Worm &lt;b&gt;.", "open")
	reads(t, "one's own review", body(t, ask(s, "GET", "/break-glass/3", nil)), "You broke the glass; somebody else must judge it.", "Worm &lt;b&gt;.", "!It was justified")
	d.visitor.Actor = colleague
	reads(t, "a colleague's review", body(t, ask(s, "GET", "/break-glass/3", nil)), "It was justified")
	if answer := send2(s, "/break-glass/3", url.Values{"verdict": {"justified"}, "note": {"Right so."}}, nil); answer.StatusCode != http.StatusSeeOther || !slices.Contains(f.changes(), "judge 3 p2 justified Right so.") {
		t.Errorf("%d %q", answer.StatusCode, f.changes())
	}
	if answer := ask(s, "GET", "/break-glass/4", nil); answer.StatusCode != http.StatusNotFound {
		t.Error(answer.StatusCode)
	}
}

// TestEngineAsksForThePasskey: what only the engine can decide leads to the same
// page as what the gate decides.
func TestEngineAsksForThePasskey(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	s, f := staff(t, d)
	f.err = needsStepUp("plan.apply")
	answer := send2(s, "/plans/p02approved/apply", url.Values{"digest": {f.plans["p02approved"].Digest.String()}, "typed": {"3"}, "key": {"K"}}, nil)
	reads(t, "the page", body(t, answer), "Confirm it is you", `name="confirm.to" value="/plans/p02approved/apply"`, `name="confirm.purpose" value="apply"`, `key=K&amp;typed=3`, "Apply the plan “Yank arraykit")
	if calls := d.called(); !slices.Equal(calls, []string{"ask apply p02approved"}) {
		t.Errorf("asked %q", calls)
	}
}

// TestStepUpBar stands on every page while changes are allowed.
func TestStepUpBar(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	d.visitor.Session.StepUpEnd = deskTime.Add(4*time.Minute + 32*time.Second)
	s, _ := staff(t, d)
	for _, path := range []string{"/", "/plans", "/you", "/nowhere"} {
		reads(t, path, body(t, ask(s, "GET", path, nil)), "until <time datetime=\"2026-11-22T18:54:32Z\">18:54:32 UTC</time>", "<b>4:32</b> left", `action="/step-up/drop"`, `name="back" value="`+path+`"`)
	}
	if answer := send2(s, "/step-up/drop", url.Values{"back": {"/plans"}}, nil); answer.Header.Get("Location") != "/plans" || !slices.Contains(d.called(), "drop") {
		t.Errorf("%d %q", answer.StatusCode, d.called())
	}
	d.visitor.Session.StepUpEnd = deskTime
	reads(t, "after it", body(t, ask(s, "GET", "/plans", nil)), "!Changes are allowed")
}
