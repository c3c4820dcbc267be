package mirror

import "slices"

// reverseTable has, for each crate, the slots of the versions that depend on it,
// in bundles: those of one bundle ask with the same requirement, kind and option.
// There are about a tenth as many bundles as dependencies, so a search that must
// know of each dependency whether it takes a version asks a tenth as often.
type reverseTable struct {
	keys  []int32  // the crates
	first []uint32 // by place of keys: its first bundle, one more at the end
	info  []uint32 // by bundle, as in dependencyTable
	start []uint32 // by bundle: where its slots begin, one more at the end
	slots []uint32 // ascending within a bundle
}

// bundles makes the table. The slots of groupBy are put into another order within
// each crate, so that no second column of that size is needed.
func (t *dependencyTable) bundles() reverseTable {
	slot := 0
	by := groupBy(t.target, func(i int) uint32 {
		for uint32(i) >= t.start[slot+1] {
			slot++
		}
		return uint32(slot)
	})
	x := reverseTable{keys: by.keys, first: make([]uint32, 0, len(by.keys)+1), slots: by.rows}
	largest := 0
	for key := range x.keys {
		largest = max(largest, len(by.at(key)))
	}
	asks := make([]uint64, 0, largest) // of one crate: info<<32 | slot
	for key, crate := range x.keys {
		begin := by.start[key]
		asks = asks[:0]
		last := noRow
		for _, slot := range by.at(key) {
			if slot == last {
				continue // all of its dependencies on the crate were seen
			}
			last = slot
			for i := t.start[slot]; i < t.start[slot+1]; i++ {
				if t.target[i] == crate {
					asks = append(asks, uint64(t.info[i])<<32|uint64(slot))
				}
			}
		}
		slices.Sort(asks)
		x.first = append(x.first, uint32(len(x.info)))
		for i, ask := range asks {
			if i == 0 || ask>>32 != asks[i-1]>>32 {
				x.info, x.start = append(x.info, uint32(ask>>32)), append(x.start, begin+uint32(i))
			}
			x.slots[begin+uint32(i)] = uint32(ask)
		}
	}
	x.first, x.start = fit(append(x.first, uint32(len(x.info)))), fit(append(x.start, uint32(len(x.slots))))
	x.info = fit(x.info)
	return x
}

// of gives the bundles of a crate, from and up to but not including.
func (x *reverseTable) of(crate int32) (from, to int) {
	key, ok := slices.BinarySearch(x.keys, crate)
	if !ok {
		return 0, 0
	}
	return int(x.first[key]), int(x.first[key+1])
}

func (x *reverseTable) bundle(i int) (info uint32, slots []uint32) {
	return x.info[i], x.slots[x.start[i]:x.start[i+1]]
}

func (x *reverseTable) bytes() int64 {
	return 4 * int64(len(x.keys)+len(x.first)+len(x.info)+len(x.start)+len(x.slots))
}
