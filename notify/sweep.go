package notify

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// sweepMost bounds one round.
const sweepMost = 500

// Sweep hands messages to the workers that are due and that no worker has: those
// of a process that died, and those that the queue lost. Without Config.Enqueue
// it sends them itself, one after the other. Call it every minute.
func (s *Service) Sweep(ctx context.Context) error {
	if s.cfg.Enqueue == nil {
		return s.SendDue(ctx)
	}
	return pg.Map(pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		// One that was handed over lately is on its way.
		ids, err := s.due(ctx, tx, time.Minute)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.enqueue(ctx, tx, id, s.clock()); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE delivery SET queued_at = now() WHERE id = ANY ($1)`, ids)
		return err
	}))
}

// due gives messages that are due and were not handed over for a while.
func (s *Service) due(ctx context.Context, tx pgx.Tx, lately time.Duration) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM delivery
		WHERE state IN ('waiting', 'failed') AND next_at <= $1 AND queued_at <= now() - make_interval(secs => $2) OR state = 'sending' AND leased_until < now()
		ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED`, s.clock().Add(-lately), lately.Seconds(), sweepMost)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// SendDue sends what is due, whether it was handed to the workers or not: for a
// process that is no part of the queue. Each message is still sent by one. One
// that fails has its next try later, so each is tried once; mails that were only
// addressed are sent in the next turn.
func (s *Service) SendDue(ctx context.Context) error {
	for ctx.Err() == nil {
		var ids []int64
		err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) (err error) {
			ids, err = s.due(ctx, tx, 0)
			return err
		})
		if err != nil {
			return pg.Map(err)
		}
		if len(ids) == 0 {
			return nil
		}
		for _, id := range ids {
			err := s.Deliver(ctx, id)
			if _, recorded := errors.AsType[*trouble](err); err != nil && !recorded {
				return err
			}
		}
	}
	return nil
}
