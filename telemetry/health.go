package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"cratewarden"
)

// Live answers /livez: the program runs and can answer.
func Live() http.Handler {
	return quietly(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }))
}

// Readiness is one thing that must work before requests should be sent here.
type Readiness struct {
	Name  string
	Check func(ctx context.Context) error
}

// Ready answers /readyz: each check by name with "ok" or its sentence, and
// status 503 when one fails. A load balancer reads the status, a person the
// lines.
func Ready(checks ...Readiness) http.Handler {
	return quietly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		status, text := http.StatusOK, ""
		for _, c := range checks {
			line := "ok"
			if err := c.Check(ctx); err != nil {
				status, line = http.StatusServiceUnavailable, cratewarden.MessageOf(err)
			}
			text += fmt.Sprintf("%s: %s\n", c.Name, line)
		}
		plain(w, status, text)
	}))
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
