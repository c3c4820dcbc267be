package blast

import (
	"context"
	"slices"

	"cratewarden"
)

// hit is a version that is reached.
type hit struct {
	version, crate int32
	// distance is how many dependencies lead to a bad version, 0 for one itself.
	distance int32
	// through is the crate that it was first reached through, by requirement.
	through     int32
	requirement uint32
}

// What is kept of a version while the search goes on, in a byte: the ways that
// lead to it from the distance before, and how far it is.
const (
	wayNormal uint8 = 1 << iota
	wayBuild
	wayDev
	wayRequired // at least one of them is not optional
	others      // it is reached by what others build, not by development alone
	settled     // at a smaller distance; its ways stay
	ways        = wayNormal | wayBuild | wayDev | wayRequired
)

// search is one walk outwards from the bad versions, distance by distance.
type search struct {
	ctx  context.Context
	g    Graph
	q    Query
	hits []hit
	// settled is how many of hits are of smaller distances than the present.
	settled int
	at      pages[int32] // by version: its place in hits, counted from 1
	seen    pages[uint8] // by version; small, since every dependency asks it
	// later is the distance of what development reached first and others build
	// from farther away.
	later map[int32]int32
	// done are the versions about which nothing more is to be found out: reached,
	// at a smaller distance, by what others build.
	done Set
	// next are those that the present distance added, as crate<<32 | version.
	next  []uint64
	fresh taker // of the crate that is spread from

	follow  [Dev + 1]bool
	read    []Requirement // by number, once asked for
	state   []uint8
	memo    []uint32 // by requirement: round<<1 | taken
	round   uint32
	edges   int
	unread  map[[2]int32]bool
	stopped error
}

const (
	notRead uint8 = iota
	readable
	unreadable
)

// walk finds everything that a normal query reaches. The first hits are the bad
// versions that are there.
func walk(ctx context.Context, g Graph, q Query, sources []source) (*search, error) {
	s := &search{ctx: ctx, g: g, q: q, read: make([]Requirement, g.Requirements()), state: make([]uint8, g.Requirements()),
		memo: make([]uint32, g.Requirements()), unread: map[[2]int32]bool{}, fresh: taker{mode: q.Mode}, later: map[int32]int32{}}
	for _, k := range q.Kinds {
		s.follow[k] = true
	}
	for _, src := range sources {
		for _, id := range src.ids {
			s.hits = append(s.hits, hit{version: id, crate: src.crate.ID})
			s.at.set(id, int32(len(s.hits)))
			s.done.Add(id)
		}
	}
	for _, src := range sources {
		s.fresh.begin(src.crate.ID, src.ids, src.gone)
		s.spread(src.crate.ID, 1)
	}
	for distance := int32(2); len(s.next) > 0 && s.stopped == nil && (q.Depth == 0 || distance <= int32(q.Depth)); distance++ {
		s.step(distance)
	}
	if s.stopped != nil {
		return nil, cratewarden.Wrap(s.stopped, cratewarden.Timeout, "Finding everything that depends on these versions took too long. Ask for a smaller distance.")
	}
	return s, nil
}

// step goes on from the versions that the last distance reached, crate by crate.
func (s *search) step(distance int32) {
	front := s.next
	s.next = nil
	for ; s.settled < len(s.hits); s.settled++ {
		version := s.hits[s.settled].version
		s.seen.set(version, s.seen.get(version)|settled)
	}
	slices.Sort(front)
	for _, f := range front {
		s.done.Add(int32(f))
	}
	var ids []int32
	for len(front) > 0 && s.stopped == nil {
		s.stopped = s.ctx.Err()
		crate := int32(front[0] >> 32)
		ids = ids[:0]
		for len(front) > 0 && int32(front[0]>>32) == crate {
			ids, front = append(ids, int32(front[0])), front[1:]
		}
		s.fresh.begin(crate, ids, nil)
		s.spread(crate, distance)
	}
}

// patience is after how many dependencies the context is looked at.
const patience = 1 << 16

// spread reaches what depends on a crate and takes one of its fresh versions.
func (s *search) spread(crate, distance int32) {
	s.round++
	s.g.Dependents(crate, &s.done, func(e Edge) bool {
		if s.edges++; s.edges%patience == 0 && s.ctx.Err() != nil {
			s.stopped = s.ctx.Err()
			return false
		}
		if e.Kind > Dev || !s.follow[e.Kind] || e.Optional && s.q.Required || e.Yanked && !s.q.Locked {
			return true
		}
		if s.takes(e) {
			s.reach(e, crate, distance)
		}
		return true
	})
}

// reach notes that an edge leads to a hit version.
func (s *search) reach(e Edge, through, distance int32) {
	seen := s.seen.get(e.Version)
	now := seen
	if seen == 0 {
		s.hits = append(s.hits, hit{version: e.Version, crate: e.Crate, distance: distance, through: through, requirement: e.Requirement})
		s.at.set(e.Version, int32(len(s.hits)))
	}
	if seen&settled == 0 {
		now |= 1 << e.Kind
		if !e.Optional {
			now |= wayRequired
		}
	}
	if e.Kind != Dev && seen&others == 0 {
		now |= others
		s.next = append(s.next, uint64(e.Crate)<<32|uint64(e.Version))
		if seen&settled != 0 {
			s.later[e.Version] = distance
		}
	}
	if now != seen {
		s.seen.set(e.Version, now)
	}
}

// takes asks whether an edge's requirement takes one of the fresh versions. Of
// one crate many versions ask with the same words, so the answer is kept.
func (s *search) takes(e Edge) bool {
	n := e.Requirement
	if m := s.memo[n]; m>>1 == s.round {
		return m&1 != 0
	}
	if s.state[n] == notRead {
		r, ok := ParseRequirement(s.g.Requirement(n))
		s.read[n], s.state[n] = r, unreadable
		if ok {
			s.state[n] = readable
		}
	}
	if s.state[n] == unreadable {
		s.unread[[2]int32{e.Version, int32(n)}] = true
		return false
	}
	s.memo[n] = s.round << 1
	if s.fresh.takenBy(s.g, s.read[n]) {
		s.memo[n] |= 1
		return true
	}
	return false
}

// pages hold a number for each of many ids without room for all ids there could
// be: a registry counts its versions from 1 up, but may have begun elsewhere.
type pages[T int32 | uint8] struct{ list [][]T }

const pageBits = 16

func (p *pages[T]) get(id int32) T {
	page := int(uint32(id) >> pageBits)
	if page >= len(p.list) || p.list[page] == nil {
		return 0
	}
	return p.list[page][id&(1<<pageBits-1)]
}

func (p *pages[T]) set(id int32, value T) {
	page := int(uint32(id) >> pageBits)
	for page >= len(p.list) {
		p.list = append(p.list, nil)
	}
	if p.list[page] == nil {
		p.list[page] = make([]T, 1<<pageBits)
	}
	p.list[page][id&(1<<pageBits-1)] = value
}

// each visits the ids that have a number, in order.
func (p *pages[T]) each(visit func(id int32, value T)) {
	for page, list := range p.list {
		for i, value := range list {
			if value != 0 {
				visit(int32(page<<pageBits|i), value)
			}
		}
	}
}
