package web

import (
	"context"
	"net/http"
	"time"

	"cratewarden"
	"cratewarden/action"
)

// Tombstones remembers deleted versions; action.Engine does.
type Tombstones interface {
	Tombstones(ctx context.Context, f action.TombstoneFilter) ([]action.Tombstone, error)
}

// risenMost is how many returned versions stand on the landing page, and
// risenTime how long that page waits for them.
const (
	risenMost = 8
	risenTime = time.Second
)

// homeRisen is the alarm that versions which were deleted are in the registry
// again. Without any there is no card.
func (s *Server) homeRisen(r *http.Request) Card {
	if s.cfg.Tombstones == nil {
		return Card{}
	}
	ctx, cancel := context.WithTimeout(r.Context(), risenTime)
	defer cancel()
	list, err := s.cfg.Tombstones.Tombstones(ctx, action.TombstoneFilter{SeenAgain: true, Limit: risenMost + 1})
	c := Card{ID: "risen", Title: "Deleted versions that came back"}
	switch {
	case err != nil:
		return c.missing(cratewarden.MessageOf(err))
	case len(list) == 0:
		return Card{}
	}
	shown := list[:min(len(list), risenMost)]
	if c.Note = Plural(len(shown), "version"); len(list) > risenMost {
		c.Note = "the last " + c.Note
		c.More = Link{"all", address("/ledger", "action", "tombstone.seen-again")}
	}
	for _, t := range shown {
		c.Guards = append(c.Guards, risenGuard(t))
	}
	return c
}

func risenGuard(t action.Tombstone) Guard {
	note := Text("Deleted ").Ago(t.DeletedAt).Say(" by plan ").Link(t.Plan, planURL(t.Plan))
	if t.SeenAgainAt != nil {
		note = note.Say("; seen again ").Ago(*t.SeenAgainAt)
	}
	note = note.Say(" as version number " + digits(t.SeenAgain))
	if t.Alarm != nil {
		note = append(note.Say(" · ledger "), entryLink(*t.Alarm)...)
	}
	return Guard{Tone: Bad, Word: "alarm", Text: Phrase{}.Link(t.Crate+"@"+t.Num, versionURL(t.Crate, t.Num)).Say(" was deleted and is there again"), Note: note}
}
