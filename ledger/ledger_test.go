package ledger

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

func TestAppendGetAndProve(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	receipts := l.append(t, samples(11)...)
	head := l.head(t)
	for i, receipt := range receipts {
		if receipt.Index != int64(i) {
			t.Errorf("entry %d got the number %d", i, receipt.Index)
		}
		got, err := l.Get(t.Context(), receipt.Index)
		if err != nil {
			t.Fatal(err)
		}
		want := sample(i)
		want.Index, want.At = receipt.Index, receipt.At
		if diff := cmp.Diff(want, got.Entry); diff != "" {
			t.Errorf("entry %d:\n%s", i, diff)
		}
		proof, err := ParseInclusion(got.Proof.Text(), l.public)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.Check(got.Body); err != nil || proof.Signed.Size != head.Size {
			t.Errorf("proof of entry %d: %v", i, err)
		}
		if err := proof.Check(append(got.Body, ' ')); cratewarden.KindOf(err) != cratewarden.Refused {
			t.Errorf("a proof held for another text: %v", err)
		}
	}
	if _, err := l.Get(t.Context(), 11); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("entry beyond the end: %v", err)
	}
}

func TestRefusesWhatCannotBeAnEntry(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	zero, far := int64(0), int64(7)
	who := Actor{ID: "p"}
	for name, c := range map[string]struct {
		entry Entry
		kind  cratewarden.Kind
	}{
		"no kind":              {Entry{Actor: who}, cratewarden.Invalid},
		"unknown kind":         {Entry{Actor: who, Kind: "joke"}, cratewarden.Invalid},
		"nobody":               {Entry{Kind: Note}, cratewarden.Invalid},
		"outcome of nothing":   {Entry{Kind: Outcome, Actor: who}, cratewarden.Invalid},
		"refers to itself":     {Entry{Kind: Outcome, Actor: who, Refers: &zero}, cratewarden.Invalid},
		"refers to the future": {Entry{Kind: Note, Actor: who, Refers: &far}, cratewarden.Invalid},
		"forged commitment":    {Entry{Kind: Note, Actor: who, Sealed: &Digest{}}, cratewarden.Invalid},
		"too long":             {Entry{Kind: Note, Actor: who, Session: string(make([]byte, MaxEntry))}, cratewarden.TooLarge},
	} {
		err := pg.InTx(t.Context(), l.db, func(tx pgx.Tx) error { _, err := l.Append(t.Context(), tx, c.entry); return err })
		if cratewarden.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What people typed into reasons, titles and questions that were refused stays
// in the ledger for ever, so no address or secret gets there; the caller's own
// values are not touched.
func TestNoAddressStaysInAReason(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	const typed = "jane@mail.example asked from 203.0.113.7 with cwd_abcdefghijklmnopqrstuvwxyz about serde@1.0.0"
	e := Entry{Kind: Note, Actor: Actor{ID: "p"}, Reasons: &Reasons{Public: typed, Internal: typed},
		Details: map[string]string{"title": typed, "why": typed, "reason": typed, "name": typed, "networks": "203.0.113.0/24"}}
	stored, err := l.Get(t.Context(), l.append(t, e)[0].Index)
	if err != nil {
		t.Fatal(err)
	}
	got := stored.Entry
	const want = "[mail address] asked from [IP address] with [secret] about serde@1.0.0"
	if got.Reasons.Public != want || got.Reasons.Internal != want || got.Details["networks"] != "203.0.113.0/24" {
		t.Errorf("%+v %v", got.Reasons, got.Details)
	}
	for _, name := range []string{"title", "why", "reason", "name"} {
		if got.Details[name] != want {
			t.Errorf("%s: %s", name, got.Details[name])
		}
	}
	if e.Reasons.Internal != typed || e.Details["title"] != typed {
		t.Error("the caller's entry was changed")
	}
}

// A number read in an old snapshot could be given twice, so such transactions
// are refused.
func TestAppendWantsReadCommitted(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	err := pgx.BeginTxFunc(t.Context(), l.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		_, err := l.Append(t.Context(), tx, sample(0))
		return err
	})
	if err == nil {
		t.Error("appended in a repeatable-read transaction")
	}
}

// Eight writers append at once, and every third transaction rolls back: no
// number is given twice and none is left out.
func TestConcurrentAppendsLeaveNoGaps(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.clock = time.Now
	giveUp := errors.New("changed my mind")
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[int64]bool{}
	for w := range 8 {
		wg.Go(func() {
			for i := range 30 {
				var got []int64
				err := pg.InTx(t.Context(), l.db, func(tx pgx.Tx) error {
					for range 1 + i%2 {
						r, err := l.Append(t.Context(), tx, Entry{Kind: Note, Actor: Actor{ID: fmt.Sprint(w)}})
						if err != nil {
							return err
						}
						got = append(got, r.Index)
					}
					if i%3 == 2 {
						return giveUp
					}
					return nil
				})
				if errors.Is(err, giveUp) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, n := range got {
					if seen[n] {
						t.Errorf("number %d was given twice", n)
					}
					seen[n] = true
				}
				mu.Unlock()
				if i%10 == 0 {
					if _, err := l.Head(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	head := l.head(t)
	if want := int64(8 * 30); head.Size != want || int64(len(seen)) != want {
		t.Errorf("%d entries, %d committed, want %d", head.Size, len(seen), want)
	}
	if r := l.verify(t, Verification{}); !r.OK() {
		t.Errorf("%+v", r.Problems)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.append(t, samples(40)...)
	all := entriesOf(t, l, Filter{Limit: 1000})
	if len(all) != 40 || all[0].Index != 39 {
		t.Fatalf("everything: %d", len(all))
	}
	noon := all[20].At
	for name, c := range map[string]struct {
		filter Filter
		keep   func(Entry) bool
	}{
		"actor":    {Filter{Actor: "p1"}, func(e Entry) bool { return e.Actor.ID == "p1" }},
		"kind":     {Filter{Kind: Outcome}, func(e Entry) bool { return e.Kind == Outcome }},
		"action":   {Filter{Action: "version.yank"}, func(e Entry) bool { return e.Action == "version.yank" }},
		"plan":     {Filter{Plan: "P3"}, func(e Entry) bool { return e.Plan == "P3" }},
		"incident": {Filter{Incident: "I-1"}, func(e Entry) bool { return e.Incident == "I-1" }},
		"from":     {Filter{From: noon}, func(e Entry) bool { return !e.At.Before(noon) }},
		"until":    {Filter{Until: noon}, func(e Entry) bool { return e.At.Before(noon) }},
		"subject":  {Filter{Subject: Subject{Kind: "crate", ID: "crate-2"}}, func(e Entry) bool { return len(e.Subjects) > 0 && e.Subjects[0].ID == "crate-2" }},
		"both":     {Filter{Subject: Subject{Kind: "crate", ID: "crate-2"}, Actor: "p2"}, func(e Entry) bool { return len(e.Subjects) > 0 && e.Subjects[0].ID == "crate-2" && e.Actor.ID == "p2" }},
		"nothing":  {Filter{Subject: Subject{Kind: "account", ID: "crate-2"}}, func(Entry) bool { return false }},
	} {
		var want []int64
		for _, e := range all {
			if c.keep(e) {
				want = append(want, e.Index)
			}
		}
		for _, limit := range []int{3, 1000} {
			c.filter.Limit = limit
			var got []int64
			for _, e := range entriesOf(t, l, c.filter) {
				got = append(got, e.Index)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s by %d:\n%s", name, limit, diff)
			}
		}
	}
}

// entriesOf turns all pages.
func entriesOf(t *testing.T, l bench, f Filter) []Entry {
	t.Helper()
	var all []Entry
	for {
		p, err := l.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p.Entries...)
		if f.Before = p.Next; p.Next == 0 {
			return all
		}
	}
}

// Nobody can make the console vouch for a log that was rewritten under it.
func TestHeadRefusesToSignAFork(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"changed":                `UPDATE ledger_entry SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1) WHERE index = 4`,
		"cut off":                `DELETE FROM ledger_entry WHERE index > 2`,
		"hole":                   `UPDATE ledger_entry SET hashes = '' WHERE index = 3`,
		"cut off with its heads": `WITH gone AS (DELETE FROM ledger_checkpoint) DELETE FROM ledger_entry WHERE index > 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			l.append(t, samples(5)...)
			l.head(t)
			disarm(t, l.db)
			tamper(t, l.db, sql)
			if _, err := l.Head(t.Context()); cratewarden.KindOf(err) != cratewarden.Conflict {
				t.Errorf("signed: %v", err)
			}
		})
	}
}

func TestPersonalDataIsErasedAndTheLogStaysWhole(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	secret := "mallory@example.org"
	l.append(t, sample(0), Entry{Kind: Note, Actor: Actor{ID: "p1"}, Personal: []byte(secret)}, sample(2))
	before := l.head(t)
	by := Entry{Actor: Actor{ID: "p2"}, Incident: "I-1"}
	open := func() (got []byte, err error) {
		err = pg.InTx(t.Context(), l.db, func(tx pgx.Tx) (err error) { got, err = l.OpenPersonal(t.Context(), tx, 1, by); return err })
		return got, err
	}
	if got, err := open(); err != nil || string(got) != secret {
		t.Fatalf("opened: %q, %v", got, err)
	}
	if e := entriesOf(t, l, Filter{Kind: Opening}); len(e) != 1 || e[0].Actor.ID != "p2" || *e[0].Refers != 1 {
		t.Errorf("the opening was not recorded: %+v", e)
	}
	if r := l.verify(t, Verification{}); !r.OK() || r.Personal != 1 || r.Erased != 0 {
		t.Errorf("before: %+v", r)
	}
	erase := func() error {
		return pg.InTx(t.Context(), l.db, func(tx pgx.Tx) error { _, err := l.Erase(t.Context(), tx, 1, by); return err })
	}
	if err := erase(); err != nil {
		t.Fatal(err)
	}
	if r := l.verify(t, Verification{Known: [][]byte{before.Note}}); !r.OK() || r.Personal != 0 || r.Erased != 1 {
		t.Errorf("after: %+v", r)
	}
	if _, err := open(); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("opened after it was erased: %v", err)
	}
	if err := erase(); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("erased twice: %v", err)
	}
	got, err := l.Get(t.Context(), 1)
	if err != nil || !got.Erased || got.Entry.Sealed == nil {
		t.Errorf("the entry itself: %+v, %v", got, err)
	}
	// A key that vanishes without an erasure is noticed.
	l.append(t, Entry{Kind: Note, Actor: Actor{ID: "p1"}, Personal: []byte(secret)})
	tamper(t, l.db, `DELETE FROM ledger_key`)
	if r := l.verify(t, Verification{}); len(r.Problems) != 1 || r.Problems[0].What != Personal || r.Problems[0].Entry != 5 {
		t.Errorf("a key was deleted in silence: %+v", r.Problems)
	}
}

// During a change of keys heads bear both signatures, and the log goes on
// under its name.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.append(t, samples(3)...)
	old := l.head(t)
	fresh, _ := testKeys(t, 1)
	both := New(Config{DB: l.db, Keys: append(append([]Key{}, l.keys...), fresh...)})
	onlyNew := New(Config{DB: l.db, Keys: fresh})
	bench{both, nil}.append(t, sample(3))
	bench{both, nil}.head(t)
	bench{onlyNew, nil}.append(t, sample(4))
	bench{onlyNew, nil}.head(t)
	all, err := ParsePublicKeys(l.keys[0].Public() + "\n" + fresh[0].Public())
	if err != nil {
		t.Fatal(err)
	}
	if r := l.verify(t, Verification{Keys: all, Known: [][]byte{old.Note}}); !r.OK() || r.Heads != 4 {
		t.Errorf("with all keys: %+v", r)
	}
	if r := l.verify(t, Verification{}); r.OK() {
		t.Error("a head of an unknown key passed")
	}
	other, _, err := GenerateKey("another.test/log")
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := ParseKeys(other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{DB: l.db, Keys: foreign}).Head(t.Context()); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("signed for another log: %v", err)
	}
}

// Every filter finds few entries among many through an index.
func TestListsNeverReadTheWholeLedger(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	fillLedger(t, l, 8_000)
	rare := Entry{
		Kind: Refusal, Actor: Actor{ID: "rare"}, Action: "rare", Plan: "rare", Incident: "rare",
		Subjects: []Subject{{Kind: "crate", ID: "rare"}},
	}
	l.append(t, rare)
	tamper(t, l.db, `ANALYZE ledger_entry`)
	at := entriesOf(t, l, Filter{Kind: Refusal})[0].At
	for name, f := range map[string]Filter{
		"all": {}, "actor": {Actor: "rare"}, "action": {Action: "rare"}, "plan": {Plan: "rare"}, "incident": {Incident: "rare"}, "kind": {Kind: Refusal},
		"subject": {Subject: Subject{Kind: "crate", ID: "rare"}}, "time": {From: at, Until: at.Add(time.Second)}, "page": {Before: 100},
		"common": {Action: "version.yank", Before: 6_000},
	} {
		sql, args := f.query(51)
		rows, err := l.db.Query(t.Context(), `EXPLAIN ANALYZE `+sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(plan, "\n")
		if strings.Contains(text, "Seq Scan") || !strings.Contains(text, "Index") {
			t.Errorf("%s:\n%s", name, text)
		}
		for line := range strings.Lines(text) {
			var removed int
			if _, rest, ok := strings.Cut(line, "Rows Removed by Filter: "); ok {
				if _, err := fmt.Sscan(rest, &removed); err == nil && removed > 500 {
					t.Errorf("%s read %d rows too many:\n%s", name, removed, text)
				}
			}
		}
	}
}
