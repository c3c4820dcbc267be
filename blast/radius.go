package blast

import (
	"context"
	"slices"

	"cratewarden"
)

// hit is how a version is reached; distance 0 is of one that is not.
type hit struct {
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
	shut        // it does not count: bad itself, gone, or yanked
	ways        = wayNormal | wayBuild | wayDev | wayRequired
)

// search is one walk outwards from the bad versions, distance by distance.
//
// What makes it fast is that it asks bundles and not dependencies: a bundle is
// asked while no fresh version was taken by it, and when one was, all its
// versions are reached and it is never looked at again.
type search struct {
	ctx  context.Context
	g    Graph
	q    Query
	all  *Depending
	hits []hit   // by place
	seen []uint8 // by place
	// found are the places that the present distance reached first.
	found set
	// farthest is the largest distance that was gone to.
	farthest int32
	// later is the distance of what development reached first and others build
	// from farther away.
	later map[uint32]int32
	spent set // bundles that have nothing more to tell
	// next are those that the present distance added and the next one starts from.
	next  set
	more  int     // how many these are
	count []int32 // by place of crates, how many of next they have
	fresh taker   // of the crate that is spread from

	follow  [Dev + 1]bool
	read    []Requirement // by number, once asked for
	state   []uint8
	memo    []uint32 // by requirement: round<<1 | taken
	round   uint32
	work    int
	unread  map[[2]uint32]bool // by place and requirement
	stopped error
}

const (
	notRead uint8 = iota
	readable
	unreadable
)

// walk finds everything that a normal query reaches.
func walk(ctx context.Context, g Graph, q Query, sources []source) (*search, error) {
	all := g.Depending()
	s := &search{ctx: ctx, g: g, q: q, all: all, hits: make([]hit, len(all.Version)), seen: make([]uint8, len(all.Version)), later: map[uint32]int32{},
		spent: newSet(g.Bundles()), found: newSet(len(all.Version)), next: newSet(len(all.Version)), count: make([]int32, len(all.Crates)),
		fresh: taker{mode: q.Mode, numbers: newReader(g)},
		read:  make([]Requirement, g.Requirements()), state: make([]uint8, g.Requirements()), memo: make([]uint32, g.Requirements()), unread: map[[2]uint32]bool{}}
	for _, k := range q.Kinds {
		s.follow[k] = true
	}
	s.shutOut(sources)
	for _, src := range sources {
		s.fresh.begin(src.crate.ID, src.numbered(g), src.gone)
		s.spread(src.crate.ID, 1)
	}
	s.farthest = 1
	for s.more > 0 && s.stopped == nil && (q.Depth == 0 || s.farthest < int32(q.Depth)) {
		s.farthest++
		s.step(s.farthest)
	}
	if s.stopped != nil {
		return nil, cratewarden.Wrap(s.stopped, cratewarden.Timeout, "Finding everything that depends on these versions took too long. Ask for a smaller distance.")
	}
	return s, nil
}

// numbered gives the bad versions that are there with their numbers.
func (s *source) numbered(g Graph) (list []numbered) {
	g.Numbers(s.crate.ID, func(id int32, number uint32, _ bool) {
		if _, bad := slices.BinarySearch(s.ids, id); bad {
			list = append(list, numbered{id, number})
		}
	})
	return list
}

// shutOut marks the versions that are never hit.
func (s *search) shutOut(sources []source) {
	bad := map[int32][]int32{}
	for _, src := range sources {
		bad[src.crate.ID] = src.ids
	}
	isBad := newSet(len(s.all.Crates))
	for at, id := range s.all.Crates {
		if len(bad[id]) > 0 {
			isBad.add(uint32(at))
		}
	}
	for place, crate := range s.all.Crate {
		if crate == Nowhere || s.all.Yanked[place] && !s.q.Locked {
			s.seen[place] = shut
		} else if isBad.has(crate) {
			if _, is := slices.BinarySearch(bad[s.all.Crates[crate]], s.all.Version[place]); is {
				s.seen[place] = shut
			}
		}
	}
}

// step goes on from the versions that the last distance reached, crate by crate.
func (s *search) step(distance int32) {
	s.found.each(func(place uint32) { s.seen[place] |= settled })
	clear(s.found)
	versions := s.front()
	for crate, n := range s.count {
		if n == 0 {
			continue
		}
		s.count[crate] = 0
		if s.stopped == nil {
			s.stopped = s.ctx.Err()
		}
		if s.stopped == nil {
			s.fresh.begin(s.all.Crates[crate], versions[:n], nil)
			s.spread(s.all.Crates[crate], distance)
		}
		versions = versions[n:]
	}
}

// front empties next and gives its versions by crate, and in count how many of
// each there are.
func (s *search) front() []numbered {
	s.next.each(func(place uint32) { s.count[s.all.Crate[place]]++ })
	at, sum := make([]int32, len(s.count)), int32(0)
	for crate, n := range s.count {
		at[crate] = sum
		sum += n
	}
	versions := make([]numbered, sum)
	s.next.each(func(place uint32) {
		crate := s.all.Crate[place]
		number, _ := s.g.Figures(place)
		versions[at[crate]] = numbered{s.all.Version[place], number}
		at[crate]++
	})
	clear(s.next)
	s.more = 0
	return versions
}

// patience is after how many dependencies the context is looked at.
const patience = 1 << 16

// spread reaches what depends on a crate and takes one of its fresh versions.
func (s *search) spread(crate, distance int32) {
	s.round++
	s.g.Dependents(crate, func(b Bundle) bool {
		if b.Kind > Dev || !s.follow[b.Kind] || b.Optional && s.q.Required || b.Number != Alone && s.spent.has(uint32(b.Number)) {
			return true
		}
		if !s.takes(b) {
			return true
		}
		if b.Number != Alone {
			s.spent.add(uint32(b.Number))
		}
		s.reach(b, crate, distance)
		if s.work += len(b.Places); s.work >= patience {
			s.work, s.stopped = 0, s.ctx.Err()
		}
		return s.stopped == nil
	})
}

// reach notes that the versions of a bundle are hit.
func (s *search) reach(b Bundle, through, distance int32) {
	way := uint8(1) << b.Kind
	if !b.Optional {
		way |= wayRequired
	}
	enough := settled | others
	if b.Kind == Dev {
		enough = settled
	}
	for _, place := range b.Places {
		seen := s.seen[place]
		if seen&shut != 0 || seen&enough == enough {
			continue
		}
		if seen == 0 {
			s.hits[place] = hit{distance, through, b.Requirement}
			s.found.add(place)
		}
		now := seen
		if seen&settled == 0 {
			now |= way
		}
		if b.Kind != Dev && seen&others == 0 {
			now |= others
			s.next.add(place)
			s.more++
			if seen&settled != 0 {
				s.later[place] = distance
			}
		}
		s.seen[place] = now
	}
}

// takes asks whether a bundle's requirement takes one of the fresh versions. On
// one crate a few bundles ask with the same words, so the answer is kept.
func (s *search) takes(b Bundle) bool {
	n := b.Requirement
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
		for _, place := range b.Places {
			if s.seen[place]&shut == 0 {
				s.unread[[2]uint32{place, n}] = true
			}
		}
		if b.Number != Alone {
			s.spent.add(uint32(b.Number))
		}
		return false
	}
	s.memo[n] = s.round << 1
	if s.fresh.takenBy(&s.read[n]) {
		s.memo[n] |= 1
		return true
	}
	return false
}

// unclear counts the dependencies that cannot be read, of versions that nothing
// else reaches.
func (s *search) unclear() (n int) {
	for at := range s.unread {
		if s.seen[at[0]]&others == 0 {
			n++
		}
	}
	return n
}
