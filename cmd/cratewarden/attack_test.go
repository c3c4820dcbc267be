package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden/api"
	"cratewarden/auth"
	"cratewarden/door"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/web"
)

const matrixOrigin = "http://localhost:8420"

// attacked is a whole console, with its own limits or none.
func attacked(t *testing.T, limited bool) *matrix {
	t.Helper()
	return newMatrix(t, pgtest.Template{Name: "registry", Build: schema.Create}, onePerRole(""), func(in *signInConfig) {
		if limited {
			in.limit = nil
		}
	})
}

// do sends one request as somebody; change makes it the attack.
func (m *matrix) do(t *testing.T, in auth.SignedIn, method, path string, body io.Reader, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, matrixOrigin+path, body)
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if strings.HasPrefix(path, api.Prefix) {
			r.Header.Set("Content-Type", "application/json")
		}
	}
	m.show(r, in)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return w
}

// unsafe gives the addresses of all pages and operations that change something.
func (m *matrix) unsafe(t *testing.T) (pages, operations []string) {
	t.Helper()
	site, err := web.New(m.site)
	if err != nil {
		t.Fatal(err)
	}
	for _, rt := range site.Routes() {
		if method, path, _ := strings.Cut(rt.Pattern, " "); method != http.MethodGet {
			pages = append(pages, method+" "+wildcard.ReplaceAllString(path, "1"))
		}
	}
	for _, op := range api.Operations(m.api) {
		if method, path, _ := strings.Cut(op.Pattern, " "); method != http.MethodGet {
			operations = append(operations, method+" "+wildcard.ReplaceAllString(path, "1"))
		}
	}
	if len(pages) < 20 || len(operations) < 20 {
		t.Fatalf("%d pages and %d operations that change something", len(pages), len(operations))
	}
	return pages, operations
}

// state counts what a change would leave behind.
func (m *matrix) state(t *testing.T) (out string) {
	t.Helper()
	err := m.parts.own.QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT count(*) FROM plan), (SELECT count(*) FROM ledger_entry), (SELECT count(*) FROM session),
		(SELECT count(*) FROM session WHERE ended_at IS NOT NULL), (SELECT count(*) FROM api_token), (SELECT count(*) FROM enrolment), (SELECT count(*) FROM ask), (SELECT count(*) FROM ceremony))`).Scan(&out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAttackForgery is CSRF: somebody who may do everything opens a foreign page
// that sends every form and every operation there is in their name.
func TestAttackForgery(t *testing.T) {
	t.Parallel()
	m := attacked(t, false)
	browser := m.stepUp(t, m.signIn(t, "platform", auth.BrowserSession), auth.About{})
	program := m.stepUp(t, m.signIn(t, "platform", auth.ProgramSession), auth.About{})
	before := m.state(t)
	pages, operations := m.unsafe(t)
	for name, headers := range map[string]map[string]string{
		"fetch metadata": {"Sec-Fetch-Site": "cross-site"}, "sister site": {"Sec-Fetch-Site": "same-site"}, "origin": {"Origin": "https://evil.example"},
		"origin of the same host, other port": {"Origin": "http://localhost:9999"}, "null origin": {"Origin": "null"},
		"both": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
	} {
		for who, list := range map[*auth.SignedIn][]string{&browser: pages, &program: operations} {
			for _, address := range list {
				method, path, _ := strings.Cut(address, " ")
				w := m.do(t, *who, method, path, strings.NewReader("person=7&op=apply"), func(r *http.Request) {
					for k, v := range headers {
						r.Header.Set(k, v)
					}
				})
				if w.Code != http.StatusForbidden || w.Header().Get("Set-Cookie") != "" || w.Header().Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%s by %s: %d", address, name, w.Code)
				}
			}
		}
	}
	// Without any header that tells where a request is from, as of a browser from
	// before them: the cookie does not come along (SameSite), so it is nobody's.
	if c := m.parts.entrance.auth.Cookie(browser); c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode || !c.HttpOnly {
		t.Errorf("%+v", c)
	}
	for _, address := range append(pages, operations...) {
		method, path, _ := strings.Cut(address, " ")
		if strings.HasPrefix(path, "/sign-in") || strings.Contains(path, "/demo/sign-in") || strings.HasPrefix(path, api.Prefix+"/device") {
			continue // they are for nobody in particular
		}
		if w := m.do(t, auth.SignedIn{}, method, path, strings.NewReader(""), nil); w.Code != http.StatusUnauthorized && w.Code != http.StatusSeeOther && w.Code != http.StatusForbidden {
			t.Errorf("%s without headers and cookie: %d", address, w.Code)
		}
	}
	// Nor does another method's dress help.
	for _, path := range []string{"/you/step-up/drop", "/people/1/enrolment", "/sign-out"} {
		for _, dress := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			m.do(t, browser, http.MethodGet, path+"?_method=POST", nil, func(r *http.Request) { r.Header.Set(dress, "POST") })
		}
	}
	if after := m.state(t); after != before {
		t.Errorf("something was done: %s, then %s", before, after)
	}
}

// TestAttackHeaderInjection puts line breaks, other hosts and other senders
// where they could reach an answer's headers, a redirect or the log.
func TestAttackHeaderInjection(t *testing.T) {
	t.Parallel()
	m := attacked(t, false)
	in := m.signIn(t, "viewer", auth.BrowserSession)
	const crlf = "%0d%0aX-Injected:%20yes%0d%0aSet-Cookie:%20a=b"
	for _, path := range []string{
		"/crates/" + crlf, "/crates/a/" + crlf, "/accounts/" + crlf, "/plans/" + crlf, "/search?q=" + crlf, "/sign-in?back=/" + crlf, "/ledger?q=" + crlf, "/open?what=" + crlf,
		"/evidence/" + crlf, "/static/" + crlf, "/publishes?format=" + crlf, "/api/v1/crates/" + crlf, "/api/v1/search?q=" + crlf, "/" + crlf, "/sign-in/github/callback?error=" + crlf,
	} {
		w := m.do(t, in, http.MethodGet, path, nil, nil)
		if w.Header().Get("X-Injected") != "" || slices.Contains(w.Header().Values("Set-Cookie"), "a=b") {
			t.Errorf("%s: %v", path, w.Header())
		}
		for name, values := range w.Header() {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n") {
				t.Errorf("%s: %s is %q", path, name, values)
			}
		}
	}
	for _, back := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, `\\evil.example`, "/\r\nSet-Cookie: a=b", "/\t/evil.example", "javascript:alert(1)", "http:evil.example"} {
		form := url.Values{"person": {"1"}, "back": {back}}
		w := m.do(t, auth.SignedIn{}, http.MethodPost, "/sign-in", strings.NewReader(form.Encode()), func(r *http.Request) { r.Header.Set("Origin", matrixOrigin) })
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to == "" || to[0] != '/' || strings.Contains(to, "evil") || strings.ContainsAny(to, "\r\n\\") {
			t.Errorf("back to %q leads to %q (%d)", back, to, w.Code)
		}
	}
	for _, host := range []string{"evil.example", "localhost.evil.example", "localhost:8420@evil.example", "127.0.0.1.evil.example:8420"} {
		for _, path := range []string{"/", "/sign-in", "/api/v1/home", "/metrics"} {
			if w := m.do(t, in, http.MethodGet, path, nil, func(r *http.Request) { r.Host = host }); w.Code != http.StatusMisdirectedRequest {
				t.Errorf("%s at %s: %d", path, host, w.Code)
			}
		}
	}
	// Nobody chose a proxy, so nobody may say where somebody else's request is from.
	for header, value := range map[string]string{"X-Forwarded-For": "203.0.113.5", "Forwarded": "for=203.0.113.5;host=evil.example", "X-Real-Ip": "203.0.113.5", "X-Forwarded-Host": "evil.example"} {
		w := m.do(t, auth.SignedIn{}, http.MethodPost, "/sign-in", strings.NewReader("person=1"), func(r *http.Request) {
			r.Header.Set("Origin", matrixOrigin)
			r.Header.Set(header, value)
		})
		if strings.Contains(w.Header().Get("Location"), "evil") {
			t.Errorf("%s: %v", header, w.Header())
		}
	}
	var claimed int
	if err := m.parts.own.QueryRow(t.Context(), `SELECT count(*) FROM session WHERE address LIKE '203.0.113.%'`).Scan(&claimed); err != nil || claimed != 0 {
		t.Errorf("%d sessions are from where they claimed: %v", claimed, err)
	}
}

// TestAttackPathConfusion asks for what is guarded by addresses that two parts
// of a server could read differently.
func TestAttackPathConfusion(t *testing.T) {
	t.Parallel()
	m := attacked(t, false)
	guarded := []string{"people", "ledger", "plans", "you", "api/v1/people", "notices", "evidence"} // probes of this machine may ask /metrics
	var paths []string
	for _, g := range guarded {
		for _, way := range []string{"//%s", "/./%s", "/sign-in/../%s", "/livez/../%s", "/static/../%s", "/static/..%%2f%s", "/static/%%2e%%2e/%s", "/livez/%%2e%%2e/%s", "/%s/", "/%s/.", "/%s;a=b", "/%s%%00", "/%s%%20",
			"/%%2f%s", `/\%s`, "/sign-in;/../%s", "/sign-in/github/callback/../../../%s", "/livez#/%s", "/livez?/%s", "/%s?back=/sign-in", "/static/%s", "/api/v1/device/../%s"} {
			paths = append(paths, fmt.Sprintf(way, g))
		}
		paths = append(paths, "/"+strings.ToUpper(g), "/"+strings.ReplaceAll(g, "e", "%65"))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.serve(t, listener, door.Patience{})
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "get"} {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			_, _ = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: localhost:8420\r\nX-Original-URL: /livez\r\nX-Rewrite-URL: /livez\r\nConnection: close\r\n\r\n", method, path)
			text, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.Close()
			head, _, _ := strings.Cut(string(text), "\r\n")
			// /livez itself is public, whatever stands behind a question mark.
			if strings.Contains(head, " 200 ") && !strings.HasPrefix(path, "/livez?") && !strings.HasPrefix(path, "/livez#") {
				t.Errorf("%s %s: %s", method, path, head)
			}
			if strings.Contains(string(text), "Who may sign in, with which roles") {
				t.Errorf("%s %s shows what is guarded", method, path)
			}
		}
	}
}

// serve serves the console on a socket for the length of the test.
func (m *matrix) serve(t *testing.T, listener net.Listener, p door.Patience) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- door.Serve(t.Context(), listener, m.handler, p, nil) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
