package action

import (
	"testing"

	"cratewarden"
)

type m = map[string]any

func TestYankAndUndo(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	effect := k.identity("version.yank", m{"crate": "arraykit", "version": "0.3.4", "message": "bad"})
	if len(effect.Jobs) != 3 || len(effect.Rows) < 2 || effect.Public[0].Text != "bad" {
		t.Errorf("%+v", effect)
	}
}

func TestYankOfNothingIsBlocked(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	if got := k.blocked("version.yank", m{"crate": "arraykit", "version": "99.0.0"}); got != "no-such-version" {
		t.Error(got)
	}
}

func TestStalePlanWritesNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"})
	k.exec(`UPDATE versions SET yanked = true WHERE num = '0.3.4' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`)
	before := k.tables()
	p, yes := k.consent(p)
	p, err := k.Apply(t.Context(), k.who, p.ID, yes, "")
	if cratewarden.KindOf(err) != cratewarden.Conflict || p.State != Stale || len(p.Differences) == 0 {
		t.Fatalf("%v %s %+v", err, p.State, p.Differences)
	}
	t.Log(p.Differences)
	k.same(before, k.tables())
	p, _, err = k.Review(t.Context(), k.who, p.ID)
	if err != nil || p.State != Reviewed {
		t.Errorf("fresh review: %v %s", err, p.State)
	}
}
