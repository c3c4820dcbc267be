package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/telemetry"
)

// visit is what the layers around a handler tell each other about one request.
type visit struct {
	id    string // shown on error pages and in the log
	nonce string // the only scripts that run are those that carry it
	route route
	// visitor is who asks; signed says that they signed in. Both are set by the
	// gate, before any handler.
	visitor auth.Visitor
	signed  bool
}

type visitKey struct{}

// visitOf gives the request's visit; outside a request, an empty one.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{visitor: nobody()}
}

// nobody has no role.
func nobody() auth.Visitor {
	return auth.Visitor{Actor: action.Actor{ID: "nobody", Name: "nobody"}}
}

// chain wraps the routes. The first line is the outermost layer.
func (s *Server) chain(h http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(s.adapt(route{pattern: "cross-origin", handle: refuseCrossOrigin, act: access.Public}))
	for _, wrap := range []func(http.Handler) http.Handler{
		s.limitBody,
		crossOrigin.Handler,
		s.CheckHost,
		s.recover,
		s.protect,
		s.greet,
		s.observe,
	} {
		h = wrap(h)
	}
	return h
}

// observe gives the request its id, counts and logs it, unless an outer layer
// does so already: no request has two ids or two lines.
func (s *Server) observe(next http.Handler) http.Handler {
	own := telemetry.New(s.cfg.Log).Observe(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if telemetry.RequestID(r.Context()) != "" {
			next.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(w, r)
	})
}

// greet gives the request its nonce, and remembers whether the answer has begun.
func (s *Server) greet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{id: telemetry.RequestID(r.Context()), nonce: rand.Text(), visitor: nobody()}
		next.ServeHTTP(&recorder{ResponseWriter: w}, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
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
			if seen, ok := w.(*recorder); ok && seen.begun {
				telemetry.Add(r.Context(), slog.String("err", err.Error()))
				panic(http.ErrAbortHandler)
			}
			s.fail(w, r, err)
		}()
		next.ServeHTTP(w, r)
	})
}

// limitBody bounds what a request may send. A few routes take files, which are
// larger than forms.
func (s *Server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most := s.cfg.MaxBody
		if r.Method == http.MethodPost && len(s.bodies) > 0 {
			if _, pattern := s.mux.Handler(r); s.bodies[pattern] > most {
				most = s.bodies[pattern]
			}
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

func refuseCrossOrigin(http.ResponseWriter, *http.Request) error {
	return cratewarden.Errorf(cratewarden.Refused, "The request came from another site's page. Open the console itself and do it there.")
}

// recorder remembers whether the answer has begun.
type recorder struct {
	http.ResponseWriter
	begun bool
	// leave ends the request's turn, nil for none. The page is made by the time its
	// answer begins, and how long that takes is up to the client: net/http even
	// waits for the rest of a body first.
	leave func()
}

// WriteHeader notes that the answer has begun.
func (w *recorder) WriteHeader(status int) {
	w.begin()
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that the answer has begun.
func (w *recorder) Write(b []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(b)
}

func (w *recorder) begin() {
	if !w.begun && w.leave != nil {
		w.leave()
	}
	w.begun = true
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
