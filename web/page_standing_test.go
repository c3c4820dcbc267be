package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/incident"
)

// between cuts a part out of a page, for looking at it alone.
func between(text, from, to string) string {
	_, rest, found := strings.Cut(text, from)
	if !found {
		return ""
	}
	part, _, _ := strings.Cut(rest, to)
	return part
}

// What became of each subject stands beside it, with who says so; a keeper that
// cannot say it leaves the page whole.
func TestSubjectsShowTheirState(t *testing.T) {
	t.Parallel()
	k := sampleCases()
	s := incidentServer(t, k, responder)
	card := between(body(t, ask(s, "GET", "/incidents/INC-118", nil)), `id="subjects"`, "</section>")
	reads(t, "the subjects", card, `<span class="badge hold">held</span> <a href="/plans/p07applied">plan</a>`, `>yanked</span>`, "> says the registry</span>", "1 version deleted, 2 versions held", ">locked</span>", " ends ", `<span class="badge bad">not locked</span>`)
	k.blind = cratewarden.Errorf(cratewarden.Unavailable, "The plans cannot be read now.")
	k.stands = nil
	reads(t, "without", body(t, ask(s, "GET", "/incidents/INC-118", nil)), "What became of them cannot be said now. The plans cannot be read now.", "arraykit 0.3.10", "Write a note")
	if got := standPhrase(incident.Standing{Word: "not locked", Bad: true, From: "registry"}, true); strings.Contains(string(got[0].Tone), string(Bad)) {
		t.Error("a false alarm is shown red")
	}
}

// A verdict of "not decided" is refused with what to do, and nothing that was
// typed is lost; the keeper is not asked.
func TestNoVerdictIsNoVerdict(t *testing.T) {
	t.Parallel()
	for _, then := range []string{"propose", "stay"} {
		k := sampleCases()
		s := incidentServer(t, k, responder)
		answer := ask(s, "POST", "/incidents/INC-119/change", post(url.Values{"set.verdict": {""}, "was.verdict": {""}, "set.severity": {"critical"}, "was.severity": {"high"}, "set.lead": {"p1"}, "was.lead": {""}, "reason": {"typed with care"}, "then": {then}}))
		text := body(t, answer)
		if answer.StatusCode != http.StatusBadRequest || len(k.called()) != 0 {
			t.Errorf("%s: %d, asked %q", then, answer.StatusCode, k.called())
		}
		reads(t, "the answer", between(text, `id="judge"`, "</section>"), "Choose a verdict first", `value="typed with care"`, `<option value="critical" selected>`)
	}
}

// Before notices are made, the page says which facts they would lack, each with a
// link to where it is written.
func TestMissingFactsAreSaidBefore(t *testing.T) {
	t.Parallel()
	k := sampleCases()
	s := incidentServer(t, k, responder)
	notice := between(body(t, ask(s, "GET", "/incidents/INC-118/drafts", nil)), "still empty", "</div>")
	reads(t, "the notice", notice, `<a href="/incidents/INC-118/figures#text-1">Behaviour</a>`, ">Trigger<", ">Is there evidence of use?<", "!>Summary<", "Write them first")
	facts := body(t, ask(s, "GET", "/incidents/INC-118/figures", nil))
	if !strings.Contains(facts, `id="text-1" name="t.behaviour"`) {
		t.Error("the link leads to nothing")
	}
	for _, f := range []string{"behaviour", "trigger", "used", "use-note"} {
		k.cases[2].Texts = append(k.cases[2].Texts, incident.Text{Field: f, Body: "yes", Revision: 1})
	}
	if strings.Contains(body(t, ask(s, "GET", "/incidents/INC-118/drafts", nil)), "still empty") {
		t.Error("with all facts it still misses some")
	}
	x := k.cases[2]
	x.Texts = x.Texts[:len(x.Texts)-1]
	if got, any := factsMissing(&x); !any || !strings.Contains(got.Text.Plain(), "On what that rests") {
		t.Errorf("an answer about use without its ground is not missed: %v", got)
	}
}

// Whoever opens a case reads when each kind is the right one.
func TestKindsAreExplained(t *testing.T) {
	t.Parallel()
	text := body(t, ask(incidentServer(t, sampleCases(), responder), "GET", "/incidents/new", nil))
	reads(t, "the form", between(text, `id="kinds"`, "</section>"), "Typosquat", "Crates whose names look like known ones.", "!Squatting")
}
