package incident

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// presence is what is known of one open page, here or in another process.
type presence struct {
	incident int64
	here     here
	at       time.Time // last heard of, by this machine's clock
}

func newHub(s *Service) *hub {
	return &hub{s: s, watches: map[*watch]bool{}, present: map[string]presence{}}
}

// announce tells all processes that somebody looks, or does not any more. If it
// cannot be told, this process knows all the same.
func (h *hub) announce(ctx context.Context, w *watch, fresh, gone bool) {
	if w.incident == 0 {
		return
	}
	m := w.here
	m.New, m.Gone = fresh, gone
	h.note(w.incident, m)
	if err := shout(ctx, h.s.db, message{Incident: w.incident, Here: &m}); err != nil && ctx.Err() == nil {
		h.s.log.DebugContext(ctx, "who looks at an incident could not be told", "error", err)
	}
}

// note keeps what one page said, and wakes those who look if that is new.
func (h *hub) note(incident int64, m here) {
	h.mu.Lock()
	was, known := h.present[m.Key]
	switch {
	case m.Gone:
		delete(h.present, m.Key)
	default:
		h.present[m.Key] = presence{incident, m, time.Now()}
	}
	h.mu.Unlock()
	if known == m.Gone || known && was.incident != incident {
		h.wake(incident)
	}
}

// see takes what a page said, and answers a new one, so that it knows at once
// who else is there.
func (h *hub) see(ctx context.Context, incident int64, m here) {
	h.note(incident, m)
	if !m.New || m.Gone {
		return
	}
	for _, w := range h.of(incident) {
		if w.here.Key != m.Key {
			h.announce(ctx, w, false, false)
		}
	}
}

// askAll says of every page here that it is new, after the connection was away.
func (h *hub) askAll(ctx context.Context) {
	for _, w := range h.of(0) {
		h.announce(ctx, w, true, false)
	}
}

// sayAll says of every page here that it is still there, and forgets those of
// which nothing was heard, such as when their process died.
func (h *hub) sayAll(ctx context.Context) {
	for _, w := range h.of(0) {
		h.announce(ctx, w, false, false)
	}
	h.mu.Lock()
	var gone []int64
	for key, p := range h.present {
		if time.Since(p.at) > goneAfter {
			delete(h.present, key)
			gone = append(gone, p.incident)
		}
	}
	h.mu.Unlock()
	for _, incident := range gone {
		h.wake(incident)
	}
}

// of gives the pages here that watch a case, or all with 0.
func (h *hub) of(incident int64) (out []*watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watches {
		if w.incident != 0 && (incident == 0 || w.incident == incident) {
			out = append(out, w)
		}
	}
	return out
}

// watched gives the numbers of the cases that are watched here.
func (h *hub) watched() []int64 {
	out := []int64{}
	for _, w := range h.of(0) {
		out = append(out, w.incident)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// wakeLists wakes whoever watches all cases.
func (h *hub) wakeLists() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watches {
		if w.incident == 0 {
			select {
			case w.wake <- struct{}{}:
			default:
			}
		}
	}
}

// looking gives who looks at a case, each person once, since when first, by name.
func (h *hub) looking(incident int64) []Present {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := map[string]Present{}
	for _, p := range h.present {
		if p.incident != incident || time.Since(p.at) > goneAfter {
			continue
		}
		have, known := first[p.here.Who.ID]
		if !known || p.here.Since.Before(have.Since) {
			first[p.here.Who.ID] = Present{p.here.Who, p.here.Since}
		}
	}
	out := []Present{}
	for _, p := range first {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Present) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out
}
