package blast

import (
	"context"
	"slices"

	"cratewarden"
)

// hit is a version that is reached.
type hit struct {
	version, crate int32
	// distance is how many dependencies lead to a bad version, 0 for one itself;
	// full is the same by normal and build dependencies alone, which is what
	// others build, or never.
	distance, full int32
	ways           uint8
	// through is the crate that it was first reached through, by requirement.
	through     int32
	requirement uint32
}

// never is the distance of what only a development dependency reaches.
const never = -1

// The ways that lead to a hit version from the distance before.
const (
	wayNormal uint8 = 1 << iota
	wayBuild
	wayDev
	wayRequired // at least one of them is not optional
)

// search is one walk outwards from the bad versions, distance by distance.
type search struct {
	ctx  context.Context
	g    Graph
	q    Query
	hits []hit
	at   pages // by version: its place in hits, counted from 1
	next []int32

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
		memo: make([]uint32, g.Requirements()), unread: map[[2]int32]bool{}}
	for _, k := range q.Kinds {
		s.follow[k] = true
	}
	for _, src := range sources {
		for _, id := range src.ids {
			s.hits = append(s.hits, hit{version: id, crate: src.crate.ID})
			s.at.set(id, int32(len(s.hits)))
		}
	}
	for _, src := range sources {
		s.spread(src.crate.ID, s.taker(src.crate.ID, src.ids, src.gone), 1)
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
	slices.SortFunc(front, func(a, b int32) int {
		x, y := &s.hits[a], &s.hits[b]
		if x.crate != y.crate {
			return int(x.crate) - int(y.crate)
		}
		return int(x.version) - int(y.version)
	})
	for len(front) > 0 && s.stopped == nil {
		crate, n := s.hits[front[0]].crate, 1
		for n < len(front) && s.hits[front[n]].crate == crate {
			n++
		}
		ids := make([]int32, n)
		for i, at := range front[:n] {
			ids[i] = s.hits[at].version
		}
		front = front[n:]
		s.spread(crate, s.taker(crate, ids, nil), distance)
	}
}

// patience is after how many dependencies the context is looked at.
const patience = 1 << 16

// spread reaches what depends on a crate and takes one of its fresh versions.
func (s *search) spread(crate int32, fresh taker, distance int32) {
	s.round++
	s.g.Dependents(crate, func(e Edge) bool {
		if s.edges++; s.edges%patience == 0 && s.ctx.Err() != nil {
			s.stopped = s.ctx.Err()
			return false
		}
		if e.Kind > Dev || !s.follow[e.Kind] || e.Optional && s.q.Required || e.Yanked && !s.q.Locked {
			return true
		}
		at := s.at.get(e.Version)
		if at > 0 {
			if h := &s.hits[at-1]; h.distance < distance && (e.Kind == Dev || h.full != never) {
				return true // reached before, by a shorter way
			}
		}
		if s.takes(fresh, e) {
			s.reach(e, at, crate, distance)
		}
		return true
	})
}

// reach notes that an edge leads to a hit version.
func (s *search) reach(e Edge, at, through, distance int32) {
	if at == 0 {
		s.hits = append(s.hits, hit{version: e.Version, crate: e.Crate, distance: distance, full: never, through: through, requirement: e.Requirement})
		at = int32(len(s.hits))
		s.at.set(e.Version, at)
	}
	h := &s.hits[at-1]
	if h.distance == distance {
		h.ways |= 1 << e.Kind
		if !e.Optional {
			h.ways |= wayRequired
		}
	}
	if e.Kind != Dev && h.full == never {
		h.full = distance
		s.next = append(s.next, at-1)
	}
}

// takes asks whether an edge's requirement takes one of the fresh versions. Of
// one crate many versions ask with the same words, so the answer is kept.
func (s *search) takes(fresh taker, e Edge) bool {
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
	if fresh.takenBy(s.read[n]) {
		s.memo[n] |= 1
		return true
	}
	return false
}

// pages hold a number for each of many ids without room for all ids there could
// be: a registry counts its versions from 1 up, but may have begun elsewhere.
type pages struct{ list [][]int32 }

const pageBits = 16

func (p *pages) get(id int32) int32 {
	page := int(uint32(id) >> pageBits)
	if page >= len(p.list) || p.list[page] == nil {
		return 0
	}
	return p.list[page][id&(1<<pageBits-1)]
}

func (p *pages) set(id, value int32) {
	page := int(uint32(id) >> pageBits)
	for page >= len(p.list) {
		p.list = append(p.list, nil)
	}
	if p.list[page] == nil {
		p.list[page] = make([]int32, 1<<pageBits)
	}
	p.list[page][id&(1<<pageBits-1)] = value
}
