package telemetry

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

type requestKey struct{}

// RequestID gives the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// Observe gives every request an id, counts it, times it and logs it with its
// route pattern, never its address. The id is ours and not the client's, so
// that nobody can write into our log.
func (t *Telemetry) Observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:16]
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
		seen := &watcher{ResponseWriter: w, status: http.StatusOK}
		begin := time.Now()
		next.ServeHTTP(seen, r)
		took := time.Since(begin)
		pattern := r.Pattern
		if pattern == "" {
			pattern = "none"
		}
		t.Count(pattern, seen.status, took)
		level := slog.LevelDebug
		if seen.status >= 500 {
			level = slog.LevelWarn
		}
		t.log.LogAttrs(r.Context(), level, "request", slog.String("id", id), slog.String("method", r.Method),
			slog.String("route", pattern), slog.Int("status", seen.status), slog.Int64("bytes", seen.bytes), slog.Duration("took", took))
	})
}

// Count counts one answer by its route pattern and status.
func (t *Telemetry) Count(pattern string, status int, took time.Duration) {
	t.requests.WithLabelValues(pattern, strconv.Itoa(status)).Observe(took.Seconds())
}

// watcher notes what was answered.
type watcher struct {
	http.ResponseWriter
	status int
	bytes  int64
	wrote  bool
}

// WriteHeader notes the status.
func (w *watcher) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes the size.
func (w *watcher) Write(p []byte) (int, error) {
	w.wrote = true
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the real writer, without which
// streamed answers could not be flushed.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }
