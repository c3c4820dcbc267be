package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/api/client"
	"cratewarden/dossier"
)

// readers is how many people read at the same time in the benchmark.
const readers = 20

// subject is something to look at, as the steps of its pages' addresses.
type subject struct {
	Crate, Num string
	Account    int32
}

// BenchmarkPages measures the time to the first byte of pages for 20 readers
// at once, on a demo registry as large as CRATEWARDEN_BENCH_CRATES says (the
// demo's default otherwise), through the real program; CRATEWARDEN_BENCH_DATA
// keeps that registry in a folder between runs. The goal is p99 ≤ 50 ms at
// 230,000 crates, with everything on one machine of two cores.
//
// A reader of "busy" asks for the next page as soon as the last one came, so
// that the machine is at its limit and the times say how many pages it can
// make; a reader of "calm" looks at each page for about half a second, which
// is still faster than anybody reads. "newest" pages are of the 1,000 versions
// published last, which is what responders look at and holds the prepared
// situations, and accounts the more often the more they publish; "any" are
// drawn evenly from all crates and from all accounts that own one.
func BenchmarkPages(b *testing.B) {
	dir, address := benchConsole(b)
	sets := []struct {
		name     string
		subjects []subject
	}{{"newest", newest(b, address)}, {"any", anySubjects(b, dir)}}
	for _, page := range []struct {
		name string
		path func(subject) string
	}{
		{"crate", func(s subject) string { return "/crates/" + s.Crate }},
		{"version", func(s subject) string { return "/crates/" + s.Crate + "/" + url.PathEscape(s.Num) }},
		{"account", func(s subject) string { return "/accounts/" + strconv.Itoa(int(s.Account)) }},
		{"published-by", func(s subject) string { return "/accounts/" + strconv.Itoa(int(s.Account)) + "/publishes" }},
	} {
		for _, set := range sets {
			pick := func() string { return address + page.path(set.subjects[rand.IntN(len(set.subjects))]) }
			b.Run(page.name+"/"+set.name+"/busy", func(b *testing.B) { measure(b, pick, 50, 0) })
			b.Run(page.name+"/"+set.name+"/calm", func(b *testing.B) { measure(b, pick, 20, 500*time.Millisecond) })
		}
	}
}

// warm is how many pages each reader opens before the clock starts: connections
// and plans are there in a console that has run for a minute.
const warm = 25

// measure lets every reader open so many pages and reports the times.
func measure(b *testing.B, pick func() string, each int, pause time.Duration) {
	var times []time.Duration
	var took time.Duration
	visit(b, pick, warm, 0)
	busy := cpuTimes()
	for b.Loop() {
		begin := time.Now()
		times = append(times, visit(b, pick, each, pause)...)
		took += time.Since(begin)
	}
	spent := cpuTimes()
	slices.Sort(times)
	for name, q := range map[string]float64{"p50-ms": 0.50, "p95-ms": 0.95, "p99-ms": 0.99, "max-ms": 1} {
		b.ReportMetric(float64(quantile(times, q).Microseconds())/1000, name)
	}
	pages := float64(len(times))
	b.ReportMetric(pages/took.Seconds(), "pages/s")
	b.ReportMetric((spent.program-busy.program).Seconds()*1000/pages, "go-cpu-ms/page")
	b.ReportMetric((spent.server-busy.server).Seconds()*1000/pages, "pg-cpu-ms/page")
	b.ReportMetric((spent.machine-busy.machine-(spent.program-busy.program)-(spent.server-busy.server)).Seconds()/took.Seconds(), "others-cpus")
	b.ReportMetric(0, "ns/op")
}

// benchConsole gives the folder and the address of a console on a registry.
func benchConsole(b *testing.B) (dir, address string) {
	crates := cmp.Or(os.Getenv("CRATEWARDEN_BENCH_CRATES"), "2400")
	dir = os.Getenv("CRATEWARDEN_BENCH_DATA")
	if dir == "" {
		tmp, err := os.MkdirTemp(memory(), "cratewarden-bench-")
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
	signInReader(b, address)
	b.Logf("mirror complete after %v", time.Since(begin).Round(time.Second))
	return dir, address
}

// readerCookie is the session of whoever reads the pages.
var readerCookie string

// signInReader signs in as one of the demo's people.
func signInReader(b *testing.B, address string) {
	b.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := c.PostForm(address+"/sign-in", url.Values{"person": {"vera"}})
	if err != nil {
		b.Fatal(err)
	}
	_ = answer.Body.Close()
	for _, cookie := range answer.Cookies() {
		readerCookie = cookie.Name + "=" + cookie.Value
	}
	if answer.StatusCode != http.StatusSeeOther || readerCookie == "" {
		b.Fatalf("sign-in: %s", answer.Status)
	}
}

func awaitMirror(b *testing.B, address string) {
	c, err := asking{Server: address}.client(env{ctx: b.Context(), stderr: io.Discard})
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

// newest gives the newest versions as subjects to look at.
func newest(b *testing.B, address string) (out []subject) {
	c, err := asking{Server: address}.client(env{ctx: b.Context(), stderr: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	p, err := client.Get[dossier.Publishes](b.Context(), c, url.Values{"limit": {"1000"}}, "publishes")
	if err != nil || len(p.Rows.Rows) == 0 {
		b.Fatalf("newest: %v", err)
	}
	for _, r := range p.Rows.Rows {
		if r.Publisher != nil {
			out = append(out, subject{r.Crate, r.Num, r.Publisher.ID})
		}
	}
	return out
}

// anySubjects draws 2,000 crates evenly from the private server, each with one
// of its versions, and as many accounts evenly from those that own a crate.
func anySubjects(b *testing.B, dir string) []subject {
	server := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/registry"}
	server.RawQuery = url.Values{"host": {filepath.Join(dir, "postgres", "socket")}, "sslmode": {"disable"}}.Encode()
	conn, err := pgx.Connect(b.Context(), server.String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(b.Context()) }()
	rows, err := conn.Query(b.Context(), `
SELECT c.name, v.num, o.owner_id
FROM (SELECT id, name, row_number() OVER () AS n FROM (SELECT id, name FROM crates ORDER BY md5(name) LIMIT 2000) x) c
CROSS JOIN LATERAL (SELECT num FROM versions WHERE crate_id = c.id ORDER BY md5(num) LIMIT 1) v
JOIN (SELECT owner_id, row_number() OVER () AS n FROM (
          SELECT owner_id FROM crate_owners WHERE owner_kind = 0 AND NOT deleted GROUP BY 1 ORDER BY md5(owner_id::text) LIMIT 2000) x) o USING (n)`)
	if err != nil {
		b.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[subject])
	if err != nil || len(out) == 0 {
		b.Fatalf("subjects: %v", err)
	}
	return out
}

// visit gives the times to the first byte of all pages that all readers open.
func visit(b *testing.B, pick func() string, each int, pause time.Duration) []time.Duration {
	times := make([]time.Duration, readers*each)
	var wg sync.WaitGroup
	for r := range readers {
		wg.Go(func() {
			var v visitor
			defer v.leave()
			for i := range each {
				if pause > 0 {
					time.Sleep(pause/2 + rand.N(pause))
				}
				d, err := v.firstByte(pick())
				if err != nil {
					b.Error(err)
					return
				}
				times[r*each+i] = d
			}
		})
	}
	wg.Wait()
	return times
}

// visitor is one reader with one connection that stays open. It does no more
// than it must, since it shares the machine with what it measures: it writes
// the request by hand, and throws the page away as it comes.
type visitor struct {
	conn net.Conn
	in   *bufio.Reader
}

func (v *visitor) leave() {
	if v.conn != nil {
		_ = v.conn.Close()
	}
}

func (v *visitor) firstByte(address string) (time.Duration, error) {
	host, path, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	if v.conn == nil {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			return 0, err
		}
		v.conn, v.in = conn, bufio.NewReaderSize(conn, 64<<10)
	}
	begin := time.Now()
	if _, err := io.WriteString(v.conn, "GET /"+path+" HTTP/1.1\r\nHost: "+host+"\r\nCookie: "+readerCookie+"\r\n\r\n"); err != nil {
		return 0, err
	}
	if _, err := v.in.Peek(1); err != nil {
		return 0, err
	}
	first := time.Since(begin)
	length := -1
	for number := 0; ; number++ {
		line, err := v.in.ReadSlice('\n')
		text := strings.TrimRight(string(line), "\r\n")
		name, value, _ := strings.Cut(text, ": ")
		switch {
		case err != nil:
			return 0, err
		case number == 0 && text != "HTTP/1.1 200 OK":
			return 0, fmt.Errorf("%s: %s", address, text)
		case name == "Content-Length":
			length, _ = strconv.Atoi(value)
		}
		if text == "" {
			break
		}
	}
	if length < 0 {
		return 0, fmt.Errorf("%s: the answer does not say its length", address)
	}
	_, err := v.in.Discard(length)
	return first, err
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
