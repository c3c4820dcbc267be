package web

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"cratewarden"
	"cratewarden/telemetry"
)

// handler answers a request or says why it cannot. A handler that returns an
// error has written nothing.
type handler func(w http.ResponseWriter, r *http.Request) error

// adapt turns a route into what the mux calls: it notes the pattern for the
// log, bounds the time, waits for its turn, asks the gate, and shows the error.
// The handler never runs before the gate let the visitor through.
func (s *Server) adapt(rt route) http.Handler {
	limit := rt.timeout
	if limit <= 0 {
		limit = s.cfg.Timeout
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitOf(r.Context()).route = rt
		telemetry.Route(r.Context(), rt.pattern)
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		r = r.WithContext(ctx)
		leave, err := s.turns.take(ctx)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		defer leave() // again is nothing
		if seen, ok := w.(*recorder); ok {
			seen.leave = leave
		}
		pass, err := s.gate(w, r, rt)
		if pass {
			err = rt.handle(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// render shows a page. The page is made in memory first; see engine.page.
func (s *Server) render(w http.ResponseWriter, name string, status int, data any) error {
	body, err := s.engine.page(name, data)
	if err != nil {
		return err
	}
	return send(w, status, body)
}

// renderPart answers with one part, for a script that replaces a piece of the
// page. A route that does so must also work as a whole page, or be of no use
// without scripts anyway, as the palette is.
func (s *Server) renderPart(w http.ResponseWriter, name string, data any) error {
	body, err := s.engine.part(name, data)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, body)
}

func send(w http.ResponseWriter, status int, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// The visitor may be gone; there is nobody left to tell.
	_, _ = w.Write(body)
	return nil
}

// errorPage is what a visitor sees when something went wrong.
type errorPage struct {
	Page
	Status  int
	Heading string
	Message string
}

// fail is the only place where an error becomes a page. It shows the kind and
// the sentence for people; the cause goes to the log.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	kind := kindOf(r.Context(), err)
	v := visitOf(r.Context())
	telemetry.Add(r.Context(), slog.String("kind", string(kind)), slog.String("err", err.Error()))
	if kind == cratewarden.Canceled {
		// Nobody waits for an answer; the status is for our log.
		w.WriteHeader(statusClosed)
		return
	}
	status, heading := face(kind)
	if errors.Is(err, errMethod) {
		status, heading = http.StatusMethodNotAllowed, "This page cannot be used that way"
	}
	if often, ok := errors.AsType[*tooMany](err); ok {
		status, heading = http.StatusTooManyRequests, "That was too often"
		w.Header().Set("Retry-After", digits(int64(math.Ceil(max(often.retry, time.Second).Seconds()))))
	}
	message := sentence(kind, err)
	if kind == cratewarden.Timeout || kind == cratewarden.Unavailable {
		w.Header().Set("Retry-After", "5")
	}
	if r.Header.Get("HX-Request") != "" {
		s.failPart(w, r, status, Notice{Tone: Bad, Title: heading, Text: Text(message)})
		return
	}
	if rules, ok := asDenied(err); ok {
		if again := s.denied(w, r, rules); again == nil {
			return
		} else if err = again; kindOf(r.Context(), err) != kind {
			s.fail(w, r, err)
			return
		}
	}
	page := errorPage{Page: s.page(r, heading), Status: status, Heading: heading, Message: message}
	if err := s.render(w, "error", status, page); err != nil {
		s.cfg.Log.ErrorContext(r.Context(), "error page", "request", v.id, "err", err)
		http.Error(w, heading, status)
	}
}

// sentence is the error's own sentence for people or, where kindOf saw more than
// the error knows, one for that kind.
func sentence(kind cratewarden.Kind, err error) string {
	switch {
	case kind == cratewarden.KindOf(err):
		return cratewarden.MessageOf(err)
	case kind == cratewarden.Timeout:
		return "It was stopped because it took longer than allowed. Ask for less, or try again."
	case kind == cratewarden.TooLarge:
		return "What was sent is larger than this console takes. Send less."
	default:
		return "The work was stopped before it was done. Try again."
	}
}

func (s *Server) failPart(w http.ResponseWriter, r *http.Request, status int, notice Notice) {
	body, err := s.engine.part("notice", notice)
	if err != nil {
		s.cfg.Log.ErrorContext(r.Context(), "error part", "request", visitOf(r.Context()).id, "err", err)
		http.Error(w, notice.Title, status)
		return
	}
	_ = send(w, status, body)
}

// statusClosed is the customary code for a visitor who went away.
const statusClosed = 499

// kindOf is the error's kind, but sees that a handler's trouble came from the
// end of its time or of the visitor's patience.
func kindOf(ctx context.Context, err error) cratewarden.Kind {
	kind := cratewarden.KindOf(err)
	if kind != cratewarden.Internal && kind != cratewarden.Canceled {
		return kind
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return cratewarden.Timeout
	case errors.Is(ctx.Err(), context.Canceled):
		return cratewarden.Canceled
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return cratewarden.TooLarge
	}
	if kind == cratewarden.Canceled {
		// The visitor is still there, so somebody else gave up on the work.
		return cratewarden.Unavailable
	}
	return kind
}

// face is the status and the heading of a kind of error.
func face(kind cratewarden.Kind) (int, string) {
	switch kind {
	case cratewarden.Invalid:
		return http.StatusBadRequest, "That cannot be understood"
	case cratewarden.Unsigned:
		return http.StatusUnauthorized, "Sign in first"
	case cratewarden.NotFound:
		return http.StatusNotFound, "Nothing is here"
	case cratewarden.Refused:
		return http.StatusForbidden, "That is not allowed"
	case cratewarden.Conflict:
		return http.StatusConflict, "That clashes with what is there now"
	case cratewarden.TooLarge:
		return http.StatusRequestEntityTooLarge, "That is too large"
	case cratewarden.Timeout:
		return http.StatusGatewayTimeout, "That took too long"
	case cratewarden.Unavailable:
		return http.StatusServiceUnavailable, "This part is not available now"
	default:
		return http.StatusInternalServerError, "Something went wrong"
	}
}

var errMethod = errors.New("method not allowed")

// nowhere answers what no other route takes.
func (s *Server) nowhere(w http.ResponseWriter, r *http.Request) error {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "/" && method != r.Method {
			w.Header().Set("Allow", method)
			return cratewarden.Wrap(errMethod, cratewarden.Invalid, "This address answers %s only. Go back and use the links and forms of the page.", method)
		}
	}
	return cratewarden.Errorf(cratewarden.NotFound, "There is no page at this address. Check it, or search for what you need.")
}
