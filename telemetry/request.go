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

// request is what the layers inside tell about a request for its one line in
// the log. It belongs to the request's own goroutine.
type request struct {
	id    string
	route string
	quiet bool
	attrs []slog.Attr
}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// RequestID gives the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string { return requestOf(ctx).id }

// Route names the pattern that the request was answered by, where the outermost
// table of contents knows less than an inner one. Outside of Observe it does
// nothing. Call it and Add before the handler returns, from its own goroutine.
func Route(ctx context.Context, pattern string) { requestOf(ctx).route = pattern }

// Add puts more into the request's line in the log, such as the cause of an
// error. Never a path, a query, a header or a body.
func Add(ctx context.Context, attrs ...slog.Attr) {
	r := requestOf(ctx)
	r.attrs = append(r.attrs, attrs...)
}

// quietly marks what machines ask every few seconds: unless it fails, its line
// is for debugging only.
func quietly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestOf(r.Context()).quiet = true
		next.ServeHTTP(w, r)
	})
}

// Observe gives every request an id, counts it, times it and logs it with its
// route pattern, never its address. The id is ours and not the client's, so
// that nobody can write into our log. It goes around everything that is served,
// so that no answer lacks the id and none is counted twice.
func (t *Telemetry) Observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		about := &request{id: rand.Text()[:16]}
		w.Header().Set("X-Request-Id", about.id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, about))
		seen := &watcher{ResponseWriter: w, status: http.StatusOK}
		begin := time.Now()
		// Deferred, since an answer that is cut off by a panic counts too.
		defer func() { t.note(r, about, seen, time.Since(begin)) }()
		next.ServeHTTP(seen, r)
	})
}

// note counts and logs one answer.
func (t *Telemetry) note(r *http.Request, about *request, seen *watcher, took time.Duration) {
	route := about.route
	if route == "" {
		route = r.Pattern
	}
	if route == "" {
		route = "none"
	}
	t.requests.WithLabelValues(route, strconv.Itoa(seen.status)).Observe(took.Seconds())
	level := slog.LevelInfo
	switch {
	case seen.status >= http.StatusInternalServerError:
		level = slog.LevelError
	case about.quiet:
		level = slog.LevelDebug
	}
	attrs := append([]slog.Attr{slog.String("request", about.id), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", seen.status), slog.Int64("bytes", seen.bytes), slog.Duration("took", took)}, about.attrs...)
	t.log.LogAttrs(r.Context(), level, "request", attrs...)
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
