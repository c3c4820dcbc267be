package incident

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
)

func TestMergeMovesEverything(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	stays, ends := k.judged(Malicious), k.opened(sub("version", "arraykit@0.3.10", "payload"), sub("crate", "helper", "payload"), sub("incident", "INC-1", ""))
	_, err := k.WriteText(ctx, k.ada, stays.ID, "summary", 0, "mine")
	must(err)
	for field, body := range map[string]string{"summary": "theirs", "behaviour": "reads files"} {
		_, err = k.WriteText(ctx, k.bo, ends.ID, field, 0, body)
		must(err)
	}
	_, err = k.Decide(ctx, k.bo, ends.ID, Change{Set: map[Field]string{TLPField: "RED", CampaignField: "wave", ReportedField: "2026-08-20T07:15:00Z"}, Was: map[Field]string{TLPField: "AMBER", CampaignField: "", ReportedField: ""}})
	must(err)
	file, err := k.Attach(ctx, k.bo, ends.ID, "log.txt", strings.NewReader("log"))
	must(err)
	own, err := k.AddTask(ctx, k.bo, ends.ID, TaskOrder{Title: "ask", Give: "bo"}, "")
	must(err)
	_, err = k.Done(ctx, k.bo, ends.ID, k.anItem(), "seen")
	must(err)
	k.exec(`INSERT INTO incident_draft (incident, format, path, body, made, owner, owner_name, made_at, changed_at) VALUES (2, 'blog', 'b.md', 'x', 'x', 'bo', 'Bo', now(), now())`)
	k.engine.apply(t, ends.ID, "p1", "version.hold", action.Hold{VersionRef: action.VersionRef{Crate: "arraykit", Version: "0.3.10"}},
		"crate.hold", action.HoldCrate{CrateRef: action.CrateRef{Crate: "Helper"}})
	got, err := k.Merge(ctx, k.ada, ends.ID, stays.ID, "the same attack")
	must(err)
	if got.ID != stays.ID || got.TLP != Red || got.Value(CampaignField) != "wave" || got.Value(ReportedField) != "2026-08-20T07:15:00Z" || !slices.Equal(got.Also, []string{ends.ID}) {
		t.Errorf("%+v", got)
	}
	var subjects []string
	for _, s := range got.Subjects {
		subjects = append(subjects, s.Kind+" "+s.ID+" "+s.Role)
	}
	if want := []string{"crate helper payload", "version arraykit@0.3.10 carrier"}; !slices.Equal(subjects, want) {
		t.Errorf("subjects %q", subjects)
	}
	tasks, err := k.Tasks(ctx, stays.ID)
	must(err)
	find := func(item string) Task {
		n := slices.IndexFunc(tasks, func(t Task) bool { return t.Item == item })
		if n < 0 {
			t.Fatalf("the task %s is gone", item)
		}
		return tasks[n]
	}
	if x := find(own.Item); x.Holder.ID != "bo" || x.Title != "ask" {
		t.Errorf("%+v", x)
	}
	if x := find(k.anItem()); x.State != TaskDone || x.Why != "seen" {
		t.Errorf("what was done there is not done here: %+v", x)
	}
	if _, data, err := k.OpenFile(ctx, stays.ID, file.ID); err != nil || string(data) != "log" {
		t.Errorf("%q %v", data, err)
	}
	if n := k.number(`SELECT count(*) FROM incident_draft WHERE incident = 1`); n != 1 {
		t.Errorf("%d drafts", n)
	}
	// Every id leads to the one; what is written under the old goes to the new.
	byOld, err := k.Incident(ctx, ends.ID)
	if err != nil || byOld.ID != stays.ID {
		t.Errorf("%s leads to %s %v", ends.ID, byOld.ID, err)
	}
	if _, err := k.Note(ctx, k.bo, ends.ID, "typed into the old page", ""); err != nil {
		t.Error(err)
	}
	events, err := k.Events(ctx, ends.ID, 0, 0)
	must(err)
	var bodies, kinds []string
	for _, e := range events {
		bodies, kinds = append(bodies, e.Body), append(kinds, e.Kind)
		if e.Kind == GoneEvent && e.Incident != ends.ID || e.Kind == MergeEvent && e.Incident != stays.ID {
			t.Errorf("%+v", e)
		}
	}
	for _, want := range []string{"typed into the old page", "theirs", "The summary of INC-2 was: theirs", "reads files", "mine"} {
		if !slices.Contains(bodies, want) {
			t.Errorf("%q is lost", want)
		}
	}
	if !slices.Contains(kinds, MergeEvent) || !slices.Contains(kinds, GoneEvent) {
		t.Errorf("events %v", kinds)
	}
	// A plan made under the old id counts for the one.
	must(k.Sync(ctx, stays.ID))
	if now, _ := k.Incident(ctx, stays.ID); now.State != Contained {
		t.Errorf("a plan of the merged case does not count: %s", now.State)
	}
	for name, c := range map[string][2]string{"itself": {stays.ID, stays.ID}, "again": {ends.ID, stays.ID}, "nothing": {"INC-9", stays.ID}} {
		if _, err := k.Merge(ctx, k.ada, c[0], c[1], "x"); err == nil {
			t.Errorf("merged with %s", name)
		}
	}
	page, err := k.ledger.List(ctx, ledger.Filter{Incident: ends.ID, Action: "incident.merged-in"})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].Details["into"] != stays.ID {
		t.Errorf("%+v %v", page, err)
	}
}

// Merging in circles and writing meanwhile ends with one case and every note.
func TestMergesAtTheSameTime(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	const cases = 6
	for n := range cases {
		k.opened(sub("crate", "crate"+string(rune('a'+n)), ""))
	}
	var wg sync.WaitGroup
	for n := range cases {
		wg.Go(func() {
			for m := range 5 {
				if _, err := k.Note(ctx, k.bo, idOf(int64(n+1)), "note", ""); err != nil {
					t.Errorf("note %d on %d: %v", m, n+1, err)
				}
			}
		})
		wg.Go(func() {
			_, err := k.Merge(ctx, k.ada, idOf(int64(n+1)), idOf(int64((n+1)%cases+1)), "circle")
			if err != nil && cratewarden.KindOf(err) != cratewarden.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	open := k.number(`SELECT count(*) FROM incident WHERE state <> 'merged'`)
	if open < 1 || open == cases {
		t.Errorf("%d cases are left", open)
	}
	if n := k.number(`SELECT count(*) FROM incident_subject`); n != cases {
		t.Errorf("%d subjects of %d", n, cases)
	}
	if n := k.number(`SELECT count(*) FROM incident_event WHERE kind = 'note'`); n != cases*5 {
		t.Errorf("%d notes", n)
	}
	for n := range cases {
		if _, err := k.Incident(ctx, idOf(int64(n+1))); err != nil {
			t.Errorf("%d leads nowhere: %v", n+1, err)
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	i := k.judged(Malicious, sub("crate", "a", "payload"), sub("crate", "b", "payload"), sub("account", "7", "attacker"))
	o := SplitOrder{Title: "Another attack", Subjects: []ledger.Subject{crate("b"), account("7")}, Reason: "another author", Key: "k"}
	made, err := k.Split(ctx, k.ada, i.ID, o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := k.Split(ctx, k.ada, i.ID, o)
	if err != nil || again.ID != made.ID {
		t.Errorf("%s then %s %v", made.ID, again.ID, err)
	}
	if made.SplitFrom != i.ID || made.State != Reported || made.Kind != i.Kind || len(made.Subjects) != 2 || made.Subjects[1].Role != "payload" {
		t.Errorf("%+v", made)
	}
	left, err := k.Incident(ctx, i.ID)
	if err != nil || len(left.Subjects) != 1 || left.Subjects[0].ID != "a" {
		t.Errorf("%+v %v", left.Subjects, err)
	}
	for id, kind := range map[string]string{i.ID: "incident.split", made.ID: "incident.opened"} {
		page, err := k.ledger.List(ctx, ledger.Filter{Incident: id, Action: kind})
		if err != nil || len(page.Entries) != 1 || !slices.Contains(page.Entries[0].Subjects, crate("b")) {
			t.Errorf("%s: %+v %v", kind, page.Entries, err)
		}
	}
	for name, o := range map[string]SplitOrder{
		"all": {Title: "x", Subjects: []ledger.Subject{crate("a")}, Reason: "x"}, "none": {Title: "x", Reason: "x"},
		"another's": {Title: "x", Subjects: []ledger.Subject{crate("b")}, Reason: "x"}, "no reason": {Title: "x", Subjects: []ledger.Subject{crate("a")}},
	} {
		if _, err := k.Split(ctx, k.ada, i.ID, o); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("split of %s: %v", name, err)
		}
	}
}

// Splitting the same case apart and merging it away at the same moment loses no
// subject and doubles none: each is in one living case, whoever came first.
func TestSplitsAndMergesAtTheSameTime(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	const crates = 6
	var subjects []Subject
	for n := range crates {
		subjects = append(subjects, sub("crate", "crate"+string(rune('a'+n)), "payload"))
	}
	i, other := k.judged(Malicious, subjects...), k.opened(sub("crate", "elsewhere", ""))
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := map[string]int{}
	for n := range crates {
		for _, who := range []action.Actor{k.ada, k.bo} { // both want the same one
			wg.Go(func() {
				id := "crate" + string(rune('a'+n))
				_, err := k.Split(ctx, who, i.ID, SplitOrder{Title: id, Reason: "apart", Subjects: []ledger.Subject{crate(id)}})
				switch kind := cratewarden.KindOf(err); {
				case err == nil:
					mu.Lock()
					made[id]++
					mu.Unlock()
				case kind != cratewarden.Invalid && kind != cratewarden.Conflict:
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			if _, err := k.Note(ctx, k.bo, i.ID, "meanwhile", ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Go(func() {
		if _, err := k.Merge(ctx, k.ada, i.ID, other.ID, "the same"); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	for id, n := range made {
		if n != 1 {
			t.Errorf("%s was split off %d times", id, n)
		}
	}
	if n := k.number(`SELECT count(*) FROM incident_subject s JOIN incident i ON i.number = s.incident WHERE i.state <> 'merged' AND s.kind = 'crate'`); n != crates+1 {
		t.Errorf("%d subjects in living cases, want %d", n, crates+1)
	}
	if n := k.number(`SELECT count(DISTINCT s.id) FROM incident_subject s WHERE s.kind = 'crate'`); n != crates+1 {
		t.Errorf("%d different subjects, want %d", n, crates+1)
	}
	if n := k.number(`SELECT count(*) FROM incident WHERE state <> 'merged'`); int(n) != len(made)+1 {
		t.Errorf("%d cases live, %d were split off", n, len(made))
	}
	if n := k.number(`SELECT count(*) FROM incident_event WHERE kind = 'note' AND body = 'meanwhile'`); n != crates {
		t.Errorf("%d notes", n)
	}
}
