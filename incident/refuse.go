package incident

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// refusal is a denial with the rule of cases behind it, for the ledger, and what
// that is told of it.
type refusal struct {
	rule, why string
	error
}

// Unwrap gives the error.
func (r refusal) Unwrap() error { return r.error }

// Names of the rules of cases.
const (
	ruleLocked = "locked" // everybody would read it, and the case is not removed
	ruleLint   = "lint"   // the text says what must not be said, or lacks what must
	ruleDrill  = "drill"  // a drill and a real registry are kept apart
)

// refused denies something by a rule. The sentence is for whoever asked, and for the
// ledger.
func refused(rule, sentence string) error {
	return refusal{rule, sentence, cratewarden.Errorf(cratewarden.Refused, "%s", sentence)}
}

// refuse records in the ledger that somebody asked for an act of package access and
// was denied it by a rule of cases, and gives the denial. If it cannot be recorded,
// that is the error: nothing may be probed without a trace. Other errors are given as
// they are.
func (s *Service) refuse(ctx context.Context, who action.Actor, act string, about ledger.Entry, why error) error {
	r, ok := errors.AsType[refusal](why)
	if !ok || who.ID == "" {
		return why
	}
	about.Kind, about.Action, about.Session = ledger.Refusal, act, who.Session
	about.Actor = ledger.Actor{ID: who.ID, Name: who.Name, RegistryUser: int64(who.RegistryUser)}
	about.Details = map[string]string{"rule": r.rule, "why": r.why}
	if err := pg.InTx(ctx, s.db, func(tx pgx.Tx) error {
		_, err := s.cfg.Ledger.Append(ctx, tx, about)
		return err
	}); err != nil {
		return err
	}
	return why
}

// ofDraft is an entry that names a case and a draft of it.
func ofDraft(d Draft) ledger.Entry {
	e := ledger.Entry{Incident: d.Incident, Subjects: []ledger.Subject{{Kind: "incident", ID: d.Incident}},
		Documents: []ledger.Document{{Name: nameOfDraft(d), SHA256: hashOf(d.Body), Bytes: int64(len(d.Body))}}}
	if d.Crate != "" {
		e.Subjects = append(e.Subjects, ledger.Subject{Kind: "crate", ID: d.Crate})
	}
	return e
}
