package action

import (
	"testing"
)

// Throwing away a plan that somebody agreed to is on the record; throwing away
// one's own draft is nobody's business.
func TestDiscardOfWhatWasApprovedIsRecorded(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	notes := func() int {
		return one[int](t, g.kit, `SELECT count(*) FROM ledger_entry WHERE body::jsonb ->> 'action' = 'plan.discard' AND body::jsonb ->> 'kind' = 'note'`)
	}
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	if _, err := g.Discard(t.Context(), g.who, p.ID); err != nil || notes() != 0 {
		t.Fatalf("%v, %d notes", err, notes())
	}
	p, _ = g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	if _, err := g.Approve(t.Context(), g.second, p.ID, *p.Digest); err != nil {
		t.Fatal(err)
	}
	for range 2 { // asked for twice, done once
		if _, err := g.Discard(t.Context(), g.who, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	if notes() != 1 {
		t.Errorf("%d notes", notes())
	}
}
