package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cratewarden"
	"cratewarden/telemetry/logtest"
)

// ask sends one request straight to the handler, as a browser on loopback would.
func ask(s *Server, method, target string, change func(*http.Request)) *http.Response {
	r := httptest.NewRequest(method, "http://127.0.0.1:8420"+target, nil)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// serverWith is a server with one more route.
func serverWith(t *testing.T, cfg Config, more ...route) *Server {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = logtest.Logger(t)
	}
	s := &Server{cfg: cfg.withDefaults()}
	for i := range more {
		if more[i].act == "" {
			more[i].act = "look"
		}
	}
	if err := s.build(pageInventory(), templateFiles, more...); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestErrorsBecomePages(t *testing.T) {
	t.Parallel()
	secret := errors.New("SELECT password FROM users")
	for kind, status := range map[cratewarden.Kind]int{
		cratewarden.Invalid: 400, cratewarden.NotFound: 404, cratewarden.Refused: 403, cratewarden.Conflict: 409,
		cratewarden.TooLarge: 413, cratewarden.Timeout: 504, cratewarden.Unavailable: 503, cratewarden.Internal: 500,
	} {
		var logged bytes.Buffer
		s := serverWith(t, Config{Log: slog.New(slog.NewJSONHandler(&logged, nil))}, route{pattern: "GET /x/{name}", handle: func(http.ResponseWriter, *http.Request) error {
			return cratewarden.Wrap(secret, kind, "Do this instead.")
		}})
		answer := ask(s, "GET", "/x/private?q=mail@example.org", nil)
		text := body(t, answer)
		if answer.StatusCode != status {
			t.Errorf("%s gives %d, not %d", kind, answer.StatusCode, status)
		}
		if strings.Contains(text, "SELECT") {
			t.Errorf("%s shows its cause", kind)
		}
		if kind != cratewarden.Internal && !strings.Contains(text, "Do this instead.") {
			t.Errorf("%s does not say what to do", kind)
		}
		id := answer.Header.Get("X-Request-Id")
		if id == "" || !strings.Contains(text, id) || !strings.Contains(logged.String(), id) {
			t.Errorf("%s: the request id %q is not in header, page and log", kind, id)
		}
		if !strings.Contains(logged.String(), "SELECT") || strings.Contains(logged.String(), "mail@") || strings.Contains(logged.String(), "private") {
			t.Errorf("%s: the log must hold the cause and neither path nor query: %s", kind, &logged)
		}
	}
}

func TestTroubleFromOutside(t *testing.T) {
	t.Parallel()
	s := serverWith(t, Config{},
		route{pattern: "GET /panic", handle: func(http.ResponseWriter, *http.Request) error { panic("boom at secret.go") }},
		route{pattern: "GET /late", timeout: time.Millisecond, handle: func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return errors.New("canceling statement due to user request")
		}},
		route{pattern: "GET /gave-up", handle: func(http.ResponseWriter, *http.Request) error { return context.Canceled }},
		route{pattern: "POST /form", handle: func(w http.ResponseWriter, r *http.Request) error {
			if _, err := io.ReadAll(r.Body); err != nil {
				return err
			}
			return send(w, http.StatusOK, []byte("taken"))
		}})
	big := func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", 1<<20+1))) }
	for _, c := range []struct {
		method, path string
		change       func(*http.Request)
		status       int
		says         string
	}{
		{"GET", "/panic", nil, 500, "Something went wrong"},
		{"GET", "/late", nil, 504, "longer than allowed"},
		{"GET", "/gave-up", nil, 500, "Something went wrong"},
		{"GET", "/nowhere", nil, 404, "Nothing is here"},
		{"GET", "/form", nil, 405, "answers POST only"},
		{"POST", "/about", nil, 405, "answers GET only"},
		{"POST", "/form", nil, 200, "taken"},
		{"POST", "/form", big, 413, "Send less"},
		{"POST", "/form", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403, "another site"},
		{"POST", "/form", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403, "another site"},
		{"GET", "/about", func(r *http.Request) { r.Host = "evil.example:8420" }, 421, "does not answer under that name"},
		{"GET", "/about", func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, 421, "does not answer under that name"},
		{"GET", "/about", func(r *http.Request) { r.Host = "localhost" }, 200, "About"},
		{"GET", "/about", func(r *http.Request) { r.Host = "[::1]:8420" }, 200, "About"},
		{"GET", "/nowhere", func(r *http.Request) { r.Header.Set("HX-Request", "true") }, 404, `<div class="notice bad">`},
	} {
		answer := ask(s, c.method, c.path, c.change)
		if text := body(t, answer); answer.StatusCode != c.status || !strings.Contains(text, c.says) || strings.Contains(text, "secret.go") {
			t.Errorf("%s %s: %d, want %d and %q in\n%s", c.method, c.path, answer.StatusCode, c.status, c.says, text)
		}
	}
}

// TestVisitorGone shows that nobody is answered when nobody waits.
func TestVisitorGone(t *testing.T) {
	t.Parallel()
	s := serverWith(t, Config{}, route{pattern: "GET /slow", handle: func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answer := ask(s, "GET", "/slow", func(r *http.Request) { *r = *r.WithContext(ctx) })
	if text := body(t, answer); answer.StatusCode != statusClosed || text != "" {
		t.Errorf("a visitor who left got %d %q", answer.StatusCode, text)
	}
}

func TestTimeoutIsTheConfigs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var took time.Duration
		s := serverWith(t, Config{Timeout: 7 * time.Second}, route{pattern: "GET /slow", handle: func(_ http.ResponseWriter, r *http.Request) error {
			begin := time.Now()
			<-r.Context().Done()
			took = time.Since(begin)
			return r.Context().Err()
		}})
		if answer := ask(s, "GET", "/slow", nil); answer.StatusCode != 504 || took != 7*time.Second {
			t.Errorf("%d after %s", answer.StatusCode, took)
		}
	})
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := serverWith(t, Config{Hosts: []string{"console.example"}})
	first, second := ask(s, "GET", "/about", nil), ask(s, "GET", "/about", func(r *http.Request) { r.Host = "Console.example:443" })
	if second.StatusCode != 200 {
		t.Errorf("a configured host is refused: %d", second.StatusCode)
	}
	policy := first.Header.Get("Content-Security-Policy")
	if policy == second.Header.Get("Content-Security-Policy") {
		t.Error("two answers have the same nonce")
	}
	for _, bad := range []string{"unsafe", "data:", "http", "*"} {
		if strings.Contains(policy, bad) {
			t.Errorf("the content policy has %q: %s", bad, policy)
		}
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := first.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if text := body(t, first); strings.Contains(text, " style=") || strings.Contains(text, " onclick=") || strings.Contains(text, "<style") {
		t.Error("the page has inline code or style")
	}
}
