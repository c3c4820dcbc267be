package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cratewarden/dossier"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// TestEveryAnswerHasItsID asks pages, interface, files, redirects, refusals and
// health: each answer has an id, of one format, and one line in the log with the
// same fields.
func TestEveryAnswerHasItsID(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, pgtest.Template{Name: "registry", Build: schema.Create})
	var logged bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	m := mirror.New(mirror.Config{Registry: pool})
	h, err := handler(consoleConfig{label: "small", kind: "test", log: log},
		&parts{mirror: m, dossiers: dossier.New(dossier.Config{Registry: pool, Mirror: m}), signer: &signer{ledger: ledger.New(ledger.Config{DB: pool})}}, pool, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range []struct {
		host, path, route string
		status            int
	}{
		{"127.0.0.1", "/about", "GET /about", http.StatusOK},
		{"127.0.0.1", "/nowhere", "/", http.StatusNotFound},
		{"127.0.0.1", "/static/none.css", "GET /static/{file}", http.StatusNotFound},
		{"127.0.0.1", "/crates/none", "GET /crates/{name}", http.StatusNotFound},
		{"127.0.0.1", "/api/v1", "/api/v1/", http.StatusTemporaryRedirect},
		{"127.0.0.1", "/api/v1/crates/none", "GET /api/v1/crates/{name}", http.StatusNotFound},
		{"127.0.0.1", "/api/v1/nowhere", "/api/v1/", http.StatusNotFound},
		{"evil.example", "/api/v1/home", "foreign host", http.StatusMisdirectedRequest},
		{"evil.example", "/about", "foreign host", http.StatusMisdirectedRequest},
		{"127.0.0.1", "/livez", "GET /livez", http.StatusOK},
		{"127.0.0.1", "/metrics", "GET /metrics", http.StatusOK},
	} {
		logged.Reset()
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", c.path, nil)
		r.Host = c.host
		h.ServeHTTP(w, r)
		ids := w.Header().Values("X-Request-Id")
		if w.Code != c.status || len(ids) != 1 || len(ids[0]) != 16 || seen[ids[0]] {
			t.Errorf("%s at %s: %d, ids %q", c.path, c.host, w.Code, ids)
			continue
		}
		seen[ids[0]] = true
		var line struct {
			Msg, Request, Method, Route string
			Status                      int
			Took                        time.Duration
		}
		if err := json.Unmarshal(logged.Bytes(), &line); err != nil {
			t.Errorf("%s: not one line in the log: %v\n%s", c.path, err, &logged)
			continue
		}
		if line.Msg != "request" || line.Request != ids[0] || line.Method != "GET" || line.Route != c.route || line.Status != c.status || line.Took <= 0 {
			t.Errorf("%s: the log says %+v", c.path, line)
		}
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/metrics", nil)
	r.Host = "127.0.0.1"
	h.ServeHTTP(w, r)
	if want := `cratewarden_http_request_seconds_count{route="GET /about",status="200"} 1` + "\n"; !strings.Contains(w.Body.String(), want) {
		t.Errorf("the page is not counted once:\n%s", w.Body)
	}
}
