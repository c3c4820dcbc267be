package mirror

import "sync"

// lateIndex leads to versions of the patch, which may be tens of thousands
// while pages ask for hundreds of things at once. It is made when the first
// question comes, and anew whenever the patch changes.
type lateIndex struct {
	once                           sync.Once
	byToken, byPublisher, byTarget map[int32][]*versionRow // each in the order of ids
	graph                          lateGraph
}

// lately gives the index of the picture's patch.
func (p *picture) lately() *lateIndex {
	x := p.late
	x.once.Do(func() {
		x.byToken, x.byPublisher, x.byTarget = map[int32][]*versionRow{}, map[int32][]*versionRow{}, map[int32][]*versionRow{}
		for _, v := range p.patch.versions {
			x.byToken[v.Token] = append(x.byToken[v.Token], v)
			x.byPublisher[v.Publisher] = append(x.byPublisher[v.Publisher], v)
			for i, d := range v.deps {
				if !targetBefore(v.deps[:i], d.CrateID) {
					x.byTarget[d.CrateID] = append(x.byTarget[d.CrateID], v)
				}
			}
		}
	})
	return x
}

func targetBefore(deps []Dependency, crate int32) bool {
	for _, d := range deps {
		if d.CrateID == crate {
			return true
		}
	}
	return false
}
