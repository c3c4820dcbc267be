package incident

import (
	"errors"
	"slices"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident/playbook"
)

func books(t *testing.T) playbook.Set {
	t.Helper()
	s, err := playbook.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Items tick themselves when the record shows them, say what shows it, open
// again when it is undone, and stay open when a person says so.
func TestTasksTickThemselves(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	i := k.judged(Compromised, sub("version", "arraykit@0.3.10", "carrier"))
	book, _ := books(t).Of(string(CompromisedOwner))
	byWord := func(word string, of string) string {
		for _, item := range book.Items {
			if item.Ticks.Word == word && (of == "" || item.Ticks.Has(of)) {
				return item.ID
			}
		}
		t.Fatalf("no item ticks on %s %s", word, of)
		return ""
	}
	state := func(item string) Task {
		t.Helper()
		list, err := k.Tasks(ctx, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		return list[slices.IndexFunc(list, func(x Task) bool { return x.Item == item })]
	}
	if x := state(byWord(playbook.Verdict, "")); x.State != TaskDone || x.By != "the console" || x.Why == "" {
		t.Errorf("after the verdict: %+v", x)
	}
	hold := byWord(playbook.Applied, "version.hold")
	if x := state(hold); x.State != TaskOpen {
		t.Errorf("before the plan: %+v", x)
	}
	k.engine.apply(t, i.ID, "p1", "version.hold", action.Hold{VersionRef: action.VersionRef{Crate: "arraykit", Version: "0.3.10"}})
	for range 2 {
		if err := k.Sync(ctx, i.ID); err != nil {
			t.Fatal(err)
		}
	}
	if x := state(hold); x.State != TaskDone || x.Why != "Plan p1 did it." {
		t.Errorf("after the plan: %+v", x)
	}
	if n := k.number(`SELECT count(*) FROM incident_event WHERE kind = 'task' AND details ->> 'item' = $1`, hold); n != 1 {
		t.Errorf("two rounds ticked %d times", n)
	}
	now, err := k.Incident(ctx, i.ID)
	if err != nil || now.State != Contained {
		t.Errorf("%s %v", now.State, err)
	}
	if _, err := k.Redo(ctx, k.ada, i.ID, hold, "the wrong version"); err != nil {
		t.Fatal(err)
	}
	if err := k.Sync(ctx, i.ID); err != nil {
		t.Fatal(err)
	}
	if x := state(hold); x.State != TaskOpen {
		t.Errorf("what a person opened again was ticked by the old plan: %+v", x)
	}
	k.engine.apply(t, i.ID, "p2", "version.hold", action.Hold{VersionRef: action.VersionRef{Crate: "arraykit", Version: "0.3.10"}})
	if err := k.SyncAll(ctx); err != nil {
		t.Fatal(err)
	}
	if x := state(hold); x.State != TaskDone || x.Why != "Plan p2 did it." {
		t.Errorf("after the second plan: %+v", x)
	}
	k.engine.undone("p1")
	k.engine.undone("p2")
	if err := k.SyncAll(ctx); err != nil {
		t.Fatal(err)
	}
	if x := state(hold); x.State != TaskOpen {
		t.Errorf("after both were undone: %+v", x)
	}
}

// A case that a person took back stays there until something new is shown.
func TestSyncDoesNotArgue(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	i := k.judged(Malicious)
	hold := action.Hold{VersionRef: action.VersionRef{Crate: "arraykit", Version: "0.3.10"}}
	k.engine.apply(t, i.ID, "p1", "version.hold", hold)
	sync := func(want State) {
		t.Helper()
		if err := k.Sync(ctx, i.ID); err != nil {
			t.Fatal(err)
		}
		if now, _ := k.Incident(ctx, i.ID); now.State != want {
			t.Errorf("%s, want %s", now.State, want)
		}
	}
	sync(Contained)
	if got, err := k.Move(ctx, k.ada, i.ID, Triaged, "there is another account"); err != nil || got.State != Triaged {
		t.Fatal(got.State, err)
	}
	sync(Triaged)
	k.engine.apply(t, i.ID, "p2", "version.hold", hold)
	sync(Contained)
	if got, err := k.Move(ctx, k.ada, i.ID, Closed, "nothing more to do"); err != nil || got.State != Closed {
		t.Fatal(got.State, err)
	}
	k.engine.apply(t, i.ID, "p3", "version.delete", action.DeleteVersion{VersionRef: hold.VersionRef})
	sync(Closed)
	if got, err := k.Reopen(ctx, k.bo, i.ID, "it came back"); err != nil || got.State != Triaged || got.ClosedAt != nil {
		t.Fatal(got.State, err)
	}
	sync(Triaged)
}

func TestHoldingTasks(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	i, item := k.opened(), k.anItem()
	if x, err := k.Hold(ctx, k.ada, i.ID, item, ""); err != nil || x.Holder.ID != "ada" {
		t.Fatal(x, err)
	}
	var c *Clash
	if _, err := k.Hold(ctx, k.bo, i.ID, item, ""); !errors.As(err, &c) || c.Fields[0].Now != "ada" || c.Fields[0].By.Name != "Ada" {
		t.Errorf("%v %+v", err, c)
	}
	if x, err := k.Hold(ctx, k.bo, i.ID, item, "ada"); err != nil || x.Holder.ID != "bo" {
		t.Errorf("knowing who holds it, it cannot be taken over: %+v %v", x, err)
	}
	if x, err := k.Release(ctx, k.bo, i.ID, item); err != nil || x.Holder.ID != "" {
		t.Error(x, err)
	}
	if x, err := k.Skip(ctx, k.bo, i.ID, item, "not in this case"); err != nil || x.State != TaskSkipped || x.By != "Bo" {
		t.Error(x, err)
	}
	if _, err := k.Done(ctx, k.ada, i.ID, item, ""); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("done although skipped: %v", err)
	}
	if x, err := k.Redo(ctx, k.ada, i.ID, item, ""); err != nil || x.State != TaskOpen {
		t.Error(x, err)
	}
	if x, err := k.Done(ctx, k.ada, i.ID, item, ""); err != nil || x.State != TaskDone {
		t.Error(x, err)
	}
	if _, err := k.AddTask(ctx, k.ada, i.ID, TaskOrder{Title: "x", Give: "zoe"}, ""); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("given to nobody: %v", err)
	}
}
