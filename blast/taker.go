package blast

import (
	"cmp"
	"slices"
)

// taker answers for one crate whether a requirement takes a fresh version: one
// that the last distance reached.
type taker struct {
	mode     Mode
	numbers  reader
	versions []candidate // read so far; in the mode Would highest first, else fresh ones alone

	crate  int32
	fresh  []numbered // in order of their ids
	unread []numbered // of fresh
	gone   []goneVersion
	chosen bool // all that the mode Would asks are read
}

// numbered is a version with the graph's number of its text.
type numbered struct {
	id     int32
	number uint32
}

type candidate struct {
	v     *Version
	fresh bool
}

// takenBy: what could be chosen is any of them; what would be, the highest taken.
func (t *taker) takenBy(r *Requirement) bool {
	for i := 0; i < len(t.versions) || t.more(); i++ {
		if c := &t.versions[i]; r.Takes(*c.v) {
			return t.mode == Could || c.fresh
		}
	}
	return false
}

// begin makes it the taker of a crate with these fresh versions; gone ones were
// bad and are not there any more.
func (t *taker) begin(crate int32, fresh []numbered, gone []goneVersion) {
	if order := func(a, b numbered) int { return cmp.Compare(a.id, b.id) }; !slices.IsSortedFunc(fresh, order) {
		slices.SortFunc(fresh, order) // a graph has its newest changes at the end
	}
	t.crate, t.fresh, t.unread, t.gone, t.versions, t.chosen = crate, fresh, fresh, gone, t.versions[:0], false
}

// more reads on, and says whether there was more. Nothing is read before somebody
// asks: of most crates nobody does, and of the others most requirements take the
// newest version. Numbers that cannot be read are never taken.
func (t *taker) more() bool {
	if t.mode == Would {
		if !t.chosen {
			t.choose()
			return len(t.versions) > 0
		}
		return false
	}
	for last := len(t.unread) - 1; last >= 0; last-- {
		number := t.unread[last].number
		t.unread = t.unread[:last]
		if v := t.numbers.version(number); v != nil {
			t.versions = append(t.versions, candidate{v, true})
			return true
		}
	}
	if len(t.gone) == 0 {
		return false
	}
	t.versions, t.gone = append(t.versions, candidate{&t.gone[0].v, true}), t.gone[1:]
	return true
}

// choose takes all that could be chosen now.
func (t *taker) choose() {
	t.chosen = true
	t.numbers.g.Numbers(t.crate, func(id int32, number uint32, yanked bool) {
		if yanked {
			return
		}
		if v := t.numbers.version(number); v != nil {
			_, is := slices.BinarySearchFunc(t.fresh, id, func(f numbered, id int32) int { return cmp.Compare(f.id, id) })
			t.versions = append(t.versions, candidate{v, is})
		}
	})
	slices.Reverse(t.versions) // most come in order, and sorting then costs little
	slices.SortFunc(t.versions, func(a, b candidate) int { return b.v.Compare(*a.v) })
}

// reader reads the numbers of versions, each text once: a million versions share
// some ten thousand.
type reader struct {
	g    Graph
	read []Version
	// state is by text: notRead, readable or unreadable.
	state []uint8
}

func newReader(g Graph) reader {
	n := g.NumberCount()
	return reader{g, make([]Version, n), make([]uint8, n)}
}

// version gives the version of a text, nil when it cannot be read.
func (n *reader) version(number uint32) *Version {
	if n.state[number] == notRead {
		v, ok := ParseVersion(n.g.Number(number))
		n.read[number], n.state[number] = v, unreadable
		if ok {
			n.state[number] = readable
		}
	}
	if n.state[number] == unreadable {
		return nil
	}
	return &n.read[number]
}
