package team

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"cratewarden"
)

// reading is everything of one reading, before it is put together.
type reading struct {
	sources []Source   // in the order of docs
	docs    []document // one for each source
	all     []document // teams.json; nil when it is not read
	file    SourceInfo
	own     []Member // of the file
	onCall  bool     // the file tells who is on call
}

func lower(s string) string { return strings.ToLower(s) }

func appendNew[T comparable](list []T, one T) []T {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}

// grant adds a role unless the same source gave it already.
func (m *Member) grant(role cratewarden.Role, source string) {
	m.Grants = appendNew(m.Grants, Grant{role, source})
}

// builder puts people together by GitHub's number.
type builder struct {
	byID  map[int64]*Member
	other []*Member // without a number, from the file only
	notes []string
}

func (b *builder) note(format string, args ...any) {
	b.notes = appendNew(b.notes, fmt.Sprintf(format, args...))
}

// build makes the list of one reading. What it refuses is a list that would let
// one account be two people, or that has nobody.
func (c Config) build(ctx context.Context, r reading) (Snapshot, error) {
	b := &builder{byID: map[int64]*Member{}}
	if err := b.own(r.own); err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{Source: c.words(), KnowsOnCall: r.onCall}
	for i, source := range r.sources {
		b.add(source, r.docs[i])
		s.KnowsOnCall = s.KnowsOnCall || source.OnCall
	}
	for id, links := range c.Links {
		if m := b.byID[id]; m != nil {
			for _, l := range links {
				m.Identities = appendNew(m.Identities, l)
			}
		}
	}
	for id, m := range b.byID {
		if address := c.Mails[id]; address != "" {
			m.Mail = address
		}
	}
	if err := b.teams(ctx, c, slices.Concat(r.docs, r.all)); err != nil {
		return Snapshot{}, err
	}
	var err error
	if s.Members, err = b.members(); err != nil {
		return Snapshot{}, err
	}
	s.Sources, s.Notes = r.infos(), b.notes
	return s, nil
}

// place is the API's address, or the last part of its folder.
func (c Config) place() string {
	if c.remote() {
		return c.URL
	}
	return "folder " + filepath.Base(c.URL)
}

// words say where the list comes from.
func (c Config) words() string {
	var parts []string
	if c.URL != "" {
		parts = append(parts, "team API at "+c.place())
	}
	if c.File != "" {
		parts = append(parts, "file "+filepath.Base(c.File))
	}
	return strings.Join(parts, " and ")
}

func (b *builder) own(members []Member) error {
	names := map[string]bool{}
	for _, m := range members {
		if m.GitHubID == 0 {
			if names[fold(m.Name)] {
				return fmt.Errorf("two people without a GitHub number are called %s", m.Name)
			}
			names[fold(m.Name)] = true
			b.other = append(b.other, &m)
			continue
		}
		if b.byID[m.GitHubID] != nil {
			return fmt.Errorf("the GitHub number %d stands twice in the file", m.GitHubID)
		}
		b.byID[m.GitHubID] = &m
	}
	return nil
}

// add gives the people of a document what it gives.
func (b *builder) add(source Source, doc document) {
	for _, a := range doc.People {
		if a.ID == 0 {
			b.note("%s in the %s has no GitHub number and was left out.", showName(a), source)
			continue
		}
		m := b.byID[a.ID]
		if m == nil {
			m = &Member{GitHubID: a.ID, Login: a.Login, Name: showName(a), Grants: []Grant{}}
			if !login(a.Login) {
				m.Login = ""
				b.note("The login of GitHub number %d in the %s is not one that GitHub could have given; it is not shown.", a.ID, source)
			}
			if m.Name != a.Name {
				b.note("The name of GitHub number %d in the %s holds characters that cannot be seen, or is too long; it is shown without them.", a.ID, source)
			}
			b.byID[a.ID] = m
		} else if m.Login != "" && !strings.EqualFold(m.Login, a.Login) && login(a.Login) {
			b.note("GitHub number %d is @%s in one document and @%s in the %s. The number counts.", a.ID, m.Login, a.Login, source)
		}
		for _, role := range source.Roles {
			m.grant(role, source.String())
		}
		m.OnCall = m.OnCall || source.OnCall
	}
}

// showName is a name fit to be shown; never empty.
func showName(a account) string {
	return cmp.Or(clean(a.Name), clean(a.Login), fmt.Sprintf("GitHub number %d", a.ID))
}

// teams notes which teams at GitHub the listed people are in, and asks for the
// numbers of those that came without one.
func (b *builder) teams(ctx context.Context, c Config, docs []document) error {
	of := map[string][]*Member{}
	for _, doc := range docs {
		for _, t := range doc.GitHub {
			for _, id := range t.Members {
				m := b.byID[id]
				if m == nil {
					continue
				}
				m.TeamLogins = appendNew(m.TeamLogins, t.login())
				of[t.login()] = append(of[t.login()], m)
				if t.ID > 0 {
					m.Teams = appendNew(m.Teams, t.ID)
				}
			}
		}
	}
	if c.TeamNumbers == nil || len(of) == 0 {
		return nil
	}
	numbers, err := c.TeamNumbers(ctx, slices.Sorted(maps.Keys(of)))
	if err != nil {
		return fmt.Errorf("numbers of teams: %w", err)
	}
	for login, number := range numbers {
		for _, m := range of[login] {
			m.Teams = appendNew(m.Teams, number)
		}
	}
	return nil
}

// members gives the people in a lasting order.
func (b *builder) members() ([]Member, error) {
	accounts := map[Identity]string{}
	names := map[string]*Member{}
	var list []Member
	for _, m := range append(slices.Collect(maps.Values(b.byID)), b.other...) {
		slices.Sort(m.Teams)
		slices.Sort(m.TeamLogins)
		slices.SortFunc(m.Grants, func(a, b Grant) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Source, b.Source)) })
		for _, id := range m.Identities {
			if other, taken := accounts[id]; taken && other != m.Key() {
				return nil, fmt.Errorf("one account at %q belongs to two people", id.Provider)
			}
			accounts[id] = m.Key()
		}
		if other := names[fold(m.Name)]; other != nil {
			b.note("Two people are called %s: tell them apart by GitHub's numbers %d and %d.", m.Name, min(m.GitHubID, other.GitHubID), max(m.GitHubID, other.GitHubID))
		}
		names[fold(m.Name)] = m
		list = append(list, *m)
	}
	slices.SortFunc(list, func(a, b Member) int {
		return cmp.Or(cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.GitHubID, b.GitHubID))
	})
	slices.Sort(b.notes)
	if len(list) == 0 {
		return nil, errors.New("nobody is listed")
	}
	if len(list) > mostPeople {
		return nil, fmt.Errorf("more than %d people", mostPeople)
	}
	return list, nil
}
