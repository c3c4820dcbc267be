package auth

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/pg"
)

const (
	// askTime is how long a program's question may wait for its person.
	askTime = 10 * time.Minute
	// askInterval is how long a program waits between two polls.
	askInterval = 5 * time.Second
	// askTooSoon is when a poll is refused: programs and networks are not exact.
	askTooSoon = 4 * time.Second
	// askLetters of 20 kinds are 34 bits. With at most maxWrong tries in ten
	// minutes, nobody finds one of those that wait.
	askLetters = 8
	// maxWrong is how many wrong codes a person may type within askTime.
	maxWrong = 10
	// maxAsks is how many sign-ins of programs may wait at once, and maxAsksFrom
	// how many from one address, or how many step-ups from one session. What
	// strangers begin never keeps a person from stepping up.
	maxAsks, maxAsksFrom = 1000, 10
)

// BeginDevice starts a program's sign-in. The program polls with the secret; its
// person types the code into the page, signed in and stepped up.
func (s *Service) BeginDevice(ctx context.Context, from From) (Device, error) {
	return s.ask(ctx, Ask{From: from})
}

// AskStepUp asks the visitor to confirm something in the browser for a program,
// which has no authenticator.
func (s *Service) AskStepUp(ctx context.Context, v Visitor, about About) (Device, error) {
	if v.Token != nil {
		return Device{}, &access.Denied{Act: "own.step-up", Denials: []access.Denial{{
			Rule: access.RuleToken, Why: "An API token cannot step up.", Remedy: "A person must do it, signed in."}}}
	}
	if v.Session.ID == "" {
		return Device{}, unsigned()
	}
	if err := about.check(); err != nil {
		return Device{}, err
	}
	return s.ask(ctx, Ask{Person: v.Person.ID, Session: v.Session.ID, About: about, From: From{Address: v.Session.Address, Agent: v.Session.Agent}})
}

func (s *Service) ask(ctx context.Context, a Ask) (Device, error) {
	now := s.clock().Truncate(time.Microsecond)
	d := Device{Secret: newSecret(), URL: s.origin.JoinPath("/device").String(), Expires: now.Add(askTime), Interval: askInterval}
	address := clip(a.From.Address, 100)
	err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		var all, same int
		err := tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE session IS NULL), count(*) FILTER (WHERE session = $3 OR session IS NULL AND $3 = '' AND address = $2)
			FROM ask WHERE state = 'waiting' AND expires_at > $1`, now, address, a.Session).Scan(&all, &same)
		if err != nil {
			return err
		}
		if a.Session == "" && all >= maxAsks || same >= maxAsksFrom {
			return cratewarden.Errorf(cratewarden.Refused, "Too many programs wait for an answer. Answer one, or wait 10 minutes.")
		}
		for range 5 { // a code that already waits is as good as impossible
			code := newCode(askLetters)
			done, err := tx.Exec(ctx, `INSERT INTO ask (id, secret, code, session, person, purpose, plan, digest, address, agent, created_at, expires_at)
				VALUES ($1, $2, $3, nullif($4, ''), nullif($5, ''), $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (code) WHERE state = 'waiting' DO NOTHING`,
				newID("k"), hashOf(d.Secret), code, a.Session, a.Person, a.About.Purpose, a.About.Plan, digestBytes(a.About.Digest),
				address, clip(a.From.Agent, 300), now, d.Expires)
			if err != nil || done.RowsAffected() == 1 {
				d.Code = showCode(code)
				return err
			}
		}
		return errors.New("five codes in a row were taken")
	})
	if err != nil {
		return Device{}, err
	}
	return d, nil
}

const askColumns = `a.id, a.code, coalesce(a.session, ''), coalesce(a.person, ''), a.purpose, a.plan, a.digest, a.address, a.agent, a.created_at, a.expires_at, a.state`

func scanAsk(row pgx.Row, more ...any) (a Ask, err error) {
	var digest []byte
	err = row.Scan(append([]any{&a.ID, &a.Code, &a.Session, &a.Person, &a.About.Purpose, &a.About.Plan, &digest,
		&a.From.Address, &a.From.Agent, &a.Created, &a.Expires, &a.State}, more...)...)
	if err != nil {
		return Ask{}, err
	}
	if len(digest) == len(ledger.Digest{}) {
		d := ledger.Digest(digest)
		a.About.Digest = &d
	}
	a.Code, a.Created, a.Expires = showCode(a.Code), a.Created.UTC(), a.Expires.UTC()
	return a, nil
}

// Asked gives the question that waits under a code, for the page that shows who
// asks and from where. Step-ups of others are as unknown as a wrong code, and
// wrong codes are counted.
func (s *Service) Asked(ctx context.Context, v Visitor, code string) (Ask, error) {
	if err := mayAnswer(v); err != nil {
		return Ask{}, err
	}
	var a Ask
	err := s.withCode(ctx, v, code, func(_ pgx.Tx, found Ask) error { a = found; return nil })
	return a, err
}

// mayAnswer lets only somebody in a browser answer: a program that answered its
// own questions would need no person.
func mayAnswer(v Visitor) error {
	switch {
	case v.Person.ID == "":
		return unsigned()
	case v.Token != nil || v.Session.Kind != BrowserSession:
		return cratewarden.Errorf(cratewarden.Refused, "Only a person signed in with a browser answers what a program asks.")
	}
	return nil
}

// withCode locks the question of a code and does something with it. A code that
// is not the visitor's to answer is written down as a wrong one. The tries of one
// person go one after the other, so that many at once are not counted as few.
func (s *Service) withCode(ctx context.Context, v Visitor, code string, do func(pgx.Tx, Ask) error) error {
	missed := false
	err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE`, v.Person.ID); err != nil {
			return err
		}
		now := s.clock()
		var wrong int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM wrong_code WHERE person = $1 AND at > $2`, v.Person.ID, now.Add(-askTime)).Scan(&wrong); err != nil {
			return err
		}
		if wrong >= maxWrong {
			return cratewarden.Errorf(cratewarden.Refused, "%d wrong codes were typed in the last 10 minutes. Wait, then start the program again.", wrong)
		}
		a, err := scanAsk(tx.QueryRow(ctx, `SELECT `+askColumns+` FROM ask a
			WHERE a.code = $1 AND a.state = 'waiting' AND a.expires_at > $2 AND (a.session IS NULL OR a.person = $3) FOR UPDATE`,
			readCode(code), now, v.Person.ID))
		if errors.Is(err, pgx.ErrNoRows) {
			missed = true
			_, err := tx.Exec(ctx, `INSERT INTO wrong_code (person, at) VALUES ($1, $2)`, v.Person.ID, now)
			return err
		}
		if err != nil {
			return err
		}
		return do(tx, a)
	})
	if err == nil && missed {
		return cratewarden.Errorf(cratewarden.NotFound, "No program of yours waits under that code. Look at it again; it ends 10 minutes after the program showed it.")
	}
	return err
}

// AnswerAsk says yes or no to the question of a code. No takes nothing. Yes to a
// sign-in takes a step-up of this session; yes to a step-up takes an assertion
// that was made here, since the program asked, about exactly what it asks for,
// and moves it to the program's session.
func (s *Service) AnswerAsk(ctx context.Context, v Visitor, code string, yes bool) error {
	if err := mayAnswer(v); err != nil {
		return err
	}
	var refusal *access.Denied
	err := s.withCode(ctx, v, code, func(tx pgx.Tx, a Ask) error {
		state := "denied"
		if yes {
			state = "given"
			x, err := s.mine(ctx, tx, v, "own.step-up") // as it is now, not when the request began
			if err != nil {
				return err
			}
			if err := s.grant(ctx, tx, x, a); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE ask SET state = $2, person = $3, answered_in = $4 WHERE id = $1`, a.ID, state, v.Person.ID, v.Session.ID); err != nil {
			return err
		}
		what := "sign-in"
		if a.Session != "" {
			what = "step-up"
		}
		return s.note(ctx, tx, ledger.Entry{Kind: ledger.Note, Action: "ask.answer", Actor: actorOf(v.Person), Session: v.Session.ID, Plan: a.About.Plan,
			Details: map[string]string{"ask": a.ID, "what": what, "answer": state, "purpose": a.About.Purpose}, Personal: personal(a.From)})
	})
	if errors.As(err, &refusal) {
		s.refuse(ctx, v, refusal)
	}
	return err
}

// grant gives a program what it asks for, as far as the browser's session has it.
func (s *Service) grant(ctx context.Context, tx pgx.Tx, x Session, a Ask) error {
	if a.Session == "" {
		return s.steppedUp(x, "own.step-up")
	}
	return s.lend(ctx, tx, x.Person, x.ID, a.Session, a)
}
