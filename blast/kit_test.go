package blast

import (
	"slices"
	"time"

	"cratewarden"
)

// small is a registry in a few slices, for tests: everything is looked up by
// walking over all of it.
type small struct {
	crates   []Crate
	releases []Release
	edges    []smallEdge
	owners   map[int32][]Owner
}

type smallEdge struct {
	version, target int32
	requirement     string
	kind            Kind
	optional        bool
}

var noon = time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)

func (g *small) Crate(name string) (Crate, bool) {
	for _, c := range g.crates {
		if cratewarden.CanonName(c.Name) == cratewarden.CanonName(name) {
			return c, true
		}
	}
	return Crate{}, false
}

func (g *small) CrateByID(id int32) (Crate, bool) {
	for _, c := range g.crates {
		if c.ID == id {
			return c, true
		}
	}
	return Crate{}, false
}

func (g *small) Numbers(crate int32, visit func(id int32, number uint32, yanked bool)) {
	for _, r := range g.all(crate) {
		visit(r.ID, uint32(r.ID), r.Yanked)
	}
}

func (g *small) Number(n uint32) string {
	r, _ := g.Release(int32(n))
	return r.Num
}

func (g *small) NumberCount() int { return len(g.releases) + 1 }

func (g *small) all(crate int32) (list []Release) {
	for _, r := range g.releases {
		if r.Crate == crate {
			list = append(list, r)
		}
	}
	return list
}

func (g *small) Release(id int32) (Release, bool) {
	i := slices.IndexFunc(g.releases, func(r Release) bool { return r.ID == id })
	if i < 0 {
		return Release{}, false
	}
	return g.releases[i], true
}

// Depending has the versions backwards, and places that are gone between them:
// nothing may rest on their order.
func (g *small) Depending() *Depending {
	d := &Depending{}
	for _, c := range g.crates {
		d.Crates = append(d.Crates, c.ID)
	}
	for i := range g.releases {
		r := g.releases[len(g.releases)-1-i]
		d.Version, d.Yanked = append(d.Version, r.ID, 1000+r.ID), append(d.Yanked, r.Yanked, false)
		d.Crate = append(d.Crate, uint32(slices.Index(d.Crates, r.Crate)), Nowhere)
	}
	return d
}

func (g *small) Figures(place uint32) (uint32, int64) {
	r, _ := g.Release(g.Depending().Version[place])
	return uint32(r.ID), r.Downloads
}

// Dependents bundles what asks for the same, every third of it alone.
func (g *small) Dependents(crate int32, visit func(Bundle) bool) {
	places := g.Depending().Version
	for i, e := range g.edges {
		same := func(o smallEdge) bool {
			return o.target == e.target && o.requirement == e.requirement && o.kind == e.kind && o.optional == e.optional
		}
		b := Bundle{Number: i, Requirement: uint32(i), Kind: e.kind, Optional: e.optional}
		switch {
		case e.target != crate:
			continue
		case e.version%3 == 0:
			b.Number, b.Places = Alone, []uint32{uint32(slices.Index(places, e.version))}
		case slices.IndexFunc(g.edges, func(o smallEdge) bool { return same(o) && o.version%3 != 0 }) < i:
			continue
		default:
			for _, o := range g.edges {
				if same(o) && o.version%3 != 0 {
					b.Places = append(b.Places, uint32(slices.Index(places, o.version)))
				}
			}
			b.Places = append(b.Places, 1) // one that is gone
		}
		if !visit(b) {
			return
		}
	}
}

func (g *small) Bundles() int                { return len(g.edges) }
func (g *small) Requirement(n uint32) string { return g.edges[n].requirement }
func (g *small) Requirements() int           { return len(g.edges) }
func (g *small) Owners(crate int32, visit func(int32, bool)) {
	for _, o := range g.owners[crate] {
		visit(o.ID, o.Team)
	}
}

func (g *small) Login(id int32, team bool) string {
	for _, list := range g.owners {
		for _, o := range list {
			if o.ID == id && o.Team == team {
				return o.Login
			}
		}
	}
	return ""
}
func (g *small) AsOf() time.Time { return noon }

// crate adds a crate with versions; a number that begins with "!" is yanked.
func (g *small) crate(name string, downloads int64, nums ...string) *small {
	id := int32(len(g.crates) + 1)
	c := Crate{ID: id, Name: name, Downloads: downloads}
	for _, num := range nums {
		yanked := num[0] == '!'
		if yanked {
			num = num[1:]
		}
		r := Release{ID: int32(len(g.releases) + 1), Crate: id, Num: num, Yanked: yanked, Published: noon.Add(-48 * time.Hour), Downloads: downloads / int64(len(nums))}
		g.releases = append(g.releases, r)
		if !yanked {
			c.Default = r.ID
		}
	}
	g.crates = append(g.crates, c)
	return g
}

// on adds a dependency of a version on a crate.
func (g *small) on(name, num, target, requirement string, kind Kind, optional bool) *small {
	from, _ := g.Crate(name)
	to, _ := g.Crate(target)
	for _, r := range g.all(from.ID) {
		if r.Num == num {
			g.edges = append(g.edges, smallEdge{r.ID, to.ID, requirement, kind, optional})
		}
	}
	return g
}
