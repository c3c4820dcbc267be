package action

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
)

// remindEvery is how often people are told of a review that is overdue.
const remindEvery = 24 * time.Hour

// RemindReviews tells everybody who may judge broken glass that a review waits:
// once when half of its time is gone, when it is due, and then every day until
// somebody judges it. It gives how many were told of; any number of processes may
// call it.
func (e *Engine) RemindReviews(ctx context.Context) (n int, err error) {
	now := e.clock()
	rule, _ := access.Of("plan.review-break-glass")
	err = pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `UPDATE break_glass SET reminded_at = $1 WHERE closed_at IS NULL AND at + (due_at - at) / 2 <= $1
			AND (reminded_at IS NULL OR due_at <= $1 AND (reminded_at < due_at OR reminded_at <= $2)) RETURNING `+glassColumns, now, now.Add(-remindEvery))
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scanGlass)
		if err != nil {
			return err
		}
		n = len(list)
		for _, g := range list {
			if err := e.remind(ctx, tx, g, rule.Roles, now); err != nil {
				return err
			}
		}
		return nil
	})
	return n, pg.Map(err)
}

// remind tells of one review. An overdue one is in the ledger too.
func (e *Engine) remind(ctx context.Context, tx pgx.Tx, g BrokenGlass, roles []cratewarden.Role, now time.Time) error {
	due := g.Due.Format("2006-01-02 15:04") + " UTC"
	overdue := !now.Before(g.Due)
	title, text := "Broken glass waits for its review", "It is due by "+due+"."
	if overdue {
		title, text = "The review of broken glass is overdue", "It was due by "+due+"."
	}
	if err := e.tell(ctx, tx, notify.Notice{
		Kind: "break-glass.review", Roles: roles, Plan: g.Plan, Path: "/break-glass/" + strconv.FormatInt(g.ID, 10), Urgent: overdue,
		Title: title, Text: g.Actor.called() + " may have applied the plan " + g.Plan + " without its second person. " + text,
	}); err != nil || !overdue {
		return err
	}
	_, err := e.ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.Note, Actor: console(), Action: "plan.review-overdue", Plan: g.Plan,
		Details: map[string]string{"due": g.Due.Format(time.RFC3339)}})
	return err
}
