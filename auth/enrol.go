package auth

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
)

const (
	// enrolmentTime is how long an enrolment code may be used.
	enrolmentTime = 24 * time.Hour
	// enrolmentLetters of 20 kinds are 129 bits: nobody guesses one in a day.
	enrolmentLetters = 30
)

// Server is who acts when somebody runs a command on the server itself. They
// hold the database, so there is nothing that could be kept from them; the
// ledger shows that it was done there.
func Server() action.Actor { return action.Actor{ID: "server", Name: "whoever runs the server"} }

// IssueEnrolment makes the code under which a person registers the first passkey,
// or a new one when all are lost. It is shown once and given to the person by
// another way than the console: by voice, or in a chat where they are known. It
// works once, for this person only, and for a day; a new one ends those before.
// by is a platform administrator stepped up in their session, or Server.
func (s *Service) IssueEnrolment(ctx context.Context, by action.Actor, person string) (code string, expires time.Time, err error) {
	p, err := s.Person(ctx, person)
	switch {
	case err != nil:
		return "", time.Time{}, err
	case !p.Listed:
		return "", time.Time{}, cratewarden.Errorf(cratewarden.Refused, "%s is not on the list of people and cannot sign in.", p.Name)
	}
	now := s.clock().Truncate(time.Microsecond)
	code, expires = newCode(enrolmentLetters), now.Add(enrolmentTime)
	err = pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		if err := s.mayIssue(ctx, tx, by); err != nil {
			return err
		}
		return s.issue(ctx, tx, by, p, hashOf(code), now, expires)
	})
	if d, ok := errors.AsType[*access.Denied](err); ok {
		s.refuse(ctx, Visitor{Person: Person{ID: by.ID, Name: by.Name, RegistryUser: by.RegistryUser}, Actor: by}, d)
	}
	if err != nil {
		return "", time.Time{}, err
	}
	return groups(code, 5), expires, nil
}

// issue stores a new code, tells of it and records it.
func (s *Service) issue(ctx context.Context, tx pgx.Tx, by action.Actor, p Person, hash []byte, now, expires time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE enrolment SET expires_at = $2 WHERE person = $1 AND used_at IS NULL AND expires_at > $2`, p.ID, now); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO enrolment (code, person, made_by, made_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		hash, p.ID, by.ID, now, expires); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, notify.Notice{
		Kind: "enrolment.issued", To: []string{p.ID}, Roles: []cratewarden.Role{cratewarden.Platform},
		Title: "A passkey may be registered for " + p.Name,
		Text: "An enrolment code for " + p.Name + " was issued by " + by.Name + "; it works until " + expires.Format(time.DateTime) +
			" UTC. If nobody asked for it, tell the other administrators.",
		Path: personPath(p.ID),
	}); err != nil {
		return err
	}
	return s.note(ctx, tx, ledger.Entry{Kind: ledger.Note, Action: "enrolment.issue",
		Actor: ledger.Actor{ID: by.ID, Name: by.Name, RegistryUser: int64(by.RegistryUser)}, Session: by.Session,
		Subjects: []ledger.Subject{{Kind: "person", ID: p.ID, Name: p.Name}},
		Details:  map[string]string{"expires": expires.Format(time.RFC3339), "passkeys": strconv.Itoa(p.Passkeys)}})
}

// mayIssue repeats at the last moment what the surface asked before: the session
// is open, of this person, and stepped up; the role comes from the list.
func (s *Service) mayIssue(ctx context.Context, tx pgx.Tx, by action.Actor) error {
	const act = "person.enrol"
	switch {
	case by.ID == Server().ID && by.Session == "" && !by.Token:
		return nil
	case by.Token:
		return &access.Denied{Act: act, Denials: []access.Denial{{Rule: access.RuleToken, Why: "An API token may not issue enrolment codes.", Remedy: "A person must do it, signed in."}}}
	case !by.Has(cratewarden.Platform):
		return &access.Denied{Act: act, Denials: []access.Denial{{Rule: access.RuleRole, Why: "Enrolment codes take the role platform.", Remedy: "Ask somebody who has it."}}}
	}
	x, err := s.mine(ctx, tx, Visitor{Person: Person{ID: by.ID}, Session: Session{ID: by.Session}}, act)
	if err != nil {
		return err
	}
	return s.steppedUp(x, act)
}

// openEnrolment finds what a typed code allows and gives its hash; the code is
// used up only when the passkey is there.
func (s *Service) openEnrolment(ctx context.Context, tx pgx.Tx, person, typed string) ([]byte, error) {
	hash := hashOf(readCode(typed))
	var open bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM enrolment WHERE code = $1 AND person = $2 AND used_at IS NULL AND expires_at > $3)`,
		hash, person, s.clock()).Scan(&open)
	if err != nil {
		return nil, err
	}
	if !open {
		return nil, badCode()
	}
	return hash, nil
}

// useEnrolment uses a code up.
func (s *Service) useEnrolment(ctx context.Context, tx pgx.Tx, person string, hash []byte) error {
	done, err := tx.Exec(ctx, `UPDATE enrolment SET used_at = $3 WHERE code = $1 AND person = $2 AND used_at IS NULL AND expires_at > $3`, hash, person, s.clock())
	if err == nil && done.RowsAffected() == 0 {
		return badCode()
	}
	return err
}

// badCode is the one answer to every code that does not work, so that nobody
// learns whose it is.
func badCode() error {
	return denied("own.passkey", "This enrolment code does not work: it is for somebody else, was used, was replaced, or is older than a day.",
		"Ask a platform administrator for a new one.")
}

// groups parts a code for reading.
func groups(code string, of int) string {
	var parts []string
	for ; len(code) > of; code = code[of:] {
		parts = append(parts, code[:of])
	}
	return strings.Join(append(parts, code), "-")
}
