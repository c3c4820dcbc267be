package ledger

import (
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// resolver goes from a signed root down the tree. At each fork it looks, among
// everything that claims to be one of the two hashes below (computed from the
// entries, stored beside them, in the export), for a pair that hashes to the
// one above. What it reaches so is proven, however much else was changed.
type resolver struct {
	views  []tree // claims
	proven []tlog.Hash
	done   map[[2]int64]bool // full subtrees, by range, in which all is proven
}

// prove fills in what the heads prove, the newest first.
func (d *diagnosis) prove() {
	standing, claiming := emptyTree(d.signed), emptyTree(d.signed)
	for _, f := range d.rows {
		standing.set(0, f.index, f.leaf)
		if claiming.get(0, f.claim) == unknown() {
			claiming.set(0, f.claim, f.leaf)
		}
	}
	kept := emptyTree(d.signed)
	copy(kept.leaves(), d.stored.leaves())
	r := &resolver{views: []tree{standing.fill(), claiming.fill(), d.stored, kept.fill()}, proven: make([]tlog.Hash, d.signed), done: map[[2]int64]bool{}}
	if d.copied != nil {
		copied := emptyTree(d.signed)
		for i, h := range d.copied {
			copied.set(0, int64(i), h)
		}
		r.views = append(r.views, copied.fill())
	}
	for _, head := range slices.Backward(d.heads) {
		if r.resolve(0, head.Size, head.Root) && head.Size == d.signed {
			break
		}
	}
	d.proven = r.proven
}

// full gives the level and number of a range that is a full subtree.
func full(lo, hi int64) (level int, n int64, ok bool) {
	size := hi - lo
	if size <= 0 || size&(size-1) != 0 || lo&(size-1) != 0 {
		return 0, 0, false
	}
	level = bits.TrailingZeros64(uint64(size))
	return level, lo >> level, true
}

// middle is where RFC 6962 divides a range of more than one.
func middle(lo, hi int64) int64 {
	return lo + int64(1)<<(bits.Len64(uint64(hi-lo-1))-1)
}

// maxClaims bounds the combinations that are tried at one fork.
const maxClaims = 64

// claims gives everything that the hash of a range could be.
func (r *resolver) claims(lo, hi int64) []tlog.Hash {
	var list []tlog.Hash
	add := func(h tlog.Hash) {
		if h != unknown() && len(list) < maxClaims && !slices.Contains(list, h) {
			list = append(list, h)
		}
	}
	if level, n, ok := full(lo, hi); ok {
		for _, view := range r.views {
			add(view.get(level, n))
		}
		return list
	}
	mid := middle(lo, hi)
	for _, left := range r.claims(lo, mid) {
		for _, right := range r.claims(mid, hi) {
			add(tlog.NodeHash(left, right))
		}
	}
	return list
}

// resolve follows a proven hash of a range down to its leaves, as far as
// something below hashes to it. It says whether it came to every leaf.
func (r *resolver) resolve(lo, hi int64, h tlog.Hash) bool {
	if lo >= hi || r.done[[2]int64{lo, hi}] {
		return true
	}
	if hi-lo == 1 {
		r.proven[lo] = h
		return true
	}
	mid := middle(lo, hi)
	rights := r.claims(mid, hi)
	for _, left := range r.claims(lo, mid) {
		for _, right := range rights {
			if tlog.NodeHash(left, right) == h {
				whole := r.resolve(lo, mid, left)
				whole = r.resolve(mid, hi, right) && whole
				// Small subtrees are as quickly walked again as remembered.
				if whole && hi-lo >= tileWidth {
					r.done[[2]int64{lo, hi}] = true
				}
				return whole
			}
		}
	}
	return false
}

// unproven reports the entries about which the heads prove nothing, because
// hashes were changed with them, and checks the others against the hashes
// beside them as far as that goes.
func (d *diagnosis) unproven() {
	d.blamed = map[int64]bool{}
	for p, f := range d.rows {
		if i := d.origin[p]; i >= 0 && d.proven[i] == unknown() && f.kept != f.leaf {
			d.blamed[i] = true
			if !d.changed[i] {
				d.report.addEntry(Changed, i, "entry %d was changed, or the hash beside it; no signed head says which", i)
			}
		}
	}
	for i := int64(0); i < d.signed; i++ {
		first := i
		for i < d.signed && d.proven[i] == unknown() && d.held[i] && !d.blamed[i] {
			i++
		}
		if i > first {
			d.report.add(Rewritten, first, i-1, "entries %d to %d cannot be proven from the signed heads, because hashes of the tree were changed or are missing; compare with an export to learn which entries were changed", first, i-1)
		}
	}
}

// checkHashes compares the stored hashes with those that follow from the
// proven entries. When rows have moved, every hash has, which says nothing.
func (d *diagnosis) checkHashes() {
	if d.moved {
		return
	}
	for _, say := range d.sizes {
		say()
	}
	want := emptyTree(int64(len(d.proven)))
	copy(want.leaves(), d.proven)
	for p, f := range d.rows {
		if i := d.origin[p]; i >= d.signed && want[0][i] == unknown() {
			want[0][i] = f.kept
		}
	}
	want.fill()
	for level := range want {
		for n, h := range want[level] {
			kept := d.stored.get(level, int64(n))
			if h != unknown() && kept != unknown() && kept != h {
				first := int64(n) << level
				d.report.add(BadHash, first, first+1<<level-1, "the stored hash of entries %d to %d, %s, was changed", first, first+1<<level-1, d.where(level, int64(n)))
			}
		}
	}
}

func (t tree) leaves() []tlog.Hash {
	if len(t) == 0 {
		return nil
	}
	return t[0]
}

// checkHeads compares each head with what is proven now.
func (d *diagnosis) checkHeads() {
	g := &growing{}
	next := 0
	d.report.Heads, d.report.Signed = 0, 0
	for size := int64(0); size <= d.signed; size++ {
		for ; next < len(d.heads) && d.heads[next].Size == size; next++ {
			if d.heads[next].Root == g.root() {
				d.report.Heads++
				d.report.Signed = size
				continue
			}
			d.report.add(BadHead, -1, -1, "the signed head of %d entries contradicts the newest one: the key has signed two histories", size)
		}
		if size == d.signed || d.proven[size] == unknown() {
			return
		}
		g.add(d.proven[size])
	}
}
