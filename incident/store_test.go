package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/ledger"
)

// Many people write at one case at once: every note is kept, of each field
// exactly one change wins, and whoever loses learns both values. A reader who
// follows meanwhile sees every event once and in order.
func TestManyWritersLoseNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	i := k.opened()
	const people, notes = 12, 8
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	seen := make(chan []int64)
	go func() { seen <- k.follow(ctx, i.ID, people*notes) }()
	var wg sync.WaitGroup
	var mu sync.Mutex
	won, lost := map[string]int{}, map[string]int{}
	tally := func(what string, err error) {
		mu.Lock()
		defer mu.Unlock()
		var c *Clash
		switch {
		case err == nil:
			won[what]++
		case errors.As(err, &c) && cratewarden.KindOf(err) == cratewarden.Conflict && len(c.Fields) == 1 &&
			c.Fields[0].Now != c.Fields[0].Was && c.Fields[0].Wanted != c.Fields[0].Now && c.Fields[0].By.Name != "" && !c.Fields[0].At.IsZero():
			lost[what]++
		default:
			t.Errorf("%s: %v %+v", what, err, c)
		}
	}
	for p := range people {
		wg.Go(func() {
			who := k.ada
			who.ID, who.Name = fmt.Sprintf("p%d", p), fmt.Sprintf("Person %d", p)
			for n := range notes {
				if _, err := k.Note(t.Context(), who, i.ID, fmt.Sprintf("note %d of %d", n, p), ""); err != nil {
					t.Error(err)
				}
			}
			_, err := k.Decide(t.Context(), who, i.ID, Change{Set: map[Field]string{TitleField: "Title of " + who.Name}, Was: map[Field]string{TitleField: i.Title}})
			tally("title", err)
			_, err = k.WriteText(t.Context(), who, i.ID, "summary", 0, "Summary of "+who.Name)
			tally("text", err)
			_, err = k.Hold(t.Context(), who, i.ID, k.anItem(), "")
			tally("holder", err)
			_, err = k.AddSubjects(t.Context(), who, i.ID, []Subject{sub("crate", fmt.Sprintf("crate%d", p), "")})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, what := range []string{"title", "text", "holder"} {
		if won[what] != 1 || lost[what] != people-1 {
			t.Errorf("%s: %d won and %d lost", what, won[what], lost[what])
		}
	}
	if n := k.number(`SELECT count(DISTINCT body) FROM incident_event WHERE kind = 'note'`); n != people*notes {
		t.Errorf("%d notes of %d", n, people*notes)
	}
	now, err := k.Incident(t.Context(), i.ID)
	if err != nil || len(now.Subjects) != people+1 {
		t.Errorf("%d subjects: %v", len(now.Subjects), err)
	}
	got := <-seen
	all, err := k.Events(t.Context(), i.ID, 0, 2000)
	if err != nil {
		t.Fatal(err)
	}
	var want []int64
	for _, e := range all {
		want = append(want, e.ID)
	}
	if len(got) < people*notes || !slices.Equal(got, want[:len(got)]) {
		t.Errorf("whoever followed saw %d events, not the first ones of %d", len(got), len(want))
	}
	if int64(now.Revision) > int64(len(all)) {
		t.Errorf("revision %d after %d events", now.Revision, len(all))
	}
}

// anItem is a task of every playbook of the case.
func (k *kit) anItem() string {
	book, _ := k.cfg.Playbooks.Of(string(CompromisedOwner))
	return book.Items[len(book.Items)-1].ID
}

// follow reads events as a page does, until it has seen some number of notes.
func (k *kit) follow(ctx context.Context, id string, notes int) (out []int64) {
	last := int64(0)
	for ctx.Err() == nil && notes > 0 {
		list, err := k.Events(ctx, id, last, 3)
		if err != nil {
			k.t.Error(err)
			return out
		}
		for _, e := range list {
			out, last = append(out, e.ID), e.ID
			if e.Kind == NoteEvent {
				notes--
			}
		}
	}
	return out
}

// What people write freely never stands in the ledger, and what is told leaves
// it out, too; yet the ledger proves it.
func TestNothingWrittenFreelyLeavesTheCase(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const secret = "ottilie@mail.example"
	ctx := t.Context()
	i, err := k.Open(ctx, k.ada, Opening{Title: "Mail of " + secret, Note: "asked " + secret, Source: "mail of " + secret, Subjects: []Subject{
		{Subject: ledger.Subject{Kind: "account", ID: "7"}, Label: secret, Why: "is " + secret, Role: "victim"}}})
	if err != nil {
		t.Fatal(err)
	}
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = k.Decide(ctx, k.ada, i.ID, Change{Set: map[Field]string{VerdictField: "malicious", TitleField: "Of " + secret}, Was: map[Field]string{VerdictField: "", TitleField: i.Title}, Reason: "says " + secret})
	step(err)
	_, err = k.WriteText(ctx, k.ada, i.ID, "finder", 0, "found by "+secret)
	step(err)
	_, err = k.Attach(ctx, k.ada, i.ID, secret+".txt", strings.NewReader("from "+secret))
	step(err)
	task, err := k.AddTask(ctx, k.ada, i.ID, TaskOrder{Title: "Answer " + secret}, "")
	step(err)
	_, err = k.Skip(ctx, k.ada, i.ID, task.Item, secret+" answered")
	step(err)
	_, err = k.Override(ctx, k.ada, i.ID, "told by "+secret)
	step(err)
	_, err = k.Move(ctx, k.ada, i.ID, Contained, "told by "+secret)
	step(err)
	_, err = k.AddSubjects(ctx, k.ada, i.ID, []Subject{{Subject: ledger.Subject{Kind: "crate", ID: "b"}, Why: "named by " + secret}})
	step(err)
	_, err = k.Split(ctx, k.ada, i.ID, SplitOrder{Title: "Of " + secret, Subjects: []ledger.Subject{crate("b")}, Reason: "asked by " + secret})
	step(err)
	_, err = k.Merge(ctx, k.ada, "INC-2", i.ID, "asked by "+secret)
	step(err)
	step(k.Erase(ctx, k.ada, i.ID, Erasure{Task: task.Item}, "request 7"))
	if n := k.number(`SELECT count(*) FROM ledger_entry WHERE body LIKE '%ottilie%'`); n > 0 {
		t.Errorf("%d entries of the ledger hold what was written", n)
	}
	if n := k.number(`SELECT count(*) FROM incident_event WHERE ledger IS NULL`); n > 0 {
		t.Errorf("%d events are not in the ledger", n)
	}
	for _, n := range k.told {
		if strings.Contains(n.Title+n.Text+n.Path, "ottilie") {
			t.Errorf("told: %+v", n)
		}
	}
	report, err := ledger.VerifyDatabase(ctx, k.db, ledger.Verification{})
	if err != nil || !report.OK() {
		t.Errorf("%+v %v", report, err)
	}
	k.proven(i.ID)
}

// proven compares what is left of every text with the ledger.
func (k *kit) proven(id string) {
	k.t.Helper()
	events, err := k.Events(k.t.Context(), id, 0, 2000)
	if err != nil {
		k.t.Fatal(err)
	}
	checked := 0
	for _, e := range events {
		if e.Ledger == nil {
			k.t.Fatalf("event %d is not in the ledger", e.ID)
		}
		page, err := k.ledger.List(k.t.Context(), ledger.Filter{Before: *e.Ledger + 1, Limit: 1})
		if err != nil || len(page.Entries) != 1 || page.Entries[0].Action != "incident."+e.Kind || page.Entries[0].Incident != e.Incident {
			k.t.Errorf("event %d (%s): entry %+v %v", e.ID, e.Kind, page.Entries, err)
			continue
		}
		if want := page.Entries[0].Details["body_sha256"]; e.Salt != "" {
			checked++
			if got := BodyHash(e.Salt, e.Body).String(); got != want {
				k.t.Errorf("event %d (%s): the ledger has %s of it, not %s", e.ID, e.Kind, want, got)
			}
		}
	}
	if checked == 0 {
		k.t.Error("no text was compared with the ledger")
	}
}

func TestListAndFind(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	var all []Incident
	for n := range 7 {
		i, err := k.Open(ctx, k.ada, Opening{Title: fmt.Sprintf("Case 100%% no_%d", n), Kind: Typosquat, Campaigns: []string{fmt.Sprintf("Wave-%d", n%2)},
			Subjects: []Subject{sub("version", fmt.Sprintf("crate%d@1.0.0", n), "payload"), sub("account", "77", "")}})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, i)
	}
	if _, err := k.Decide(ctx, k.bo, all[2].ID, Change{Set: map[Field]string{LeadField: "bo", VerdictField: "benign"}, Was: map[Field]string{LeadField: "", VerdictField: ""}}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Move(ctx, k.ada, all[2].ID, Closed, "done"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		f    Filter
		want string
	}{
		"all":          {Filter{}, "7 6 5 4 3 2 1"},
		"open":         {Filter{Open: true}, "7 6 5 4 2 1"},
		"state":        {Filter{States: []State{Closed, Reviewed}}, "3"},
		"lead":         {Filter{Lead: "bo"}, "3"},
		"unled":        {Filter{Unled: true, Limit: 2}, "7 6"},
		"text":         {Filter{Text: "100% NO_3"}, "4"},
		"wild cards":   {Filter{Text: "%"}, "7 6 5 4 3 2 1"},
		"no such text": {Filter{Text: "1000"}, ""},
		"by id":        {Filter{Text: "inc-5"}, "5"},
		"campaign":     {Filter{Campaign: "wave-1"}, "6 4 2"},
		"subject":      {Filter{Subject: version("crate4@1.0.0")}, "5"},
		"account":      {Filter{Subject: account("77"), Before: 3}, "2 1"},
		"kind":         {Filter{Kind: Flood}, ""},
		"verdict":      {Filter{Verdict: Benign}, "3"},
		"following":    {Filter{Following: "bo"}, "3"},
		"drills":       {Filter{Drills: true}, ""},
		"earlier":      {Filter{Until: time.Now().Add(-time.Hour)}, ""},
		"later":        {Filter{From: time.Now().Add(-time.Hour)}, "7 6 5 4 3 2 1"},
	} {
		page, err := k.List(ctx, c.f)
		var got []string
		for _, i := range page.Incidents {
			got = append(got, strings.TrimPrefix(i.ID, "INC-"))
		}
		if s := strings.Join(got, " "); err != nil || s != c.want {
			t.Errorf("%s: %q, want %q %v", name, s, c.want, err)
		}
	}
	var walked []string
	for before := int64(0); ; {
		page, err := k.List(ctx, Filter{Before: before, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Incidents {
			walked = append(walked, i.ID)
		}
		if before = page.Next; before == 0 {
			break
		}
	}
	if len(walked) != 7 {
		t.Errorf("pages give %v", walked)
	}
	for name, c := range map[string]struct {
		s    Subject
		want int
	}{"same account": {sub("account", "77", ""), 6}, "other version": {sub("version", "crate1@9.9.9", ""), 1}, "its crate": {sub("crate", "crate0", ""), 1}, "closed": {sub("crate", "crate2", ""), 0}, "none": {sub("crate", "crate", ""), 0}} {
		got, err := k.Similar(ctx, []Subject{c.s})
		if err != nil || len(got) != c.want {
			t.Errorf("similar by %s: %d %v", name, len(got), err)
		}
	}
	about, err := k.About(ctx, crate("crate2"))
	if err != nil || len(about) != 1 || about[0].ID != "INC-3" {
		t.Errorf("about crate2: %v %v", about, err)
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	for range 3 {
		k.opened()
	}
	if _, err := k.Merge(ctx, k.ada, "INC-2", "INC-1", "same"); err != nil {
		t.Fatal(err)
	}
	k.exec(`UPDATE incident SET state = 'closed' WHERE number = 3`)
	for id, want := range map[string]cratewarden.Kind{
		"INC-1": "", "INC-2": cratewarden.Conflict, "INC-3": cratewarden.Conflict, "INC-4": cratewarden.Invalid, "inc-1": cratewarden.Invalid,
		"INC-": cratewarden.Invalid, "INC-01": cratewarden.Invalid, "INC-1 ": cratewarden.Invalid, "INC-99999999999999999999": cratewarden.Invalid, "August": cratewarden.Invalid, "": cratewarden.Invalid, "INC-1\x00": cratewarden.Invalid,
	} {
		if err := k.Known(ctx, id); cratewarden.KindOf(err) != want {
			t.Errorf("%q: %v", id, err)
		}
	}
	if err := k.Known(ctx, "INC-2"); err == nil || !strings.Contains(err.Error(), "INC-1") {
		t.Errorf("a merged case does not say where it goes on: %v", err)
	}
}
