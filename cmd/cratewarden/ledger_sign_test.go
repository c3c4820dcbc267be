package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/console"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// records is a console on a ledger that has entries.
type records struct {
	address, console string
	public           []byte
	token            string
}

// ledgerConsole serves an empty registry with a ledger of four entries, filled
// before it starts, with a key of its own.
func ledgerConsole(t *testing.T) records {
	t.Helper()
	keys := filepath.Join(t.TempDir(), "key")
	private, public, err := ledger.GenerateKey("console.test/ledger")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeNew(keys, private+"\n"); err != nil {
		t.Fatal(err)
	}
	own := pgtest.URL(t, pgtest.Template{Name: "empty"})
	pool := migrated(t, own)
	first := int64(0)
	note(t, pool,
		ledger.Entry{Kind: ledger.Intent, Actor: ledger.Actor{ID: "p1", Name: "Ada"}, Action: "version.yank", Plan: "P-1", Incident: "I-7", Subjects: []ledger.Subject{{Kind: "crate", ID: "serde"}, {Kind: "account", ID: "42", Name: "mallory"}},
			Reasons: &ledger.Reasons{Public: "Contains malware.", Internal: "\x1b[2Jseen at night"}, Documents: []ledger.Document{{Name: "rows", SHA256: ledger.Digest{1}}}},
		ledger.Entry{Kind: ledger.Outcome, Actor: ledger.Actor{ID: "p1", Name: "Ada"}, Plan: "P-1", Refers: &first, Result: &ledger.Result{State: "committed", Recovered: true}},
		ledger.Entry{Kind: ledger.Refusal, Actor: ledger.Actor{ID: "p2"}, Action: "crate.delete", Details: map[string]string{"rule": "needs a second person"}},
		ledger.Entry{Kind: ledger.Note, Actor: ledger.Actor{ID: "p2"}, Personal: []byte("mallory@private.example")})
	registry := pgtest.URL(t, pgtest.Template{Name: "registry", Build: schema.Create})
	file, addr, token := letIn(t, registry, own, cratewarden.Auditor)
	address, stop, err := background("serve", "--addr", addr, "--registry-url", registry, "--console-url", own, "--ledger-key", keys, "--sign-in", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return records{address, own, []byte(public + "\n"), token}
}

func migrated(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	if _, err := console.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	pool, err := pg.Open(t.Context(), pg.Config{URL: url, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func note(t *testing.T, pool *pgxpool.Pool, entries ...ledger.Entry) {
	t.Helper()
	log := ledger.New(ledger.Config{DB: pool})
	for _, e := range entries {
		if err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error { _, err := log.Append(t.Context(), tx, e); return err }); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSigner signs at its start, again at the end, and keeps a failure for the
// pages until it has passed.
func TestSigner(t *testing.T) {
	t.Parallel()
	pool := migrated(t, pgtest.URL(t, pgtest.Template{Name: "empty"}))
	keys, err := folderKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &signer{ledger: ledger.New(ledger.Config{DB: pool, Keys: keys}), log: slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	state := func() ledger.State {
		t.Helper()
		out, err := s.ledger.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	for begin := time.Now(); !state().Covered(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("the empty ledger was never signed")
		}
	}
	note(t, pool, ledger.Entry{Kind: ledger.Note, Actor: ledger.Actor{ID: "p1"}})
	if state().Covered() {
		t.Error("an entry is covered before anybody signed it")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the end of signing: %v", err)
	}
	s.last(ctx)
	if got := state(); !got.Covered() || got.Size != 1 || s.problem() != "" {
		t.Errorf("after the end: %+v, %q", got, s.problem())
	}
	// A head that the log does not continue: it is shorter.
	for _, sql := range []string{`ALTER TABLE ledger_entry DISABLE TRIGGER USER`, `DELETE FROM ledger_entry`} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	s.sign(t.Context())
	if !strings.Contains(s.problem(), "ledger verify") {
		t.Errorf("a log that was cut off: %q", s.problem())
	}
	keyless := &signer{ledger: ledger.New(ledger.Config{DB: pool}), log: slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if keyless.sign(t.Context()); keyless.problem() != "" {
		t.Errorf("without a key: %q", keyless.problem())
	}
}

// TestFolderKeys makes a key once, for its owner only, and never another in its
// place.
func TestFolderKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := folderKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ledger.key", "ledger.key.pub"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "ledger.key.pub")); err != nil {
		t.Fatal(err)
	}
	again, err := folderKeys(dir)
	if err != nil || again[0].Public() != first[0].Public() || again[0].Name() != folderLedger {
		t.Errorf("the second start has another key: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "ledger.key.pub")); err != nil || strings.TrimSpace(string(text)) != first[0].Public() {
		t.Errorf("the public key was not written again: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ledger.key"), []byte("secretword\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := folderKeys(dir); cratewarden.KindOf(err) != cratewarden.Invalid || strings.Contains(err.Error(), "secretword") {
		t.Errorf("a broken key: %v", err)
	}
}
