package incident

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/mirror"
)

// SubjectKinds are the kinds of what a case may be about.
func SubjectKinds() []string {
	return []string{"crate", "version", "account", "token", "finding", "report", "plan", "evidence", "notice", "advisory", "incident", "link"}
}

// Roles are the parts that a subject may play; others are refused. Payload and
// carrier are bad crates and versions, victim a good one with bad versions or an
// account that was wronged, restore what is to be put back.
func Roles() []string {
	return []string{"payload", "carrier", "victim", "attacker", "compromised", "imitated", "restore", "related"}
}

// Limits of subjects.
const (
	maxOneCall  = 2000
	maxSubject  = 300
	maxWhy      = 1000
	maxPerCase  = 10_000
	accountKind = "account"
)

var (
	crateName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)
	versionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}@[0-9A-Za-z.+-]{1,100}$`)
	numeral     = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
)

// subjects checks a list and brings each to the spelling of the ledger.
func (s *Service) subjects(list []Subject) ([]Subject, error) {
	if len(list) > maxOneCall {
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "At most %d subjects are added at once.", maxOneCall)
	}
	var out []Subject
	seen := map[ledger.Subject]bool{}
	for _, sub := range list {
		sub, err := s.subject(sub)
		if err != nil {
			return nil, err
		}
		if key := (ledger.Subject{Kind: sub.Kind, ID: sub.ID}); !seen[key] {
			seen[key] = true
			out = append(out, sub)
		}
	}
	return out, nil
}

func (s *Service) subject(sub Subject) (_ Subject, err error) {
	sub.ID = strings.TrimSpace(sub.ID)
	switch {
	case !slices.Contains(SubjectKinds(), sub.Kind):
		return sub, cratewarden.Errorf(cratewarden.Invalid, "%s is not a kind of subject. It is one of: %s.", shown(sub.Kind), strings.Join(SubjectKinds(), ", "))
	case sub.Role != "" && !slices.Contains(Roles(), sub.Role):
		return sub, cratewarden.Errorf(cratewarden.Invalid, "%s is not a part that a subject plays. It is one of: %s.", shown(sub.Role), strings.Join(Roles(), ", "))
	case sub.ID == "" || len(sub.ID) > maxSubject:
		return sub, cratewarden.Errorf(cratewarden.Invalid, "A subject is named by a text of 1 to %d bytes.", maxSubject)
	}
	if sub.Label, err = line("label", sub.Label, maxTitle); err != nil {
		return sub, err
	}
	if sub.Why, err = prose("reason of a subject", sub.Why, maxWhy); err != nil {
		return sub, err
	}
	if sub.Label == "" {
		sub.Label, err = line("name", sub.Name, maxTitle)
		if err != nil {
			return sub, err
		}
	}
	sub.Name = ""
	return sub, s.spell(&sub)
}

// spell brings an id to its one form.
func (s *Service) spell(sub *Subject) error {
	switch sub.Kind {
	case "crate":
		if !crateName.MatchString(sub.ID) {
			return cratewarden.Errorf(cratewarden.Invalid, "%s is not the name of a crate.", shown(sub.ID))
		}
		sub.ID = s.stored(sub.ID)
	case "version":
		if !versionName.MatchString(sub.ID) {
			return cratewarden.Errorf(cratewarden.Invalid, "%s is not a version. Write it as name@1.0.0.", shown(sub.ID))
		}
		name, num, _ := strings.Cut(sub.ID, "@")
		sub.ID = s.stored(name) + "@" + num
	case accountKind:
		return s.spellAccount(sub)
	case "token":
		if !numeral.MatchString(sub.ID) {
			return cratewarden.Errorf(cratewarden.Invalid, "A token is named by its number in the registry, never by itself.")
		}
	case "incident":
		n, err := numberOf(sub.ID)
		if err != nil {
			return err
		}
		sub.ID = idOf(n)
	case "link":
		u, err := url.Parse(sub.ID)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
			return cratewarden.Errorf(cratewarden.Invalid, "A link must look like https://chat.example/path.")
		}
	}
	for _, t := range cratewarden.Traces(sub.ID) {
		if t.Kind == cratewarden.MailTrace || t.Kind == cratewarden.SecretTrace { // the ledger names subjects, for ever
			return cratewarden.Errorf(cratewarden.Invalid, "The name of a subject holds a %s, and cannot be erased later. Write a note instead.", t.Kind)
		}
	}
	for _, r := range sub.ID {
		if !unicode.IsPrint(r) {
			return cratewarden.Errorf(cratewarden.Invalid, "The name of a subject holds a character that cannot be seen.")
		}
	}
	return nil
}

// stored gives a crate's name as it was published, if there is such a crate.
func (s *Service) stored(name string) string {
	if s.cfg.Mirror != nil && s.cfg.Mirror.Ready(mirror.PartCrates) {
		if c, ok := s.cfg.Mirror.CrateByName(name); ok {
			return c.Name
		}
	}
	return name
}

// spellAccount finds the number of an account that was named by its login.
func (s *Service) spellAccount(sub *Subject) error {
	known := s.cfg.Mirror != nil && s.cfg.Mirror.Ready(mirror.PartAccounts)
	if numeral.MatchString(sub.ID) {
		var id int32
		if _, err := fmt.Sscan(sub.ID, &id); err != nil {
			return cratewarden.Wrap(err, cratewarden.Invalid, "The number of an account is at most 2147483647.")
		}
		if a, ok := (mirror.Account{}), false; known && sub.Label == "" {
			if a, ok = s.cfg.Mirror.Account(id); ok {
				sub.Label = a.Login
			}
		}
		return nil
	}
	if !known {
		return cratewarden.Errorf(cratewarden.Unavailable, "Accounts are still loading. Name the account by its number, or try again in a moment.")
	}
	list := s.cfg.Mirror.AccountsByLogin(sub.ID)
	switch len(list) {
	case 0:
		return cratewarden.Errorf(cratewarden.NotFound, "There is no account called %s.", shown(sub.ID))
	case 1:
		sub.ID, sub.Label = fmt.Sprint(list[0].ID), list[0].Login
		return nil
	}
	return cratewarden.Errorf(cratewarden.Conflict, "%d accounts are called %s. Name one by its number.", len(list), shown(sub.ID))
}

// insertSubjects writes new subjects.
func (w *writing) insertSubjects(ctx context.Context, list []Subject) error {
	if len(list) == 0 {
		return nil
	}
	by := w.person()
	var kinds, ids, labels, roles, whys []string
	for _, s := range list {
		if n, err := numberOf(s.ID); s.Kind == "incident" && err == nil {
			if _, err := survivor(ctx, w.tx, n); err != nil {
				return err
			}
		}
		kinds, ids, labels, roles, whys = append(kinds, s.Kind), append(ids, s.ID), append(labels, s.Label), append(roles, s.Role), append(whys, s.Why)
	}
	_, err := w.tx.Exec(ctx, `INSERT INTO incident_subject (incident, kind, id, label, role, why, by_id, by_name, at)
		SELECT $1, s.*, $7, $8, $9 FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS s`,
		w.inc.number(), kinds, ids, labels, roles, whys, by.ID, by.Name, w.now)
	return err
}

func (i Incident) subject(key ledger.Subject) (Subject, bool) {
	n := slices.IndexFunc(i.Subjects, func(s Subject) bool { return s.Kind == key.Kind && s.ID == key.ID })
	if n < 0 {
		return Subject{}, false
	}
	return i.Subjects[n], true
}

// AddSubjects adds what a case is about. One that is there already stays as it
// is, but gets the part that it plays if it had none; if it plays another part
// there, the error is a Clash. That something is related says nothing new of it.
func (s *Service) AddSubjects(ctx context.Context, who action.Actor, id string, list []Subject) (Incident, error) {
	list, err := s.subjects(list)
	if err != nil {
		return Incident{}, err
	}
	return s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		var fresh []Subject
		for _, sub := range list {
			have, known := w.inc.subject(sub.Subject)
			switch {
			case sub.Kind == "incident" && slices.Contains(w.inc.ids(), sub.ID):
				return cratewarden.Errorf(cratewarden.Invalid, "An incident is not its own subject.")
			case !known:
				fresh = append(fresh, sub)
			case sub.Role == "" || sub.Role == "related" || have.Role == sub.Role:
			case have.Role == "" || have.Role == "related":
				if err := w.recast(ctx, have, sub.Role); err != nil {
					return err
				}
			default:
				return clash(FieldClash{Field: Field("part of " + nameOf(have)), Now: have.Role, Wanted: sub.Role, By: have.By, At: have.At})
			}
		}
		if len(w.inc.Subjects)+len(fresh) > maxPerCase {
			return cratewarden.Errorf(cratewarden.TooLarge, "A case has at most %d subjects. Part it.", maxPerCase)
		}
		if len(fresh) == 0 {
			return nil
		}
		w.record(record{Kind: AddedEvent, Body: whysIn(fresh), Subjects: ledgerSubjects(fresh), Local: map[string]string{"subjects": casting(fresh)}})
		return w.insertSubjects(ctx, fresh)
	})
}

// whysIn joins the reasons of subjects, for the event.
func whysIn(list []Subject) string {
	var out []string
	for _, s := range list {
		if s.Why != "" {
			out = append(out, nameOf(s)+": "+s.Why)
		}
	}
	return strings.Join(out, "\n")
}

// RemoveSubject takes a subject out of a case; the reason may be empty.
func (s *Service) RemoveSubject(ctx context.Context, who action.Actor, id string, key ledger.Subject, reason string) (Incident, error) {
	reason, err := prose("reason", reason, maxReason)
	if err != nil {
		return Incident{}, err
	}
	return s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		have, known := w.inc.subject(key)
		if !known {
			return nil
		}
		return w.dropSubjects(ctx, []Subject{have}, record{Kind: RemovedEvent, Body: reason})
	})
}

// dropSubjects deletes subjects and records it.
func (w *writing) dropSubjects(ctx context.Context, list []Subject, r record) error {
	var kinds, ids []string
	for _, s := range list {
		kinds, ids = append(kinds, s.Kind), append(ids, s.ID)
	}
	_, err := w.tx.Exec(ctx, `DELETE FROM incident_subject WHERE incident = $1 AND (kind, id) IN (SELECT * FROM unnest($2::text[], $3::text[]))`, w.inc.number(), kinds, ids)
	r.Subjects, r.Local = ledgerSubjects(list), map[string]string{"subjects": casting(list)}
	w.record(r)
	return err
}

// Recast changes the part that a subject plays. was is what the person saw; if
// it is another by now, the error is a Clash.
func (s *Service) Recast(ctx context.Context, who action.Actor, id string, key ledger.Subject, was, role string) (Incident, error) {
	if role != "" && !slices.Contains(Roles(), role) {
		return Incident{}, cratewarden.Errorf(cratewarden.Invalid, "%s is not a part that a subject plays. It is one of: %s.", shown(role), strings.Join(Roles(), ", "))
	}
	return s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		have, known := w.inc.subject(key)
		switch {
		case !known:
			return cratewarden.Errorf(cratewarden.NotFound, "Incident %s has no such subject.", w.inc.ID)
		case have.Role == role:
			return nil
		case have.Role != was:
			by, at := w.lastWriter(ctx, RoleEvent, "id", have.ID)
			return clash(FieldClash{Field: Field("part of " + nameOf(have)), Was: was, Now: have.Role, Wanted: role, By: by, At: at})
		}
		return w.recast(ctx, have, role)
	})
}

func (w *writing) recast(ctx context.Context, s Subject, role string) error {
	w.record(record{Kind: RoleEvent, Subjects: ledgerSubjects([]Subject{s}), Details: map[string]string{"kind": s.Kind, "id": s.ID, "was": s.Role, "now": role}})
	_, err := w.tx.Exec(ctx, `UPDATE incident_subject SET role = $4 WHERE incident = $1 AND kind = $2 AND id = $3`, w.inc.number(), s.Kind, s.ID, role)
	return err
}
