package main

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden/api"
	"cratewarden/auth"
	"cratewarden/door"
)

// flood is a body without end that counts what is read of it.
type flood struct{ read int64 }

func (f *flood) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	f.read += int64(len(p))
	return len(p), nil
}

// TestAttackOversizedBodies sends every page and every operation a body that
// does not end: each stops reading soon and says so.
func TestAttackOversizedBodies(t *testing.T) {
	t.Parallel()
	m := attacked(t, false)
	browser := m.stepUp(t, m.signIn(t, "platform", auth.BrowserSession), auth.About{})
	program := m.stepUp(t, m.signIn(t, "platform", auth.ProgramSession), auth.About{})
	pages, operations := m.unsafe(t)
	codes := map[int]int{}
	for who, list := range map[*auth.SignedIn][]string{&browser: pages, &program: operations} {
		for _, address := range list {
			if address == "POST /sign-out" || strings.HasSuffix(address, "/sign-out") || strings.HasSuffix(address, "/sessions/end") {
				continue // they would end the asker
			}
			method, path, _ := strings.Cut(address, " ")
			body := &flood{}
			w := m.do(t, *who, method, path, io.MultiReader(strings.NewReader(`{"x":"`), body), func(r *http.Request) {
				r.Header.Set("Origin", matrixOrigin)
				r.Header.Set("Idempotency-Key", "flood")
			})
			codes[w.Code]++
			most := int64(8 << 20)
			if strings.HasSuffix(address, "/files") { // attachments of incidents, 10 MiB each
				most = 11 << 20
			}
			if int64(body.read) > most {
				t.Errorf("%s read %d bytes", address, body.read)
			}
			if w.Code < 300 && body.read > 1<<20 || w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
				t.Errorf("%s: %d after %d bytes: %s", address, w.Code, body.read, w.Body)
			}
		}
	}
	if codes[http.StatusRequestEntityTooLarge] < 10 {
		t.Errorf("answers: %v", codes)
	}
}

// TestAttackSlowClients holds the console's connections with requests that never
// end, while somebody else works on.
func TestAttackSlowClients(t *testing.T) {
	t.Parallel()
	m := attacked(t, false)
	in := m.stepUp(t, m.signIn(t, "platform", auth.BrowserSession), auth.About{})
	cookie := m.parts.entrance.auth.Cookie(in)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.serve(t, listener, door.Patience{Headers: 500 * time.Millisecond, Request: time.Second})
	begun := time.Now()
	gone := make(chan string, 30)
	for i := range cap(gone) {
		first := []string{
			"GET / HTTP/1.1\r\nHost: localhost:8420\r\nX-Slow: ",
			"POST /tokens HTTP/1.1\r\nHost: localhost:8420\r\nOrigin: " + matrixOrigin + "\r\nCookie: " + cookie.Name + "=" + cookie.Value + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\ntoken=",
			"POST /api/v1/device/poll HTTP/1.1\r\nHost: localhost:8420\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{",
		}[i%3]
		go func() {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				gone <- err.Error()
				return
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
			go func() {
				for {
					if _, err := io.WriteString(conn, "x"); err != nil {
						return
					}
					time.Sleep(100 * time.Millisecond)
				}
			}()
			_, err = io.WriteString(conn, first)
			if err == nil {
				_, err = io.Copy(io.Discard, conn)
			}
			if err, ok := err.(net.Error); ok && err.Timeout() {
				gone <- "held for 30 s"
				return
			}
			gone <- ""
		}()
	}
	for range cap(gone) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/rules", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "localhost:8420"
		r.AddCookie(cookie)
		answer, err := http.DefaultClient.Do(r)
		for tries := 1; err != nil && tries < 5; tries++ { // one who stood still as long as a slow client is cut off too
			answer, err = http.DefaultClient.Do(r)
		}
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("somebody else: %v %v", answer, err)
		}
		_ = answer.Body.Close()
		if problem := <-gone; problem != "" {
			t.Error(problem)
		}
	}
	if took := time.Since(begun); took > 25*time.Second {
		t.Errorf("held for %s", took)
	}
}

// TestAttackGuessing asks too often, on pages and on the interface: the answer is
// a sentence with how long to wait, and others are not kept out.
func TestAttackGuessing(t *testing.T) {
	t.Parallel()
	m := attacked(t, true)
	type surface struct {
		method, path, body string
		most               int
		who                *auth.SignedIn
	}
	page, program := m.signIn(t, "responder", auth.BrowserSession), m.signIn(t, "remover", auth.ProgramSession)
	editor := m.signIn(t, "editor", auth.BrowserSession) // shares the search's limit with whoever searches
	other := m.signIn(t, "viewer", auth.BrowserSession)
	surfaces := map[string]surface{
		"search":                  {"GET", "/search?q=a", "", 120, &page},
		"palette":                 {"GET", "/palette?q=a", "", 120, &editor},
		"token lookup":            {"POST", "/tokens", "token=cioAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 30, &page},
		"step-up":                 {"POST", "/step-up", "back=/", 20, &page},
		"code of a program":       {"POST", "/device", "code=AAAA-AAAA", 5, &page},
		"sign-in":                 {"POST", "/sign-in", "person=nobody", 60, &auth.SignedIn{}},
		"search by programs":      {"GET", "/api/v1/search?q=a", "", 120, &program},
		"token lookup by program": {"POST", "/api/v1/token-lookup", `{"token":"cioAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, 30, &program},
		"sign-in of programs":     {"POST", "/api/v1/device", "{}", 60, &auth.SignedIn{}},
		"wrong bearers":           {"GET", "/api/v1/home", "", 30, &auth.SignedIn{Token: "cwd_wrong", Session: auth.Session{Kind: auth.ProgramSession}}},
	}
	for i, name := range slices.Sorted(maps.Keys(surfaces)) {
		s := surfaces[name]
		from := fmt.Sprintf("192.0.2.%d:1234", i+1)
		ask := func(as auth.SignedIn, from string) *httptest.ResponseRecorder {
			m.exec(t, `DELETE FROM ask`)
			return m.do(t, as, s.method, s.path, strings.NewReader(s.body), func(r *http.Request) {
				r.RemoteAddr = from
				if r.Method != http.MethodGet && !strings.HasPrefix(s.path, api.Prefix) {
					r.Header.Set("Origin", matrixOrigin)
				}
			})
		}
		var w *httptest.ResponseRecorder
		n := 0
		for w = ask(*s.who, from); w.Code != http.StatusTooManyRequests && n < 3*s.most; w = ask(*s.who, from) {
			n++
		}
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "too often") && !strings.Contains(w.Body.String(), "Wait") {
			t.Errorf("%s: %d after %d, Retry-After %q", name, w.Code, n, w.Header().Get("Retry-After"))
		}
		if n < s.most/2 {
			t.Errorf("%s: refused after %d", name, n)
		}
		if s.path == "/search?q=a" {
			if w := ask(other, "192.0.2.200:1"); w.Code != http.StatusOK {
				t.Errorf("%s: somebody else gets %d", name, w.Code)
			}
		}
	}
}
