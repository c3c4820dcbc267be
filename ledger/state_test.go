package ledger

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// TestState follows a log from nothing to a signed head and past it.
func TestState(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	state := func() State {
		t.Helper()
		s, err := b.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := state(); s.Size != 0 || s.Head.Note != nil || !s.SignedAt.IsZero() || s.Covered() || !s.Keyed {
		t.Errorf("before the first head: %+v", s)
	}
	b.append(t, samples(4)...)
	head := b.head(t)
	if s := state(); s.Size != 4 || !bytes.Equal(s.Head.Note, head.Note) || s.SignedAt.IsZero() || !s.Covered() {
		t.Errorf("signed: %+v", s)
	}
	b.append(t, sample(4))
	if s := state(); s.Size != 5 || s.Head.Size != 4 || s.Covered() {
		t.Errorf("not signed yet: %+v", s)
	}
}

// TestAnswers finds what refers to an entry, of one kind or all.
func TestAnswers(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	first, second := int64(0), int64(1)
	actor := Actor{ID: "p1"}
	b.append(t, Entry{Kind: Intent, Actor: actor}, Entry{Kind: Intent, Actor: actor}, Entry{Kind: Opening, Actor: actor, Refers: &first},
		Entry{Kind: Outcome, Actor: actor, Refers: &first, Result: &Result{State: "committed"}}, Entry{Kind: Outcome, Actor: actor, Refers: &second, Result: &Result{State: "unknown"}})
	for _, c := range []struct {
		kind    Kind
		indexes []int64
		want    []int64
	}{{"", []int64{0}, []int64{2, 3}}, {Outcome, []int64{0}, []int64{3}}, {Outcome, []int64{0, 1}, []int64{3, 4}}, {"", []int64{2}, nil}, {"", nil, nil}} {
		entries, err := b.Answers(t.Context(), c.kind, c.indexes...)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, e := range entries {
			got = append(got, e.Index)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("answers of the kind %q to %v: %v, want %v", c.kind, c.indexes, got, c.want)
		}
	}
}

// TestAnswersUseTheirIndex: a page must not read the whole ledger for them.
func TestAnswersUseTheirIndex(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	b.append(t, samples(8)...)
	conn, err := b.db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, sql := range []string{`SET plan_cache_mode = force_generic_plan`, `SET enable_seqscan = off`, `SET enable_sort = on`, `PREPARE answers (text[], text, bigint) AS ` + answersSQL} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := conn.Query(t.Context(), `EXPLAIN EXECUTE answers ('{2}', '', 100)`)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !strings.Contains(strings.Join(plan, "\n"), "ledger_entry_refers") {
		t.Errorf("the plan is %v\n%s", err, strings.Join(plan, "\n"))
	}
}

// TestSubjectOfAnyKind lists by a subject's id with its kind and without.
func TestSubjectOfAnyKind(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	actor := Actor{ID: "p1"}
	b.append(t, Entry{Kind: Note, Actor: actor, Subjects: []Subject{{Kind: "crate", ID: "42"}}}, Entry{Kind: Note, Actor: actor, Subjects: []Subject{{Kind: "account", ID: "42", Name: "mallory"}}})
	for text, want := range map[string]int{"42": 2, "crate:42": 1, "account:42": 1, "team:42": 0, "x:y:42": 0, "43": 0} {
		page, err := b.List(t.Context(), Filter{Subject: ParseSubject(text)})
		if err != nil || len(page.Entries) != want {
			t.Errorf("%q finds %d entries, want %d: %v", text, len(page.Entries), want, err)
		}
	}
}

// TestRecordFitsColumns holds the file for spreadsheets together.
func TestRecordFitsColumns(t *testing.T) {
	t.Parallel()
	for _, e := range []Entry{{}, sample(0), sample(3)} {
		if got, want := len(e.Record()), len(e.Columns()); got != want {
			t.Errorf("%d cells for %d columns", got, want)
		}
	}
}

// TestUnreadableEntryIsAConflict: who asks for a page is not to blame for what
// somebody did to the database.
func TestUnreadableEntryIsAConflict(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	b.append(t, sample(0))
	disarm(t, b.db)
	tamper(t, b.db, `UPDATE ledger_entry SET body = '{"kind":"magic"}'`)
	if _, err := b.List(t.Context(), Filter{}); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("list: %v", err)
	}
	if _, err := b.Get(t.Context(), 0); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("get: %v", err)
	}
}
