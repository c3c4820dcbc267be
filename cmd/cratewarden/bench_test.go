package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"cratewarden/api/client"
	"cratewarden/dossier"
)

// readers is how many people read at the same time in the benchmark.
const readers = 20

// BenchmarkPages measures the time to the first byte of crate, version and
// account pages for 20 readers at once, on a demo registry as large as
// CRATEWARDEN_BENCH_CRATES says (the demo's default otherwise), through the
// real program. The goal is p99 ≤ 50 ms at 230,000 crates.
func BenchmarkPages(b *testing.B) {
	address := benchConsole(b)
	subjects := feed(b, address)
	pages := map[string]func(dossier.PublishRow) string{
		"crate":   func(r dossier.PublishRow) string { return "/crates/" + r.Crate },
		"version": func(r dossier.PublishRow) string { return "/crates/" + r.Crate + "/" + url.PathEscape(r.Num) },
		"account": func(r dossier.PublishRow) string {
			if r.Publisher == nil {
				return "/crates/" + r.Crate
			}
			return "/accounts/" + strconv.Itoa(int(r.Publisher.ID))
		},
	}
	for name, page := range pages {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				times := visit(b, address, func() string { return page(subjects[rand.IntN(len(subjects))]) })
				b.ReportMetric(float64(quantile(times, 0.50).Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64(quantile(times, 0.99).Microseconds())/1000, "p99-ms")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

func benchConsole(b *testing.B) string {
	crates := os.Getenv("CRATEWARDEN_BENCH_CRATES")
	if crates == "" {
		return demoAddress(b)
	}
	dir := os.Getenv("CRATEWARDEN_BENCH_DATA")
	if dir == "" {
		tmp, err := os.MkdirTemp("", "cratewarden-bench-")
		if err != nil {
			b.Fatal(err)
		}
		if err := os.Chmod(tmp, 0o755); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = os.RemoveAll(tmp) })
		dir = filepath.Join(tmp, "data")
	}
	begin := time.Now()
	address, stop, err := background("demo", "--addr", "127.0.0.1:0", "--data", dir, "--crates", crates, "--keep")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(stop)
	b.Logf("console on %s crates after %v", crates, time.Since(begin).Round(time.Second))
	awaitMirror(b, address)
	b.Logf("mirror complete after %v", time.Since(begin).Round(time.Second))
	return address
}

func awaitMirror(b *testing.B, address string) {
	c, err := client.New(address)
	if err != nil {
		b.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); time.Sleep(250 * time.Millisecond) {
		home, err := client.Get[dossier.Home](b.Context(), c, nil, "home")
		if err == nil && home.Mirror.Ready {
			return
		}
	}
	b.Fatal("the mirror did not become ready")
}

// feed gives the newest versions as subjects to look at.
func feed(b *testing.B, address string) []dossier.PublishRow {
	c, err := client.New(address)
	if err != nil {
		b.Fatal(err)
	}
	awaitMirror(b, address)
	p, err := client.Get[dossier.Publishes](b.Context(), c, url.Values{"limit": {"1000"}}, "publishes")
	if err != nil || len(p.Rows.Rows) == 0 {
		b.Fatalf("feed: %v", err)
	}
	return p.Rows.Rows
}

// visit lets every reader open 50 pages and gives all times to the first byte.
func visit(b *testing.B, address string, pick func() string) []time.Duration {
	const each = 50
	times := make([]time.Duration, readers*each)
	transport := &http.Transport{MaxIdleConnsPerHost: readers}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var wg sync.WaitGroup
	for r := range readers {
		wg.Go(func() {
			for i := range each {
				d, err := firstByte(client, address+pick())
				if err != nil {
					b.Error(err)
					return
				}
				times[r*each+i] = d
			}
		})
	}
	wg.Wait()
	slices.Sort(times)
	return times
}

func firstByte(client *http.Client, address string) (time.Duration, error) {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	var first time.Duration
	begin := time.Now()
	trace := &httptrace.ClientTrace{GotFirstResponseByte: func() { first = time.Since(begin) }}
	resp, err := client.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: status %d", address, resp.StatusCode)
	}
	return first, nil
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
