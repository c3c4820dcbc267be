package incident_test

import (
	"testing"

	"cratewarden/incident"
)

// The demo's attack on the real engine: the case goes forward by itself as plans
// are applied, says what shows it, and stops where only people can go on.
func TestSyncFollowsTheEngine(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	ctx := t.Context()
	i, contained := k.containedAugust()
	at := func(want incident.State) incident.Incident {
		t.Helper()
		k.must(k.SyncAll(ctx))
		now, err := k.Incident(ctx, i.ID)
		k.must(err)
		if now.State != want {
			next, err := k.Next(ctx, now)
			k.must(err)
			t.Fatalf("it is %s, not %s: %+v", now.State, want, next)
		}
		return now
	}
	at(incident.Contained)
	events, err := k.Events(ctx, i.ID, 0, 0)
	k.must(err)
	shown := false
	for _, e := range events {
		shown = shown || e.Kind == incident.StateEvent && e.Details["to"] == "contained" && e.Details["plan"] == contained.ID && e.Details["auto"] == "true" && e.By.ID == ""
	}
	if !shown {
		t.Errorf("nothing says that plan %s contained it: %+v", contained.ID, events)
	}
	k.removeAugust(i)
	now := at(incident.Removed)
	if !now.MayPublish() {
		t.Error("removed, and public steps are locked")
	}
	tasks, err := k.Tasks(ctx, i.ID)
	k.must(err)
	done := 0
	for _, x := range tasks {
		if x.State == incident.TaskDone && x.By == "the console" {
			done++
		}
	}
	t.Logf("%d of %d tasks ticked themselves", done, len(tasks))
	if done < 5 {
		t.Errorf("only %d of %d tasks ticked themselves: %+v", done, len(tasks), tasks)
	}
	if _, err := k.Move(ctx, k.bo, i.ID, incident.Closed, ""); err == nil {
		t.Error("closed without a word, although nobody was told and tasks are open")
	}
	closed, err := k.Move(ctx, k.bo, i.ID, incident.Closed, "advisories follow by hand")
	k.must(err)
	if closed.State != incident.Closed {
		t.Errorf("%s", closed.State)
	}
	k.must(k.SyncAll(ctx))
}
