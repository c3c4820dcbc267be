package action

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// FollowUp gives one follow-up by its id.
func (e *Engine) FollowUp(ctx context.Context, id int64) (f FollowUp, err error) {
	rows, err := e.console.Query(ctx, `SELECT `+followColumns+` FROM follow_up WHERE id = $1`, id)
	if err != nil {
		return f, pg.Map(err)
	}
	f, err = pgx.CollectExactlyOneRow(rows, scanFollowUp)
	if cratewarden.KindOf(pg.Map(err)) == cratewarden.NotFound {
		return f, cratewarden.Wrap(err, cratewarden.NotFound, "There is no follow-up %d.", id)
	}
	return f, pg.Map(err)
}

// RetryFollowUp makes a follow-up due now, on a person's word.
func (e *Engine) RetryFollowUp(ctx context.Context, who Actor, id int64) (FollowUp, error) {
	return e.decide(ctx, who, id, "follow.retry", "", func(ctx context.Context, tx pgx.Tx, incident string, f FollowUp) error {
		now := e.clock()
		if _, err := tx.Exec(ctx, `UPDATE follow_up SET next_at = $2, changed_at = now() WHERE id = $1`, id, now); err != nil || e.cfg.Enqueue == nil {
			return err
		}
		return e.cfg.Enqueue(ctx, tx, id, now)
	})
}

// GiveUpFollowUp ends a follow-up that nobody will do any more, for a reason
// that the ledger keeps. What it did so far stays.
func (e *Engine) GiveUpFollowUp(ctx context.Context, who Actor, id int64, reason string) (FollowUp, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > maxReason {
		return FollowUp{}, cratewarden.Errorf(cratewarden.Invalid, "Say in at most %d bytes why the work is given up.", maxReason)
	}
	return e.decide(ctx, who, id, "follow.give-up", reason, func(ctx context.Context, tx pgx.Tx, incident string, f FollowUp) error {
		var outcome *int64
		if f.Intent != nil {
			entry := f.entry(ledger.Outcome, incident)
			entry.Actor, entry.Session = who.ledger(), who.Session
			entry.Result = &ledger.Result{State: string(FollowGivenUp)}
			receipt, err := e.ledger.Append(ctx, tx, entry)
			if err != nil {
				return err
			}
			outcome = &receipt.Index
		}
		_, err := tx.Exec(ctx, `UPDATE follow_up SET state = $2, problem = $3, outcome = $4, changed_at = now() WHERE id = $1`, id, FollowGivenUp, reason, outcome)
		return err
	})
}

// decide changes an open follow-up on a person's word, with a note in the
// ledger. Nobody works on it meanwhile.
func (e *Engine) decide(ctx context.Context, who Actor, id int64, what, reason string, change func(ctx context.Context, tx pgx.Tx, incident string, f FollowUp) error) (FollowUp, error) {
	who, err := e.current(ctx, who, "plan.follow-up", Plan{})
	if err != nil {
		return FollowUp{}, err
	}
	if err := e.may(ctx, who, "plan.follow-up", Plan{}); err != nil {
		return FollowUp{}, err
	}
	s, err := e.takeUp(ctx, id)
	if err != nil {
		return FollowUp{}, err
	}
	defer s.end()
	err = pg.InTx(ctx, s.conn, func(tx pgx.Tx) error {
		f, err := lockedFollowUp(ctx, tx, id)
		if err != nil {
			return err
		}
		if f.State == FollowDone || f.State == FollowGivenUp {
			return cratewarden.Errorf(cratewarden.Conflict, "The follow-up %d is %s; there is nothing to decide.", id, f.State)
		}
		if s.incident, err = incidentOf(ctx, tx, f.Plan); err != nil {
			return err
		}
		entry := f.entry(ledger.Note, s.incident)
		entry.Actor, entry.Session, entry.Action = who.ledger(), who.Session, what
		entry.Details["kind"], entry.Details["attempts"] = f.Kind, strconv.Itoa(f.Attempts)
		if reason != "" {
			entry.Reasons = &ledger.Reasons{Internal: reason}
		}
		if _, err := e.ledger.Append(ctx, tx, entry); err != nil {
			return err
		}
		return change(ctx, tx, s.incident, f)
	})
	if err != nil {
		return FollowUp{}, err
	}
	return e.FollowUp(ctx, id)
}
