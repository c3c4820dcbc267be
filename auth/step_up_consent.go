package auth

import (
	"context"
	"crypto/subtle"
	"errors"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Consented says whether the actor confirmed with a passkey, in this session and
// within Config.StepUp, exactly this: the purpose, and the digest of what was
// reviewed. Any other answer is *access.Denied with the rule step-up. What was
// confirmed for one thing never counts for another, and dropping the step-up
// takes it back.
func (s *Service) Consented(ctx context.Context, who action.Actor, purpose string, digest ledger.Digest) error {
	act := "plan." + purpose
	if who.Token {
		return &access.Denied{Act: act, Denials: []access.Denial{{
			Rule: access.RuleToken, Why: "An API token cannot confirm anything with a passkey.", Remedy: "A person must do it, signed in.",
		}}}
	}
	rows, err := s.cfg.Console.Query(ctx, `SELECT c.purpose, c.digest FROM ceremony c JOIN session s ON s.id = c.session
		WHERE c.session = $1 AND c.person = $2 AND c.kind = 'step-up' AND c.digest IS NOT NULL
			AND c.answered_at IS NOT NULL AND c.expires_at > $3
			AND s.person = c.person AND s.stepped_up_at IS NOT NULL AND s.ended_at IS NULL AND s.idle_end > $3 AND s.end_at > $3`,
		who.Session, who.ID, s.clock())
	if err != nil {
		return pg.Map(err)
	}
	var found, same bool
	var has string
	var of []byte
	_, err = pgx.ForEachRow(rows, []any{&has, &of}, func() error {
		found = true
		both := subtle.ConstantTimeCompare([]byte(has), []byte(purpose)) & subtle.ConstantTimeCompare(of, digest[:])
		same = same || both == 1
		return nil
	})
	switch {
	case err != nil:
		return pg.Map(err)
	case same:
		return nil
	case found:
		return denied(act, "Your passkey confirmed something else, or an earlier review.", "Look at this review and confirm it with your passkey.")
	}
	return denied(act, "This takes your passkey's confirmation of exactly this review, given in this session within the last minutes.", "Confirm it with your passkey.")
}

// lend moves the newest consent that one session of a person gave to exactly
// about, not before since, to another session of the same person, and steps that
// one up: a program has no authenticator, so its person answers in the browser.
// One answer serves one session once. *access.Denied when there is none. The
// caller rotates the secret of the session that gets it.
func (s *Service) lend(ctx context.Context, tx pgx.Tx, person, from, to string, ask Ask) error {
	now := s.clock()
	var id string
	err := tx.QueryRow(ctx, `UPDATE ceremony SET session = $3 WHERE id = (
			SELECT c.id FROM ceremony c JOIN session f ON f.id = c.session
			WHERE c.session = $2 AND c.person = $1 AND c.kind = 'step-up' AND c.answered_at >= $4 AND c.expires_at > $5
				AND c.purpose = $6 AND c.plan = $7 AND c.digest IS NOT DISTINCT FROM $8
				AND f.stepped_up_at IS NOT NULL AND f.ended_at IS NULL
			ORDER BY c.answered_at DESC, c.id LIMIT 1 FOR UPDATE OF c)
		AND session = $2 RETURNING id`,
		person, from, to, ask.Created, now, ask.About.Purpose, ask.About.Plan, digestBytes(ask.About.Digest)).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return denied("own.step-up", "This takes your passkey's confirmation of exactly what the program asks for.", "Confirm it with your passkey, then answer.")
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE ceremony c SET expires_at = $3 FROM session s WHERE s.id = $1 AND s.stepped_up_at IS NULL
		AND c.session = s.id AND c.id <> $2 AND c.answered_at IS NOT NULL AND c.expires_at > $3`, to, id, now); err != nil {
		return err // what was dropped there does not come back
	}
	done, err := tx.Exec(ctx, `UPDATE session s SET stepped_up_at = c.answered_at FROM ceremony c
		WHERE s.id = $1 AND s.person = $2 AND s.ended_at IS NULL AND s.end_at > $3 AND c.id = $4`, to, person, now, id)
	if err == nil && done.RowsAffected() == 0 {
		return cratewarden.Errorf(cratewarden.Refused, "The program that asked is not signed in any more. Start it again.")
	}
	return err
}
