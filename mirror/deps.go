package mirror

import (
	"cmp"
	"iter"
	"runtime"
	"slices"
	"sync"

	"cratewarden/registry/bulk"
)

// Dependency is one dependency of one version.
type Dependency struct {
	VersionID, CrateID int32 // who depends, on which crate
	Requirement        string
	Kind               uint8 // 0 normal, 1 build, 2 dev
	Optional           bool
}

// dependencyTable is the dependencies as they were loaded, grouped by version.
// A slot is a version with dependencies.
type dependencyTable struct {
	version []int32 // by slot
	start   []uint32
	target  []int32
	info    []uint32 // requirement<<3 | kind<<1 | optional
	texts   texts
	reverse reverseTable
	tallies sync.Pool // of *tallies, for dependentCount
}

type dependencyBuilder struct {
	t       dependencyTable
	version []int32
	texts   *textBuilder
}

func newDependencyBuilder() *dependencyBuilder { return &dependencyBuilder{texts: newTextBuilder()} }

// grow makes room for the number of rows the load is likely to bring.
func (b *dependencyBuilder) grow(n int) {
	b.version, b.t.target, b.t.info = slices.Grow(b.version, n), slices.Grow(b.t.target, n), slices.Grow(b.t.info, n)
}

func (b *dependencyBuilder) add(d bulk.Dependency) {
	info := b.texts.intern(d.Requirement)<<3 | uint32(d.Kind&3)<<1
	if d.Optional {
		info |= 1
	}
	b.version = append(b.version, d.Version)
	b.t.target = append(b.t.target, d.Crate)
	b.t.info = append(b.t.info, info)
}

func (b *dependencyBuilder) done() *dependencyTable {
	t := &b.t
	t.texts = b.texts.done()
	if slices.IsSorted(b.version) {
		b.groupSorted()
	} else {
		b.group()
	}
	t.reverse = t.bundles()
	return t
}

// groupSorted takes rows that came in the order of their versions.
func (b *dependencyBuilder) groupSorted() {
	t := &b.t
	for i, v := range b.version {
		if i == 0 || v != b.version[i-1] {
			t.version, t.start = append(t.version, v), append(t.start, uint32(i))
		}
	}
	t.version, t.start = fit(t.version), fit(append(t.start, uint32(len(b.version))))
	t.target, t.info = fit(t.target), fit(t.info)
	b.version = nil
}

// group takes rows in any order. It lets go of each large column as soon as it
// can: together they are most of the memory of a load.
func (b *dependencyBuilder) group() {
	t := &b.t
	x := newIndex(b.version)
	b.version = nil
	t.version, t.start = x.keys, x.start
	t.target = arrange(t.target, x.rows)
	runtime.GC()
	t.info = arrange(t.info, x.rows)
}

func (t *dependencyTable) dependency(slot int, i uint32) Dependency {
	d := t.asked(t.info[i])
	d.VersionID, d.CrateID = t.version[slot], t.target[i]
	return d
}

// asked is what a dependency asks, whoever depends on whatever.
func (t *dependencyTable) asked(info uint32) Dependency {
	return Dependency{Requirement: t.texts.at(info >> 3), Kind: uint8(info>>1) & 3, Optional: info&1 != 0}
}

func (t *dependencyTable) bytes() int64 {
	return 4*int64(len(t.version)+len(t.start)+len(t.target)+len(t.info)) + t.texts.bytes() + t.reverse.bytes()
}

func dependencyOf(d bulk.Dependency) Dependency {
	return Dependency{VersionID: d.Version, CrateID: d.Crate, Requirement: string(d.Requirement), Kind: uint8(d.Kind), Optional: d.Optional}
}

// noRow marks a slot whose version is not in the version table.
const noRow = ^uint32(0)

// alignDependencies works out which row of the version table each slot is.
func (p *picture) alignDependencies() {
	p.forgetGraph()
	p.depRows = make([]uint32, len(p.deps.version))
	row := 0
	for slot, id := range p.deps.version {
		for row < len(p.versions.ids) && p.versions.ids[row] < id {
			row++
		}
		p.depRows[slot] = noRow
		if row < len(p.versions.ids) && p.versions.ids[row] == id {
			p.depRows[slot] = uint32(row)
		}
	}
}

// Dependencies gives what a version depends on, by crate id and kind. Rows on
// crates that were deleted since are gone, as they are in the registry.
func (m *Mirror) Dependencies(versionID int32) []Dependency {
	p := m.now()
	var list []Dependency
	p.eachDependency(versionID, func(d Dependency) bool {
		if !p.isGone(d.CrateID) {
			list = append(list, d)
		}
		return true
	})
	slices.SortFunc(list, compareDependencies)
	return list
}

func compareDependencies(a, b Dependency) int {
	return cmp.Or(cmp.Compare(a.CrateID, b.CrateID), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Requirement, b.Requirement), compareBool(a.Optional, b.Optional))
}

// eachDependency walks over the dependencies of a version.
func (p *picture) eachDependency(version int32, visit func(Dependency) bool) {
	if v := p.patch.version(version); v != nil && v.own {
		for _, d := range v.deps {
			if !visit(d) {
				return
			}
		}
		return
	}
	if !p.hasVersion(version) {
		return
	}
	t := p.deps
	slot, ok := slices.BinarySearch(t.version, version)
	if !ok {
		return
	}
	for i := t.start[slot]; i < t.start[slot+1]; i++ {
		if !visit(t.dependency(slot, i)) {
			return
		}
	}
}

// isGone says whether a crate was deleted since the load.
func (p *picture) isGone(crate int32) bool {
	t, ok := p.patch.crates[crate]
	return ok && t.gone
}

// DependentVersions walks over every dependency on a crate, of every version,
// in no particular order: first by the table, then those of touched crates.
func (m *Mirror) DependentVersions(crateID int32) iter.Seq[Dependency] {
	p := m.now()
	return func(yield func(Dependency) bool) {
		if p.isGone(crateID) {
			return
		}
		t := p.deps
		for i, end := t.reverse.of(crateID); i < end; i++ {
			info, slots := t.reverse.bundle(i)
			d := t.asked(info)
			d.CrateID = crateID
			for _, slot := range slots {
				if d.VersionID = t.version[slot]; p.standing(slot) && !yield(d) {
					return
				}
			}
		}
		for _, v := range p.patch.versions {
			for _, d := range v.deps {
				if d.CrateID == crateID && !yield(d) {
					return
				}
			}
		}
	}
}

// standing says whether the version of a slot is still there. While the
// versions load nothing is known of it, and it is taken to be.
func (p *picture) standing(slot uint32) bool {
	row := p.depRows[slot]
	if row != noRow && !p.masked.has(p.versions.slot[row]) {
		return true
	}
	v := p.patch.version(p.deps.version[slot])
	return v != nil && !v.own || row == noRow && !p.ready[PartVersions]
}
