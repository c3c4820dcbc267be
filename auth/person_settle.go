package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
	"cratewarden/team"
)

// settled is the list that this process took over last.
type settled struct{ *roster }

// settle takes a list over into the table of people: it makes those who are new,
// joins what the list says is one person and parts what it says is two, records
// whose roles changed and tells the administrators, and ends at once what belongs
// to those who fell off the list. Of several processes that read different
// lists, the newest list counts.
func (s *Service) settle(ctx context.Context, r *roster) error {
	if done := s.settled.Load(); r.At.IsZero() || done != nil && done.roster == r {
		return nil
	}
	s.settling.Lock() // one request does it for all that wait
	defer s.settling.Unlock()
	if done := s.settled.Load(); done != nil && done.roster == r {
		return nil
	}
	err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		first := false
		err := tx.QueryRow(ctx, `INSERT INTO roster (read_at) VALUES ($1) ON CONFLICT (one) DO UPDATE SET read_at = excluded.read_at
			WHERE roster.read_at <= excluded.read_at RETURNING xmax = 0`, r.At).Scan(&first)
		if err != nil {
			return ignoreNone(err) // another process read a newer one
		}
		known, err := knownPeople(ctx, tx)
		if err != nil {
			return err
		}
		p := s.matchPeople(r, known)
		for i := range r.Members {
			if len(s.accounts(r.Members[i])) == 0 {
				continue
			}
			if err := s.takeOver(ctx, tx, r, p, i); err != nil {
				return err
			}
		}
		return s.conclude(ctx, tx, p, first)
	})
	if err != nil {
		return fmt.Errorf("take over the list of people: %w", err)
	}
	s.settled.Store(&settled{r})
	return nil
}

// known is a person as the table has them.
type known struct {
	id, name string
	listed   bool
	member   team.Member
	ids      []Identity
}

// knownPeople reads and locks everybody, in the order of their ids.
func knownPeople(ctx context.Context, tx pgx.Tx) ([]*known, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM person ORDER BY id FOR NO KEY UPDATE`); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT p.id, p.name, p.listed, p.member,
			(SELECT coalesce(json_agg(json_build_object('provider', i.provider, 'subject', i.subject, 'login', i.login)
				ORDER BY i.provider <> 'github', i.first_at, i.provider, i.subject), '[]') FROM identity i WHERE i.person = p.id)
		FROM person p ORDER BY p.created_at, p.id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*known, error) {
		k := &known{}
		return k, row.Scan(&k.id, &k.name, &k.listed, &k.member, &k.ids)
	})
}

// matching says which known person each member of a list is.
type matching struct {
	of      map[int]*known // by the member's place
	left    []*known       // whom the list no longer has
	changes []change
}

// change is what a list changed about one person's roles.
type change struct {
	id, name      string
	before, after string
	grants        bool // not only being on call
}

// matchPeople gives each member the person who has the first of their accounts,
// GitHub's number before others. Further people whose accounts are the same
// member's are the same human under a second row: they are left, and end.
func (s *Service) matchPeople(r *roster, list []*known) *matching {
	p := &matching{of: map[int]*known{}}
	has := map[account]*known{}
	for _, k := range list {
		for _, id := range k.ids {
			has[account{id.Provider, id.Subject}] = k
		}
	}
	for i, m := range r.Members {
		for _, id := range s.accounts(m) {
			k := has[account{id.Provider, id.Subject}]
			if k == nil || p.of[i] != nil {
				continue
			}
			if is, ok := r.member(k.ids); ok && is == i { // else the list parts them: k stays with another member
				p.of[i] = k
			}
		}
	}
	for _, k := range list {
		if i, ok := r.member(k.ids); !ok || p.of[i] != k {
			p.left = append(p.left, k)
		}
	}
	return p
}

// takeOver writes one member down.
func (s *Service) takeOver(ctx context.Context, tx pgx.Tx, r *roster, p *matching, i int) error {
	m, k := r.Members[i], p.of[i]
	now := s.clock().Truncate(time.Microsecond)
	before := ""
	if k == nil {
		k = &known{id: newID("u"), name: m.Name}
		p.of[i] = k
		if _, err := tx.Exec(ctx, `INSERT INTO person (id, name, created_at) VALUES ($1, $2, $3)`, k.id, m.Name, now); err != nil {
			return err
		}
	} else if k.listed {
		before = rights(k.member)
	}
	if after := rights(m); before != after {
		p.changes = append(p.changes, change{k.id, m.Name, before, after, !k.listed || grants(k.member) != grants(m)})
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	was, err := json.Marshal(k.member)
	if err != nil {
		return err
	}
	if !k.listed || !bytes.Equal(text, was) {
		if _, err := tx.Exec(ctx, `UPDATE person SET name = $2, member = $3, listed = true, mail = CASE WHEN $4 = '' THEN mail ELSE $4 END
			WHERE id = $1`, k.id, m.Name, text, clip(m.Mail, 320)); err != nil {
			return err
		}
	}
	return s.takeAccounts(ctx, tx, r, i, k, now)
}

// takeAccounts makes the member's accounts the person's only ones. Accounts that
// two members claim are nobody's.
func (s *Service) takeAccounts(ctx context.Context, tx pgx.Tx, r *roster, i int, k *known, now time.Time) error {
	var providers, subjects, logins []string
	same := 0
	for _, id := range s.accounts(r.Members[i]) {
		if r.by[account{id.Provider, id.Subject}] != i {
			continue
		}
		providers, subjects, logins = append(providers, id.Provider), append(subjects, id.Subject), append(logins, id.Login)
		if slices.ContainsFunc(k.ids, func(has Identity) bool {
			return has.Provider == id.Provider && has.Subject == id.Subject && (has.Login == id.Login || id.Login == "")
		}) {
			same++
		}
	}
	if same == len(providers) && same == len(k.ids) {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO identity (provider, subject, person, login, first_at)
		SELECT provider, subject, $4, login, $5 FROM unnest($1::text[], $2::text[], $3::text[]) AS n(provider, subject, login)
		ON CONFLICT (provider, subject) DO UPDATE SET person = excluded.person,
			login = CASE WHEN excluded.login = '' THEN identity.login ELSE excluded.login END
		WHERE identity.person <> excluded.person OR excluded.login NOT IN ('', identity.login)`, providers, subjects, logins, k.id, now)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM identity i WHERE i.person = $3
		AND NOT EXISTS (SELECT FROM unnest($1::text[], $2::text[]) AS n(provider, subject) WHERE n.provider = i.provider AND n.subject = i.subject)`,
		providers, subjects, k.id)
	return err
}

// conclude takes their rights from those whom the list no longer has, ends what
// no longer belongs to an account, and records and tells what changed.
func (s *Service) conclude(ctx context.Context, tx pgx.Tx, p *matching, first bool) error {
	for _, k := range p.left {
		if k.listed {
			p.changes = append(p.changes, change{k.id, k.name, rights(k.member), "", true})
		}
	}
	var gone []string
	for _, k := range p.left {
		gone = append(gone, k.id)
	}
	now := s.clock().Truncate(time.Microsecond)
	for _, sql := range []string{
		`UPDATE person SET listed = false WHERE id = ANY($1) AND listed AND $2::timestamptz IS NOT NULL`,
		`UPDATE session s SET ended_at = $2, ended_why = 'the list of people' WHERE ended_at IS NULL AND (person = ANY($1)
			OR NOT EXISTS (SELECT FROM identity i WHERE i.provider = s.provider AND i.subject = s.subject AND i.person = s.person))`,
		`UPDATE api_token SET revoked_at = $2, revoked_by = 'the list of people' WHERE revoked_at IS NULL AND person = ANY($1)`,
	} {
		if _, err := tx.Exec(ctx, sql, notNil(gone), now); err != nil {
			return err
		}
	}
	slices.SortFunc(p.changes, func(a, b change) int { return cmp.Compare(a.name+a.id, b.name+b.id) })
	if !first { // a console that just began has no news
		if err := s.tellChanges(ctx, tx, p.changes); err != nil {
			return err
		}
	}
	for _, c := range p.changes {
		if err := s.note(ctx, tx, ledger.Entry{Kind: ledger.Note, Action: "person.roles", Actor: ledger.Actor{ID: "list", Name: "the list of people"},
			Subjects: []ledger.Subject{{Kind: "person", ID: c.id, Name: c.name}},
			Details:  map[string]string{"before": clip(c.before, 2000), "after": clip(c.after, 2000)}}); err != nil {
			return err
		}
	}
	return nil
}

// tellChanges tells the administrators of changed roles, all of one reading at
// once. Who comes on call and goes off is no news.
func (s *Service) tellChanges(ctx context.Context, tx pgx.Tx, changes []change) error {
	var b strings.Builder
	for _, c := range changes {
		if !c.grants {
			continue
		}
		before, after := c.before, c.after
		if before == "" {
			before = "nothing"
		}
		if after == "" {
			after = "nothing, and is signed out everywhere"
		}
		fmt.Fprintf(&b, "%s: had %s; now has %s.\n", c.name, before, after)
	}
	if b.Len() == 0 {
		return nil
	}
	return s.tell(ctx, tx, notify.Notice{Kind: "person.roles", Roles: []cratewarden.Role{cratewarden.Platform},
		Title: "The list of people changed who may do what", Text: clip(b.String(), 4000), Path: "/people"})
}

// rights writes a member's roles with what gives them, and being on call.
func rights(m team.Member) string {
	text := grants(m)
	if m.OnCall {
		text += ", on call"
	}
	return text
}

func grants(m team.Member) string {
	var list []string
	for _, g := range m.Grants {
		list = append(list, string(g.Role)+" ("+g.Source+")")
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}
