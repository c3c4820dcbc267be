package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"cratewarden"
)

// caseQuiet is how long nobody may hear of a case before its page is looked at
// again anyway: plans and the ledger change it, too.
const caseQuiet = 5 * time.Second

// incidentEvents sends the parts of a case's page that change whenever they do,
// as server-sent events, and says to the others that somebody looks.
func (s *Server) incidentEvents(w http.ResponseWriter, r *http.Request) error {
	select {
	case s.planned.followers <- struct{}{}:
		defer func() { <-s.planned.followers }()
	default:
		return cratewarden.Errorf(cratewarden.Unavailable, "Too many visitors follow something now. Load the page again to see what changed.")
	}
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	changed, present := s.cfg.Incidents.Watch(r.Context(), x.ID, visitOf(r.Context()).id, s.who(r))
	stream := http.NewResponseController(w)
	_ = stream.SetReadDeadline(time.Time{}) // the bound for reading a request would end the answer
	have := strings.Split(firstOf(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("have")), ".")
	begun := false
	for {
		x, err := s.caseOf(r)
		seen := &caseSeen{}
		if err == nil {
			seen, err = s.seeCase(r, x)
		}
		switch {
		case err != nil && !begun:
			return err
		case err == nil: // else the database may be back in a moment
			if !begun {
				h := w.Header()
				h.Set("Content-Type", "text/event-stream")
				h.Set("X-Accel-Buffering", "no") // proxies would keep it back
				w.WriteHeader(http.StatusOK)
				begun = true
			}
			seen.here = present()
			have = s.sendCase(stream, w, s.caseParts(r, seen), have)
		}
		select {
		case <-s.planned.closing:
			return nil
		case <-r.Context().Done():
			return nil // the answer has begun; the browser comes again
		case <-changed:
		case <-time.After(caseQuiet):
		}
		if !s.still(r, "incident.look") { // the session ended meanwhile
			return nil
		}
	}
}

// sendCase sends the parts that the visitor does not have, and gives the marks
// of all.
func (s *Server) sendCase(stream *http.ResponseController, w http.ResponseWriter, parts *caseParts, have []string) []string {
	// The server's bound for one answer is meant for pages.
	_ = stream.SetWriteDeadline(time.Now().Add(10 * time.Second))
	var b bytes.Buffer
	marks := strings.Split(parts.marks(), ".")
	for i, x := range parts.list() {
		if i < len(have) && have[i] == marks[i] {
			continue
		}
		text, err := s.engine.part(x.template, x.data)
		if err != nil {
			s.cfg.Log.Error("events of a case", "part", x.name, "err", err)
			continue
		}
		fmt.Fprintf(&b, "id: %s\nevent: %s\n", strings.Join(marks, "."), x.name)
		for line := range bytes.Lines(text) {
			b.WriteString("data: ")
			b.Write(bytes.TrimRight(line, "\r\n"))
			b.WriteByte('\n')
		}
		b.WriteString("\n")
	}
	if b.Len() == 0 {
		b.WriteString(": as before\n\n") // finds out whether anybody listens
	}
	_, _ = w.Write(b.Bytes()) // nobody may be there any more; the context tells
	_ = stream.Flush()
	return marks
}
