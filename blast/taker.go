package blast

import "slices"

// taker answers for one crate whether a requirement takes a fresh version: one
// that the last distance reached.
type taker struct {
	versions []Version // highest first
	// fresh says of each version whether it is; nil means that all are.
	fresh []bool
}

// takenBy: without fresh any version will do, else the highest taken decides.
func (t taker) takenBy(r Requirement) bool {
	for i, v := range t.versions {
		if r.Takes(v) {
			return t.fresh == nil || t.fresh[i]
		}
	}
	return false
}

// taker makes the one of a crate with these fresh versions; gone ones were bad
// and are not there any more. Versions that cannot be read are never taken.
func (s *search) taker(crate int32, fresh []int32, gone []goneVersion) (t taker) {
	if s.q.Mode == Would {
		return s.chooser(crate, fresh)
	}
	for _, id := range fresh {
		if r, ok := s.g.Release(id); ok {
			if v, ok := ParseVersion(r.Num); ok {
				t.versions = append(t.versions, v)
			}
		}
	}
	for _, v := range gone {
		t.versions = append(t.versions, v.v)
	}
	slices.SortFunc(t.versions, func(a, b Version) int { return b.Compare(a) })
	return t
}

// chooser holds what could be chosen now.
func (s *search) chooser(crate int32, fresh []int32) (t taker) {
	type candidate struct {
		v     Version
		fresh bool
	}
	var list []candidate
	for _, r := range s.g.Releases(crate) {
		if v, ok := ParseVersion(r.Num); ok && !r.Yanked {
			list = append(list, candidate{v, slices.Contains(fresh, r.ID)})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int { return b.v.Compare(a.v) })
	t.fresh = make([]bool, len(list))
	t.versions = make([]Version, len(list))
	for i, c := range list {
		t.versions[i], t.fresh[i] = c.v, c.fresh
	}
	return t
}
