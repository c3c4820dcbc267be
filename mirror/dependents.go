package mirror

import (
	"cmp"

	"cratewarden"
)

// Dependents counts who depends on a crate, over all versions and over default
// versions, and gives up to limit of them with the most downloads. While the
// parts versions and dependencies load it gives what is known.
func (m *Mirror) Dependents(crateID int32, limit int) Dependents {
	d, _ := m.DependentsMatching(crateID, DependentFilter{Limit: limit})
	return d
}

// DependentFilter narrows a list of dependents and says which page of it is
// wanted; zero fields do not filter.
type DependentFilter struct {
	// After is the last dependent of the page before, of which only CrateID and
	// Downloads count; nil is the start.
	After *Dependent
	Limit int
	// Kind is that of the newest depending version; Default keeps dependents
	// whose default version depends; Prefix is what the name starts with.
	Kind    *uint8
	Default bool
	Prefix  string
}

// DependentsMatching is Dependents with a filter: the counts are those of all
// dependents, Top are those that pass, after the key, and matching counts all
// that pass.
func (m *Mirror) DependentsMatching(crateID int32, f DependentFilter) (d Dependents, matching int) {
	p := m.now()
	if p.isGone(crateID) {
		return Dependents{}, 0
	}
	c := &dependentCount{p: p, target: crateID, late: map[int32]*lateCount{}}
	c.take()
	c.countTable()
	c.countPatch()
	if f.Prefix != "" {
		c.crates = p.cratesStarting(cratewarden.CanonName(f.Prefix))
	}
	return c.result(f)
}

// dependentCount adds up the versions that depend on one crate, by crate. Some
// crates have a million such versions, so the table's part is counted in an
// array that is kept for the next question.
type dependentCount struct {
	p       *picture
	target  int32
	tallies *tallies
	seen    []uint32 // slots with a tally
	late    map[int32]*lateCount
	crates  map[int32]bool // those whose names pass a filter; nil is all
}

// tallies are kept for the next question, empty.
type tallies struct {
	of      []tally // by slot of versions.byCrate
	counted bits    // slots of deps
}

type tally struct {
	versions  int32
	newest    uint32 // slot of deps
	byDefault bool   // the default version, not yanked, is among them
}

// lateCount is a touched crate: its versions and the newest that depends.
type lateCount struct {
	versions int
	newest   int32
}

func (c *dependentCount) take() {
	n := len(c.p.versions.byCrate.keys)
	t, ok := c.p.deps.tallies.Get().(*tallies)
	if !ok || len(t.of) < n {
		t = &tallies{make([]tally, n), newBits(len(c.p.deps.version))}
	}
	c.tallies = t
}

// countTable walks the bundles. A version may be in several, once for each of its
// dependencies on the target, and counts once.
func (c *dependentCount) countTable() {
	reverse, counted := &c.p.deps.reverse, c.tallies.counted
	from, to := reverse.of(c.target)
	for i := from; i < to; i++ {
		_, slots := reverse.bundle(i)
		for _, slot := range slots {
			if !counted.has(slot) {
				counted.set(slot)
				c.countSlot(slot)
			}
		}
	}
	for i := from; i < to; i++ {
		_, slots := reverse.bundle(i)
		for _, slot := range slots {
			counted[slot/64] = 0
		}
	}
}

func (c *dependentCount) countSlot(slot uint32) {
	p, row := c.p, c.p.depRows[slot]
	if row != noRow && !p.masked.has(p.versions.slot[row]) {
		t := &c.tallies.of[p.versions.slot[row]]
		if t.versions == 0 {
			c.seen = append(c.seen, p.versions.slot[row])
		}
		t.versions++
		t.newest = max(t.newest, slot) // slots are in the order of version ids
		t.byDefault = t.byDefault || p.shownByDefault.has(row)
	} else if v := p.patch.version(p.deps.version[slot]); v != nil && !v.own {
		c.addLate(v)
	}
}

func (c *dependentCount) countPatch() {
	for _, v := range c.p.lately().byTarget[c.target] {
		c.addLate(v)
	}
}

func (c *dependentCount) addLate(v *versionRow) {
	l := c.late[v.CrateID]
	if l == nil {
		l = &lateCount{}
		c.late[v.CrateID] = l
	}
	l.versions++
	l.newest = max(l.newest, v.ID)
}

// ranked is a dependent with the version to describe it by.
type ranked struct {
	Dependent
	newest int32
}

func byRank(a, b ranked) int {
	return cmp.Or(cmp.Compare(b.Downloads, a.Downloads), cmp.Compare(a.CrateID, b.CrateID))
}

// result sorts, and gives the array back clean.
func (c *dependentCount) result(f DependentFilter) (d Dependents, matching int) {
	p := c.p
	d = Dependents{AnyVersion: len(c.seen) + len(c.late)}
	top := best[ranked]{limit: f.Limit, less: byRank}
	add := func(r ranked) {
		if r.Default {
			d.Default++
		}
		if !c.passes(f, r) {
			return
		}
		if matching++; f.After == nil || byRank(ranked{Dependent: *f.After}, r) < 0 {
			top.add(r)
		}
	}
	for _, slot := range c.seen {
		t := &c.tallies.of[slot]
		one := Dependent{CrateID: p.versions.byCrate.keys[slot], Versions: int(t.versions), Default: t.byDefault}
		if row := p.crateRows[slot]; row != noRow {
			one.Downloads = p.crates.downloads[row]
		}
		add(ranked{one, p.deps.version[t.newest]})
		*t = tally{}
	}
	p.deps.tallies.Put(c.tallies)
	for id, l := range c.late {
		one := Dependent{CrateID: id, Versions: l.versions}
		one.Default, one.Downloads = c.byDefault(id)
		add(ranked{one, l.newest})
	}
	for _, r := range top.sorted() {
		c.describe(&r.Dependent, r.newest)
		d.Top = append(d.Top, r.Dependent)
	}
	return d, matching
}

// passes asks for the kind last, which must be looked up.
func (c *dependentCount) passes(f DependentFilter, r ranked) bool {
	if f.Default && !r.Default || c.crates != nil && !c.crates[r.CrateID] {
		return false
	}
	if f.Kind == nil {
		return true
	}
	c.describe(&r.Dependent, r.newest)
	return r.Kind == *f.Kind
}

// byDefault says whether a touched crate's default version, not yanked, depends
// on the target, and gives the crate's downloads.
func (c *dependentCount) byDefault(crate int32) (yes bool, downloads int64) {
	def, downloads := c.p.defaultOf(crate)
	if def == 0 || c.p.isYanked(def) {
		return false, downloads
	}
	c.p.eachDependency(def, func(d Dependency) bool {
		yes = d.CrateID == c.target
		return !yes
	})
	return yes, downloads
}

// describe fills in the dependency of the newest depending version; of several
// the strongest kind (normal before build before dev).
func (c *dependentCount) describe(one *Dependent, version int32) {
	found := false
	c.p.eachDependency(version, func(d Dependency) bool {
		if d.CrateID == c.target && (!found || d.Kind < one.Kind || d.Kind == one.Kind && d.Requirement < one.Requirement) {
			one.Requirement, one.Kind, one.Optional, found = d.Requirement, d.Kind, d.Optional, true
		}
		return true
	})
}

// defaultOf gives a crate's default version and downloads.
func (p *picture) defaultOf(crate int32) (version int32, downloads int64) {
	if t, ok := p.patch.crates[crate]; ok {
		return t.crate.Default, t.crate.Downloads
	}
	if i, ok := p.crates.row(crate); ok {
		return p.crates.defaults[i], p.crates.downloads[i]
	}
	return 0, 0
}

// isYanked says whether a version is yanked; one that is not there is not.
func (p *picture) isYanked(version int32) bool {
	if row, ok := p.versions.row(version); ok && !p.masked.has(p.versions.slot[row]) {
		return p.versions.flags[row]&flagYanked != 0
	}
	v := p.patch.version(version)
	return v != nil && v.Yanked
}
