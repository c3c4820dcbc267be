package auth

import (
	"context"
	"time"

	"cratewarden/pg"
)

const (
	// runEvery is how often Run looks for news.
	runEvery = time.Minute
	// keepEnded is how long ended sessions stay to be seen; they hold addresses.
	keepEnded = 30 * 24 * time.Hour
	// keepTokens is how long API tokens stay on the list after they ended.
	keepTokens = 180 * 24 * time.Hour
)

// Run takes over each new list of people, so that who fell off it is signed out
// even while nobody does anything, and forgets what is over. It returns when ctx
// ends; any number of processes may run it.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(runEvery)
	defer tick.Stop()
	for {
		r := s.fresh(ctx)
		if err := s.settle(ctx, r); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "the list of people was not taken over; it is tried again in a minute", "error", err)
		}
		if err := s.tellUnreadable(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "nobody was told that the list of people cannot be read; it is tried again in a minute", "error", err)
		}
		s.linkAll(ctx, r)
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "what is over was not forgotten; it is tried again in a minute", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sweep ends sessions that ran out, and deletes what nobody can use any more.
func (s *Service) sweep(ctx context.Context) error {
	now := s.clock()
	for _, step := range []struct {
		sql string
		at  time.Time
	}{
		{`UPDATE session SET ended_at = least(idle_end, end_at), ended_why = CASE WHEN idle_end < end_at THEN 'not used' ELSE 'ran out' END
			WHERE ended_at IS NULL AND (idle_end <= $1 OR end_at <= $1)`, now},
		{`DELETE FROM sign_in WHERE expires_at <= $1`, now},
		{`DELETE FROM ceremony WHERE answered_at IS NULL AND expires_at <= $1`, now},
		{`DELETE FROM wrong_code WHERE at <= $1`, now.Add(-askTime)},
		{`DELETE FROM ask WHERE expires_at <= $1`, now.Add(-24 * time.Hour)},
		{`DELETE FROM session WHERE ended_at <= $1 AND NOT EXISTS (SELECT FROM ask a WHERE a.session = session.id OR a.answered_in = session.id)`, now.Add(-keepEnded)},
		{`DELETE FROM api_token WHERE expires_at <= $1 OR revoked_at <= $1`, now.Add(-keepTokens)},
	} {
		if _, err := s.cfg.Console.Exec(ctx, step.sql, step.at); err != nil {
			return pg.Map(err)
		}
	}
	return nil
}
