package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/telemetry"
)

// visit is what the layers around a handler tell each other about one request.
type visit struct {
	id    string // shown on error pages and in the log
	nonce string // the only scripts that run are those that carry it
	route route
	err   error
	kind  cratewarden.Kind
}

type visitKey struct{}

// visitOf gives the request's visit; outside a request, an empty one.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// chain wraps the routes. The first line is the outermost layer.
func (s *Server) chain(h http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(s.adapt(route{pattern: "cross-origin", handle: refuseCrossOrigin}))
	for _, wrap := range []func(http.Handler) http.Handler{
		s.limitBody,
		crossOrigin.Handler,
		s.CheckHost,
		s.recover,
		s.log,
		s.protect,
		s.greet,
	} {
		h = wrap(h)
	}
	return h
}

// greet gives the request its nonce and its id, which is the one that an outer
// layer has given it already when there is such a layer.
func (s *Server) greet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{id: telemetry.RequestID(r.Context()), nonce: rand.Text()}
		if v.id == "" {
			v.id = strings.ToLower(rand.Text()[:12])
		}
		w.Header().Set("X-Request-Id", v.id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}

// log writes one line per request. It holds the route's pattern and never the
// path or the query, which may hold personal data such as a mail address.
func (s *Server) log(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		seen := &recorder{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		v, took := visitOf(r.Context()), time.Since(begin)
		s.cfg.Observe(v.route.pattern, seen.code(), took)
		level := slog.LevelInfo
		attrs := []slog.Attr{
			slog.String("request", v.id),
			slog.String("method", r.Method),
			slog.String("pattern", v.route.pattern),
			slog.Int("status", seen.code()),
			slog.Float64("ms", float64(took.Microseconds())/1000),
		}
		if v.err != nil {
			attrs = append(attrs, slog.String("kind", string(v.kind)), slog.String("err", v.err.Error()))
		}
		if seen.code() >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		s.cfg.Log.LogAttrs(r.Context(), level, "request", attrs...)
	})
}

// recover turns a panic into an error page. When the answer has begun already
// it cuts the connection, so that half a page is not taken for a whole one.
func (s *Server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			if seen, ok := w.(*recorder); ok && seen.status != 0 {
				visitOf(r.Context()).err = err
				panic(http.ErrAbortHandler)
			}
			s.fail(w, r, err)
		}()
		next.ServeHTTP(w, r)
	})
}

// limitBody bounds what a request may send.
func (s *Server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, s.cfg.MaxBody)
		next.ServeHTTP(w, r)
	})
}

func refuseCrossOrigin(http.ResponseWriter, *http.Request) error {
	return cratewarden.Errorf(cratewarden.Refused, "The request came from another site's page. Open the console itself and do it there.")
}

// recorder remembers the status for the log.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status and passes it on.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that the answer has begun.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
