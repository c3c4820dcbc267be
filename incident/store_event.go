package incident

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Kinds of events, for those who follow. A Move and everything else that
// changes the state is StateEvent, with "from" and "to" in its details.
const (
	OpenedEvent   = "opened" // details: kind, severity, tlp, source, split_from, campaigns, reported_at, subjects (JSON)
	StateEvent    = "state"  // from, to; "back" when it leads back, "auto" when the record showed it, plan
	VerdictEvent  = "verdict"
	LeadEvent     = "lead" // was, now: ids of people; was_name, now_name
	TitleEvent    = "title"
	KindEvent     = "kind"
	SeverityEvent = "severity"
	TLPEvent      = "tlp"
	CampaignEvent = "campaigns"
	ReportedEvent = "reported_at"
	AddedEvent    = "subject.added"   // subjects: JSON of {kind, id, role}
	RemovedEvent  = "subject.removed" // likewise; "into" when a split took them along
	RoleEvent     = "subject.role"    // kind, id, was, now
	NoteEvent     = "note"
	TextEvent     = "text"      // field, revision; the body is the new text
	FileEvent     = "file"      // file, bytes, sha256; the body is its name
	TaskEvent     = "task"      // item, do: held, released, done, skipped, opened, added, ticked
	MergeEvent    = "merged"    // in the case that goes on: from, and what of it changed
	GoneEvent     = "merged-in" // in the case that ends: into
	SplitEvent    = "split"     // in the case that was parted: into, subjects
	OverrideEvent = "override"  // the body is the reason; "ended" when it holds no more, and why
	DoubtEvent    = "doubt"     // now: what the record says against a closed case, "" when nothing any more
	ErasedEvent   = "erased"    // what, and the number of it
)

// Events gives what was done to a case, and to those that were merged into it,
// in order, after the event with a number; 0 begins with the first. Of one case
// no event ever appears before one that was given already; when another case
// was merged into it, its events, whose numbers may be smaller, are there too,
// and MergeEvent says so. The limit is 200 unless said, at most 2000. After a
// negative number come the newest, in their order.
func (s *Service) Events(ctx context.Context, id string, after int64, limit int) ([]Event, error) {
	number, err := numberOf(id)
	if err != nil {
		return nil, err
	}
	if number, err = survivor(ctx, s.db, number); err != nil {
		return nil, err
	}
	numbers, err := family(ctx, s.db, number)
	if err != nil {
		return nil, err
	}
	switch {
	case limit <= 0:
		limit = 200
	case limit > 2000:
		limit = 2000
	}
	if after < 0 {
		list, err := readEvents(ctx, s.db, `e.incident = ANY ($1) ORDER BY e.id DESC LIMIT $2`, numbers, limit)
		slices.Reverse(list)
		return list, err
	}
	return readEvents(ctx, s.db, `e.incident = ANY ($1) AND e.id > $2 ORDER BY e.id LIMIT $3`, numbers, after, limit)
}

func readEvents(ctx context.Context, db querier, where string, args ...any) ([]Event, error) {
	rows, err := db.Query(ctx, `SELECT e.id, e.incident, e.at, e.actor, e.actor_name, e.kind, e.body, e.details, e.ledger FROM incident_event e WHERE `+where, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Event, err error) {
		var number int64
		err = row.Scan(&e.ID, &number, &e.At, &e.By.ID, &e.By.Name, &e.Kind, &e.Body, &e.Details, &e.Ledger)
		e.Incident, e.At, e.Salt = idOf(number), e.At.UTC(), e.Details["salt"]
		delete(e.Details, "salt")
		return e, err
	})
	return out, pg.Map(err)
}

// lastWriter gives who wrote the value that a field has.
func (w *writing) lastWriter(ctx context.Context, kind, key, value string) (by Person, at time.Time) {
	by, at = w.inc.OpenedBy, w.inc.OpenedAt
	list, err := readEvents(ctx, w.tx, `e.incident = $1 AND e.kind = $2 AND ($3 = '' OR e.details ->> $3 = $4) ORDER BY e.id DESC LIMIT 1`, w.inc.number(), kind, key, value)
	if err == nil && len(list) == 1 {
		by, at = list[0].By, list[0].At
	}
	return by, at
}
