package evidence_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/blob"
	"cratewarden/console"
	"cratewarden/demo"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

func openFolder(t *testing.T) blob.Store {
	t.Helper()
	f, err := blob.OpenFolder(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// The made-up registry has everything a real one has: 300 crates of it, and
// the prepared attack, are sealed, and what its index holds is what the rows
// say.
func TestSealTheDemoRegistry(t *testing.T) {
	t.Parallel()
	made := demo.Generate(demo.Options{Crates: 600, Archives: -1, Now: time.Date(2026, 8, 20, 20, 0, 0, 0, time.UTC)})
	registry := pgtest.Database(t, pgtest.Template{Name: "demo", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		return made.Load(ctx, conn)
	}})
	url := pgtest.URL(t, pgtest.Template{Name: "empty"})
	if _, err := console.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	own, err := pg.Open(t.Context(), pg.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	static, index := openFolder(t), openFolder(t)
	if err := made.Store(t.Context(), static, index); err != nil {
		t.Fatal(err)
	}
	s := evidence.New(evidence.Config{
		Registry: registry, Console: own, Ledger: ledger.New(ledger.Config{DB: own}), Static: static, Index: index, Store: openFolder(t),
	})
	var crates []int32
	for id := range int32(300) {
		crates = append(crates, id+1)
	}
	r := evidence.Request{Crates: crates, Actor: ledger.Actor{ID: "p1"}, Plan: "P1"}
	for _, hold := range made.Situations.August.Hold {
		r.Versions = append(r.Versions, hold.VersionID)
	}
	began := time.Now()
	b, err := s.Seal(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	began = time.Now()
	c, err := s.Covers(t.Context(), evidence.Cover{Plan: "P1"}, crates, r.Versions)
	if err != nil || !c.OK {
		t.Fatalf("%+v %v", c.Missing, err)
	}
	t.Logf("%d crates, %d versions, %d accounts, %d parts, %d bytes: sealed in %s, verified in %s",
		len(b.Manifest.Subjects.Crates), len(b.Manifest.Subjects.Versions), len(b.Manifest.Subjects.Accounts), b.Parts, b.Bytes, took, time.Since(began))
	compareIndex(t, b.Manifest)
}

func compareIndex(t *testing.T, m *evidence.Manifest) {
	t.Helper()
	built, same := map[string]ledger.Digest{}, 0
	for _, p := range m.Parts {
		if p.Kind == evidence.KindIndexBuilt {
			built[p.Source] = p.SHA256
		}
	}
	for _, p := range m.Parts {
		if p.Kind == evidence.KindIndex {
			if built[p.Source] != p.SHA256 {
				t.Errorf("%s: the index built from rows is another than the stored one", p.Source)
			}
			same++
		}
		if p.Claimed != nil {
			t.Errorf("%s is not the file that the rows claim", p.Source)
		}
	}
	if same < 300 {
		t.Errorf("only %d index files", same)
	}
}
