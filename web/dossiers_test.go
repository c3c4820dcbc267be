package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cratewarden/dossier"
	"cratewarden/telemetry"
)

var _ Dossiers = (*dossier.Service)(nil)

// TestOuterLayer shows that with telemetry around the pages there is one id,
// its own, and one line, which holds the pattern and not the address.
func TestOuterLayer(t *testing.T) {
	t.Parallel()
	for _, around := range []bool{true, false} {
		var logged bytes.Buffer
		log := slog.New(slog.NewJSONHandler(&logged, nil))
		s, err := New(Config{Dossiers: sampleShelf(t), Log: log})
		if err != nil {
			t.Fatal(err)
		}
		var h http.Handler = s
		if around {
			h = telemetry.New(log).Observe(s)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/crates/arraykit?secret=1", nil))
		ids := w.Header().Values("X-Request-Id")
		if len(ids) != 1 || len(ids[0]) != 16 || !strings.Contains(w.Body.String(), "request <code>"+ids[0]) {
			t.Fatalf("the request has the ids %q, or the page another", ids)
		}
		line := logged.String()
		for _, want := range []string{`"request":"` + ids[0] + `"`, `"method":"GET"`, `"route":"GET /crates/{name}"`, `"status":200`, `"took":`} {
			if strings.Count(line, want) != 1 {
				t.Errorf("around %t: %s is not once in the log:\n%s", around, want, line)
			}
		}
		if strings.Count(line, "\n") != 1 || strings.Contains(line, "secret") {
			t.Errorf("around %t: the log is\n%s", around, line)
		}
	}
}

// TestCheckHostAlone shows that what is served beside the pages can be guarded
// as they are.
func TestCheckHostAlone(t *testing.T) {
	t.Parallel()
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	guarded := s.CheckHost(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, want := range map[string]int{"127.0.0.1:8420": http.StatusNoContent, "evil.example": http.StatusMisdirectedRequest} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/api/v1/home", nil)
		r.Host = host
		guarded.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}
