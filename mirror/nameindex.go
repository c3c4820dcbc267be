package mirror

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
)

// nameIndex finds canonical names: exactly, by their start, by the start of a
// word in them, by likeness (grams.go), and by their folded form. It is built
// once and never changed. Entry i is the i-th name it was given.
type nameIndex struct {
	names texts
	count int
	// words holds entry<<6|offset of every word start below 64, sorted by the
	// text from there on, so that one binary search finds both the names and
	// the words that start with something.
	words []uint32
	// folds holds hash(fold)<<32|entry, sorted.
	folds []uint64
	seed  maphash.Seed
	slips slipIndex
	grams gramIndex
}

const (
	offsetBits = 6
	offsetMask = 1<<offsetBits - 1
)

func newNameIndex(count int, name func(i int) string) *nameIndex {
	x := &nameIndex{count: count, seed: maphash.MakeSeed()}
	b := &textBuilder{ends: make([]uint32, 0, count)}
	for i := range count {
		s := name(i)
		b.all = append(b.all, s...)
		b.ends = append(b.ends, uint32(len(b.all)))
	}
	x.names = b.done()
	x.buildWords()
	x.folds = make([]uint64, count)
	for i := range count {
		x.folds[i] = uint64(x.foldHash(x.at(uint32(i))))<<32 | uint64(i)
	}
	slices.Sort(x.folds)
	x.slips = newSlipIndex(count, func(i int) string { return x.at(uint32(i)) })
	x.grams = newGramIndex(count, func(i int) string { return x.at(uint32(i)) })
	return x
}

// at gives the canonical name of an entry.
func (x *nameIndex) at(entry uint32) string { return x.names.at(entry) }

func (x *nameIndex) suffix(ref uint32) string { return x.at(ref >> offsetBits)[ref&offsetMask:] }

// buildWords sorts by the first eight bytes as a number and looks at the rest
// of the text only where those are equal, which is several times faster than
// comparing strings.
func (x *nameIndex) buildWords() {
	type entry struct {
		head uint64
		ref  uint32
	}
	list := make([]entry, 0, 2*x.count)
	for i := range uint32(x.count) {
		name := x.at(i)
		for at := 0; at < len(name) && at <= offsetMask; at++ {
			if at == 0 || name[at-1] == '_' && name[at] != '_' {
				list = append(list, entry{head(name[at:]), i<<offsetBits | uint32(at)})
			}
		}
	}
	slices.SortFunc(list, func(a, b entry) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(strings.Compare(x.suffix(a.ref), x.suffix(b.ref)),
			cmp.Compare(a.ref&offsetMask, b.ref&offsetMask), cmp.Compare(a.ref, b.ref))
	})
	x.words = make([]uint32, len(list))
	for i, e := range list {
		x.words[i] = e.ref
	}
}

func head(s string) uint64 {
	var b [8]byte
	copy(b[:], s)
	return binary.BigEndian.Uint64(b[:])
}

// starting gives the word starts whose text starts with prefix, in the order
// of that text; whole equal names come first.
func (x *nameIndex) starting(prefix string) []uint32 {
	low, _ := slices.BinarySearchFunc(x.words, prefix, func(ref uint32, p string) int {
		return strings.Compare(x.suffix(ref), p)
	})
	rest := x.words[low:]
	high, _ := slices.BinarySearchFunc(rest, prefix, func(ref uint32, p string) int {
		if strings.HasPrefix(x.suffix(ref), p) {
			return -1
		}
		return 1
	})
	return rest[:high]
}

// between gives the word starts whose text is at least from and less than to.
func (x *nameIndex) between(from, to string) []uint32 {
	before := func(ref uint32, text string) int { return strings.Compare(x.suffix(ref), text) }
	low, _ := slices.BinarySearchFunc(x.words, from, before)
	high, _ := slices.BinarySearchFunc(x.words[low:], to, before)
	return x.words[low : low+high]
}

// exact gives the entries whose whole name is name.
func (x *nameIndex) exact(name string) []uint32 {
	if name == "" {
		return nil
	}
	var found []uint32
	x.same(name, func(e uint32) { found = append(found, e) })
	return found
}

// same gives the entries whose whole name is name, as exact does, by one search
// among numbers in place of two among texts.
func (x *nameIndex) same(name string, visit func(entry uint32)) {
	hash := uint64(x.foldHash(name))
	at, _ := slices.BinarySearch(x.folds, hash<<32)
	for ; at < len(x.folds) && x.folds[at]>>32 == hash; at++ {
		if entry := uint32(x.folds[at]); x.at(entry) == name {
			visit(entry)
		}
	}
}

// foldName gives the form under which names look the same at a glance: no
// separators, and letters and digits that are easily taken for one another
// made equal (research: warehouse's ultra-normalised names, with rn and vv).
func foldName(name string) string {
	var room [maxGrams]byte
	return string(appendFold(room[:0], name))
}

func appendFold(b []byte, name string) []byte {
	for i := 0; i < len(name); {
		c, next := foldAt(name, i)
		if i = next; c != 0 {
			b = append(b, c)
		}
	}
	return b
}

// foldAt gives the folded letter at a place, 0 for none, and the next place.
func foldAt(name string, i int) (c byte, next int) {
	if c = name[i]; c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	i++
	switch {
	case c == '_' || c == '-':
		return 0, i
	case c == '0':
		return 'o', i
	case c == '1' || c == 'i':
		return 'l', i
	case c == 'r' && i < len(name) && name[i] == 'n':
		return 'm', i + 1
	case c == 'v' && i < len(name) && name[i] == 'v':
		return 'w', i + 1
	}
	return c, i
}

// looksLike says whether a name's folded form is fold.
func looksLike(fold, name string) bool {
	at := 0
	for i := 0; i < len(name); {
		c, next := foldAt(name, i)
		i = next
		if c == 0 {
			continue
		}
		if at == len(fold) || fold[at] != c {
			return false
		}
		at++
	}
	return at == len(fold)
}

func (x *nameIndex) foldHash(name string) uint32 {
	var room [maxGrams]byte
	return uint32(maphash.Bytes(x.seed, appendFold(room[:0], name)))
}

// folded gives the entries that look like name at a glance.
func (x *nameIndex) folded(name string) []uint32 {
	var found []uint32
	want, hash := foldName(name), uint64(x.foldHash(name))
	at, _ := slices.BinarySearch(x.folds, hash<<32)
	for ; at < len(x.folds) && x.folds[at]>>32 == hash; at++ {
		if entry := uint32(x.folds[at]); looksLike(want, x.at(entry)) {
			found = append(found, entry)
		}
	}
	return found
}

func (x *nameIndex) bytes() int64 {
	return x.names.bytes() + 4*int64(len(x.words)) + 8*int64(len(x.folds)) + x.slips.bytes() + x.grams.bytes()
}
