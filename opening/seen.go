package opening

import (
	"context"
	"time"

	"cratewarden/ledger"
	"cratewarden/pg"
)

// Seen is one opening as colleagues read of it.
type Seen struct {
	Entry    int64        `json:"ledger"`
	At       time.Time    `json:"opened_at"`
	By       ledger.Actor `json:"by"`
	What     What         `json:"what"`
	Reason   string       `json:"reason,omitempty"`
	Incident string       `json:"incident,omitempty"`
}

// Log is where openings are found; *ledger.Log is one.
type Log interface {
	List(ctx context.Context, f ledger.Filter) (ledger.Page, error)
}

// List gives the newest openings of a subject's personal data, and whether there
// are more.
func List(ctx context.Context, log Log, subject ledger.Subject, limit int) ([]Seen, bool, error) {
	page, err := log.List(ctx, ledger.Filter{Subject: subject, Kind: ledger.Opening, Limit: limit})
	if err != nil {
		return nil, false, pg.Map(err)
	}
	out := make([]Seen, 0, len(page.Entries))
	for _, e := range page.Entries {
		out = append(out, seenOf(e))
	}
	return out, page.Next != 0, nil
}

func seenOf(e ledger.Entry) Seen {
	s := Seen{Entry: e.Index, At: e.At, By: e.Actor, What: What(e.Details["what"]), Incident: e.Incident}
	if e.Details["part"] != "" {
		s.What = Part
	}
	if e.Reasons != nil {
		s.Reason = e.Reasons.Internal
	}
	return s
}
