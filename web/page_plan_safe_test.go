package web

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/web/webtest"
)

// hostilePlans has an evil text in every field of every plan.
func hostilePlans() *planner {
	f := newPlanner()
	at := deskTime.Add(-time.Minute)
	for i, state := range planStates() {
		p := hostile[action.Plan]()
		p.ID, p.State, p.Undoes, p.Digest = "evil"+string(state), state, "", &ledger.Digest{7}
		p.Steps = []action.StepText{yankStep(evil, evil, evil), yankStep(evil+"@x", "1", ""), []byte(`{"do":"` + "<script>" + `"}`), []byte(`"`)}
		p.ReviewedAt, p.AppliedAt, p.CreatedAt, p.ChangedAt, p.Blocked = &at, &at, at, at, i%2 == 0
		f.plans[p.ID] = p
		e := hostile[action.Effect]()
		for j := range e.Rows {
			e.Rows[j].Step, e.Rows[j].Before, e.Rows[j].After = j, map[string]rawJSON{evil: rawJSON(`"<img src=x onerror=1>"`), "email": rawJSON(`"secret@private.example"`)}, map[string]rawJSON{evil: rawJSON(`"<script>"`)}
		}
		for j := range e.Jobs {
			e.Jobs[j].Data = rawJSON(`{"a":"<script>"}`)
		}
		for j := range e.Later {
			e.Later[j].Args = rawJSON(`{"a":"<script>"}`)
		}
		e.Guards[0].Level, e.Guards[0].Step = action.Block, 1
		f.effects[p.ID] = &e
		work := hostile[action.FollowUp]()
		work.Args = rawJSON(`{"a":"<script>"}`)
		work.State = action.FollowFailed
		f.follow[p.ID] = []action.FollowUp{work}
	}
	f.batch, f.proposal = hostile[action.Batch](), hostile[action.Proposal]()
	for i := range f.proposal.Steps {
		f.proposal.Steps[i].Do = yankStep(evil, evil, evil)
	}
	return f
}

type rawJSON = json.RawMessage

// TestHostilePlansAreInert shows evil texts in every field of every page.
func TestHostilePlansAreInert(t *testing.T) {
	t.Parallel()
	f := hostilePlans()
	who := hostile[action.Actor]()
	for _, actor := range []action.Actor{responder, who} {
		s := planServer(t, f, actor)
		paths := []string{"/plans", "/plans?subject=" + url.QueryEscape("crate:"+evil[:60]) + "&author=" + url.QueryEscape(evil[:60]), "/plans/new?do=version.yank&crate=" + url.QueryEscape(evil) + "&title=" + url.QueryEscape(evil), "/plans/new?do=" + url.QueryEscape(evil[:60]), "/plans/batch?lines=" + url.QueryEscape(evil), "/plans/propose?account=" + url.QueryEscape(evil), "/", "/crates/arraykit"}
		for id := range f.plans {
			paths = append(paths, planURL(id), planURL(id, "edit"), planURL(id, "live"))
		}
		for _, path := range paths {
			inertPage(t, path, body(t, ask(s, "GET", path, nil)))
		}
		for path, form := range map[string]url.Values{
			"/plans":         {"op": {"add"}, "do": {"version.yank"}, "p.crate": {evil}, "p.version": {evil}, "p.message": {evil}, "step": {string(yankStep(evil, evil, evil)), evil}, "title": {evil}, "public": {evil}, "internal": {evil}, "incident": {evil}},
			"/plans/batch":   {"op": {"look"}, "lines": {evil}, "message": {evil}, "title": {evil}, "public": {evil}},
			"/plans/propose": {"op": {"look"}, "account": {"1"}, "reason": {evil}, "message": {evil}, "title": {evil}},
		} {
			inertPage(t, path, body(t, ask(s, "POST", path, post(form))))
		}
	}
	if text := body(t, ask(planServer(t, f, responder), "GET", "/plans/evilapplied/effect.json", nil)); strings.Contains(text, "private.example") {
		t.Error("the file has a mail address")
	}
}

func inertPage(t *testing.T, path, text string) {
	t.Helper()
	plain := fieldValues.ReplaceAllString(text, "")
	for _, bad := range []string{"<script>", "<img", "javascript:alert(3)\"", "href=\"javascript", "\u202E", "\x1b", "private.example", "SELECT "} {
		if strings.Contains(plain, bad) {
			at := strings.Index(plain, bad)
			t.Errorf("%s lets %q through: …%q…", path, bad, plain[max(0, at-120):min(len(plain), at+60)])
		}
	}
}

// TestHostilePlansInABrowser shows them to a browser, which must not complain,
// run anything, or be pushed sideways.
func TestHostilePlansInABrowser(t *testing.T) {
	t.Parallel()
	p := webtest.Serve(t, planServer(t, hostilePlans(), responder)).Open(t, "/")
	for _, path := range []string{"/plans", "/plans/evilreviewed", "/plans/evilapplied", "/plans/evilunknown", "/plans/evilstale", "/plans/evildraft/edit", "/plans/new?do=version.yank&crate=" + url.QueryEscape(evil)} {
		p.Go(path)
		p.Screenshot("evil-"+pictureName(path), 390, "light")
		p.Screenshot("evil-"+pictureName(path), 1440, "dark")
		p.CheckAxe()
	}
}

// TestPlanFollowsItself leaves the page of an applied plan open until its work
// is done; what somebody is typing stays.
func TestPlanFollowsItself(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	p := webtest.Serve(t, planServer(t, f, responder)).Open(t, "/plans/p07applied")
	finish := func(state action.FollowState, first int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		work := append([]action.FollowUp{}, f.follow["p07applied"]...)
		for i := first; i < len(work); i++ {
			work[i].State = state
		}
		f.follow["p07applied"] = work
	}
	p.Click("#follow-ups li:nth-child(2) .giveup summary")
	p.Click("#why-8")
	p.Press("the bucket is gone")
	finish(action.FollowDone, 2)
	time.Sleep(2500 * time.Millisecond)
	if got := webtest.Eval[string](p, `document.querySelector("#why-8")?.value ?? "gone"`); got != "the bucket is gone" {
		t.Errorf("what was typed is %q", got)
	}
	p.Click("#follow-ups li:nth-child(2) .giveup summary") // closes it
	webtest.Eval[bool](p, `(document.activeElement.blur(), true)`)
	later(t, p, `document.querySelector("#follow-ups header span").textContent.startsWith("2 of 3")`)
	finish(action.FollowDone, 0)
	later(t, p, `document.querySelector(".verdict .word").textContent === "applied" && !document.querySelector(".follow-note")`)
	p.CheckAxe()
}

// TestOpenPlanFollowsItsApproval leaves a plan open while another changes it: a
// page at which somebody is at work says one thing, that it is old, and has the
// button; any other is loaded anew, so that verdict and buttons agree.
func TestOpenPlanFollowsItsApproval(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	p := webtest.Serve(t, planServer(t, f, responder)).Open(t, "/plans/p01reviewed")
	change := func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		changed := f.plans["p01reviewed"]
		changed.ChangedAt = changed.ChangedAt.Add(time.Second)
		changed.Title += ", changed"
		f.plans["p01reviewed"] = changed
	}
	webtest.Eval[bool](p, `(window.before = true, document.querySelector("main li .tick input, main input[type=checkbox]").click(), true)`)
	change()
	later(t, p, `document.querySelector("#live .notice a")?.getAttribute("href") === "/plans/p01reviewed"`)
	time.Sleep(1500 * time.Millisecond)
	if !webtest.Eval[bool](p, `window.before === true && !document.querySelector("#live .verdict") && document.querySelector("main input[type=checkbox]").checked`) {
		t.Error("what somebody ticked is lost, or the old page still says how it stands")
	}
	p.CheckAxe()
	webtest.Eval[bool](p, `(document.querySelector("main input[type=checkbox]").click(), document.activeElement.blur(), true)`)
	later(t, p, `window.before !== true && document.querySelector("h1")?.textContent.endsWith(", changed") && !document.querySelector("#live .notice") && document.querySelector("#live .verdict") !== null`)
	webtest.Eval[bool](p, `(window.before = true)`)
	change()
	later(t, p, `window.before !== true && document.querySelector("h1")?.textContent.endsWith(", changed, changed")`)
}
