package telemetry

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cratewarden"
)

// A secret pasted into an address must not reach the log, and the id in the
// answer must be the one in the log.
func TestLogHoldsTheRouteAndNotTheAddress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tel := New(NewLogger(&out, false, slog.LevelDebug))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /crates/{name}", func(w http.ResponseWriter, r *http.Request) {
		if RequestID(r.Context()) == "" {
			t.Error("no request id in the context")
		}
		http.Error(w, "no", http.StatusTeapot)
	})
	rec := httptest.NewRecorder()
	req := httptest.NewRequest("GET", "/crates/x?token=ciosecret", nil)
	req.Header.Set("X-Request-Id", "forged")
	tel.Observe(mux).ServeHTTP(rec, req)
	id := rec.Header().Get("X-Request-Id")
	line := out.String()
	if id == "" || id == "forged" || !strings.Contains(line, id) {
		t.Errorf("id %q, log %s", id, line)
	}
	if strings.Contains(line, "ciosecret") || strings.Contains(line, "/crates/x") {
		t.Errorf("the address is in the log: %s", line)
	}
	if !strings.Contains(line, `"status":418`) || !strings.Contains(line, `"route":"GET /crates/{name}"`) || !strings.Contains(line, `"request":"`+id+`"`) {
		t.Errorf("status or route missing: %s", line)
	}
	rec = httptest.NewRecorder()
	tel.Metrics().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(rec.Body.String(), `cratewarden_http_request_seconds_count{route="GET /crates/{name}",status="418"} 1`) {
		t.Errorf("request not counted:\n%s", rec.Body)
	}
}

func TestReadyNamesWhatFails(t *testing.T) {
	t.Parallel()
	h := Ready(
		Readiness{"registry", func(context.Context) error { return nil }},
		Readiness{"console", func(context.Context) error {
			return cratewarden.Errorf(cratewarden.Unavailable, "The database does not answer.")
		}})
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/readyz", nil))
	if rec.Code != 503 || rec.Body.String() != "registry: ok\nconsole: The database does not answer.\n" {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
}
