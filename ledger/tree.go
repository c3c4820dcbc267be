package ledger

import (
	"crypto/sha256"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// growing is a Merkle tree to which leaves are added one after another; it
// remembers only the full subtrees at its right edge.
type growing struct {
	size  int64
	peaks [64]tlog.Hash
	out   []tlog.Hash
	buf   []byte
}

// leaf hashes an entry as tlog.RecordHash does, without allocating.
func (g *growing) leaf(body []byte) tlog.Hash {
	g.buf = append(append(g.buf[:0], 0), body...)
	return sha256.Sum256(g.buf)
}

// add adds a leaf and gives the hashes that it completes: its own, and one for
// each full subtree that ends with it. The slice is used again.
func (g *growing) add(h tlog.Hash) []tlog.Hash {
	g.out = append(g.out[:0], h)
	level := 0
	for ; g.size>>level&1 == 1; level++ {
		h = tlog.NodeHash(g.peaks[level], h)
		g.out = append(g.out, h)
	}
	g.peaks[level] = h
	g.size++
	return g.out
}

func (g *growing) root() tlog.Hash {
	if g.size == 0 {
		return sha256.Sum256(nil)
	}
	level := bits.TrailingZeros64(uint64(g.size))
	h := g.peaks[level]
	for level++; g.size>>level > 0; level++ {
		if g.size>>level&1 == 1 {
			h = tlog.NodeHash(g.peaks[level], h)
		}
	}
	return h
}

// tree holds hashes by level and number; zero ones are not known.
type tree [][]tlog.Hash

// unknown is a hash that is not known; no data has it.
func unknown() tlog.Hash { return tlog.Hash{} }

func (t tree) get(level int, n int64) tlog.Hash {
	if level >= len(t) || n < 0 || n >= int64(len(t[level])) {
		return unknown()
	}
	return t[level][n]
}

// emptyTree has room for the full subtrees of so many leaves.
func emptyTree(leaves int64) tree {
	var t tree
	for n := leaves; n > 0; n >>= 1 {
		t = append(t, make([]tlog.Hash, n))
	}
	return t
}

func (t tree) set(level int, n int64, h tlog.Hash) {
	if level < len(t) && n >= 0 && n < int64(len(t[level])) {
		t[level][n] = h
	}
}

// fill computes what follows from the leaves.
func (t tree) fill() tree {
	for level := 1; level < len(t); level++ {
		for n := range t[level] {
			left, right := t[level-1][2*n], t[level-1][2*n+1]
			if left != unknown() && right != unknown() {
				t[level][n] = tlog.NodeHash(left, right)
			}
		}
	}
	return t
}
