package mirror

import (
	"context"
	"maps"
	"slices"

	"cratewarden/registry/bulk"
)

// poll asks for what came since the last poll, reads the crates it touches
// whole, and shows the result.
func (m *Mirror) poll(ctx context.Context) error {
	m.mu.Lock()
	mark := m.trail.mark
	m.mu.Unlock()
	c, err := m.source.Changes(ctx, mark)
	if err != nil {
		return err
	}
	p := m.now()
	asked := p.touchedBy(c)
	crates, err := m.touch(ctx, asked)
	if err != nil {
		return err
	}
	accounts, tokens := m.newPeople(p, c)
	fresh := p.newActions(c)
	teams := p.newTeams(c)
	deleted := p.newDeleted(c)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(crates)+len(accounts)+len(tokens)+len(fresh)+len(teams)+len(deleted) > 0 {
		m.change("", func(next *picture) {
			next.setCrates(crates, m.era)
			next.patch.accounts = overlay(next.patch.accounts, accounts, m.era)
			next.patch.tokens = overlay(next.patch.tokens, tokens, m.era)
			next.setActions(fresh)
			next.addNames(deleted)
			next.addTeams(teams)
		})
	}
	m.trail.advance(c)
	// More crates than one poll lists were changed at once, by hand no doubt:
	// those behind the limit are found by reading everything.
	m.trail.again = m.trail.again || len(c.Crates) == bulk.PageRows && len(asked) > 0
	m.status.FreshAt = instant(c.Head.Now)
	return nil
}

// touchBatch bounds how many crates one question reads.
const touchBatch = 500

// touch reads crates whole.
func (m *Mirror) touch(ctx context.Context, ids []int32) (map[int32]*touched, error) {
	all := map[int32]*touched{}
	known := m.now().hasDependencies
	for batch := range slices.Chunk(ids, touchBatch) {
		c, err := m.source.Touched(ctx, batch, known)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, newTouched(batch, c, !m.config.Dump, known))
	}
	return all, nil
}

// hasDependencies says whether the table holds a version's dependencies, which
// never change. A version without any is asked for again; that costs little.
func (p *picture) hasDependencies(version int32) bool {
	_, ok := slices.BinarySearch(p.deps.version, version)
	return ok
}

// touchedBy gives the crates that changes are about and that the picture does
// not show so already.
func (p *picture) touchedBy(c *bulk.Changes) []int32 {
	ids := map[int32]bool{}
	for _, v := range c.Versions {
		if !p.holdsVersion(v[0]) {
			ids[v[1]] = true
		}
	}
	for _, t := range c.Crates {
		if shown, ok := p.bareCrate(t.ID); !ok || micros(shown.UpdatedAt) != t.Updated {
			ids[t.ID] = true
		}
	}
	for _, a := range c.Actions {
		if a.Crate != 0 && !p.hasAction(a.ID) {
			ids[a.Crate] = true
		}
	}
	for _, d := range c.Deleted {
		if !p.knowsDeletion(d.ID) {
			if id := p.crateID(canon(d.Name)); id != 0 {
				ids[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// holdsVersion says whether a version is in the picture, whatever is loaded.
func (p *picture) holdsVersion(id int32) bool {
	if row, ok := p.versions.row(id); ok && !p.masked.has(p.versions.slot[row]) {
		return true
	}
	return p.patch.version(id) != nil
}

func (p *picture) knowsDeletion(id int32) bool {
	_, ok := slices.BinarySearchFunc(p.names.deleted, id, func(d DeletedName, id int32) int { return int(d.ID) - int(id) })
	return ok
}

func (m *Mirror) newPeople(p *picture, c *bulk.Changes) (map[int32]*stamped[accountRow], map[int32]*stamped[Token]) {
	hasher := newMailHasher(m.config.MailKey)
	accounts := map[int32]*stamped[accountRow]{}
	for _, a := range c.Accounts {
		if _, known := p.account(a.ID); !known {
			accounts[a.ID] = patchedAccount(a, hasher)
		}
	}
	tokens := map[int32]*stamped[Token]{}
	for _, k := range c.Tokens {
		if _, known := p.token(k.ID); !known && !m.config.Dump {
			tokens[k.ID] = &stamped[Token]{row: tokenOf(k)}
		}
	}
	return accounts, tokens
}

// newActions leaves actions out of a public dump's picture: there are none.
func (p *picture) newActions(c *bulk.Changes) (fresh []Action) {
	for _, a := range c.Actions {
		if p.hidden && !p.hasAction(a.ID) {
			fresh = append(fresh, actionOf(a.Action))
		}
	}
	return fresh
}

func (p *picture) newTeams(c *bulk.Changes) (fresh []Team) {
	for _, t := range c.Teams {
		if team := teamOf(t); p.teams[team.ID] != team {
			fresh = append(fresh, team)
		}
	}
	return fresh
}

func (p *picture) newDeleted(c *bulk.Changes) (fresh []DeletedName) {
	for _, d := range c.Deleted {
		if !p.knowsDeletion(d.ID) {
			fresh = append(fresh, deletedOf(d))
		}
	}
	return fresh
}

// overlay gives a map with rows put over those of base, which stays as it is.
func overlay[T any](base, rows map[int32]*stamped[T], era int64) map[int32]*stamped[T] {
	if len(rows) == 0 {
		return base
	}
	all := maps.Clone(base)
	if all == nil {
		all = map[int32]*stamped[T]{}
	}
	for id, r := range rows {
		r.stamp = era
		all[id] = r
	}
	return all
}

func (p *picture) addTeams(fresh []Team) {
	if len(fresh) == 0 {
		return
	}
	p.teams = maps.Clone(p.teams)
	for _, t := range fresh {
		p.teams[t.ID] = t
	}
}

func (p *picture) addNames(fresh []DeletedName) {
	if len(fresh) == 0 {
		return
	}
	all := append(slices.Clone(p.names.deleted), fresh...)
	slices.SortFunc(all, func(a, b DeletedName) int { return int(a.ID) - int(b.ID) })
	p.names = newNameTable(all, p.names.reserved)
}
