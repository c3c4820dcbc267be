package mirror

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"cratewarden"
)

// percentiles reports the median and the 99th percentile of some times.
func percentiles(b *testing.B, what string, times []time.Duration) (p50 time.Duration) {
	b.Helper()
	slices.Sort(times)
	p50, p99 := times[len(times)/2], times[len(times)*99/100]
	b.ReportMetric(float64(p50.Microseconds()), what+"-p50-µs")
	b.ReportMetric(float64(p99.Microseconds()), what+"-p99-µs")
	return p50
}

// measure times fn again and again. Percentiles need a fixed number of times,
// so the benchmark's own count is not used; run with -benchtime 1x.
func measure(count int, fn func(i int)) []time.Duration {
	var times []time.Duration
	for i := range count {
		began := time.Now()
		fn(i)
		times = append(times, time.Since(began))
	}
	return times
}

// against times the same question asked in SQL and reports how many times
// longer the median takes.
func against(b *testing.B, p50 time.Duration, times int, ask func(i int)) {
	b.Helper()
	var list []time.Duration
	for i := range times {
		began := time.Now()
		ask(i)
		list = append(list, time.Since(began))
	}
	other := percentiles(b, "sql", list)
	b.ReportMetric(float64(other)/float64(max(p50, 1)), "sql/mirror")
}

func rows(b *testing.B, sql string, args ...any) (n int) {
	b.Helper()
	r, err := bench.pool.Query(context.Background(), sql, args...)
	if err != nil {
		b.Fatal(err)
	}
	for r.Next() {
		n++
	}
	if r.Err() != nil {
		b.Fatal(r.Err())
	}
	return n
}

func heapMiB() float64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return float64(s.HeapAlloc) / (1 << 20)
}

func BenchmarkLoad(b *testing.B) {
	m, _ := benchMirror(b)
	crates, versions, _ := m.Totals()
	b.ReportMetric(float64(crates), "crates")
	b.ReportMetric(float64(versions), "versions")
	b.ReportMetric(float64(len(m.now().deps.target)), "dependencies")
	b.ReportMetric(bench.load.Seconds(), "load-s")
	b.ReportMetric(bench.early.Seconds(), "search-ready-s")
	b.ReportMetric(heapMiB(), "heap-MiB")
	b.ReportMetric(float64(m.Status().Bytes)/(1<<20), "estimated-MiB")
}

// BenchmarkReread measures the full re-read beside a filled picture and the
// most memory it takes meanwhile.
func BenchmarkReread(b *testing.B) {
	m, _ := benchMirror(b)
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		var top uint64
		for {
			select {
			case <-stop:
				most <- top
				return
			case <-time.After(20 * time.Millisecond):
				var s runtime.MemStats
				runtime.ReadMemStats(&s)
				top = max(top, s.HeapAlloc)
			}
		}
	}()
	began := time.Now()
	if err := m.load(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "reread-s")
	close(stop)
	b.ReportMetric(float64(<-most)/(1<<20), "most-heap-MiB")
}

// misspelled gives names of the registry with one or two slips.
func misspelled(r *rand.Rand, m *Mirror) string {
	for {
		c, ok := m.Crate(1 + r.Int32N(int32(bench.crates)))
		if !ok || len(c.Name) < 5 {
			continue
		}
		b := []byte(c.Name)
		for range 1 + r.IntN(2) {
			b[1+r.IntN(len(b)-1)] = byte('a' + r.IntN(26))
		}
		return string(b)
	}
}

func BenchmarkFuzzySearch(b *testing.B) {
	m, _ := benchMirror(b)
	r := rand.New(rand.NewPCG(3, 4))
	var texts []string
	for range 2000 {
		texts = append(texts, misspelled(r, m))
	}
	p50 := percentiles(b, "search", measure(2000, func(i int) {
		m.Search(context.Background(), Query{Text: texts[i%len(texts)]})
	}))
	against(b, p50, 20, func(i int) {
		rows(b, `SELECT id, name FROM crates ORDER BY canon_crate_name(name) <-> $1 LIMIT 10`, cratewarden.CanonName(texts[i]))
	})
}

func BenchmarkPrefixSearch(b *testing.B) {
	m, _ := benchMirror(b)
	list := words(700)
	percentiles(b, "search", measure(2000, func(i int) {
		w := list[i%len(list)]
		m.Search(context.Background(), Query{Text: w[:min(len(w), 1+i%4)]})
	}))
}

// BenchmarkPublishedBy asks for everything an account published.
func BenchmarkPublishedBy(b *testing.B) {
	m, _ := benchMirror(b)
	p50 := percentiles(b, "published", measure(2000, func(i int) {
		m.PublishedBy(1+int32(i*7919%(bench.crates/4)), 0, 1<<20)
	}))
	against(b, p50, 10, func(i int) {
		rows(b, `SELECT id, crate_id, num, created_at, yanked, tar_sha256 FROM versions WHERE published_by = $1 ORDER BY id DESC`, 1+i*7919%(bench.crates/4))
	})
}

// BenchmarkAccountPage asks what an account's page asks.
func BenchmarkAccountPage(b *testing.B) {
	m, _ := benchMirror(b)
	p50 := percentiles(b, "account", measure(2000, func(i int) { accountPage(m, 1+int32(i*7919%(bench.crates/4))) }))
	against(b, p50, 5, func(i int) {
		id := 1 + i*7919%(bench.crates/4)
		rows(b, `SELECT * FROM users WHERE id = $1`, id)
		rows(b, `SELECT * FROM api_tokens WHERE user_id = $1`, id)
		rows(b, `SELECT * FROM crate_owners o JOIN crates c ON c.id = o.crate_id WHERE owner_id = $1 AND owner_kind = 0`, id)
		rows(b, `SELECT * FROM version_owner_actions WHERE user_id = $1 ORDER BY id DESC LIMIT 100`, id)
		rows(b, `SELECT id, num FROM versions WHERE published_by = $1 ORDER BY id DESC LIMIT 100`, id)
		rows(b, `SELECT user_id FROM emails WHERE split_part(email, '@', 2) = (SELECT split_part(email, '@', 2) FROM emails WHERE user_id = $1) LIMIT 20`, id)
	})
}

func accountPage(m *Mirror, id int32) {
	a, _ := m.Account(id)
	m.Tokens(id)
	for _, o := range m.Owned(id, false) {
		m.Crate(o.CrateID)
	}
	m.Actions(id, 0, 100)
	m.PublishedBy(id, 0, 100)
	m.PublishedByCount(id)
	m.SameMailDomain(id, 20)
	m.LookalikeAccounts(a.Login, 10)
}

func BenchmarkDependents(b *testing.B) {
	m, _ := benchMirror(b)
	p50 := percentiles(b, "dependents", measure(20, func(i int) { m.Dependents(1+int32(i%10), 20) }))
	against(b, p50, 3, func(i int) {
		rows(b, `SELECT v.crate_id, count(*) FROM dependencies d JOIN versions v ON v.id = d.version_id WHERE d.crate_id = $1 GROUP BY 1 ORDER BY 2 DESC LIMIT 20`, 1+i%10)
	})
}

func BenchmarkRecent(b *testing.B) {
	m, _ := benchMirror(b)
	filters := []Recent{{Limit: 50}, {Limit: 50, NewCrate: true}, {Limit: 50, Method: cratewarden.MethodGitLab}, {Limit: 50, CratePrefix: "ba", FirstBy: true}}
	for i, f := range filters {
		b.Run(fmt.Sprint(i), func(b *testing.B) {
			percentiles(b, "recent", measure(20, func(int) { m.Recent(f) }))
		})
	}
}

func BenchmarkSweep(b *testing.B) {
	m, _ := benchMirror(b)
	percentiles(b, "sweep", measure(3, func(int) {
		if err := m.sweepOnce(context.Background()); err != nil {
			b.Fatal(err)
		}
	}))
}

func BenchmarkPoll(b *testing.B) {
	m, _ := benchMirror(b)
	percentiles(b, "poll", measure(20, func(int) {
		if err := m.poll(context.Background()); err != nil {
			b.Fatal(err)
		}
	}))
}
