package incident

import (
	"context"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/blast"
	"cratewarden/mirror"
)

// Recipient is who a mail is for, as far as it may be shown: the address stays
// masked. Whoever sends the mail opens it on the account's page, with the case as
// reason, and that opening is in the ledger.
type Recipient struct {
	Login    string `json:"login"`
	Account  int32  `json:"account,omitempty"` // number in the registry, 0 when it is not known
	Masked   string `json:"masked,omitempty"`
	Verified bool   `json:"verified"`
	// Note says how to reach them, or why the console does not know.
	Note string `json:"note"`
}

// Recipients gives who a mail is for. Of the mail to owners of direct dependents
// these are all of them.
func (s *Service) Recipients(ctx context.Context, draft int64) ([]Recipient, error) {
	d, err := s.draft(ctx, s.db, draft, "")
	if err != nil {
		return nil, err
	}
	var logins []string
	switch d.Format {
	case advisory.MailLocked, advisory.MailCoOwner:
		logins = []string{d.Recipient}
	case advisory.MailDependents:
		docs, err := s.Digests(ctx, draft)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			logins = append(logins, doc.To)
		}
	case advisory.MailReporter:
		return []Recipient{{Login: d.Recipient, Note: "Answer where the report came from."}}, nil
	case advisory.AbuseIdentity, advisory.AbuseHoster:
		return []Recipient{{Login: d.Recipient, Note: "Use the form or address for abuse of whoever runs it."}}, nil
	default:
		return nil, cratewarden.Errorf(cratewarden.Invalid, "A %s goes to no person.", d.Format)
	}
	out := make([]Recipient, 0, len(logins))
	for _, login := range logins {
		out = append(out, s.recipient(ctx, login, len(logins) == 1))
	}
	return out, nil
}

// recipient finds an account; its masked address takes a question to the
// registry, so it is looked up for one at a time.
func (s *Service) recipient(ctx context.Context, login string, whole bool) Recipient {
	r := Recipient{Login: login, Note: "A person sends it: open the address on the account's page, with this case as the reason."}
	if s.cfg.Mirror == nil {
		return r
	}
	found := s.cfg.Mirror.AccountsByLogin(login)
	if len(found) != 1 {
		r.Note = "No account of that login is known any more, or several are. Find out who it is first."
		return r
	}
	r.Account = found[0].ID
	if !whole || s.cfg.Dossiers == nil {
		return r
	}
	a, err := s.cfg.Dossiers.Account(ctx, r.Account)
	if err != nil {
		return r
	}
	r.Masked, r.Verified = a.Mail.Masked, a.Mail.Verified
	if !a.Mail.Set && a.Mail.Masked == "" {
		r.Note = "The account has no mail address that we can see."
	}
	return r
}

// dependentOwners finds the people behind crates of which a version takes a bad one
// and is in use, or was until the case held it, each once. Teams have no mail. Of
// crates that are gone it is as the case saw it while they were there.
func (s *Service) dependentOwners(ctx context.Context, i Incident, sheet advisory.Sheet) ([]advisory.DependentOwner, error) {
	m := s.cfg.Mirror
	if m == nil || !m.Ready(mirror.PartDependencies) || !m.Ready(mirror.PartVersions) {
		return nil, cratewarden.Errorf(cratewarden.Unavailable, "The dependencies are still loading. Try again in a moment.")
	}
	told := newTelling(m, sheet)
	held, err := s.heldIDs(ctx, i)
	if err != nil {
		return nil, err
	}
	for _, c := range sheet.Crates {
		if len(c.Bad) == 0 {
			continue
		}
		name := canonID(c.Name)
		kept, err := s.keptDependents(ctx, i, name)
		if err != nil {
			return nil, err
		}
		target, there := m.CrateByName(c.Name)
		last := lastKept(kept, name, 0)
		if there && (last == nil || last.ID == target.ID) {
			for crate, d := range takers(m, target.ID, c.Bad, held) {
				if from, ok := m.Crate(crate); ok {
					told.add(crate, s.accountsOwning(crate), advisory.Dependent{Crate: from.Name, On: c.Name, Requirement: d.requirement})
				}
			}
			continue
		}
		if last != nil {
			s.tellKept(told, c, last.Rows)
		}
	}
	return sortedOwners(told.by), nil
}

// tellKept goes by what is kept of a crate that is gone: of each crate that
// depended, what the newest of its versions asked for.
func (s *Service) tellKept(told *telling, c advisory.Crate, rows []dependency) {
	newest := map[int32]dependency{}
	for _, d := range rows {
		if was, known := newest[d.Crate]; takesBad(d.Requirement, c.Bad) && (!known || d.Version > was.Version) {
			newest[d.Crate] = d
		}
	}
	for crate, d := range newest {
		owners := d.Owners
		if now, there := s.cfg.Mirror.Crate(crate); there {
			d.Name, owners = now.Name, s.accountsOwning(crate)
		}
		told.add(crate, owners, advisory.Dependent{Crate: d.Name, On: c.Name, Requirement: d.Requirement, Seen: d.Seen})
	}
}

// telling collects who is told of which crates. Whoever gets another mail of the case
// about the same crate gets none of these.
type telling struct {
	m     *mirror.Mirror
	by    map[string][]advisory.Dependent
	crate map[string]advisory.Crate // of the case, by canonical name
	acted map[string]bool           // logins of accounts that did
}

func newTelling(m *mirror.Mirror, sheet advisory.Sheet) *telling {
	t := &telling{m: m, by: map[string][]advisory.Dependent{}, crate: map[string]advisory.Crate{}, acted: map[string]bool{}}
	for _, c := range sheet.Crates {
		t.crate[canonID(c.Name)] = c
	}
	for _, a := range sheet.Accounts {
		t.acted[a.Login] = true
	}
	return t
}

func (t *telling) add(crate int32, owners []int32, d advisory.Dependent) {
	own, bad := t.crate[canonID(d.Crate)]
	if bad && (own.Deleted || canonID(d.Crate) == canonID(d.On)) {
		return
	}
	for _, id := range owners {
		a, ok := t.m.Account(id)
		if !ok || bad && (t.acted[a.Login] || slices.Contains(own.Owners, a.Login)) {
			continue
		}
		t.by[a.Login] = append(t.by[a.Login], d)
	}
}

type taker struct {
	version     int32
	requirement string
}

// takers gives, by depending crate, what the newest of its versions asks for that
// may resolve to a bad version.
func takers(m *mirror.Mirror, crate int32, bad []advisory.Version, held map[int32]bool) map[int32]taker {
	out := map[int32]taker{}
	takes := map[string]bool{}
	for d := range m.DependentVersions(crate) {
		does, known := takes[d.Requirement]
		if !known {
			does = takesBad(d.Requirement, bad)
			takes[d.Requirement] = does
		}
		if !does {
			continue
		}
		v, ok := m.Version(d.VersionID)
		if !ok || v.Yanked && !held[v.ID] {
			continue
		}
		if was, ok := out[v.CrateID]; !ok || v.ID > was.version {
			out[v.CrateID] = taker{v.ID, d.Requirement}
		}
	}
	return out
}

// takesBad says that a requirement may resolve to a bad version. One that cannot
// be read is taken to, so that nobody is left out.
func takesBad(requirement string, bad []advisory.Version) bool {
	r, ok := blast.ParseRequirement(strings.TrimSpace(requirement))
	if !ok {
		return true
	}
	for _, b := range bad {
		if v, ok := blast.ParseVersion(b.Num); !ok || r.Takes(v) {
			return true
		}
	}
	return false
}
