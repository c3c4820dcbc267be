package mirror

import (
	"cmp"
	"slices"
	"strings"

	"cratewarden"
)

// The least likeness by grams at which two names are compared letter by
// letter, and how many of the likest are.
const (
	leastLikeness = 0.3
	mostLike      = 200
)

// near gives the entries of an index that resemble a canonical name, with the
// reason. It looks at every name one slip away, and compares the likest, which
// it gives too.
func (x *nameIndex) near(name string) (found map[uint32]likeness, likest []alike) {
	found = map[uint32]likeness{}
	own := newAsked(name)
	consider := func(e uint32) {
		if _, seen := found[e]; seen {
			return
		}
		if l, ok := own.compare(x.at(e)); ok {
			found[e] = l
		}
	}
	all := func(entries []uint32) {
		for _, e := range entries {
			consider(e)
		}
	}
	x.slips.near(name, consider)
	all(x.folded(name))
	for _, word := range affixes {
		all(x.exact(name + "_" + word))
		all(x.exact(word + "_" + name))
		if rest, ok := strings.CutSuffix(name, "_"+word); ok {
			all(x.exact(rest))
		}
		if rest, ok := strings.CutPrefix(name, word+"_"); ok {
			all(x.exact(rest))
		}
	}
	likest = x.like(name, leastLikeness, mostLike)
	for _, a := range likest {
		consider(a.entry)
	}
	return found, likest
}

// LookalikeCrates gives crates whose names are easily taken for name: one slip
// of a finger away, with other separators, look-alike letters, swapped words or
// a common ending. The hardest to notice come first, then the most downloaded.
func (m *Mirror) LookalikeCrates(name string, limit int) []Lookalike {
	p := m.now()
	own := cratewarden.CanonName(name)
	list, asked := &ranking{limit: limit}, newAsked(own)
	near, _ := p.crates.names.near(own)
	for e, l := range near {
		if c, ok := p.bareCrate(p.crates.ids[e]); ok {
			list.add(l, Lookalike{ID: c.ID, Name: c.Name, Downloads: c.Downloads})
		}
	}
	for id, t := range p.patch.crates {
		if _, loaded := p.crates.row(id); loaded || t.gone {
			continue
		}
		if l, ok := asked.compare(t.canon); ok {
			list.add(l, Lookalike{ID: id, Name: t.crate.Name, Downloads: t.crate.Downloads})
		}
	}
	return list.best()
}

// LookalikeAccounts gives accounts with a login that is easily taken for login,
// the hardest to notice first. Downloads are the total of the crates they own.
func (m *Mirror) LookalikeAccounts(login string, limit int) []Lookalike {
	p := m.now()
	own := cratewarden.CanonName(login)
	asked := newAsked(own)
	byID := map[int32]likeness{}
	keep := func(id int32, l likeness) {
		if had, ok := byID[id]; !ok || l.rank < had.rank {
			byID[id] = l
		}
	}
	near, _ := p.accounts.logins.near(own)
	for e, l := range near {
		if id := p.accounts.ids[p.accounts.loginRow[e]]; p.patch.accounts[id] == nil {
			keep(id, l)
		}
	}
	for id, a := range p.patch.accounts {
		for _, login := range []string{a.row.Login, a.row.Username, a.row.LinkedLogin} {
			if l, ok := asked.compare(cratewarden.CanonName(login)); ok {
				keep(id, l)
			}
		}
	}
	list := &ranking{limit: limit}
	for id, l := range byID {
		a, _ := p.account(id)
		list.add(l, Lookalike{ID: id, Name: a.Login, Downloads: p.ownedDownloads(id)})
	}
	return list.best()
}

// ownedDownloads adds up the downloads of the crates an account owns now.
func (p *picture) ownedDownloads(account int32) (sum int64) {
	for _, i := range p.owners.byAccount.get(account) {
		if p.owners.flags[i]&flagFormer == 0 {
			_, downloads := p.defaultOf(p.owners.crate[i])
			sum += downloads
		}
	}
	return sum
}

// ranking sorts look-alikes.
type ranking struct {
	limit int
	items []rankedLike
}

type rankedLike struct {
	Lookalike
	rank int
}

func (r *ranking) add(l likeness, k Lookalike) {
	k.Reason = l.reason
	r.items = append(r.items, rankedLike{k, l.rank})
}

func (r *ranking) best() []Lookalike {
	slices.SortFunc(r.items, func(a, b rankedLike) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.Downloads, a.Downloads), cmp.Compare(a.ID, b.ID))
	})
	var list []Lookalike
	for _, i := range r.items[:min(len(r.items), max(r.limit, 0))] {
		list = append(list, i.Lookalike)
	}
	return list
}
