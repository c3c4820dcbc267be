package web

import (
	"strings"
	"testing"

	"cratewarden/incident"
)

// The one sentence at the top of a case never says that it can be closed while a
// false alarm still holds somebody, and says whose word a state rests on.
func TestCaseVerdictSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	move := func(without string) incident.Event {
		return incident.Event{Kind: incident.StateEvent, By: incident.Person{ID: "ada", Name: "Ada"}, Details: map[string]string{"to": "contained", "without": without}}
	}
	held := incident.Step{State: incident.Removed, Why: "It is benign, and plan p1 still contains: a@1.0.0."}
	for name, c := range map[string]struct {
		x         incident.Incident
		steps     []incident.Step
		events    []incident.Event
		want, not string
	}{
		"still held":  {x: incident.Incident{State: incident.Contained, Verdict: incident.Benign}, steps: []incident.Step{held}, want: "plan p1 still contains: a@1.0.0", not: "closed"},
		"all is free": {x: incident.Incident{State: incident.Triaged, Verdict: incident.Benign}, steps: []incident.Step{{State: incident.Removed, Ready: true}}, want: "It can be closed."},
		"their word":  {x: incident.Incident{State: incident.Contained, Verdict: incident.Malicious}, events: []incident.Event{move("contained")}, want: "nothing showed that it is contained: Ada says so."},
		"the record":  {x: incident.Incident{State: incident.Contained, Verdict: incident.Malicious}, events: []incident.Event{move("")}, want: "It does no more harm.", not: "says so"},
	} {
		v := caseVerdict(&caseSeen{x: c.x, steps: c.steps, events: c.events})
		text := ""
		for _, part := range v.Text {
			text += part.Text
		}
		if !strings.Contains(text, c.want) || c.not != "" && strings.Contains(text, c.not) {
			t.Errorf("%s: %q", name, text)
		}
	}
	doubted := incident.Incident{State: incident.Closed, Doubt: "Not deleted by a plan of this case: a@1.0.0."}
	if n := caseNotices(&doubted); len(n) != 1 || n[0].Tone != Bad {
		t.Errorf("%+v", n)
	}
}
