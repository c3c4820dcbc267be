package auth

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/team"
)

// gitHub is the provider whose numbers the list of people and the registry mean.
// Another GitHub server has numbers of its own, so it needs another id, and its
// accounts count only where the list names them.
const gitHub = "github"

// pretend is the provider of made-up sign-ins.
const pretend = "pretend"

// account is one account at a provider, by what never changes hands.
type account struct{ provider, subject string }

// roster is the list of people, found by their accounts.
type roster struct {
	team.Snapshot
	by map[account]int
}

// nobody stands for an account that two members claim: it is neither's, rather
// than one gets the other's rights.
const nobody = -1

// index gives the list by accounts; it is worked out once for each reading.
func (s *Service) index(snap team.Snapshot) *roster {
	if r := s.roster.Load(); r != nil && r.At.Equal(snap.At) && sameMembers(r.Members, snap.Members) {
		return r
	}
	r := &roster{Snapshot: snap, by: map[account]int{}}
	if snap.At.IsZero() { // never read: nobody is on it
		r.Members = nil
	}
	for i, m := range r.Members {
		for _, id := range s.accounts(m) {
			at := account{id.Provider, id.Subject}
			if other, taken := r.by[at]; taken && other != i {
				r.by[at] = nobody
			} else {
				r.by[at] = i
			}
		}
	}
	s.roster.Store(r)
	return r
}

// sameMembers says that two lists are one in memory.
func sameMembers(a, b []team.Member) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// accounts are the accounts that may sign in as a member; none for a member whom
// nothing gives a role, who has no business here.
func (s *Service) accounts(m team.Member) (out []Identity) {
	if len(m.Grants) == 0 {
		return nil
	}
	if m.GitHubID > 0 {
		out = append(out, Identity{Provider: gitHub, Subject: strconv.FormatInt(m.GitHubID, 10), Login: m.Login})
	}
	for _, id := range m.Identities {
		if id.Provider != "" && id.Subject != "" && id.Provider != pretend {
			out = append(out, Identity{Provider: id.Provider, Subject: id.Subject})
		}
	}
	if s.cfg.Pretend {
		out = append(out, Identity{Provider: pretend, Subject: m.Key()})
	}
	return out
}

// member finds the list's entry of whoever has these accounts; the first that
// the list knows decides.
func (r *roster) member(ids []Identity) (int, bool) {
	for _, id := range ids {
		if i, ok := r.by[account{id.Provider, id.Subject}]; ok {
			return i, i != nobody
		}
	}
	return 0, false
}

// now gives the list as last read.
func (s *Service) now() *roster { return s.index(s.cfg.People.Last()) }

const (
	// listRefresh is how old the list may be while nothing is changed.
	listRefresh = 5 * time.Minute
	// listPatience is how long a change waits for the list to be read again.
	listPatience = 3 * time.Second
)

// fresh gives the list not older than listRefresh if it can be read, and what is
// there of it if not. Changes are written down after the answer.
func (s *Service) fresh(ctx context.Context) *roster {
	snap, err := s.cfg.People.Fresh(ctx, listRefresh)
	if err != nil {
		s.log.WarnContext(ctx, "the list of people could not be read again", "error", err)
	}
	return s.index(snap)
}

// anew gives the list read again right now, or within the last ListAge. A source
// that is slow or down does not stop whoever contains an attack: after a few
// seconds the list as last read counts, until it is stale.
func (s *Service) anew(ctx context.Context) *roster {
	short, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	snap, err := s.cfg.People.Fresh(short, s.cfg.ListAge)
	if err != nil {
		s.log.WarnContext(ctx, "the list of people could not be read again before a change; the last one counts", "error", err)
	}
	return s.index(snap)
}

// stale says in a sentence that the list is too old for changes.
func (s *Service) stale(r *roster) string {
	switch age := s.clock().Sub(r.At); {
	case r.At.IsZero():
		return "The list of people could not be read yet."
	case age > s.cfg.RefuseAfter:
		return "The list of people could not be read for " + age.Truncate(time.Minute).String() + ", so nobody knows who still has which role."
	}
	return ""
}

// Roster gives the list as last read, and whether it is too old for changes.
func (s *Service) Roster() (snap team.Snapshot, refused bool) {
	snap = s.cfg.People.Last() // with why it could not be read again since
	return snap, s.stale(s.index(snap)) != ""
}

// personColumns are those of a person p. The order of identities decides which
// of them counts when a list parts what was one person: GitHub's number, then
// the oldest.
const personColumns = `p.id, p.name, coalesce(p.registry_user, 0), p.registry_login, p.created_at, coalesce(p.seen_at, 'epoch'),
	(SELECT coalesce(json_agg(json_build_object('provider', i.provider, 'subject', i.subject, 'login', i.login)
		ORDER BY i.provider <> 'github', i.first_at, i.provider, i.subject), '[]') FROM identity i WHERE i.person = p.id),
	(SELECT count(*) FROM passkey k WHERE k.person = p.id AND k.removed_at IS NULL)`

// scan gives where personColumns go.
func (p *Person) scan() []any {
	return []any{&p.ID, &p.Name, &p.RegistryUser, &p.RegistryLogin, &p.CreatedAt, &p.SeenAt, &p.Identities, &p.Passkeys}
}

// complete adds what the list says of a person now.
func (r *roster) complete(p *Person) {
	p.CreatedAt, p.SeenAt = p.CreatedAt.UTC(), p.SeenAt.UTC()
	if p.SeenAt.Unix() == 0 {
		p.SeenAt = time.Time{}
	}
	p.Roles, p.OnCall, p.Teams, p.Listed = nil, false, nil, false
	i, ok := r.member(p.Identities)
	if !ok {
		return
	}
	m := r.Members[i]
	p.Name, p.OnCall, p.Teams, p.Listed = m.Name, m.OnCall, m.Teams, true
	for _, g := range m.Grants {
		p.Roles = append(p.Roles, Grant(g))
	}
}

// People gives everybody the console knows, who are on the list first.
func (s *Service) People(ctx context.Context) ([]Person, error) {
	r := s.now()
	rows, err := s.cfg.Console.Query(ctx, `SELECT `+personColumns+` FROM person p ORDER BY p.listed DESC, lower(p.name), p.id LIMIT 5000`)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Person, err error) {
		err = row.Scan(p.scan()...)
		r.complete(&p)
		return p, err
	})
	return out, pg.Map(err)
}

// Person gives one person, NotFound for none.
func (s *Service) Person(ctx context.Context, id string) (Person, error) {
	return s.person(ctx, s.now(), `p.id = $1`, id)
}

func (s *Service) person(ctx context.Context, r *roster, where string, args ...any) (p Person, err error) {
	err = s.cfg.Console.QueryRow(ctx, `SELECT `+personColumns+` FROM person p WHERE `+where, args...).Scan(p.scan()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, cratewarden.Wrap(err, cratewarden.NotFound, "The console knows no such person.")
	}
	r.complete(&p)
	return p, pg.Map(err)
}

// roles are a person's roles, each once.
func (p Person) roles() (out []cratewarden.Role) {
	for _, g := range p.Roles {
		if !hasRole(out, g.Role) {
			out = append(out, g.Role)
		}
	}
	return out
}

func hasRole(list []cratewarden.Role, role cratewarden.Role) bool {
	for _, r := range list {
		if r == role {
			return true
		}
	}
	return false
}

// actorOf is a person as the ledger names them.
func actorOf(p Person) ledger.Actor {
	return ledger.Actor{ID: p.ID, Name: p.Name, RegistryUser: int64(p.RegistryUser)}
}

// ignoreNone takes "no row" for nothing to do.
func ignoreNone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
