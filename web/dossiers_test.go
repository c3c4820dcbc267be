package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cratewarden/dossier"
	"cratewarden/telemetry"
)

var _ Dossiers = (*dossier.Service)(nil)

// TestOuterLayer shows what is told to a layer around the pages: the id it gave
// the request is the one on the page, and it hears the pattern, not the address.
func TestOuterLayer(t *testing.T) {
	t.Parallel()
	var heard []string
	s, err := New(Config{Dossiers: sampleShelf(t), Observe: func(pattern string, status int, took time.Duration) {
		heard = append(heard, pattern+" "+http.StatusText(status))
		if took <= 0 {
			t.Error("it took no time")
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	outer := telemetry.New(slog.New(slog.DiscardHandler)).Observe(s)
	w := httptest.NewRecorder()
	outer.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/crates/arraykit?secret=1", nil))
	ids := w.Header().Values("X-Request-Id")
	if len(ids) != 1 || len(ids[0]) != 16 {
		t.Errorf("the request has the ids %q, not the outer layer's alone", ids)
	}
	if len(heard) != 1 || heard[0] != "GET /crates/{name} OK" {
		t.Errorf("heard %q", heard)
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
