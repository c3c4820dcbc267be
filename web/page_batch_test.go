package web

import (
	"net/url"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/web/webtest"
)

// sampleBatch is a pasted list of which some lines name nothing.
func sampleBatch(f *planner) {
	f.batch = action.Batch{Lines: 5,
		Unresolved: []action.BatchLine{{Line: 2, Text: "arraykitt", Problem: "The registry has no crate of this name.", Near: []string{"arraykit"}}, {Line: 4, Text: "arraykit@9.9.9", Problem: "The crate arraykit has no version 9.9.9.", Near: []string{"0.3.10", "0.3.9"}}},
		Resolved:   []action.BatchLine{{Line: 1, Crate: "arraykit", CrateID: 311, Version: "0.3.10", VersionID: 9001, Again: 1}, {Line: 3, Crate: "proc-makro1", CrateID: 312, Versions: 9}, {Line: 5, Crate: "arraykit", CrateID: 311, Version: "0.3.9", VersionID: 9003, Yanked: true}}}
	f.proposal = action.Proposal{Title: "Contain kumart", Notes: []string{"3 versions came by trusted publishing; nobody is recorded as their publisher."}, Steps: []action.ProposedStep{
		{Do: []byte(`{"account":184,"do":"account.contain","reason":"Under investigation"}`), Sentence: "Contain account 184, locked until somebody unlocks", Why: "kumart loses every way in.", Ticked: true},
		{Do: yankStep("arraykit", "0.3.10", ""), Sentence: "Hold arraykit 0.3.10", Why: "published 1 h ago", Ticked: true},
		{Do: yankStep("seedlot", "1.0.0", ""), Sentence: "Hold seedlot 1.0.0", Why: "held already", Ticked: false}}}
}

// TestBatch looks lines up and makes one plan of those that are ticked.
func TestBatch(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	sampleBatch(f)
	s := planServer(t, f, responder)
	form := url.Values{"lines": {"a\r\nb"}, "op": {"look"}}
	text := body(t, ask(s, "POST", "/plans/batch", post(form)))
	missing, found := strings.Index(text, "Not found"), strings.Index(text, "3 of 5 lines found")
	if missing < 0 || found < missing || !strings.Contains(text, `value="arraykit@0.3.10" checked`) || !strings.Contains(text, "the whole crate, 9 versions") || len(f.changes()) != 0 {
		t.Errorf("unresolved lines come first, everything is ticked, nothing is made: %d %d %v", missing, found, f.changes())
	}
	form.Set("op", "make")
	form["tick"] = []string{"arraykit@0.3.9"}
	form.Set("do", "version.unyank")
	if answer := ask(s, "POST", "/plans/batch", post(form)); answer.StatusCode != 400 || !strings.Contains(body(t, answer), "which incident") || len(f.changes()) != 0 {
		t.Errorf("without a word about the incident: %d %v", answer.StatusCode, f.changes())
	}
	form.Set("incident", "INC-7")
	answer := ask(s, "POST", "/plans/batch", post(form))
	calls := f.changes()
	if answer.StatusCode != 303 || len(calls) != 1 || !strings.Contains(calls[0], `"version":"0.3.9"`) || strings.Contains(calls[0], "0.3.10") || !strings.Contains(calls[0], "INC-7") {
		t.Errorf("%d %v", answer.StatusCode, calls)
	}
	f.err = cratewarden.Errorf(cratewarden.Invalid, "There is nothing in the list.")
	if answer := ask(s, "POST", "/plans/batch", post(url.Values{"lines": {"<b>"}})); answer.StatusCode != 400 || !strings.Contains(body(t, answer), "&lt;b&gt;</textarea>") {
		t.Errorf("a wrong list loses what was typed: %d", answer.StatusCode)
	}
}

// TestPropose asks for both composite acts and makes plans of what is ticked.
func TestPropose(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	sampleBatch(f)
	s := planServer(t, f, responder)
	for _, c := range []struct {
		form url.Values
		want string
	}{
		{url.Values{"what": {"contain"}, "account": {"184, 185"}, "reason": {"Stolen"}, "hold": {"2026-11-22 16:00"}}, "contain 0 2026-11-22 16:00:00 +0000 UTC Stolen"},
		{url.Values{"what": {"undo-since"}, "account": {"184"}, "from": {"2026-11-22 16:00"}}, "undo since 0 0 2026-11-22T16:00:00Z"},
		{url.Values{"what": {"undo-since"}, "token": {"7"}, "from": {"2026-11-22"}}, "undo since 0 7 2026-11-22T00:00:00Z"},
	} {
		c.form.Set("op", "look")
		text := body(t, ask(s, "POST", "/plans/propose", post(c.form)))
		if f.asked != c.want || strings.Count(text, `name="tick"`) != 3 || strings.Count(text, " checked>") != 2 || !strings.Contains(text, "To look at by hand") {
			t.Errorf("%v asks %q with %d ticks", c.form, f.asked, strings.Count(text, `name="tick"`))
		}
		before := len(f.changes())
		c.form.Set("op", "make")
		c.form.Set("no-incident", "yes")
		c.form["tick"] = []string{string(f.proposal.Steps[0].Do)}
		if answer := ask(s, "POST", "/plans/propose", post(c.form)); answer.StatusCode != 303 || len(f.changes()) != before+1 || !strings.Contains(f.changes()[before], "account.contain") || strings.Contains(f.changes()[before], "version.yank") {
			t.Errorf("make: %d %v", answer.StatusCode, f.changes()[before:])
		}
		f.keys = map[string]string{}
		f.proposal.Steps[0].Ticked, f.proposal.Steps[1].Ticked, f.proposal.Steps[2].Ticked = true, true, false
	}
	for _, form := range []url.Values{{"what": {"undo-since"}, "from": {"yesterday"}}, {"what": {"undo-since"}, "token": {"x"}}, {"what": {"contain"}, "hold": {"x"}}, {"what": {"contain"}, "account": {"kumart"}}} {
		if answer := ask(s, "POST", "/plans/propose", post(form)); answer.StatusCode != 400 {
			t.Errorf("%v: %d", form, answer.StatusCode)
		}
	}
}

// TestBatchInABrowser looks at both pages, empty and filled.
func TestBatchInABrowser(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	sampleBatch(f)
	p := webtest.Serve(t, planServer(t, f, responder)).Open(t, "/plans/batch")
	look := func(name string) {
		p.Screenshot(name, 390, "light")
		p.CheckAxe()
		p.Screenshot(name, 1440, "dark")
		p.Screenshot(name, 1440, "light")
		p.CheckAxe()
	}
	look("plan-batch-empty")
	p.Click("#batch-lines")
	p.Press("arraykit@0.3.10")
	p.Click("#ask button")
	p.Wait("#found")
	look("plan-batch")
	p.Go("/plans/propose?what=undo-since&account=184")
	look("plan-undo-since")
	p.Go("/plans/propose?what=contain&account=184")
	p.Click("#ask button")
	p.Wait("#found")
	look("plan-contain")
}

// TestPlanOfTheseRows leads from a list to a plan for its rows.
func TestPlanOfTheseRows(t *testing.T) {
	t.Parallel()
	s := planServer(t, samplePlans(t), responder)
	for _, path := range []string{"/publishes?live=off", "/accounts/184/publishes", "/crates/arraykit/versions", "/search?q=kit"} {
		text := body(t, ask(s, "GET", path, nil))
		_, link, ok := strings.Cut(text, `href="/plans/batch?lines=`)
		if !ok || !strings.Contains(text, "lan for these ") {
			t.Fatalf("%s does not lead to a plan", path)
		}
		link, _, _ = strings.Cut(link, `"`)
		form := body(t, ask(s, "GET", "/plans/batch?lines="+link, nil))
		if _, lines, _ := strings.Cut(form, `name="lines"`); !strings.Contains(lines, "arraykit") && !strings.Contains(lines, "@") || strings.Count(lines[:strings.Index(lines, "</textarea>")], "\n") < 2 {
			t.Errorf("%s: the form does not hold the rows", path)
		}
	}
}
