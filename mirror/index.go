package mirror

import (
	"cmp"
	"slices"
)

// index finds the rows of a table by a number that many rows share: the
// versions of a crate, the publishes of an account. rows[start[i]:start[i+1]]
// are the rows with keys[i], in the order of the table.
type index struct {
	keys  []int32
	start []uint32
	rows  []uint32
}

// slot gives the place of a key.
func (x *index) slot(key int32) (int, bool) { return slices.BinarySearch(x.keys, key) }

func (x *index) at(slot int) []uint32 { return x.rows[x.start[slot]:x.start[slot+1]] }

// get gives the rows with the key.
func (x *index) get(key int32) []uint32 {
	if slot, ok := x.slot(key); ok {
		return x.at(slot)
	}
	return nil
}

func (x *index) bytes() int64 { return 4 * int64(len(x.keys)+len(x.start)+len(x.rows)) }

// rowOf finds an id in ascending ids. Those of a registry follow one another with
// few gaps, so it is at or a little before the place that it would have without
// any; from there each step back is twice as long.
func rowOf(ids []int32, id int32) (int, bool) {
	if len(ids) == 0 || id < ids[0] {
		return 0, false
	}
	high := min(len(ids)-1, int(id)-int(ids[0]))
	if ids[high] <= id {
		if ids[high] == id {
			return high, true
		}
		return high + 1, false
	}
	low := high
	for step := 1; ids[low] > id; step *= 2 {
		high, low = low, max(low-step, 0)
	}
	at, found := slices.BinarySearch(ids[low:high], id)
	return low + at, found
}

// directLimit is up to where keys are counted in a table by value; a registry
// with larger ids than this costs a slower sort and nothing else.
const directLimit = 1 << 26

// newIndex groups the rows of a column, leaving out those with key 0.
func newIndex(column []int32) index {
	return groupBy(column, func(i int) uint32 { return uint32(i) })
}

// groupBy is newIndex with another value in place of the row number. It counts
// first and places afterwards, so it costs two passes and no sort.
func groupBy(column []int32, value func(i int) uint32) index {
	slots, x := newSlots(column)
	total := uint32(0)
	for _, k := range column {
		if k != 0 {
			x.start[slots.of(k)]++
			total++
		}
	}
	at := uint32(0)
	for i, n := range x.start {
		x.start[i] = at
		at += n
	}
	x.rows = make([]uint32, total)
	for i, k := range column {
		if k != 0 {
			slot := slots.of(k)
			x.rows[x.start[slot]] = value(i)
			x.start[slot]++
		}
	}
	// Placing moved every start to its end, which is the next one's start.
	copy(x.start[1:], x.start[:len(x.start)-1])
	x.start[0] = 0
	return x
}

// slots tells the place of a key while an index is built.
type slots struct {
	direct []int32
	keys   []int32
}

func (s slots) of(key int32) int {
	if s.direct != nil {
		return int(s.direct[key])
	}
	i, _ := slices.BinarySearch(s.keys, key)
	return i
}

// newSlots gives the distinct keys of a column and an index with empty starts.
func newSlots(column []int32) (slots, index) {
	low, high := int32(0), int32(0)
	for _, k := range column {
		low, high = min(low, k), max(high, k)
	}
	var s slots
	if low == 0 && high < directLimit {
		s.direct = make([]int32, int(high)+1)
		for _, k := range column {
			s.direct[k] = 1
		}
		for k, present := range s.direct {
			if present != 0 && k != 0 {
				s.direct[k] = int32(len(s.keys))
				s.keys = append(s.keys, int32(k))
			}
		}
	} else {
		s.keys = slices.Clone(column)
		slices.Sort(s.keys)
		s.keys = slices.Compact(s.keys)
		s.keys = slices.DeleteFunc(s.keys, func(k int32) bool { return k == 0 })
	}
	s.keys = slices.Clip(s.keys)
	return s, index{keys: s.keys, start: make([]uint32, len(s.keys)+1)}
}

// orderByID gives the order that sorts ids ascending, nil when they are.
// Registries store rows about in this order, but an update moves a row.
func orderByID(ids []int32) []uint32 {
	if slices.IsSorted(ids) {
		return nil
	}
	pairs := make([]uint64, len(ids))
	for i, id := range ids {
		pairs[i] = uint64(uint32(id))<<32 | uint64(i)
	}
	slices.Sort(pairs)
	order := make([]uint32, len(ids))
	for i, p := range pairs {
		order[i] = uint32(p)
	}
	return order
}

// arrange puts a column in an order and gives back unused memory.
func arrange[T any](column []T, order []uint32) []T {
	if order == nil {
		return fit(column)
	}
	out := make([]T, len(column))
	for i, from := range order {
		out[i] = column[from]
	}
	return out
}

// fit gives a column without its spare capacity when that is worth a copy.
func fit[T any](column []T) []T {
	if cap(column)-len(column) > len(column)/16 {
		return slices.Clone(slices.Clip(column))
	}
	return column
}

// bits is a set of small numbers.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func (b bits) has(i uint32) bool { return int(i/64) < len(b) && b[i/64]&(1<<(i%64)) != 0 }

func (b bits) set(i uint32) { b[i/64] |= 1 << (i % 64) }

// best keeps the limit best of many by a score, without sorting them all.
type best[T any] struct {
	limit int
	less  func(a, b T) int // negative when a is better
	items []T
}

// add offers an item. The items are kept unsorted up to twice the limit, then
// cut: cheap, and bounded.
func (b *best[T]) add(item T) {
	if b.limit <= 0 {
		return
	}
	b.items = append(b.items, item)
	if len(b.items) >= 2*b.limit+16 {
		b.cut()
	}
}

func (b *best[T]) cut() {
	slices.SortFunc(b.items, b.less)
	if len(b.items) > b.limit {
		b.items = b.items[:b.limit]
	}
}

// sorted gives the best, best first.
func (b *best[T]) sorted() []T {
	b.cut()
	return b.items
}

// descending compares so that the larger comes first.
func descending[T cmp.Ordered](a, b T) int { return cmp.Compare(b, a) }
