package mirror

import (
	"hash/maphash"
	mathbits "math/bits"
)

// slipIndex finds the names that one slip of a finger makes of another: a
// letter added, dropped, changed, or swapped with its neighbour. Whatever the
// slip, both names become the same when at most one letter is left out of each,
// so every name stands under each form of it with at most one letter left out,
// and asking takes as many look-ups as the name asked for has letters.
type slipIndex struct {
	seed  maphash.Seed
	shift uint     // a hash's upper bits are its place in start
	start []uint32 // by hash
	posts []uint32 // entries
}

func newSlipIndex(count int, name func(i int) string) slipIndex {
	forms := 0
	for i := range count {
		forms += len(name(i)) + 1
	}
	size := mathbits.Len(uint(forms)) // between one and two places for a form
	x := slipIndex{seed: maphash.MakeSeed(), shift: uint(64 - size), start: make([]uint32, 1<<size+1)}
	for i := range count {
		x.each(name(i), func(place uint64) { x.start[place]++ })
	}
	total := uint32(0)
	for place, n := range x.start {
		total += n
		x.start[place] = total
	}
	x.posts = make([]uint32, total)
	for i := range count {
		x.each(name(i), func(place uint64) {
			x.start[place]--
			x.posts[x.start[place]] = uint32(i)
		})
	}
	return x
}

// each visits the places of a name and of the forms with one letter left out.
func (x *slipIndex) each(name string, visit func(place uint64)) {
	visit(maphash.String(x.seed, name) >> x.shift)
	var room [maxGrams]byte
	if len(name) > len(room) {
		return // no name is so long
	}
	for i := range len(name) {
		if i > 0 && name[i] == name[i-1] {
			continue // the same form again
		}
		form := append(append(room[:0], name[:i]...), name[i+1:]...)
		visit(maphash.Bytes(x.seed, form) >> x.shift)
	}
}

// near visits all entries one slip away from a name, some of them more than
// once, and a few that have nothing to do with it.
func (x *slipIndex) near(name string, visit func(entry uint32)) {
	x.each(name, func(place uint64) {
		for _, e := range x.posts[x.start[place]:x.start[place+1]] {
			visit(e)
		}
	})
}

func (x *slipIndex) bytes() int64 { return 4 * int64(len(x.start)+len(x.posts)) }
