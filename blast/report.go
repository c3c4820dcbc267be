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

	ways, direct uint8 // of all hit versions, of those at distance 1
	first        *hit  // of the nearest versions the oldest
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

// gather turns hit versions into crates, layers and counts. It walks by version
// id, which is how a graph has them in memory: there may be a million.
func (r *Report) gather(s *search) {
	for _, k := range r.Query.Kinds {
		r.Kinds = append(r.Kinds, KindCount{Kind: k.String()})
	}
	var place pages[int32] // of a crate in Affected, counted from 1
	s.at.each(func(version, at int32) {
		h := &s.hits[at-1]
		if h.distance == 0 {
			return
		}
		i := place.get(h.crate)
		if i == 0 {
			r.Affected = append(r.Affected, Affected{first: h})
			i = int32(len(r.Affected))
			place.set(h.crate, i)
		}
		a := &r.Affected[i-1]
		num, downloads := s.g.Brief(version)
		a.Newest, a.Hit = num, a.Hit+downloads // ids come in order
		a.Versions++
		led := s.seen.get(version) & ways
		r.countKinds(led)
		a.ways |= led
		if h.distance == 1 {
			a.direct |= led
		}
		if h.distance < a.first.distance {
			a.first = h
		}
		r.layer(h.distance).Versions++
		r.Versions++
	})
	r.Crates = len(r.Affected)
	for i := range r.Affected {
		r.describe(s, &r.Affected[i])
	}
	r.sort()
}

// sort puts the most downloaded crates first. It moves places about and each
// crate once: there may be 200,000, and a crate is large.
func (r *Report) sort() {
	order := make([]int32, len(r.Affected))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		a, b := &r.Affected[i], &r.Affected[j]
		return cmp.Or(cmp.Compare(b.Downloads, a.Downloads), strings.Compare(a.Crate, b.Crate), cmp.Compare(a.first.crate, b.first.crate))
	})
	sorted := make([]Affected, len(order))
	for to, from := range order {
		sorted[to] = r.Affected[from]
	}
	r.Affected = sorted
}

// layer gives the one of a distance; distances come in order, without gaps.
func (r *Report) layer(distance int32) *Layer {
	for len(r.Layers) < int(distance) {
		r.Layers = append(r.Layers, Layer{Distance: len(r.Layers) + 1})
	}
	return &r.Layers[distance-1]
}

func (r *Report) describe(s *search, a *Affected) {
	crate, _ := s.g.CrateByID(a.first.crate)
	a.Crate, a.Downloads, a.Distance = crate.Name, crate.Downloads, int(a.first.distance)
	a.Default = crate.Default != 0 && s.at.get(crate.Default) > 0 && s.hits[s.at.get(crate.Default)-1].distance > 0
	through, _ := s.g.CrateByID(a.first.through)
	a.Through, a.Requirement = through.Name, s.g.Requirement(a.first.requirement)
	a.Kinds, a.Optional = waysOf(a.ways), a.ways&wayRequired == 0
	r.countCrate(a)
	l := r.layer(int32(a.Distance))
	l.Crates++
	l.Downloads += a.Downloads
	if a.Distance == 1 {
		r.Direct++
	}
	if a.Default {
		r.Defaults++
	}
}

// waysOf names the kinds of a set, joined by a blank.
func waysOf(led uint8) string {
	return [...]string{"", "normal", "build", "normal build", "dev", "normal dev", "build dev", "normal build dev"}[led&(wayNormal|wayBuild|wayDev)]
}

// countKinds counts one hit version.
func (r *Report) countKinds(led uint8) {
	for i, k := range r.Query.Kinds {
		if c := &r.Kinds[i]; led&(1<<k) != 0 {
			c.Versions++
			if led&wayRequired == 0 {
				c.Optional++
			}
		}
	}
}

// countCrate counts one hit crate.
func (r *Report) countCrate(a *Affected) {
	for i, k := range r.Query.Kinds {
		if a.ways&(1<<k) != 0 {
			r.Kinds[i].Crates++
		}
		if a.direct&(1<<k) != 0 {
			r.Kinds[i].Direct++
		}
	}
}

// tell lists the owners of crates that depend directly.
func (r *Report) tell(g Graph) {
	type key struct {
		id   int32
		team bool
	}
	place := map[key]int{}
	for _, a := range r.Affected { // most downloaded first
		if a.Distance != 1 {
			continue
		}
		for _, o := range g.Owners(a.first.crate) {
			i, known := place[key{o.ID, o.Team}]
			if !known {
				i = len(r.Owners)
				place[key{o.ID, o.Team}] = i
				r.Owners = append(r.Owners, Notified{Owner: o})
			}
			r.Owners[i].Crates = append(r.Owners[i].Crates, a.Crate)
			r.Owners[i].Downloads += a.Downloads
		}
	}
	r.OwnerCount = len(r.Owners)
	slices.SortFunc(r.Owners, func(a, b Notified) int {
		return cmp.Or(cmp.Compare(b.Downloads, a.Downloads), cmp.Compare(a.Login, b.Login), cmp.Compare(a.ID, b.ID), compareBool(a.Team, b.Team))
	})
}

// explain says what is not known.
func (r *Report) explain(s *search) {
	if n := len(s.unread); n > 0 {
		r.Gaps = append(r.Gaps, cratewarden.Amount(n, "dependency has", "dependencies have")+" a requirement that cannot be read; whether it takes a bad version is not known.")
	}
	if r.Query.Depth > 0 && len(s.next) > 0 {
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
