package ledger

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
	"cratewarden/console"
	"cratewarden/pg"
	"cratewarden/pg/pgtemp"
)

// BenchmarkAppend measures an append with its transaction, begin and commit
// included, on a server that waits for its disk (goal: median 2 ms), beside an
// insert of the same bytes into a plain table.
func BenchmarkAppend(b *testing.B) {
	server, err := pgtemp.Start(b.Context(), pgtemp.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Stop()
	if _, err := console.Migrate(b.Context(), server.URL("postgres")); err != nil {
		b.Fatal(err)
	}
	db, err := pg.Open(b.Context(), pg.Config{URL: server.URL("postgres")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(b.Context(), `CREATE TABLE plain (index bigserial PRIMARY KEY, body text)`); err != nil {
		b.Fatal(err)
	}
	l := New(Config{DB: db})
	e := sample(0)
	body, err := encode(&e)
	if err != nil {
		b.Fatal(err)
	}
	run := func(b *testing.B, act func(ctx context.Context, tx pgx.Tx) error) {
		var times []time.Duration
		for b.Loop() {
			begin := time.Now()
			if err := pg.InTx(b.Context(), db, func(tx pgx.Tx) error { return act(b.Context(), tx) }); err != nil {
				b.Fatal(err)
			}
			times = append(times, time.Since(begin))
		}
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(0, "ns/op")
	}
	b.Run("ledger", func(b *testing.B) {
		run(b, func(ctx context.Context, tx pgx.Tx) error { _, err := l.Append(ctx, tx, e); return err })
	})
	b.Run("plain", func(b *testing.B) {
		run(b, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO plain (body) VALUES ($1)`, string(body))
			return err
		})
	})
}

// BenchmarkVerify measures the verification of a million entries
// (CRATEWARDEN_BENCH_ENTRIES for another number), with a signed head for each
// thousand, in the database and in an export (goal: 10 s and 256 MiB), beside
// reading the same rows and doing nothing with them.
func BenchmarkVerify(b *testing.B) {
	n := int64(1_000_000)
	if text := os.Getenv("CRATEWARDEN_BENCH_ENTRIES"); text != "" {
		var err error
		if n, err = strconv.ParseInt(text, 10, 64); err != nil {
			b.Fatal(err)
		}
	}
	l := newLedger(b)
	for _, index := range []string{"at", "actor", "kind", "action", "plan", "incident", "subject"} {
		tamper(b, l.db, `DROP INDEX ledger_entry_`+index) // which verification never uses
	}
	fillLedger(b, l, n)
	dir := b.TempDir()
	begin := time.Now()
	if _, err := l.Export(b.Context(), folder(dir)); err != nil {
		b.Fatal(err)
	}
	b.Logf("first export of %d entries: %v", n, time.Since(begin).Round(time.Millisecond))
	v := Verification{Keys: l.public}
	check := func(r *Report, err error) {
		if err != nil || !r.OK() || r.Size != n {
			b.Fatalf("%v %+v", err, r)
		}
	}
	b.Run("database", func(b *testing.B) {
		for b.Loop() {
			measured(b, func() { check(VerifyDatabase(b.Context(), l.db, v)) })
		}
	})
	b.Run("export", func(b *testing.B) {
		for b.Loop() {
			measured(b, func() { check(VerifyExport(os.DirFS(dir), v)) })
		}
	})
	b.Run("only reading", func(b *testing.B) {
		for b.Loop() {
			measured(b, func() {
				rows, err := l.db.Query(b.Context(), `SELECT index, body, hashes FROM ledger_entry ORDER BY index`)
				if err != nil {
					b.Fatal(err)
				}
				for rows.Next() {
				}
				rows.Close()
			})
		}
	})
}

// measured reports the time of fn and the most memory the program took from
// the system meanwhile.
func measured(b *testing.B, fn func()) {
	runtime.GC()
	var peak atomic.Uint64
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse+m.StackInuse))
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	begin := time.Now()
	fn()
	b.ReportMetric(time.Since(begin).Seconds(), "s")
	close(stop)
	<-done
	b.ReportMetric(float64(peak.Load())/(1<<20), "MiB")
	b.ReportMetric(0, "ns/op")
}

// fillLedger writes rows as Append does, in bulk.
func fillLedger(b testing.TB, l bench, n int64) {
	b.Helper()
	g := &growing{}
	var heads [][]any
	i := int64(0)
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		if i == n {
			return nil, nil
		}
		e := sample(int(i))
		e.Index, e.At = i, time.Unix(1_700_000_000+i, 0)
		body, err := encode(&e)
		if err != nil {
			return nil, err
		}
		hashes := joinHashes(g.add(g.leaf(body)))
		if i++; i%1000 == 0 {
			c, err := sign(i, g.root(), l.keys)
			if err != nil {
				return nil, err
			}
			heads = append(heads, []any{i, string(c.Note)})
		}
		return []any{i - 1, string(body), hashes}, nil
	})
	if _, err := l.db.CopyFrom(b.Context(), pgx.Identifier{"ledger_entry"}, []string{"index", "body", "hashes"}, rows); err != nil {
		b.Fatal(err)
	}
	if _, err := l.db.CopyFrom(b.Context(), pgx.Identifier{"ledger_checkpoint"}, []string{"size", "note"}, pgx.CopyFromRows(heads)); err != nil {
		b.Fatal(err)
	}
	tamper(b, l.db, `VACUUM ANALYZE ledger_entry`)
	var bytes int64
	if err := l.db.QueryRow(b.Context(), `SELECT sum(octet_length(body)) FROM ledger_entry`).Scan(&bytes); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d entries of %d bytes on average, %d hashes", n, bytes/n, tlog.StoredHashCount(n))
}

// folder is an export on disk.
type folder string

func (f folder) Read(_ context.Context, key string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(string(f), key))
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.NotFound, "no %s", key)
	}
	return text, nil
}

func (f folder) Write(_ context.Context, key string, content []byte, _ bool) error {
	name := filepath.Join(string(f), key)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o600)
}
