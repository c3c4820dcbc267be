package action

import (
	"context"
	"testing"

	"cratewarden"
)

// A plan is made for an incident that exists, for none, or for nothing said; a
// plan whose incident was closed since may still be edited.
func TestPlansNameIncidentsThatExist(t *testing.T) {
	t.Parallel()
	closed := false
	k := newKitOn(t, smallTemplate(), func(c *Config) {
		c.Incidents = func(_ context.Context, id string) error {
			if id == "INC-1" && !closed {
				return nil
			}
			return cratewarden.Errorf(cratewarden.Conflict, "There is no open incident %s.", id)
		}
	})
	order := func(incident string) Order {
		return Order{Incident: incident, Steps: steps(t, "name.reserve", ReserveName{NameRef{Name: "some-name"}})}
	}
	for incident, want := range map[string]cratewarden.Kind{"": "", "none": "", "INC-1": "", "INC-2": cratewarden.Conflict, " INC-1": cratewarden.Conflict} {
		if _, err := k.Draft(t.Context(), k.who, order(incident), ""); cratewarden.KindOf(err) != want {
			t.Errorf("a plan for %q: %v", incident, err)
		}
	}
	p, err := k.Draft(t.Context(), k.who, order("INC-1"), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Edit(t.Context(), k.who, p.ID, p.Revision, order("INC-2")); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("edited to an incident that is not there: %v", err)
	}
	closed = true
	if p, err = k.Edit(t.Context(), k.who, p.ID, p.Revision, order("INC-1")); err != nil {
		t.Errorf("the incident was closed since: %v", err)
	}
	if _, err := k.Edit(t.Context(), k.who, p.ID, p.Revision, order("none")); err != nil {
		t.Errorf("edited to none: %v", err)
	}
	done, _ := k.applied("name.reserve", ReserveName{NameRef{Name: "another-name"}})
	if _, err := k.console.Exec(t.Context(), `UPDATE plan SET incident = 'INC-2' WHERE id = $1`, done.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Undo(t.Context(), k.who, done.ID, nil, ""); err != nil {
		t.Errorf("what was done for a case that is over cannot be undone: %v", err)
	}
}
