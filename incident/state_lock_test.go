package incident

import (
	"testing"
	"time"

	"cratewarden/action"
)

// early is a case whose public texts were unlocked before the removal, which then
// took place.
func (k *kit) early(crate string) Incident {
	k.t.Helper()
	i := k.judged(Malicious, sub("version", crate+"@1.0.0", "payload"))
	_, err := k.Override(k.t.Context(), k.ada, i.ID, "It is in the news.")
	k.must(err)
	k.engine.apply(k.t, i.ID, "delete-"+crate, "version.delete", action.DeleteVersion{VersionRef: versionRef(crate, "1.0.0")})
	return k.stands(i.ID, Removed, true)
}

// An early unlocking was given for what was known then. It ends with the first
// doubt about a closed case, and where a person takes a removed case back or a
// closed one up again; whoever knows of that may unlock it anew.
func TestEarlyUnlockingEndsWithTheNews(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	t.Run("doubted", func(t *testing.T) {
		t.Parallel()
		k := newSealing(t)
		i := k.early("bad")
		_, err := k.Move(ctx, k.ada, i.ID, Closed, "done")
		k.must(err)
		again := time.Now().UTC()
		k.engine.again = []action.Tombstone{{Crate: "bad", Num: "1.0.0", Plan: "delete-bad", SeenAgain: 9, SeenAgainAt: &again}}
		k.must(k.Sync(ctx, i.ID))
		k.stands(i.ID, Closed, false)
		_, err = k.Override(ctx, k.ada, i.ID, "Others copy it, so the world must know.")
		k.must(err)
		k.stands(i.ID, Closed, true)
	})
	t.Run("taken back", func(t *testing.T) {
		t.Parallel()
		k := newSealing(t)
		i := k.early("bad")
		_, err := k.Move(ctx, k.ada, i.ID, Triaged, "There is more of it.")
		k.must(err)
		k.stands(i.ID, Triaged, false)
	})
	t.Run("taken up again", func(t *testing.T) {
		t.Parallel()
		k := newSealing(t)
		i := k.early("bad")
		_, err := k.Move(ctx, k.ada, i.ID, Closed, "done")
		k.must(err)
		_, err = k.Reopen(ctx, k.ada, i.ID, "There is more of it.")
		k.must(err)
		k.stands(i.ID, Triaged, false)
	})
}

// Whoever read the plans before one was applied, and gets to the case after somebody
// who read them since, must not take back what that one did: neither the round of
// the console nor a person.
func TestOlderFactsDoNotPutRightNewerOnes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k := newSealing(t)
	i := k.judged(Malicious, sub("version", "bad@1.0.0", "payload"))
	remove := func() {
		k.engine.apply(t, i.ID, "p1", "version.delete", action.DeleteVersion{VersionRef: versionRef("bad", "1.0.0")})
		k.must(k.Sync(ctx, i.ID))
	}
	k.engine.then = remove
	k.must(k.Sync(ctx, i.ID))
	k.stands(i.ID, Removed, true)
	if n := k.number(`SELECT count(*) FROM incident_event WHERE kind = 'state' AND details ->> 'back' = 'true'`); n != 0 {
		t.Error("an older reading took the case back")
	}
	k.engine.then = func() {
		k.engine.undone("p1")
		k.must(k.Sync(ctx, i.ID))
	}
	if _, err := k.Move(ctx, k.ada, i.ID, Communicated, ""); err == nil {
		t.Error("it was moved on by a plan that is undone")
	}
	k.stands(i.ID, Triaged, false)
}
