package mirror

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"cratewarden/blast"
	"cratewarden/pg"
	"cratewarden/pg/pgtemp"
)

// graphBench is a loaded mirror with its registry: the demo that is kept in the
// folder CRATEWARDEN_BENCH_DATA, or the synthetic one.
func graphBench(b *testing.B) *Mirror {
	b.Helper()
	dir := os.Getenv("CRATEWARDEN_BENCH_DATA")
	if dir == "" {
		m, pool := benchMirror(b)
		if _, err := pool.Exec(b.Context(), `SELECT rebuild_reverse_dependencies(array_agg(id)) FROM crates`); err != nil {
			b.Fatal(err)
		}
		return m
	}
	if bench.mirror != nil {
		return bench.mirror
	}
	server, err := pgtemp.Start(context.Background(), pgtemp.Config{Dir: filepath.Join(dir, "postgres")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		bench.pool.Close()
		bench.mirror = nil
		server.Stop()
	})
	if bench.pool, err = pg.Open(b.Context(), pg.Config{URL: server.URL("registry"), StatementTimeout: 10 * time.Minute}); err != nil {
		b.Fatal(err)
	}
	if err := loadBench(b.Context()); err != nil {
		b.Fatal(err)
	}
	return bench.mirror
}

// middle gives the median of some times in milliseconds.
func middle(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2].Microseconds()) / 1000
}

// BenchmarkGraph holds what depends on the most used crate against the recursive
// SQL over reverse_dependencies, in the same run, and times exact radii. Run
// with -benchtime 1x; the goals are 100 ms and 20 times for the closure, and 2 s
// for the radius of one bad version.
func BenchmarkGraph(b *testing.B) {
	m := graphBench(b)
	ctx := context.Background()
	b.ReportMetric(bench.load.Seconds(), "load-s")
	b.ReportMetric(heapMiB(), "heap-MiB")
	began := time.Now()
	g, err := m.Graph()
	if err != nil {
		b.Fatal(err)
	}
	fresh := &defaultGraph{}
	fresh.build(g.p)
	b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "build-ms")
	b.ReportMetric(float64(fresh.bytes())/(1<<20), "name-graph-MiB")
	var most int32
	if err := bench.pool.QueryRow(ctx, `SELECT target_crate_id FROM reverse_dependencies GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`).Scan(&most); err != nil {
		b.Fatal(err)
	}
	names := g.Names()
	var reach blast.Reach
	closure := middle(measure(21, func(int) { reach = names.Closure(most) }))
	count := 0
	sql := middle(measure(5, func(int) { count = rows(b, closureSQL, most) - 1 }))
	if count != reach.Crates() {
		b.Errorf("SQL finds %d crates, the closure %d", count, reach.Crates())
	}
	b.ReportMetric(float64(len(names.p.crates.ids)), "crates")
	b.ReportMetric(float64(len(g.p.deps.target)), "dependencies")
	b.ReportMetric(float64(reach.Crates()), "reached")
	b.ReportMetric(closure, "closure-ms")
	b.ReportMetric(sql, "sql-ms")
	b.ReportMetric(sql/closure, "sql/closure")
	b.ReportMetric(0, "ns/op")
	crate, _ := g.CrateByID(most)
	b.Logf("%s: %d crates depend on it, %.1f ms; SQL %.0f ms: %.0f times as long", crate.Name, reach.Crates(), closure, sql, sql/closure)
	last, _ := g.Release(crate.Default)
	radius(b, g, "one", blast.Query{Bad: []blast.Bad{{Crate: crate.Name, Versions: []string{last.Num}}}})
	radius(b, g, "one-now", blast.Query{Mode: blast.Would, Bad: []blast.Bad{{Crate: crate.Name, Versions: []string{last.Num}}}})
	radius(b, g, "one-everything", blast.Query{Kinds: []blast.Kind{blast.Normal, blast.Build, blast.Dev}, Locked: true, Bad: []blast.Bad{{Crate: crate.Name, Versions: []string{last.Num}}}})
	radius(b, g, "whole-crate", blast.Query{Kinds: []blast.Kind{blast.Normal, blast.Build, blast.Dev}, Locked: true, Bad: []blast.Bad{{Crate: crate.Name}}})
}

// radius times a question and says what it costs.
func radius(b *testing.B, g *Graph, what string, q blast.Query) {
	b.Helper()
	var r *blast.Report
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	busy := processorTime(b)
	times := measure(3, func(int) {
		var err error
		if r, err = blast.Run(context.Background(), g, q); err != nil {
			b.Fatal(err)
		}
	})
	busy = processorTime(b) - busy
	runtime.ReadMemStats(&after)
	b.ReportMetric(middle(times), what+"-ms")
	b.Logf("%s: %.0f ms, at most %v, processor time %v, %d crates, %d versions, %d distances, %.0f MiB allocated each", what, middle(times), times[len(times)-1].Round(time.Millisecond), (busy / 3).Round(time.Millisecond),
		r.Crates, r.Versions, len(r.Layers), float64(after.TotalAlloc-before.TotalAlloc)/3/(1<<20))
}

// processorTime is what this process used so far. On a shared machine it says
// more than the time that passed.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
