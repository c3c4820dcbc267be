package web

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"cratewarden"
)

// planLivePart answers with the part alone, for pages that follow.
func (s *Server) planLivePart(w http.ResponseWriter, r *http.Request) error {
	_, live, err := s.liveNow(r, nil)
	if err != nil {
		return err
	}
	return s.renderPart(w, "planlive", live)
}

// liveNow reads the part as it is now. Of a plan that did not change since last
// time only the follow-ups are read: what its review saw may be megabytes.
func (s *Server) liveNow(r *http.Request, last *planSeen) (*planSeen, planLive, error) {
	p, err := s.cfg.Plans.Plan(r.Context(), r.PathValue("id"))
	if err != nil {
		return last, planLive{}, err
	}
	seen := last
	if last == nil || planMark(&p) != planMark(&last.plan) {
		seen, err = s.look(r, p)
	} else if p.Intent != nil {
		seen.follow, err = s.cfg.Plans.FollowUps(r.Context(), p.ID)
	}
	if err != nil {
		return last, planLive{}, err
	}
	live := s.livePart(seen)
	if then := r.URL.Query().Get("seen"); then != "" && then != planMark(&p) {
		live.Newer = planURL(p.ID)
	}
	return seen, live, nil
}

const (
	// eventsTime is how long one visitor is kept; the browser then asks again.
	// A console that ends waits for open answers, so this is not long.
	eventsTime = 50 * time.Second
	// followersMost is how many visitors may follow plans at the same time.
	followersMost = 100
	// eventsPoll is how often a plan is looked at.
	eventsPoll = time.Second
)

// planEvents sends the part of the page that changes whenever it does, as
// server-sent events. It ends when nothing changes by itself any more.
func (s *Server) planEvents(w http.ResponseWriter, r *http.Request) error {
	select {
	case s.planned.followers <- struct{}{}:
		defer func() { <-s.planned.followers }()
	default:
		return cratewarden.Errorf(cratewarden.Unavailable, "Too many visitors follow plans now. Load the page again to see what changed.")
	}
	seen, live, err := s.liveNow(r, nil)
	if err != nil {
		return err
	}
	stream := http.NewResponseController(w)
	_ = stream.SetReadDeadline(time.Time{}) // the bound for reading a request would end the answer
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies would keep it back
	w.WriteHeader(http.StatusOK)
	have := r.Header.Get("Last-Event-ID") // of a browser that comes again
	if have == "" {
		have = r.URL.Query().Get("have")
	}
	for {
		have = s.sendLive(stream, w, live, have)
		if live.Events == "" {
			_, _ = fmt.Fprint(w, "event: end\ndata: over\n\n")
			_ = stream.Flush()
			return nil
		}
		select {
		case <-s.planned.closing:
			return nil
		case <-r.Context().Done():
			return nil // the answer has begun; the browser comes again
		case <-time.After(eventsPoll):
		}
		if !s.still(r, "look.plan") { // the session ended meanwhile
			return nil
		}
		var now planLive
		if seen, now, err = s.liveNow(r, seen); err == nil { // else the database may be back in a moment
			live = now
		}
	}
}

// sendLive sends the part unless the visitor has it, and gives its mark.
func (s *Server) sendLive(stream *http.ResponseController, w http.ResponseWriter, live planLive, have string) string {
	// The server's bound for one answer is meant for pages.
	_ = stream.SetWriteDeadline(time.Now().Add(10 * time.Second))
	mark := live.mark()
	var b bytes.Buffer
	if mark == have {
		b.WriteString(": as before\n\n") // finds out whether anybody listens
	} else {
		part, err := s.engine.part("planlive", live)
		if err != nil {
			s.cfg.Log.Error("events of a plan", "plan", live.ID, "err", err)
			return have
		}
		fmt.Fprintf(&b, "id: %s\nevent: live\n", mark)
		for line := range bytes.Lines(part) {
			b.WriteString("data: ")
			b.Write(bytes.TrimRight(line, "\r\n"))
			b.WriteByte('\n')
		}
		b.WriteString("\n")
	}
	_, _ = w.Write(b.Bytes()) // nobody may be there any more; the context tells
	_ = stream.Flush()
	return mark
}
