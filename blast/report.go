package blast

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cratewarden"
)

// Report is everything known about who is hit. Lists are complete; whoever shows
// them cuts them.
type Report struct {
	Query Query      `json:"query"`
	AsOf  time.Time  `json:"as_of" doc:"up to when the registry's changes are in it"`
	Bad   []BadCrate `json:"bad"`

	// Crates and Versions are hit, the bad versions themselves left out. A bad
	// crate counts when a version of it that is not bad is hit.
	Crates   int `json:"crates"`
	Versions int `json:"versions"`
	// Direct are the crates at distance 1, Defaults those whose default version
	// is hit.
	Direct   int `json:"direct"`
	Defaults int `json:"defaults"`

	Layers   []Layer     `json:"layers"`
	Kinds    []KindCount `json:"kinds"`
	Affected []Affected  `json:"affected"`
	Owners   []Notified  `json:"owners" doc:"of crates that depend directly"`
	// OwnerCount is how many there are, whatever the list was cut to.
	OwnerCount int      `json:"owner_count"`
	Figures    []Figure `json:"figures"`
	Days       []Day    `json:"days,omitempty"`
	// Gaps are sentences about what is not known.
	Gaps []string `json:"gaps,omitempty"`
}

// BadCrate is a crate with its bad versions.
type BadCrate struct {
	Name     string       `json:"name"`
	Versions []BadVersion `json:"versions"`
}

// BadVersion is a bad version. One that is not in the registry has only a number.
type BadVersion struct {
	Num       string    `json:"num"`
	Missing   bool      `json:"missing,omitempty" doc:"not in the registry, or not any more"`
	Yanked    bool      `json:"yanked,omitempty"`
	Published time.Time `json:"published,omitzero"`
	Downloads int64     `json:"downloads" doc:"ever"`
	id        int32
}

// Layer is what is hit at one distance. A crate belongs to the smallest distance
// of its versions. Downloads are of these crates, ever.
type Layer struct {
	Distance  int   `json:"distance"`
	Crates    int   `json:"crates"`
	Versions  int   `json:"versions"`
	Downloads int64 `json:"downloads"`
}

// KindCount is what dependencies of a kind lead to. What several lead to counts
// for each.
type KindCount struct {
	Kind     string `json:"kind"`
	Crates   int    `json:"crates"`
	Versions int    `json:"versions"`
	Direct   int    `json:"direct" doc:"crates at distance 1"`
	// Optional counts the versions that only optional dependencies lead to.
	Optional int `json:"optional"`
}

// Affected is a crate with hit versions.
type Affected struct {
	Crate    string `json:"crate"`
	Distance int    `json:"distance"`
	Versions int    `json:"versions" doc:"hit ones"`
	Newest   string `json:"newest" doc:"the hit version that was published last"`
	// Default says that the version shown by default is hit.
	Default   bool  `json:"default"`
	Downloads int64 `json:"downloads" doc:"of the crate, ever"`
	Hit       int64 `json:"hit_downloads" doc:"of the hit versions, ever"`
	// Through is the crate that leads to it first, by Requirement.
	Through     string `json:"through"`
	Requirement string `json:"requirement"`
	Kinds       string `json:"kinds" doc:"of the dependencies that lead to it, such as normal and dev"`
	Optional    bool   `json:"optional" doc:"only optional dependencies do"`

	id int32
}

// Notified is somebody to tell: an owner of crates that depend directly.
type Notified struct {
	Owner
	Crates    []string `json:"crates" doc:"most downloaded first"`
	Downloads int64    `json:"downloads" doc:"of these crates, ever"`
}

// Run works a report out, without downloads by day; see Service for these.
func Run(ctx context.Context, g Graph, q Query) (*Report, error) {
	q, err := q.normal()
	if err != nil {
		return nil, err
	}
	sources, err := q.sources(g)
	if err != nil {
		return nil, err
	}
	s, err := walk(ctx, g, q, sources)
	if err != nil {
		return nil, err
	}
	r := &Report{Query: q, AsOf: g.AsOf(), Layers: []Layer{}, Affected: []Affected{}, Owners: []Notified{}}
	r.nameBad(g, sources)
	r.gather(s)
	r.tell(g)
	r.figure(g)
	r.explain(s)
	return r, nil
}

func (r *Report) nameBad(g Graph, sources []source) {
	for _, src := range sources {
		bad := BadCrate{Name: src.crate.Name, Versions: []BadVersion{}}
		for _, id := range src.ids {
			v, _ := g.Release(id)
			bad.Versions = append(bad.Versions, BadVersion{Num: v.Num, Yanked: v.Yanked, Published: v.Published, Downloads: v.Downloads, id: id})
		}
		for _, v := range src.gone {
			bad.Versions = append(bad.Versions, BadVersion{Num: v.num, Missing: true})
		}
		r.Bad = append(r.Bad, bad)
	}
}

// found is what is gathered of one crate with hit versions. There are very many,
// and they are asked in no order, so they are kept small.
type found struct {
	first, newest uint32 // places: of the nearest versions the oldest, of all the newest
	hit           int64
	versions      int32
	shown         int32 // the default version
	ways, direct  uint8
	isDefault     bool
}

// gather turns hit versions into crates, layers and counts. It walks by place,
// which is how a graph has them in memory.
func (r *Report) gather(s *search) {
	for _, k := range r.Query.Kinds {
		r.Kinds = append(r.Kinds, KindCount{Kind: k.String()})
	}
	place := make([]int32, len(s.all.Crates)) // in list, counted from 1
	var list []found
	var crates []Crate
	var led [ways + 1]int
	layers := make([]Layer, s.farthest)
	for at := range s.hits {
		distance := s.hits[at].distance
		if distance == 0 {
			continue
		}
		version, crate, at := s.all.Version[at], s.all.Crate[at], uint32(at)
		if place[crate] == 0 {
			c, _ := s.g.CrateByID(s.all.Crates[crate])
			crates, list = append(crates, c), append(list, found{first: at, newest: at, shown: c.Default})
			place[crate] = int32(len(list))
		}
		f := &list[place[crate]-1]
		f.add(s, at, version, distance)
		led[s.seen[at]&ways]++
		layers[distance-1].Versions++
		r.Versions++
	}
	for i := range layers {
		layers[i].Distance = i + 1
	}
	for i := range list {
		f := &list[i]
		r.countCrate(f)
		l := &layers[s.hits[f.first].distance-1]
		l.Crates++
		l.Downloads += crates[i].Downloads
	}
	for len(layers) > 0 && layers[len(layers)-1].Versions == 0 {
		layers = layers[:len(layers)-1]
	}
	r.Layers, r.Crates = layers, len(list)
	for way, n := range led {
		r.countKinds(uint8(way), n)
	}
	r.list(s, crates, list)
}

// add counts a hit version of the crate.
func (f *found) add(s *search, at uint32, version, distance int32) {
	_, downloads := s.g.Figures(at)
	f.hit += downloads
	f.versions++
	f.isDefault = f.isDefault || version == f.shown
	way := s.seen[at] & ways
	f.ways |= way
	if distance == 1 {
		f.direct |= way
	}
	if version > s.all.Version[f.newest] {
		f.newest = at
	}
	if nearest := s.hits[f.first].distance; distance < nearest || distance == nearest && version < s.all.Version[f.first] {
		f.first = at
	}
}

// list describes the crates, the most downloaded first. Of equally many downloads
// the names decide.
func (r *Report) list(s *search, crates []Crate, list []found) {
	type key struct {
		downloads int64
		at        int32
	}
	order := make([]key, len(list))
	for i := range list {
		order[i] = key{crates[i].Downloads, int32(i)}
	}
	slices.SortFunc(order, func(a, b key) int {
		if a.downloads != b.downloads {
			return cmp.Compare(b.downloads, a.downloads)
		}
		x, y := &crates[a.at], &crates[b.at]
		return cmp.Or(strings.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	r.Affected = make([]Affected, len(order))
	for to, k := range order {
		r.Affected[to] = list[k.at].describe(s, &crates[k.at])
	}
}

func (f *found) describe(s *search, crate *Crate) Affected {
	first := &s.hits[f.first]
	through, _ := s.g.CrateByID(first.through)
	newest, _ := s.g.Figures(f.newest)
	return Affected{
		Crate: crate.Name, Distance: int(first.distance), Versions: int(f.versions), Newest: s.g.Number(newest), Default: f.isDefault, Downloads: crate.Downloads, Hit: f.hit,
		Through: through.Name, Requirement: s.g.Requirement(first.requirement), Kinds: waysOf(f.ways), Optional: f.ways&wayRequired == 0, id: crate.ID,
	}
}

// waysOf names the kinds of a set, joined by a blank.
func waysOf(led uint8) string {
	return [...]string{"", "normal", "build", "normal build", "dev", "normal dev", "build dev", "normal build dev"}[led&(wayNormal|wayBuild|wayDev)]
}

// countKinds counts n hit versions to which the same ways lead.
func (r *Report) countKinds(led uint8, n int) {
	for i, k := range r.Query.Kinds {
		if c := &r.Kinds[i]; led&(1<<k) != 0 {
			c.Versions += n
			if led&wayRequired == 0 {
				c.Optional += n
			}
		}
	}
}

// countCrate counts one hit crate.
func (r *Report) countCrate(f *found) {
	for i, k := range r.Query.Kinds {
		if f.ways&(1<<k) != 0 {
			r.Kinds[i].Crates++
		}
		if f.direct&(1<<k) != 0 {
			r.Kinds[i].Direct++
		}
	}
	if f.direct != 0 {
		r.Direct++
	}
	if f.isDefault {
		r.Defaults++
	}
}

// tell lists the owners of crates that depend directly.
func (r *Report) tell(g Graph) {
	place := map[uint64]int{}   // in Owners
	for i := range r.Affected { // most downloaded first
		a := &r.Affected[i]
		if a.Distance != 1 {
			continue
		}
		g.Owners(a.id, func(id int32, team bool) {
			key := uint64(uint32(id)) << 1
			if team {
				key |= 1
			}
			at, known := place[key]
			if !known {
				at = len(r.Owners)
				place[key] = at
				r.Owners = append(r.Owners, Notified{Owner: Owner{ID: id, Team: team, Login: g.Login(id, team)}})
			}
			r.Owners[at].Crates = append(r.Owners[at].Crates, a.Crate)
			r.Owners[at].Downloads += a.Downloads
		})
	}
	r.OwnerCount = len(r.Owners)
	slices.SortFunc(r.Owners, func(a, b Notified) int {
		return cmp.Or(cmp.Compare(b.Downloads, a.Downloads), cmp.Compare(a.Login, b.Login), cmp.Compare(a.ID, b.ID), compareBool(a.Team, b.Team))
	})
}

// explain says what is not known.
func (r *Report) explain(s *search) {
	if n := s.unclear(); n > 0 {
		r.Gaps = append(r.Gaps, cratewarden.Amount(n, "dependency has", "dependencies have")+" a requirement that cannot be read; whether it takes a bad version is not known.")
	}
	if r.Query.Depth > 0 && s.more > 0 {
		r.Gaps = append(r.Gaps, "The search ended at distance "+number(int64(r.Query.Depth))+". More may be hit farther away.")
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
