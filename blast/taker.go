package blast

import "slices"

// taker answers for one crate whether a requirement takes a fresh version: one
// that the last distance reached.
type taker struct {
	mode     Mode
	versions []candidate // in the mode Would highest first, else fresh ones alone

	crate int32
	fresh []int32 // in order of their ids
	gone  []goneVersion
	ready bool // versions are those of crate
}

type candidate struct {
	v     Version
	fresh bool
}

// takenBy: what could be chosen is any of them; what would be, the highest taken.
func (t *taker) takenBy(g Graph, r Requirement) bool {
	if !t.ready {
		t.read(g)
	}
	for i := range t.versions {
		if c := &t.versions[i]; r.Takes(c.v) {
			return t.mode == Could || c.fresh
		}
	}
	return false
}

// begin makes it the taker of a crate with these fresh versions; gone ones were
// bad and are not there any more. Nothing is read before somebody asks: of most
// crates nobody does.
func (t *taker) begin(crate int32, fresh []int32, gone []goneVersion) {
	t.crate, t.fresh, t.gone, t.ready = crate, fresh, gone, false
}

// read reads the numbers. Those that cannot be read are never taken.
func (t *taker) read(g Graph) {
	t.versions, t.ready = t.versions[:0], true
	if t.mode == Would {
		t.choose(g)
		return
	}
	for _, id := range slices.Backward(t.fresh) { // the newest are asked for most
		num, _ := g.Brief(id)
		if v, ok := ParseVersion(num); ok {
			t.versions = append(t.versions, candidate{v, true})
		}
	}
	for _, v := range t.gone {
		t.versions = append(t.versions, candidate{v.v, true})
	}
}

// choose takes all that could be chosen now.
func (t *taker) choose(g Graph) {
	g.Numbers(t.crate, func(id int32, num string, yanked bool) {
		if v, ok := ParseVersion(num); ok && !yanked {
			_, is := slices.BinarySearch(t.fresh, id)
			t.versions = append(t.versions, candidate{v, is})
		}
	})
	slices.Reverse(t.versions) // most come in order, and sorting then costs little
	slices.SortFunc(t.versions, func(a, b candidate) int { return b.v.Compare(a.v) })
}
