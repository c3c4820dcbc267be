package blast

import "math/bits"

// set is a set of places, a bit for each.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) has(i uint32) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s set) add(i uint32) { s[i/64] |= 1 << (i % 64) }

// each visits what is in the set, in order.
func (s set) each(visit func(i uint32)) {
	for at, word := range s {
		for ; word != 0; word &= word - 1 {
			visit(uint32(at*64 + bits.TrailingZeros64(word)))
		}
	}
}
