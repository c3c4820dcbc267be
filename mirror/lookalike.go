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
func (x *nameIndex) near(name string) (found resembling, likest []alike) {
	found = newResembling(x, name)
	found.related()
	likest = x.like(name, leastLikeness, mostLike, anyLength)
	for _, a := range likest {
		found.consider(a.entry)
	}
	return found, likest
}

// lookalikes is near without the likest, which spares it those names of which
// only the likeness of their letters could be said.
func (x *nameIndex) lookalikes(name string) resembling {
	found := newResembling(x, name)
	found.related()
	found.numbered()
	// What is left are words in another order, which have the same length, and
	// names in which two letters differ.
	for _, a := range x.like(name, leastLikeness, mostLike, lengths{len(name) - 2, len(name) + 2}) {
		found.consider(a.entry)
	}
	return found
}

// resembling gathers the entries of an index that resemble a name.
type resembling struct {
	index *nameIndex
	name  string
	asked *asked
	found map[uint32]likeness
}

func newResembling(x *nameIndex, name string) resembling {
	return resembling{x, name, newAsked(name), map[uint32]likeness{}}
}

func (r resembling) consider(e uint32) {
	if _, seen := r.found[e]; seen {
		return
	}
	if l, ok := r.asked.compare(r.index.at(e)); ok {
		r.found[e] = l
	}
}

func (r resembling) all(entries []uint32) {
	for _, e := range entries {
		r.consider(e)
	}
}

// related considers what look-ups lead to: names one slip away, those that look
// the same, and those with or without a common ending.
func (r resembling) related() {
	x, name := r.index, r.name
	x.slips.near(name, r.consider)
	r.all(x.folded(name))
	for _, word := range affixes {
		x.same(name+"_"+word, r.consider)
		x.same(word+"_"+name, r.consider)
		if rest, ok := strings.CutSuffix(name, "_"+word); ok {
			x.same(rest, r.consider)
		}
		if rest, ok := strings.CutPrefix(name, word+"_"); ok {
			x.same(rest, r.consider)
		}
	}
}

// mostNumbered bounds how many names that differ by a number are considered.
const mostNumbered = 500

// numbered considers the names that differ by the number at their end.
func (r resembling) numbered() {
	stem := r.name[:r.asked.stem]
	if len(stem) < 2 {
		return
	}
	r.index.same(stem, r.consider)
	r.index.same(stem+"_", r.consider)
	for _, separator := range []string{"", "_"} {
		left := mostNumbered
		// Digits sort together, right before the colon.
		for _, ref := range r.index.between(stem+separator+"0", stem+separator+":") {
			if ref&offsetMask == 0 && left > 0 {
				left--
				r.consider(ref >> offsetBits)
			}
		}
	}
}

// LookalikeCrates gives crates whose names are easily taken for name: one slip
// of a finger away, with other separators, look-alike letters, swapped words or
// a common ending. The hardest to notice come first, then the most downloaded.
func (m *Mirror) LookalikeCrates(name string, limit int) []Lookalike {
	p := m.now()
	own := cratewarden.CanonName(name)
	list, asked := &ranking{limit: limit}, newAsked(own)
	for e, l := range p.crates.names.lookalikes(own).found {
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
	for e, l := range p.accounts.logins.lookalikes(own).found {
		if id := p.accounts.ids[p.accounts.loginRow[e]]; p.patch.accounts[id] == nil {
			keep(id, l)
		}
	}
	for id, a := range p.patch.accounts {
		for _, canon := range a.row.canons {
			if l, ok := asked.compare(canon); ok {
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
