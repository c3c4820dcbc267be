package auth

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// PollAsk tells a program what became of its question. The error is Conflict
// while nobody answered, or when it asks too often; Refused when somebody said
// no or the time ran out. A yes is given out once: for a sign-in a new session,
// for a step-up the program's own with a new secret.
func (s *Service) PollAsk(ctx context.Context, secret string, from From) (SignedIn, error) {
	r := s.fresh(ctx)
	if err := s.settle(ctx, r); err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	var answer error // that is kept although it is an error
	err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) (err error) {
		now := s.clock()
		var often bool
		var browser, provider, subject string
		a, err := scanAsk(tx.QueryRow(ctx, `SELECT `+askColumns+`, coalesce(a.polled_at > $2, false), coalesce(b.id, ''), coalesce(b.provider, ''), coalesce(b.subject, '')
			FROM ask a LEFT JOIN session b ON b.id = a.answered_in AND b.ended_at IS NULL
			WHERE a.secret = $1 FOR UPDATE OF a`, hashOf(secret), now.Add(-askTooSoon)), &often, &browser, &provider, &subject)
		if errors.Is(err, pgx.ErrNoRows) {
			return cratewarden.Errorf(cratewarden.NotFound, "Nothing waits under that secret. Start again.")
		}
		if err != nil {
			return err
		}
		if answer = pollable(a, often, !now.Before(a.Expires)); answer != nil {
			if often {
				return nil
			}
			_, err := tx.Exec(ctx, `UPDATE ask SET polled_at = $2 WHERE id = $1`, a.ID, now)
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE ask SET state = 'used', polled_at = $2 WHERE id = $1`, a.ID, now); err != nil {
			return err
		}
		if browser == "" {
			answer = cratewarden.Errorf(cratewarden.Refused, "The browser's session that said yes has ended since. Start again.")
			return nil
		}
		in, err = s.hand(ctx, tx, r, a, Identity{Provider: provider, Subject: subject}, from)
		return err
	})
	if err == nil {
		err = answer
	}
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// pollable is what a program hears unless its person said yes.
func pollable(a Ask, often, over bool) error {
	switch {
	case a.State == "used":
		return cratewarden.Errorf(cratewarden.Refused, "This was given out already. Start again.")
	case a.State == "denied":
		return cratewarden.Errorf(cratewarden.Refused, "Your person said no in the browser.")
	case over:
		return cratewarden.Errorf(cratewarden.Refused, "Nobody answered within 10 minutes. Start again.")
	case often:
		return cratewarden.Errorf(cratewarden.Conflict, "Ask again after %d seconds, not sooner.", int(askInterval.Seconds()))
	case a.State == "waiting":
		return cratewarden.Errorf(cratewarden.Conflict, "Nobody answered yet.")
	}
	return nil
}

// hand gives the program its session.
func (s *Service) hand(ctx context.Context, tx pgx.Tx, r *roster, a Ask, by Identity, from From) (SignedIn, error) {
	var p Person
	err := tx.QueryRow(ctx, `SELECT `+personColumns+` FROM person p WHERE p.id = $1 AND p.listed`, a.Person).Scan(p.scan()...)
	r.complete(&p)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !p.Listed {
		return SignedIn{}, unsigned()
	}
	if err != nil {
		return SignedIn{}, err
	}
	if a.Session == "" {
		return s.begin(ctx, tx, p, by, ProgramSession, from)
	}
	in := SignedIn{Person: p}
	now := s.clock()
	err = tx.QueryRow(ctx, `SELECT `+sessionColumns+` FROM session s WHERE s.id = $1 AND s.ended_at IS NULL AND s.idle_end > $2 AND s.end_at > $2 FOR NO KEY UPDATE`,
		a.Session, now).Scan(in.Session.scan()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return SignedIn{}, unsigned()
	}
	if err != nil {
		return SignedIn{}, err
	}
	s.complete(&in.Session)
	in.Session.Current = true
	in.Token, err = s.rotate(ctx, tx, a.Session)
	return in, err
}
