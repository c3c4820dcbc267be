package auth

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// CookieName is the session's cookie. The prefix makes browsers refuse the
// cookie unless this very host set it over TLS, so that no sister host can plant
// one; plain http, which is loopback only, cannot have it.
func (s *Service) CookieName() string { return s.cookieName("cratewarden") }

func (s *Service) cookieName(name string) string {
	if s.origin.Scheme == "https" {
		return "__Host-" + name
	}
	return name
}

// Cookie carries a session's secret to the browser, and ends with the session.
//
// It is SameSite=Lax, not Strict: people come from links in mails and chats, and
// from the provider at sign-in, and Strict would show them the sign-in page each
// time. What Strict adds is had otherwise: no GET changes anything, and unsafe
// methods from other sites are refused by http.CrossOriginProtection.
func (s *Service) Cookie(in SignedIn) *http.Cookie {
	c := s.cookie("cratewarden", in.Token)
	c.MaxAge = max(1, int(in.Session.End.Sub(s.clock()).Seconds()))
	return c
}

// NoCookie makes the browser forget the session.
func (s *Service) NoCookie() *http.Cookie {
	c := s.cookie("cratewarden", "")
	c.MaxAge = -1
	return c
}

func (s *Service) cookie(name, value string) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/",
		Secure: s.origin.Scheme == "https", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// begin makes a session in the caller's transaction. There is no way to choose
// its secret, so one that was planted before a sign-in never becomes valid.
func (s *Service) begin(ctx context.Context, tx pgx.Tx, p Person, by Identity, kind SessionKind, from From) (SignedIn, error) {
	now := s.clock().Truncate(time.Microsecond)
	in := SignedIn{Token: newSecret(), Person: p, Session: Session{
		ID: newID("s"), Person: p.ID, Kind: kind, Provider: by.Provider, Address: clip(from.Address, 100), Agent: clip(from.Agent, 300),
		Created: now, Seen: now, IdleEnd: now.Add(s.cfg.Idle), End: now.Add(s.cfg.Absolute), Current: true,
	}}
	if kind == ProgramSession {
		in.Session.End = now.Add(s.cfg.Program)
		in.Session.IdleEnd = in.Session.End
	}
	in.Session.IdleEnd = earlier(in.Session.IdleEnd, in.Session.End)
	_, err := tx.Exec(ctx, `INSERT INTO session (id, token, person, kind, provider, subject, address, agent, created_at, seen_at, idle_end, end_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)`,
		in.Session.ID, hashOf(in.Token), p.ID, kind, by.Provider, by.Subject, in.Session.Address, in.Session.Agent, now, in.Session.IdleEnd, in.Session.End)
	if err != nil {
		return SignedIn{}, err
	}
	if _, err := tx.Exec(ctx, `UPDATE person SET seen_at = $2 WHERE id = $1`, p.ID, now); err != nil {
		return SignedIn{}, err
	}
	return in, s.note(ctx, tx, ledger.Entry{Kind: ledger.Note, Action: "session.begin", Actor: actorOf(p), Session: in.Session.ID,
		Details: map[string]string{"kind": string(kind), "provider": by.Provider}, Personal: personal(from)})
}

// personal is where something came from, for the part of a ledger entry that can
// be erased.
func personal(from From) []byte {
	if from == (From{}) {
		return nil
	}
	text, _ := json.Marshal(map[string]string{"address": clip(from.Address, 100), "agent": clip(from.Agent, 300)}) // strings never fail
	return text
}

// rotate gives a session a new secret; the old one is worth nothing from the
// commit on. Unsigned when the session has ended.
func (s *Service) rotate(ctx context.Context, tx pgx.Tx, session string) (token string, err error) {
	token = newSecret()
	done, err := tx.Exec(ctx, `UPDATE session SET token = $2 WHERE id = $1 AND ended_at IS NULL`, session, hashOf(token))
	if err == nil && done.RowsAffected() == 0 {
		err = unsigned()
	}
	if err != nil {
		return "", err
	}
	return token, nil
}

// unsigned is the one answer to whatever secret is not valid, so that nobody
// learns what of it was right.
func unsigned() error {
	return cratewarden.Errorf(cratewarden.Unsigned, "You are not signed in, or no longer. Sign in and try again.")
}

const sessionColumns = `s.id, s.person, s.kind, s.provider, s.address, s.agent, s.created_at, s.seen_at, s.idle_end, s.end_at, s.stepped_up_at`

// scan gives where sessionColumns go.
func (x *Session) scan() []any {
	return []any{&x.ID, &x.Person, &x.Kind, &x.Provider, &x.Address, &x.Agent, &x.Created, &x.Seen, &x.IdleEnd, &x.End, &x.SteppedUp}
}

// complete works out what follows from the columns.
func (s *Service) complete(x *Session) {
	for _, t := range []*time.Time{&x.Created, &x.Seen, &x.IdleEnd, &x.End, x.SteppedUp} {
		if t != nil {
			*t = t.UTC()
		}
	}
	if x.SteppedUp != nil {
		x.StepUpEnd = earlier(x.SteppedUp.Add(s.cfg.StepUp), x.End)
	}
}

// Sessions gives a person's open sessions, newest first.
func (s *Service) Sessions(ctx context.Context, person string) ([]Session, error) {
	rows, err := s.cfg.Console.Query(ctx, `SELECT `+sessionColumns+` FROM session s
		WHERE s.person = $1 AND s.ended_at IS NULL AND s.idle_end > $2 AND s.end_at > $2
		ORDER BY s.created_at DESC, s.id LIMIT 500`, person, s.clock())
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (x Session, err error) {
		err = row.Scan(x.scan()...)
		s.complete(&x)
		return x, err
	})
	return out, pg.Map(err)
}

// SignOut ends the visitor's session on the server; whoever holds its secret
// holds nothing.
func (s *Service) SignOut(ctx context.Context, v Visitor) error {
	if v.Session.ID == "" {
		return unsigned()
	}
	return pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error { return s.end(ctx, tx, v, v.Session.ID, "signed out") })
}

// EndSession ends a session by its public id: one's own always, somebody else's
// by the act person.end-session.
func (s *Service) EndSession(ctx context.Context, v Visitor, id string) error {
	if v.Person.ID == "" {
		return unsigned()
	}
	var person string
	err := s.cfg.Console.QueryRow(ctx, `SELECT coalesce((SELECT person FROM session WHERE id = $1), '')`, id).Scan(&person)
	if err != nil {
		return pg.Map(err)
	}
	if person != v.Person.ID || v.Token != nil {
		if err := s.May(ctx, v, "person.end-session"); err != nil {
			return err
		}
	}
	if person == "" {
		return cratewarden.Errorf(cratewarden.NotFound, "There is no such session; perhaps it was ended and forgotten.")
	}
	return pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error { return s.end(ctx, tx, v, id, "ended by "+v.Person.Name) })
}

// end ends one session; one that ended before stays as it was.
func (s *Service) end(ctx context.Context, tx pgx.Tx, by Visitor, id, why string) error {
	var person, name string
	err := tx.QueryRow(ctx, `UPDATE session s SET ended_at = $2, ended_by = $3, ended_why = $4 FROM person p
		WHERE s.id = $1 AND s.ended_at IS NULL AND p.id = s.person RETURNING p.id, p.name`, id, s.clock(), by.Person.ID, why).Scan(&person, &name)
	if err != nil {
		return ignoreNone(err)
	}
	return s.note(ctx, tx, ledger.Entry{Kind: ledger.Note, Action: "session.end", Actor: actorOf(by.Person), Session: by.Actor.Session,
		Subjects: []ledger.Subject{{Kind: "session", ID: id}, {Kind: "person", ID: person, Name: name}}})
}

// DropStepUp gives up the right to change anything until the next assertion.
func (s *Service) DropStepUp(ctx context.Context, v Visitor) error {
	if v.Session.ID == "" {
		return unsigned()
	}
	_, err := s.cfg.Console.Exec(ctx, `UPDATE session SET stepped_up_at = NULL WHERE id = $1`, v.Session.ID)
	return pg.Map(err)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
