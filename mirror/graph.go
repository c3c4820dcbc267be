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
	// late has the texts of versions read after the load, which have no number in
	// the tables.
	late      *lateGraph
	depending *depending
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
	return &Graph{p: p, asOf: m.Status().FreshAt, late: p.late.texts(p), depending: &depending{}}, nil
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
func (g *Graph) Numbers(crate int32, visit func(version int32, number uint32, yanked bool)) {
	if t, ok := g.p.patch.crates[crate]; ok {
		for _, v := range t.versions {
			visit(v.ID, g.late.numbers.number[v.Num], v.Yanked)
		}
		return
	}
	t := g.p.versions
	for _, row := range t.byCrate.get(crate) {
		visit(t.ids[row], t.num[row], t.flags[row]&flagYanked != 0)
	}
}

// Number gives the text of a version's number, NumberCount how many there are.
func (g *Graph) Number(number uint32) string { return g.late.numbers.at(number) }
func (g *Graph) NumberCount() int            { return g.late.numbers.count() }

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

// Owners visits who owns a crate now.
func (g *Graph) Owners(crate int32, visit func(id int32, team bool)) {
	if t, ok := g.p.patch.crates[crate]; ok {
		for _, o := range t.owners {
			if !o.Deleted {
				visit(o.OwnerID, o.Team)
			}
		}
		return
	}
	t := g.p.owners
	for _, i := range t.byCrate.get(crate) {
		if t.flags[i]&flagFormer == 0 {
			visit(t.owner[i], t.flags[i]&flagTeam != 0)
		}
	}
}

// Login is what an account or a team is called.
func (g *Graph) Login(id int32, team bool) string {
	if team {
		return g.p.teams[id].Login
	}
	a, _ := g.p.account(id)
	return a.Login
}

// Requirement gives the text of a requirement, Requirements how many there are.
func (g *Graph) Requirement(number uint32) string { return g.late.requirements.at(number) }
func (g *Graph) Requirements() int                { return g.late.requirements.count() }
