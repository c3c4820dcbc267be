package dossier_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/blob"
	"cratewarden/demo"
	"cratewarden/dossier"
	"cratewarden/mirror"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

// demoRegistry is the demo at its smallest, with archives for the prepared
// situations alone, made once for all tests.
var demoRegistry = sync.OnceValue(func() *demo.Registry {
	return demo.Generate(demo.Options{Now: crateNow, Crates: demo.MinCrates, Archives: -1})
})

// demoRig is a service on the demo with its storage and a ready mirror.
func demoRig(t testing.TB) crateRig {
	t.Helper()
	pool := pgtest.Database(t, pgtest.Template{Name: "demo", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		return demoRegistry().Load(ctx, conn)
	}})
	rig := crateRig{pool: pool, count: &statements{}}
	cfg := pool.Config()
	cfg.ConnConfig.Tracer = rig.count
	traced := must(pgxpool.NewWithConfig(t.Context(), cfg))
	t.Cleanup(traced.Close)
	rig.static, rig.index = must(blob.OpenFolder(t.TempDir(), true)), must(blob.OpenFolder(t.TempDir(), true))
	t.Cleanup(func() { _, _ = rig.static.Close(), rig.index.Close() })
	if err := demoRegistry().Store(t.Context(), rig.static, rig.index); err != nil {
		t.Fatal(err)
	}
	rig.Service = dossier.New(dossier.Config{Registry: traced, Mirror: readyMirror(t, pool), Static: rig.static, Index: rig.index,
		Clock: func() time.Time { return crateNow }})
	return rig
}

// readyMirror runs a mirror until it has loaded everything.
func readyMirror(t testing.TB, pool *pgxpool.Pool) *mirror.Mirror {
	t.Helper()
	m := mirror.New(mirror.Config{Registry: pool, MailKey: []byte("test")})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	for end := time.Now().Add(time.Minute); !m.Status().Ready; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the mirror is not ready: %+v", m.Status())
		}
	}
	return m
}

func TestDemoCrateGolden(t *testing.T) {
	t.Parallel()
	r := demoRig(t)
	d := r.crate(t, demoRegistry().Situations.August.Helper)
	// Times of this run's own files and reads.
	d.Fresh, d.Index.ModifiedAt = dossier.Fresh{}, time.Time{}
	for i := range d.Files.Rows {
		d.Files.Rows[i].ModifiedAt = time.Time{}
	}
	got := append(must(json.MarshalIndent(d, "", "  ")), '\n')
	path := filepath.Join("testdata", "crate_helper.json")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := must(os.ReadFile(path)); string(want) != string(got) {
		t.Errorf("the dossier is not that of %s; see the difference with -update and git diff", path)
	}
}

// TestEveryDemoCrate holds what must be true of every crate: at most twelve
// statements, nothing absent, and for crates with files an index and a storage
// that agree with the database.
func TestEveryDemoCrate(t *testing.T) {
	t.Parallel()
	r := demoRig(t)
	packed := map[string]bool{}
	for _, name := range demoRegistry().PackedCrates() {
		packed[name] = true
	}
	rows, err := r.pool.Query(t.Context(), `SELECT name FROM crates ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	names := must(pgx.CollectRows(rows, pgx.RowTo[string]))
	var slowest time.Duration
	for _, name := range names {
		before, began := r.count.n.Load(), time.Now()
		d := r.crate(t, name)
		slowest = max(slowest, time.Since(began))
		if n := r.count.n.Load() - before; n > 12 {
			t.Errorf("%s took %d statements", name, n)
		}
		for _, absent := range []string{d.Chart.Absent, d.Dependents.Absent, d.Index.Absent, d.Files.Absent, d.Jobs.Absent, d.Timeline.Absent, d.FollowersAbsent} {
			if absent != "" {
				t.Errorf("%s: absent: %s", name, absent)
			}
		}
		if packed[name] && (!d.Index.Equal || d.Files.Missing > 0) {
			t.Errorf("%s: index %+v, %d archives missing", name, d.Index.Differences, d.Files.Missing)
		}
		if d.Dependents.Table != d.Dependents.Default {
			t.Errorf("%s: %d rows of reverse dependencies, %d crates by the mirror", name, d.Dependents.Table, d.Dependents.Default)
		}
	}
	t.Logf("%d crates, the slowest took %s", len(names), slowest)
}
