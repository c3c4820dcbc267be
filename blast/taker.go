package blast

import "slices"

// taker answers for one crate whether a requirement takes a fresh version: one
// that the last distance reached.
type taker struct {
	mode     Mode
	versions []candidate // read so far; in the mode Would highest first, else fresh ones alone

	crate  int32
	fresh  []int32 // in order of their ids
	unread []int32 // of fresh
	gone   []goneVersion
	chosen bool // all that the mode Would asks are read
}

type candidate struct {
	v     Version
	fresh bool
}

// takenBy: what could be chosen is any of them; what would be, the highest taken.
func (t *taker) takenBy(g Graph, r Requirement) bool {
	for i := 0; i < len(t.versions) || t.more(g); i++ {
		if c := &t.versions[i]; r.Takes(c.v) {
			return t.mode == Could || c.fresh
		}
	}
	return false
}

// begin makes it the taker of a crate with these fresh versions; gone ones were
// bad and are not there any more.
func (t *taker) begin(crate int32, fresh []int32, gone []goneVersion) {
	t.crate, t.fresh, t.unread, t.gone, t.versions, t.chosen = crate, fresh, fresh, gone, t.versions[:0], false
}

// more reads on, and says whether there was more. Nothing is read before somebody
// asks: of most crates nobody does, and of the others most requirements take the
// newest version. Numbers that cannot be read are never taken.
func (t *taker) more(g Graph) bool {
	if t.mode == Would {
		if !t.chosen {
			t.choose(g)
			return len(t.versions) > 0
		}
		return false
	}
	for last := len(t.unread) - 1; last >= 0; last-- {
		num, _ := g.Brief(t.unread[last])
		t.unread = t.unread[:last]
		if v, ok := ParseVersion(num); ok {
			t.versions = append(t.versions, candidate{v, true})
			return true
		}
	}
	if len(t.gone) == 0 {
		return false
	}
	t.versions, t.gone = append(t.versions, candidate{t.gone[0].v, true}), t.gone[1:]
	return true
}

// choose takes all that could be chosen now.
func (t *taker) choose(g Graph) {
	t.chosen = true
	g.Numbers(t.crate, func(id int32, num string, yanked bool) {
		if v, ok := ParseVersion(num); ok && !yanked {
			_, is := slices.BinarySearch(t.fresh, id)
			t.versions = append(t.versions, candidate{v, is})
		}
	})
	slices.Reverse(t.versions) // most come in order, and sorting then costs little
	slices.SortFunc(t.versions, func(a, b candidate) int { return b.v.Compare(a.v) })
}
