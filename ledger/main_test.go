package ledger

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// migrations are the files that make the ledger's tables.
const migrations = "../console/migrations/*_ledger*.sql"

func template() pgtest.Template {
	return pgtest.Template{Name: "ledger", Build: func(ctx context.Context, conn *pgx.Conn) error {
		files, err := filepath.Glob(migrations)
		if err != nil || len(files) < 2 {
			return fmt.Errorf("migrations of the ledger: %q, %w", files, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if _, err := conn.Exec(ctx, string(text)); err != nil {
				return err
			}
		}
		return nil
	}}
}

func testKeys(t testing.TB, n int) ([]Key, *PublicKeys) {
	t.Helper()
	var text string
	for range n {
		private, _, err := GenerateKey("ledger.test/log")
		if err != nil {
			t.Fatal(err)
		}
		text += private + "\n"
	}
	keys, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	public, err := publicKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	return keys, public
}

// bench is a ledger in a database of its own.
type bench struct {
	*Log
	public *PublicKeys
}

func newLedger(t testing.TB) bench {
	t.Helper()
	keys, public := testKeys(t, 1)
	at := time.Date(2026, 8, 20, 18, 0, 0, 0, time.UTC)
	clock := func() time.Time { at = at.Add(time.Second); return at }
	return bench{New(Config{DB: pgtest.Database(t, template()), Keys: keys, Clock: clock}), public}
}

func (b bench) append(t testing.TB, entries ...Entry) []Receipt {
	t.Helper()
	var receipts []Receipt
	err := pg.InTx(t.Context(), b.db, func(tx pgx.Tx) error {
		for _, e := range entries {
			r, err := b.Append(t.Context(), tx, e)
			if err != nil {
				return err
			}
			receipts = append(receipts, r)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return receipts
}

func (b bench) head(t testing.TB) Checkpoint {
	t.Helper()
	head, err := b.Head(t.Context())
	if err != nil {
		t.Fatalf("head: %v", err)
	}
	return head
}

func (b bench) verify(t testing.TB, v Verification) *Report {
	t.Helper()
	if v.Keys == nil {
		v.Keys = b.public
	}
	r, err := VerifyDatabase(t.Context(), b.db, v)
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	return r
}

// sample makes entries that differ, some with letters beyond ASCII.
func sample(i int) Entry {
	e := Entry{
		Kind: Intent, Actor: Actor{ID: fmt.Sprint("p", i%3), Name: "Zoë", RegistryUser: int64(i % 3)}, Session: "s1", Action: "version.yank",
		Subjects: []Subject{{Kind: "crate", ID: fmt.Sprint("crate-", i%5)}, {Kind: "account", ID: "42", Name: "mallory"}},
		Plan:     fmt.Sprint("P", i/2), Incident: "I-1", Reasons: &Reasons{Public: "malware", Internal: "seen by “kit”"}, RegistryTx: "7731",
		Images: []Image{{Row: fmt.Sprint("versions/", i), Before: &Digest{1}, After: &Digest{2}}},
	}
	if i%4 == 3 {
		before := int64(i - 1)
		e = Entry{Kind: Outcome, Actor: Actor{ID: "p1"}, Refers: &before, Result: &Result{State: "committed"}, Plan: fmt.Sprint("P", i/2)}
	}
	return e
}

func samples(n int) []Entry {
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = sample(i)
	}
	return entries
}

// tamper changes the database as somebody does who owns it: without triggers,
// constraints and indexes.
func tamper(t testing.TB, db *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func disarm(t testing.TB, db *pgxpool.Pool) {
	t.Helper()
	for _, table := range []string{"ledger_entry", "ledger_checkpoint", "ledger_sealed", "ledger_key"} {
		tamper(t, db, `ALTER TABLE `+table+` DISABLE TRIGGER USER`)
	}
	tamper(t, db, `ALTER TABLE ledger_key DROP CONSTRAINT ledger_key_index_fkey`)
	tamper(t, db, `ALTER TABLE ledger_sealed DROP CONSTRAINT ledger_sealed_index_fkey`)
	for _, table := range []string{"ledger_entry", "ledger_checkpoint", "ledger_sealed", "ledger_key"} {
		tamper(t, db, `ALTER TABLE `+table+` DROP CONSTRAINT `+table+`_pkey`)
	}
	for _, index := range []string{"at", "actor", "kind", "action", "plan", "incident", "subject", "refers"} {
		tamper(t, db, `DROP INDEX ledger_entry_`+index)
	}
}

// shelf is an export in memory.
type shelf struct{ fstest.MapFS }

func newShelf() shelf { return shelf{fstest.MapFS{}} }

func (s shelf) Read(_ context.Context, key string) ([]byte, error) {
	if f, ok := s.MapFS[key]; ok {
		return f.Data, nil
	}
	return nil, cratewarden.Errorf(cratewarden.NotFound, "no %s", key)
}

func (s shelf) Write(_ context.Context, key string, content []byte, replace bool) error {
	if _, ok := s.MapFS[key]; ok && !replace {
		return cratewarden.Errorf(cratewarden.Conflict, "%s is there", key)
	}
	s.MapFS[key] = &fstest.MapFile{Data: bytes.Clone(content)}
	return nil
}

func (s shelf) clone() shelf {
	out := newShelf()
	for key, f := range maps.All(s.MapFS) {
		out.MapFS[key] = &fstest.MapFile{Data: bytes.Clone(f.Data)}
	}
	return out
}

func (b bench) export(t testing.TB, to shelf) {
	t.Helper()
	if _, err := b.Export(t.Context(), to); err != nil {
		t.Fatalf("export: %v", err)
	}
}
