package incident

import (
	"testing"

	"cratewarden/action"
)

// A case does not go on saying “contained” when what contained it was undone, or
// when one more bad thing is found; and it comes forward again by itself.
func TestContainedCasesFallBack(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	i := k.judged(Malicious, sub("version", "arraykit@0.3.10", "carrier"))
	hold := func(plan, crate, num string) {
		k.engine.apply(t, i.ID, plan, "version.hold", action.Hold{VersionRef: action.VersionRef{Crate: crate, Version: num}})
	}
	at := func(when string, want State) {
		t.Helper()
		for range 2 { // the second changes nothing
			if err := k.SyncAll(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if now, err := k.Incident(ctx, i.ID); err != nil || now.State != want {
			t.Fatalf("%s it is %s, not %s (%v)", when, now.State, want, err)
		}
	}
	hold("p1", "arraykit", "0.3.10")
	at("after the hold", Contained)
	k.engine.undone("p1")
	at("after the hold was undone", Triaged)
	hold("p2", "arraykit", "0.3.10")
	at("after the second hold", Contained)
	if _, err := k.AddSubjects(ctx, k.ada, i.ID, []Subject{sub("version", "internkit@0.8.7", "carrier")}); err != nil {
		t.Fatal(err)
	}
	at("with one more bad version", Triaged)
	hold("p3", "internkit", "0.8.7")
	at("after that was held, too", Contained)
	if n := k.number(`SELECT count(*) FROM incident_event WHERE kind = 'state' AND details ->> 'back' = 'true' AND details ->> 'auto' = 'true' AND details ->> 'why' <> ''`); n != 2 {
		t.Errorf("%d events say that it fell back", n)
	}
	// What a person says in spite of the record stands.
	k.engine.undone("p2")
	at("after the second hold was undone", Triaged)
	if _, err := k.Move(ctx, k.ada, i.ID, Contained, "The owner yanked it; nobody uses it."); err != nil {
		t.Fatal(err)
	}
	at("after somebody said so", Contained)
}
