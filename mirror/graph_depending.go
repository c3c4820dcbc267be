package mirror

import (
	"slices"
	"sync"

	"cratewarden/blast"
)

// depending is the versions that may depend on something, as one graph has them:
// those of the table by slot, then those that were read since.
type depending struct {
	once sync.Once
	list blast.Depending
	late []*versionRow // by place, after those of the table
}

// Depending gives the versions that may depend on something.
func (g *Graph) Depending() *blast.Depending {
	g.depending.once.Do(func() { g.depending.build(g.p) })
	return &g.depending.list
}

func (x *depending) build(p *picture) {
	table, n := p.versions, len(p.deps.version)
	for _, v := range p.patch.versions {
		if v.own {
			x.late = append(x.late, v)
		}
	}
	d := &x.list
	d.Version, d.Crates = slices.Clip(p.deps.version), slices.Clip(table.byCrate.keys)
	d.Crate, d.Yanked = make([]uint32, n+len(x.late)), make([]bool, n+len(x.late))
	fresh := map[int32]uint32{}
	crate := func(id int32) uint32 {
		if of, ok := table.byCrate.slot(id); ok {
			return uint32(of)
		}
		of, ok := fresh[id]
		if !ok {
			of = uint32(len(d.Crates))
			fresh[id], d.Crates = of, append(d.Crates, id)
		}
		return of
	}
	for slot, row := range p.depRows {
		d.Crate[slot] = blast.Nowhere
		if row != noRow {
			if of := table.slot[row]; !p.masked.has(of) {
				d.Crate[slot], d.Yanked[slot] = of, table.flags[row]&flagYanked != 0
				continue
			}
		}
		if v := p.patch.version(p.deps.version[slot]); v != nil && !v.own {
			d.Crate[slot], d.Yanked[slot] = crate(v.CrateID), v.Yanked
		}
	}
	for i, v := range x.late {
		d.Version = append(d.Version, v.ID)
		d.Crate[n+i], d.Yanked[n+i] = crate(v.CrateID), v.Yanked
	}
}

// Figures gives the number and the downloads of a version by its place.
func (g *Graph) Figures(place uint32) (number uint32, downloads int64) {
	var v *versionRow
	if n := len(g.p.depRows); int(place) >= n {
		v = g.depending.late[int(place)-n]
	} else if row := g.p.depRows[place]; row != noRow && !g.p.masked.has(g.p.versions.slot[row]) {
		return g.p.versions.num[row], int64(g.p.versions.downloads[row])
	} else if v = g.p.patch.version(g.p.deps.version[place]); v == nil {
		return 0, 0
	}
	return g.late.numbers.number[v.Num], int64(v.Downloads)
}

// Dependents visits every dependency on a crate: first by the table, then those of
// versions read since, each as a bundle of its own.
func (g *Graph) Dependents(crate int32, visit func(blast.Bundle) bool) {
	if g.p.isGone(crate) {
		return
	}
	reverse := &g.p.deps.reverse
	for i, end := reverse.of(crate); i < end; i++ {
		info, slots := reverse.bundle(i)
		if !visit(blast.Bundle{Number: i, Places: slots, Requirement: info >> 3, Kind: blast.Kind(info >> 1 & 3), Optional: info&1 != 0}) {
			return
		}
	}
	g.Depending()
	for _, v := range g.p.lately().byTarget[crate] {
		at, ok := slices.BinarySearchFunc(g.depending.late, v, byVersionID)
		if !ok {
			continue
		}
		place := []uint32{uint32(len(g.p.depRows) + at)}
		for _, d := range v.deps {
			if d.CrateID == crate && !visit(blast.Bundle{Number: blast.Alone, Places: place, Requirement: g.late.requirements.number[d.Requirement], Kind: blast.Kind(d.Kind), Optional: d.Optional}) {
				return
			}
		}
	}
}

// Bundles is one more than the largest number of a bundle.
func (g *Graph) Bundles() int { return len(g.p.deps.reverse.info) }
