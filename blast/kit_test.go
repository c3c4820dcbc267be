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

func (g *small) Numbers(crate int32, visit func(id int32, num string, yanked bool)) {
	for _, r := range g.all(crate) {
		visit(r.ID, r.Num, r.Yanked)
	}
}

func (g *small) all(crate int32) (list []Release) {
	for _, r := range g.releases {
		if r.Crate == crate {
			list = append(list, r)
		}
	}
	return list
}

func (g *small) Brief(id int32) (string, int64) {
	r, _ := g.Release(id)
	return r.Num, r.Downloads
}

func (g *small) Release(id int32) (Release, bool) {
	i := slices.IndexFunc(g.releases, func(r Release) bool { return r.ID == id })
	if i < 0 {
		return Release{}, false
	}
	return g.releases[i], true
}

func (g *small) Dependents(crate int32, skip *Set, visit func(Edge) bool) {
	for i, e := range g.edges {
		if from, ok := g.Release(e.version); ok && e.target == crate && !skip.Has(e.version) &&
			!visit(Edge{Version: e.version, Crate: from.Crate, Requirement: uint32(i), Kind: e.kind, Optional: e.optional, Yanked: from.Yanked}) {
			return
		}
	}
}

func (g *small) Requirement(n uint32) string { return g.edges[n].requirement }
func (g *small) Requirements() int           { return len(g.edges) }
func (g *small) Owners(crate int32) []Owner  { return g.owners[crate] }
func (g *small) AsOf() time.Time             { return noon }

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
