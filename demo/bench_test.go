package demo

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// BenchmarkLoad makes and loads one registry of CRATEWARDEN_DEMO_CRATES
// crates (30,000 if not set) and tells seconds and memory. Run it with
// -bench Load -benchtime 1x; 230,000 crates need some 12 GB for the database
// and its log. Measured on two busy cores: 30,000 crates in 40 s, 230,000
// crates (1.8 million versions, 15 million dependencies) in 8.8 min with a
// peak of 1.4 GiB.
func BenchmarkLoad(b *testing.B) {
	crates := 30_000
	if n, err := strconv.Atoi(os.Getenv("CRATEWARDEN_DEMO_CRATES")); err == nil {
		crates = n
	}
	for b.Loop() {
		conn, err := pgx.Connect(b.Context(), pgtest.URL(b, pgtest.Template{Name: "registry", Build: schema.Create}))
		if err != nil {
			b.Fatal(err)
		}
		began, last, step := time.Now(), time.Now(), ""
		r := Generate(Options{Crates: crates, Now: testNow, Progress: func(e Event) {
			if e.Step != step {
				fmt.Fprintf(os.Stderr, "%8.1f s  %s\n", time.Since(last).Seconds(), step)
				step, last = e.Step, time.Now()
			}
		}})
		b.ReportMetric(time.Since(began).Seconds(), "s-made")
		if err := r.Load(b.Context(), conn); err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(os.Stderr, "%8.1f s  %s\n", time.Since(last).Seconds(), step)
		b.ReportMetric(time.Since(began).Seconds(), "s-loaded")
		b.ReportMetric(float64(len(r.versions)), "versions")
		b.ReportMetric(peakMemory(b), "MiB-peak")
		var size string
		if err := conn.QueryRow(b.Context(), `SELECT pg_size_pretty(pg_database_size(current_database())) || ', ' || (SELECT count(*) FROM dependencies) || ' dependencies, '
			|| (SELECT count(*) FROM version_downloads) || ' days of downloads'`).Scan(&size); err != nil {
			b.Fatal(err)
		}
		b.Log(size)
		conn.Close(b.Context())
	}
}

// peakMemory is the most memory this process ever had, in MiB.
func peakMemory(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilo, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilo / 1024
}
