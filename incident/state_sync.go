package incident

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Sync moves a case forward and ticks its tasks as far as ledger, plans,
// evidence and notices show. It may be called at any time and as often as one
// likes; a state that a person left backward is not taken again by what was shown
// before.
func (s *Service) Sync(ctx context.Context, id string) error {
	_, err := s.sync(ctx, id)
	return err
}

func (s *Service) sync(ctx context.Context, id string) (Incident, error) {
	now, err := s.Incident(ctx, id)
	if err != nil {
		return now, err
	}
	s.seen(ctx, now)
	return s.byFacts(ctx, console(), now.ID, func(ctx context.Context, w *writing, f facts) error {
		since, err := w.lastBack(ctx)
		if err != nil {
			return err
		}
		needs := needsOf(w.inc, f)
		fell, err := w.fallBack(ctx, needs)
		if err != nil {
			return err
		}
		if !fell && w.inc.State.Open() {
			for _, step := range forward(w.inc.State, needs, since) {
				w.moveByRecord(step)
			}
		}
		return w.tick(ctx, f)
	})
}

// settled syncs after somebody's write, which stands in any case: what cannot be
// read now is seen by the next round.
func (s *Service) settled(ctx context.Context, written Incident) (Incident, error) {
	now, err := s.sync(ctx, written.ID)
	if err != nil {
		s.log.WarnContext(ctx, "an incident was not brought up to date after a write", "incident", written.ID, "error", err)
		return written, nil
	}
	return now, nil
}

// closedFor is how long a plan that changed after its case was closed is looked at.
const closedFor = 7 * 24 * time.Hour

// SyncAll syncs every open case, and closed ones that are doubted, of which a plan
// changed since, or of which a deleted number was seen again. One that fails does not
// keep the others.
func (s *Service) SyncAll(ctx context.Context) error {
	rows, err := s.db.Query(ctx, `SELECT number FROM incident WHERE state = ANY ($1) OR doubt <> '' AND state <> 'merged'
		UNION SELECT i.number FROM tombstone t JOIN plan p ON p.id = t.plan JOIN incident i ON p.incident = 'INC-' || i.number
			WHERE t.seen_again_at > $2 AND t.seen_again_at > i.changed_at AND i.state <> ALL ($1)
		UNION SELECT i.number FROM plan p JOIN incident i ON p.incident = 'INC-' || i.number
			WHERE p.changed_at > $2 AND p.changed_at > i.changed_at AND p.state IN ('applied', 'undone') AND i.state <> ALL ($1)
		ORDER BY 1`, openStates(), s.clock().Add(-closedFor))
	if err != nil {
		return pg.Map(err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return pg.Map(err)
	}
	var all []error
	for _, n := range numbers {
		if err := s.Sync(ctx, idOf(n)); err != nil {
			all = append(all, fmt.Errorf("%s: %w", idOf(n), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(all...)
}

// lastBack is when somebody last took the case back.
func (w *writing) lastBack(ctx context.Context) (at time.Time, err error) {
	err = w.tx.QueryRow(ctx, `SELECT coalesce(max(at), 'epoch') FROM incident_event WHERE incident = $1 AND kind = $2 AND details ->> 'back' = 'true' AND details ->> 'auto' IS NULL`,
		w.inc.number(), StateEvent).Scan(&at)
	return at, err
}

// shownStep is a state that the record shows to be reached.
type shownStep struct {
	to State
	need
}

// forward gives the states that are shown to be reached, from one on, one after
// the other. It goes over states that need nothing, never over one that nothing
// shows, and never closes a case. Only what was shown after the case last went
// back counts.
func forward(from State, needs map[State]need, since time.Time) (out []shownStep) {
	if !from.Open() {
		return nil
	}
	for _, to := range between(from, Communicated) {
		n := needs[to]
		switch {
		case !n.ok(), n.met && to != Triaged && !n.at.After(since):
			return out
		case n.met:
			out = append(out, shownStep{to, n})
		}
	}
	return out
}

// moveByRecord moves the case and says what shows it.
func (w *writing) moveByRecord(step shownStep) {
	r := record{Kind: StateEvent, Plan: step.plan, Details: map[string]string{"from": string(w.inc.State), "to": string(step.to), "auto": "true", "why": step.why}}
	if step.plan != "" {
		r.Details["plan"] = step.plan
	}
	if step.ledger != nil {
		r.Details["shown_by"] = strconv.FormatInt(*step.ledger, 10)
		r.Refers = step.ledger
	}
	if !step.at.IsZero() {
		r.Details["shown_at"] = stamp(step.at)
	}
	w.setState(step.to, r)
}
