package incident

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden/ledger"
	"cratewarden/pg"
)

// What no plan and no event tells: messages, refusals, openings; and of merged
// cases all of it, each thing once.
func TestTimelineTellsNoticesAndTheLedger(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.Engine = nil })
	k.at(noon)
	i, other := k.opened(), k.opened()
	for path, kind := range map[string]string{"/incidents/" + i.ID: "a", "/incidents/" + i.ID + "/timeline?x=1": "b", "/incidents/" + other.ID + "#top": "c", "/incidents/INC-77": "d", "/incidents/" + i.ID + "9": "e"} {
		if _, err := k.db.Exec(t.Context(), `INSERT INTO notice (kind, title, path, at) VALUES ($1, 'look', $2, $3)`, kind, path, noon); err != nil {
			t.Fatal(err)
		}
	}
	who := ledger.Actor{ID: "ada", Name: "Ada"}
	zero := int64(0)
	for _, e := range []ledger.Entry{
		{Kind: ledger.Opening, Actor: who, Action: "account.open", Incident: i.ID, Subjects: []ledger.Subject{{Kind: "account", ID: "42", Name: "mallory"}}},
		{Kind: ledger.Refusal, Actor: who, Action: "plan.apply", Incident: other.ID, Result: &ledger.Result{State: "refused", Detail: "no second person"}},
		{Kind: ledger.Outcome, Actor: ledger.Actor{ID: "cratewarden"}, Action: "follow.files.hold", Incident: i.ID, Refers: &zero, Result: &ledger.Result{State: "failed", Detail: "the store is full"}},
		{Kind: ledger.Outcome, Actor: ledger.Actor{ID: "cratewarden"}, Action: "follow.files.hold", Incident: i.ID, Refers: &zero, Result: &ledger.Result{State: "done"}},
		{Kind: ledger.Opening, Actor: who, Action: "account.open", Incident: "INC-77"},
	} {
		if err := pg.InTx(t.Context(), k.db, func(tx pgx.Tx) error {
			_, err := k.ledger.Append(t.Context(), tx, e)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.Merge(t.Context(), k.ada, other.ID, i.ID, "the same attack"); err != nil {
		t.Fatal(err)
	}
	list, err := k.Timeline(t.Context(), other.ID, TimelineFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var notices, entries []string
	opened := 0
	seen := map[string]bool{}
	for _, m := range list {
		if seen[m.ID] {
			t.Errorf("%s is told twice", m.ID)
		}
		seen[m.ID] = true
		switch m.Source {
		case FromNotice:
			notices = append(notices, m.What)
		case FromLedger:
			entries = append(entries, m.Sentence)
		}
		if m.What == "incident.opened" {
			opened++
		}
	}
	if slices.Sort(notices); strings.Join(notices, " ") != "notice.a notice.b notice.c" || opened != 2 {
		t.Errorf("%v, %d openings", notices, opened)
	}
	want := []string{"Ada opened private data: “account open” (account mallory).", "Ada was refused “Apply a plan”: no second person.", "“Move files into the vault” ended failed: the store is full."}
	if len(entries) != 3 {
		t.Fatalf("%q", entries)
	}
	for n, w := range want {
		if entries[n] != w {
			t.Errorf("%q, want %q", entries[n], w)
		}
	}
	clocks, err := k.Clocks(t.Context(), other.ID)
	if err != nil || clocks.Incident != i.ID || clocks.Of(LookClock).State != ClockMet {
		t.Errorf("%+v %v", clocks, err)
	}
}

func TestTextsOfTheSheetAreRead(t *testing.T) {
	t.Parallel()
	for value, kind := range map[string]string{"https://a.example/x": "url", "evil.example": "domain", "10.0.0.1": "ip", "[::1]:80": "ip", strings.Repeat("ab", 32): "hash", "/tmp/x": "file", `C:\x`: "file"} {
		if got := guess(value); got != kind {
			t.Errorf("%s is taken for %s", value, got)
		}
	}
	seen := map[string]bool{}
	for _, f := range TextFields() {
		if key := f.Field + "/" + f.Of; seen[key] || !fieldName.MatchString(f.Field) || f.Title == "" {
			t.Errorf("%+v", f)
		} else {
			seen[key] = true
		}
	}
}
