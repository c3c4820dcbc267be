package main

import (
	"testing"

	"cratewarden/action"
	"cratewarden/auth"
)

// The console that is served can ask its registry for the addresses that an
// erasure looks for; without them a review would warn "no-words".
func TestErasureAsksTheRegistry(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, madeRegistry(), onePerRole(""), nil)
	v, err := m.visitor(t.Context(), m.stepUp(t, m.signIn(t, "platform", auth.ProgramSession), auth.About{}))
	if err != nil {
		t.Fatal(err)
	}
	engine := m.parts.acting.engine
	p, err := engine.Draft(t.Context(), v.Actor, action.Order{Steps: []action.StepText{action.StepText(`{"do": "person.erase", "account": 5}`)}}, "")
	if err != nil {
		t.Fatal(err)
	}
	_, effect, err := engine.Review(t.Context(), v.Actor, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range effect.Guards {
		if g.Code == "no-words" {
			t.Error(g.Text)
		}
	}
}
