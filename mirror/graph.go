package mirror

import (
	"time"

	"cratewarden"
	"cratewarden/blast"
)

// Graph is one state of the mirror as package blast asks it. It does not change;
// ask for another one to see what is new.
type Graph struct {
	p    *picture
	asOf time.Time
	// late are the requirements of versions read after the load, which have no
	// number in the table.
	late *lateRequirements
}

var (
	_ blast.Graph = (*Graph)(nil)
	_ blast.Names = (*NameGraph)(nil)
)

// Graph gives the dependencies as they are now, and while the parts it needs are
// loading an error that says how far they are.
func (m *Mirror) Graph() (*Graph, error) {
	p := m.now()
	for _, part := range [...]Part{PartCrates, PartVersions, PartDependencies} {
		if !p.ready[part] {
			return nil, m.notReady(part)
		}
	}
	return &Graph{p: p, asOf: m.Status().FreshAt, late: p.late.requirements(p)}, nil
}

// notReady is the error for a question that needs a part which is not there.
func (m *Mirror) notReady(part Part) error {
	for _, s := range m.Status().Parts {
		switch {
		case s.Part != part:
			continue
		case s.State == "failed":
			return cratewarden.Errorf(cratewarden.Unavailable, "The mirror could not load the %s and tries again: %s", part, s.Problem)
		case s.Rows > 0:
			return cratewarden.Errorf(cratewarden.Unavailable, "The mirror is still loading the %s: %d rows so far. Ask again in a minute.", part, s.Rows)
		}
	}
	return cratewarden.Errorf(cratewarden.Unavailable, "The mirror is still loading; the %s are not there yet. Ask again in a minute.", part)
}

// AsOf is up to when every change with a trace in an index is in it.
func (g *Graph) AsOf() time.Time { return g.asOf }

// Crate finds a crate by its name.
func (g *Graph) Crate(name string) (blast.Crate, bool) {
	id := g.p.crateID(cratewarden.CanonName(name))
	if id == 0 {
		return blast.Crate{}, false
	}
	return g.CrateByID(id)
}

// CrateByID gives a crate by its id.
func (g *Graph) CrateByID(id int32) (blast.Crate, bool) {
	name := g.p.crateName(id)
	def, downloads := g.p.defaultOf(id)
	return blast.Crate{ID: id, Name: name, Downloads: downloads, Default: def}, name != ""
}

// Numbers visits a crate's versions in the order of their ids.
func (g *Graph) Numbers(crate int32, visit func(version int32, num string, yanked bool)) {
	if t, ok := g.p.patch.crates[crate]; ok {
		for _, v := range t.versions {
			visit(v.ID, v.Num, v.Yanked)
		}
		return
	}
	t := g.p.versions
	for _, row := range t.byCrate.get(crate) {
		visit(t.ids[row], t.texts.at(t.num[row]), t.flags[row]&flagYanked != 0)
	}
}

// Brief gives a version's number and its downloads.
func (g *Graph) Brief(id int32) (num string, downloads int64) {
	t := g.p.versions
	if row, ok := t.row(id); ok && !g.p.masked.has(t.slot[row]) {
		return t.texts.at(t.num[row]), int64(t.downloads[row])
	}
	if v := g.p.patch.version(id); v != nil {
		return v.Num, int64(v.Downloads)
	}
	return "", 0
}

// Release gives a version by its id.
func (g *Graph) Release(id int32) (blast.Release, bool) {
	if row, ok := g.p.versions.row(id); ok && !g.p.masked.has(g.p.versions.slot[row]) {
		return g.release(row), true
	}
	if v := g.p.patch.version(id); v != nil {
		return lateRelease(v), true
	}
	return blast.Release{}, false
}

func (g *Graph) release(row int) blast.Release {
	t := g.p.versions
	return blast.Release{
		ID: t.ids[row], Crate: t.crate(row), Num: t.texts.at(t.num[row]), Yanked: t.flags[row]&flagYanked != 0,
		Published: instant(t.created[row]), Downloads: int64(t.downloads[row]),
	}
}

func lateRelease(v *versionRow) blast.Release {
	return blast.Release{ID: v.ID, Crate: v.CrateID, Num: v.Num, Yanked: v.Yanked, Published: v.CreatedAt, Downloads: int64(v.Downloads)}
}

// Owners gives who owns a crate now, by their names.
func (g *Graph) Owners(crate int32) []blast.Owner {
	var list []blast.Owner
	for _, o := range g.p.ownersOf(crate) {
		if o.Deleted {
			continue
		}
		one := blast.Owner{ID: o.OwnerID, Team: o.Team}
		if o.Team {
			one.Login = g.p.teams[o.OwnerID].Login
		} else if a, ok := g.p.account(o.OwnerID); ok {
			one.Login = a.Login
		}
		list = append(list, one)
	}
	return list
}

// Dependents visits every dependency on a crate: first by the table, then those
// of versions read since. A crate may have a million of them, all over memory, so
// a version to skip is recognised by its id alone, and the others are looked up
// many at once: the processor then fetches what it needs of them side by side.
func (g *Graph) Dependents(crate int32, skip *blast.Set, visit func(blast.Edge) bool) {
	if g.p.isGone(crate) {
		return
	}
	t, last := g.p.deps, noRow
	slots := t.reverse.get(crate)
	for len(slots) > 0 && skip.Has(t.version[slots[0]]) {
		slots = slots[1:]
	}
	if len(slots) == 0 {
		g.lateDependents(crate, skip, visit)
		return
	}
	var batch depending
	for _, slot := range slots {
		if slot == last {
			continue
		}
		last = slot
		if skip.Has(t.version[slot]) {
			continue
		}
		if batch.slot[batch.n] = slot; batch.n+1 < len(batch.slot) {
			batch.n++
			continue
		}
		batch.n++
		if !batch.visit(g.p, crate, visit) {
			return
		}
	}
	if batch.visit(g.p, crate, visit) {
		g.lateDependents(crate, skip, visit)
	}
}

func (g *Graph) lateDependents(crate int32, skip *blast.Set, visit func(blast.Edge) bool) {
	for _, v := range g.p.lately().byTarget[crate] {
		if skip.Has(v.ID) {
			continue
		}
		for _, d := range v.deps {
			if d.CrateID != crate {
				continue
			}
			e := blast.Edge{Version: v.ID, Crate: v.CrateID, Yanked: v.Yanked, Requirement: g.late.number[d.Requirement], Kind: blast.Kind(d.Kind), Optional: d.Optional}
			if !visit(e) {
				return
			}
		}
	}
}

// Requirements is one more than the largest number of a requirement.
func (g *Graph) Requirements() int { return len(g.p.deps.texts.ends) + len(g.late.list) }

// Requirement gives the text of a requirement.
func (g *Graph) Requirement(number uint32) string {
	if n := len(g.p.deps.texts.ends); int(number) >= n {
		return g.late.list[int(number)-n]
	}
	return g.p.deps.texts.at(number)
}
