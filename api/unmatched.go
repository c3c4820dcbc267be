package api

import (
	"context"
	"encoding/json"
	"net/http"

	"cratewarden"
	"cratewarden/telemetry"
)

// matched passes on what the table of contents knows. Everything else gets a
// problem document too, since programs read nothing else.
func matched(mux *http.ServeMux, g gate) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		unknown, pattern := mux.Handler(r)
		if pattern != "" {
			telemetry.Route(r.Context(), pattern)
		}
		r, ok := g.admit(w, r, pattern)
		if !ok {
			return
		}
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		var said verdict
		unknown.ServeHTTP(&said, r)
		if allow := said.Header().Get("Allow"); said.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", allow)
			send(r.Context(), w, said.status, cratewarden.Invalid, "This address takes "+allow+" only.")
			return
		}
		send(r.Context(), w, http.StatusNotFound, cratewarden.NotFound, "There is nothing at this address. See "+Prefix+"/openapi.json for what there is.")
	})
}

// foreign answers a request that another origin made in a browser's name.
func foreign(w http.ResponseWriter, r *http.Request) {
	send(r.Context(), w, http.StatusForbidden, cratewarden.Refused, "A page of another origin may not ask this. Ask from the console itself or from the command line.")
}

func send(ctx context.Context, w http.ResponseWriter, status int, kind cratewarden.Kind, detail string) {
	sendProblem(w, &Problem{Title: title(status), Status: status, Detail: detail, Kind: kind, RequestID: telemetry.RequestID(ctx)})
}

func sendProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// answer ends a request with an error of ours.
func answer(w http.ResponseWriter, r *http.Request, err error) {
	sendProblem(w, problemOf(r.Context(), err))
}

// verdict hears what the table of contents would say, and keeps it from the
// asker.
type verdict struct {
	header http.Header
	status int
}

// Header is where the allowed methods come.
func (v *verdict) Header() http.Header {
	if v.header == nil {
		v.header = http.Header{}
	}
	return v.header
}

// Write drops the text.
func (v *verdict) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader keeps the status.
func (v *verdict) WriteHeader(status int) { v.status = status }
