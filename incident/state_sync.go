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
	f, err := s.readFacts(ctx, now.ids())
	if err != nil {
		return now, err
	}
	return s.write(ctx, console(), now.ID, func(ctx context.Context, w *writing) error {
		if err := f.readRows(ctx, w.tx, w.inc.number()); err != nil {
			return err
		}
		since, err := w.lastBack(ctx)
		if err != nil {
			return err
		}
		needs := needsOf(w.inc, f)
		fell, err := w.fallBack(ctx, needs)
		if err != nil {
			return err
		}
		if !fell {
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

// SyncAll syncs every open case. One that fails does not keep the others.
func (s *Service) SyncAll(ctx context.Context) error {
	rows, err := s.db.Query(ctx, `SELECT number FROM incident WHERE state = ANY ($1) ORDER BY number`, openStates())
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

// lastBack is when the case last went back.
func (w *writing) lastBack(ctx context.Context) (at time.Time, err error) {
	err = w.tx.QueryRow(ctx, `SELECT coalesce(max(at), 'epoch') FROM incident_event WHERE incident = $1 AND kind = $2 AND details ->> 'back' = 'true'`,
		w.inc.number(), StateEvent).Scan(&at)
	return at, err
}

// fallBack takes a case back to its verdict when the record, which had shown it
// contained, shows that no longer: a plan was undone, a hold let go, or one more
// bad thing was found. A case that says “contained” must be. What a person said
// in spite of the record stands, and so does a case that is further on.
func (w *writing) fallBack(ctx context.Context, needs map[State]need) (bool, error) {
	if w.inc.State != Contained && w.inc.State != Sealed || needs[Contained].ok() {
		return false, nil
	}
	var auto bool
	err := w.tx.QueryRow(ctx, `SELECT coalesce((SELECT details ->> 'auto' = 'true' FROM incident_event
		WHERE incident = $1 AND kind = $2 AND details ->> 'to' = $3 ORDER BY id DESC LIMIT 1), false)`, w.inc.number(), StateEvent, Contained).Scan(&auto)
	if err != nil || !auto {
		return false, err
	}
	w.setState(Triaged, record{Kind: StateEvent, Details: map[string]string{"from": string(w.inc.State), "to": string(Triaged), "auto": "true", "back": "true", "why": needs[Contained].why}})
	return true, nil
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
