package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Kinds of ceremonies.
const (
	registering = "register"
	steppingUp  = "step-up"
)

const (
	// maxQuestions is how many unanswered questions a session may have; with
	// another the oldest is forgotten.
	maxQuestions = 10
	// maxAnswer is how many bytes an authenticator's answer may have. Answers with
	// certificates of the maker take about 4 kB.
	maxAnswer = 64 << 10
)

// ceremony is a question to an authenticator. Until it is answered, Expires says
// how long it may be; afterwards, how long the answer counts as consent.
type ceremony struct {
	id, kind string
	question question
	about    About
}

// question is what an answer is verified against.
type question struct {
	webauthn.SessionData
	// Enrolment is the hash of the code under which a first passkey is registered.
	Enrolment []byte `json:"enrolment,omitempty"`
}

// mine locks the visitor's person and session, in this order everywhere, and
// gives the session as it is now. All that concerns one person's passkeys goes
// one after the other from here. It fails when the session has ended, even if
// only since the request began.
func (s *Service) mine(ctx context.Context, tx pgx.Tx, v Visitor, act string) (Session, error) {
	if v.Token != nil {
		return Session{}, &access.Denied{Act: act, Denials: []access.Denial{{
			Rule: access.RuleToken, Why: "An API token has no passkeys.", Remedy: "A person must do it, signed in.",
		}}}
	}
	if _, err := tx.Exec(ctx, `SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE`, v.Person.ID); err != nil {
		return Session{}, err
	}
	var x Session
	err := tx.QueryRow(ctx, `SELECT `+sessionColumns+` FROM session s
		WHERE s.id = $1 AND s.person = $2 AND s.ended_at IS NULL AND s.idle_end > $3 AND s.end_at > $3
		FOR NO KEY UPDATE`, v.Session.ID, v.Person.ID, s.clock()).Scan(x.scan()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, unsigned()
	}
	s.complete(&x)
	x.Current = true
	return x, err
}

// steppedUp demands that the session confirmed with a passkey lately.
func (s *Service) steppedUp(x Session, act string) error {
	if s.clock().Before(x.StepUpEnd) {
		return nil
	}
	return denied(act, "This takes a passkey's confirmation within the last minutes.", "Confirm with your passkey that it is you.")
}

// denied is a refusal for want of a passkey.
func denied(act, why, remedy string) *access.Denied {
	return &access.Denied{Act: act, Denials: []access.Denial{{Rule: access.RuleStepUp, Why: why, Remedy: remedy}}}
}

// put stores a question for the session, and forgets those that nobody will
// answer: bounded however often somebody asks.
func (s *Service) put(ctx context.Context, tx pgx.Tx, session Session, kind string, about About, q question, options any) (Ceremony, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	kept, err := json.Marshal(q)
	if err != nil {
		return Ceremony{}, err
	}
	now := s.clock()
	if _, err := tx.Exec(ctx, `DELETE FROM ceremony WHERE answered_at IS NULL AND (expires_at <= $2 OR id IN (
		SELECT id FROM ceremony WHERE session = $1 AND answered_at IS NULL ORDER BY created_at DESC, id OFFSET $3))`,
		session.ID, now, maxQuestions-1); err != nil {
		return Ceremony{}, err
	}
	c := Ceremony{ID: newID("c"), Options: text}
	_, err = tx.Exec(ctx, `INSERT INTO ceremony (id, kind, session, person, question, purpose, plan, digest, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		c.ID, kind, session.ID, session.Person, kept, about.Purpose, about.Plan, digestBytes(about.Digest), now, now.Add(questionTime))
	return c, err
}

// take answers a question: the first to come has it, and whatever becomes of the
// answer, nobody can answer it again.
func (s *Service) take(ctx context.Context, tx pgx.Tx, session Session, kind, id string) (ceremony, error) {
	c := ceremony{id: id, kind: kind}
	var text, digest []byte
	now := s.clock()
	err := tx.QueryRow(ctx, `UPDATE ceremony SET answered_at = $5, expires_at = $5
		WHERE id = $1 AND kind = $2 AND session = $3 AND person = $4 AND answered_at IS NULL AND expires_at > $5
		RETURNING question, purpose, plan, digest`, id, kind, session.ID, session.Person, now).
		Scan(&text, &c.about.Purpose, &c.about.Plan, &digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, denied(actOf(kind), "This question to your passkey is not open any more: it was answered, is older than 5 minutes, or was put in another session.", "Start again.")
	}
	if err != nil {
		return c, err
	}
	if digest != nil {
		c.about.Digest = &ledger.Digest{}
		if copy(c.about.Digest[:], digest) != len(c.about.Digest) {
			return c, fmt.Errorf("ceremony %s: a digest of %d bytes", id, len(digest))
		}
	}
	return c, json.Unmarshal(text, &c.question)
}

// actOf is the act that a kind of ceremony is part of.
func actOf(kind string) string {
	if kind == registering {
		return "own.passkey"
	}
	return "own.step-up"
}

func digestBytes(d *ledger.Digest) []byte {
	if d == nil {
		return nil
	}
	return d[:]
}

// spoiled is a denial that leaves something to do although nothing was granted.
type spoiled struct {
	*access.Denied
	then func(pgx.Tx) error
}

func (s *spoiled) Unwrap() error { return s.Denied }

// answering runs fn in a transaction with the visitor's session and, if id names
// one, the question that is answered. When a rule denies, what fn did is undone,
// but the question stays used up and the refusal is recorded.
func (s *Service) answering(ctx context.Context, v Visitor, kind, id string, fn func(tx pgx.Tx, x Session, c ceremony) error) error {
	var refusal *access.Denied
	err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		x, err := s.mine(ctx, tx, v, actOf(kind))
		var c ceremony
		if err == nil && id != "" {
			c, err = s.take(ctx, tx, x, kind, id)
		}
		if err == nil {
			err = pgx.BeginFunc(ctx, tx, func(sub pgx.Tx) error { return fn(sub, x, c) })
		}
		if !errors.As(err, &refusal) {
			return err
		}
		if bad, ok := errors.AsType[*spoiled](err); ok {
			return bad.then(tx)
		}
		return nil
	})
	if err == nil && refusal != nil {
		s.refuse(ctx, v, refusal)
		return refusal
	}
	return err
}

// stepUp makes an answered question count: the session may change things from
// now on, under a new secret, because the old one may have been seen while it was
// worth less.
func (s *Service) stepUp(ctx context.Context, tx pgx.Tx, v Visitor, x Session, c ceremony, passkey, answer []byte) (SignedIn, error) {
	now := s.clock().Truncate(time.Microsecond)
	if x.SteppedUp == nil { // dropped, or the first: what was agreed to before does not come back
		if _, err := tx.Exec(ctx, `UPDATE ceremony SET expires_at = $2 WHERE session = $1 AND answered_at IS NOT NULL AND expires_at > $2`, x.ID, now); err != nil {
			return SignedIn{}, err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE ceremony SET expires_at = $2, passkey = $3, answer = $4 WHERE id = $1`, c.id, now.Add(s.cfg.StepUp), passkey, answer); err != nil {
		return SignedIn{}, err
	}
	if _, err := tx.Exec(ctx, `UPDATE session SET stepped_up_at = $2 WHERE id = $1`, x.ID, now); err != nil {
		return SignedIn{}, err
	}
	token, err := s.rotate(ctx, tx, x.ID)
	if err != nil {
		return SignedIn{}, err
	}
	x.SteppedUp = &now
	s.complete(&x)
	return SignedIn{Token: token, Session: x, Person: v.Person}, nil
}

// unstep takes back what a person confirmed, in all sessions but one, because a
// passkey of theirs is not to be trusted any more. Which sessions stepped up with
// it is not asked: a confirmation may have moved on to a program.
func (s *Service) unstep(ctx context.Context, tx pgx.Tx, person string, passkey []byte, but string) error {
	if _, err := tx.Exec(ctx, `UPDATE session SET stepped_up_at = NULL WHERE person = $1 AND id <> $2 AND stepped_up_at IS NOT NULL`, person, but); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE ceremony SET expires_at = $3 WHERE passkey = $1 AND session <> $2 AND expires_at > $3`, passkey, but, s.clock())
	return err
}
