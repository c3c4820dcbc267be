package blast

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// never stands for a distance there is none of.
const never = -1

// plain works the radius out word by word from the definition in the package's
// documentation: again and again over all dependencies, until nothing changes.
func plain(g *small, q Query) map[int32]string {
	bad, gone := map[int32]bool{}, map[int32][]Version{}
	sources, _ := q.sources(g)
	for _, s := range sources {
		for _, id := range s.ids {
			bad[id] = true
		}
		for _, v := range s.gone {
			gone[s.crate.ID] = append(gone[s.crate.ID], v.v)
		}
	}
	full := map[int32]int{} // distance by what others build
	for id := range bad {
		full[id] = 0
	}
	// nearest is how far the nearest version is that an edge leads to.
	nearest := func(e smallEdge) (best int, ok bool) {
		offer := func(d int) {
			if !ok || d < best {
				best, ok = d, true
			}
		}
		r, readable := ParseRequirement(e.requirement)
		if !readable {
			return 0, false
		}
		var highest *Release
		for _, to := range g.all(e.target) {
			v, _ := ParseVersion(to.Num)
			if !r.Takes(v) {
				continue
			}
			d, hit := full[to.ID]
			switch {
			case q.Mode == Could && hit && (!to.Yanked || q.Locked || bad[to.ID]):
				offer(d)
			case q.Mode == Would && !to.Yanked && (highest == nil || mustVersion(highest.Num).Compare(v) < 0):
				highest = &to
			}
		}
		if highest != nil {
			if d, hit := full[highest.ID]; hit {
				offer(d)
			}
		}
		for _, v := range gone[e.target] {
			if q.Mode == Could && r.Takes(v) {
				offer(0)
			}
		}
		return best, ok
	}
	counts := func(e smallEdge) bool {
		from, _ := g.Release(e.version)
		return slices.Contains(q.Kinds, e.kind) && (!q.Required || !e.optional) && (q.Locked || !from.Yanked)
	}
	for changed := true; changed; {
		changed = false
		for _, e := range g.edges {
			d, ok := nearest(e)
			if old, hit := full[e.version]; ok && counts(e) && e.kind != Dev && (!hit || d+1 < old) {
				full[e.version], changed = d+1, true
			}
		}
	}
	distance, ways := map[int32]int{}, map[int32]uint8{}
	for range 2 { // first the distances, then the ways that are as short
		for _, e := range g.edges {
			d, ok := nearest(e)
			if !ok || !counts(e) || bad[e.version] {
				continue
			}
			if old, hit := distance[e.version]; !hit || d+1 < old {
				distance[e.version] = d + 1
			}
		}
	}
	for _, e := range g.edges {
		if d, ok := nearest(e); ok && counts(e) && !bad[e.version] && d+1 == distance[e.version] {
			ways[e.version] |= 1 << e.kind
			if !e.optional {
				ways[e.version] |= wayRequired
			}
		}
	}
	out := map[int32]string{}
	for id, d := range distance {
		f, hit := full[id]
		if !hit {
			f = never
		}
		if q.Depth == 0 || d <= q.Depth {
			out[id] = fmt.Sprintf("distance %d full %d ways %b", d, f, ways[id])
		}
	}
	return out
}

func mustVersion(num string) Version {
	v, ok := ParseVersion(num)
	if !ok {
		panic(num)
	}
	return v
}

var (
	someNumbers      = []string{"0.1.0", "0.1.5", "0.2.0", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.2.3", "1.3.0-beta", "2.0.0", "2.1.0-alpha.1"}
	someRequirements = []string{"*", "^0.1", "0.1.5", "~1.2", "^1.0", "=1.2.3", ">=1.0.0-rc.1", "*", "1.*", "<2", ">1.2, <=2.0.0", "^1.3.0-beta", "not a requirement"}
)

func drawGraph(t *rapid.T) *small {
	g := &small{}
	for i := range rapid.IntRange(1, 8).Draw(t, "crates") {
		nums := rapid.SliceOfNDistinct(rapid.SampledFrom(someNumbers), 1, 5, rapid.ID[string]).Draw(t, "versions")
		for n, num := range nums {
			if rapid.IntRange(0, 4).Draw(t, "yanked") == 0 {
				nums[n] = "!" + num
			}
		}
		g.crate(fmt.Sprintf("crate-%d", i), int64(1000*i), nums...)
	}
	for range rapid.IntRange(0, 40).Draw(t, "dependencies") {
		g.edges = append(g.edges, smallEdge{
			version: int32(rapid.IntRange(1, len(g.releases)).Draw(t, "from")), target: int32(rapid.IntRange(1, len(g.crates)).Draw(t, "to")),
			requirement: rapid.SampledFrom(someRequirements).Draw(t, "requirement"),
			kind:        Kind(rapid.SampledFrom([]int{0, 0, 1, 2, 2}).Draw(t, "kind")), optional: rapid.Bool().Draw(t, "optional"),
		})
	}
	return g
}

func drawQuery(t *rapid.T, g *small) Query {
	q := Query{Mode: rapid.SampledFrom([]Mode{Could, Would}).Draw(t, "mode"), Required: rapid.Bool().Draw(t, "required"), Depth: rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(t, "depth")}
	q.Locked = q.Mode == Could && rapid.Bool().Draw(t, "locked")
	q.Kinds = rapid.SampledFrom([][]Kind{nil, {Normal}, {Normal, Build, Dev}, {Normal, Build, Dev}, {Normal, Dev}}).Draw(t, "kinds")
	for range rapid.IntRange(1, 2).Draw(t, "bad crates") {
		b := Bad{Crate: rapid.SampledFrom(g.crates).Draw(t, "crate").Name}
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			b.Versions = rapid.SliceOfNDistinct(rapid.SampledFrom(someNumbers), 1, 3, rapid.ID[string]).Draw(t, "bad")
		case 1:
			b.Range = rapid.SampledFrom(someRequirements[:12]).Draw(t, "range")
		}
		q.Bad = append(q.Bad, b)
	}
	return q
}

// The walk finds on any graph what the definition says, version by version.
func TestRadiusIsThatOfTheDefinition(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	for part := range 8 { // eight times as many graphs as one check draws
		t.Run(strconv.Itoa(part), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { reached.Add(int64(holdsOn(t))) })
		})
	}
	if reached.Load() == 0 {
		t.Error("no graph had anything to reach")
	}
}

// holdsOn compares on one graph and gives how many versions are reached.
func holdsOn(t *rapid.T) int {
	g := drawGraph(t)
	q, err := drawQuery(t, g).normal()
	if err != nil {
		t.Fatal(err)
	}
	sources, err := q.sources(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := walk(t.Context(), g, q, sources)
	if err != nil {
		t.Fatal(err)
	}
	got := map[int32]string{}
	for place, h := range s.hits {
		if h.distance > 0 {
			seen, full := s.seen[place], h.distance
			if later, ok := s.later[uint32(place)]; ok {
				full = later
			}
			if seen&others == 0 {
				full = never
			}
			got[s.all.Version[place]] = fmt.Sprintf("distance %d full %d ways %b", h.distance, full, seen&ways)
		}
	}
	want := plain(g, q)
	for id, text := range want { // what is farther than asked is not looked for
		var d, full, ways int
		if _, err := fmt.Sscanf(text, "distance %d full %d ways %b", &d, &full, &ways); err != nil {
			t.Fatal(err)
		}
		if q.Depth > 0 && full > q.Depth {
			want[id] = fmt.Sprintf("distance %d full %d ways %b", d, never, ways)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("query %+v on %+v (-want +got):\n%s", q, g, diff)
	}
	r, err := Run(t.Context(), g, q)
	if err != nil {
		t.Fatal(err)
	}
	addsUp(t, r, len(got))
	return len(got)
}

// addsUp holds a report's numbers against one another.
func addsUp(t *rapid.T, r *Report, versions int) {
	var crates, hit, listed, farthest int
	for _, l := range r.Layers {
		crates += l.Crates
		hit += l.Versions
	}
	for _, a := range r.Affected {
		listed += a.Versions
		farthest = max(farthest, a.Distance)
	}
	if r.Versions != versions || hit != versions || listed != versions || crates != r.Crates || len(r.Affected) != r.Crates || farthest > len(r.Layers) {
		t.Fatalf("%d versions are hit, and the report says %+v", versions, r)
	}
}

// The closure finds what asking every crate again until nothing changes finds.
func TestClosureIsThatOfTheDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "crates")
		near := make(edgeList, n)
		for range rapid.IntRange(0, 30).Draw(t, "pairs") {
			to := rapid.IntRange(0, n-1).Draw(t, "to")
			near[to] = append(near[to], rapid.IntRange(0, n-1).Draw(t, "from"))
		}
		want := make([]int32, n)
		for i := range want {
			want[i] = Unreached
		}
		want[0] = 0
		for changed := true; changed; {
			changed = false
			for to, list := range near {
				for _, from := range list {
					if want[to] != Unreached && (want[from] == Unreached || want[from] > want[to]+1) {
						want[from], changed = want[to]+1, true
					}
				}
			}
		}
		got := Closure(near, 100)
		if diff := cmp.Diff(want, got.Distance); diff != "" {
			t.Fatal(diff)
		}
		count := 0
		for _, d := range want {
			if d > 0 {
				count++
			}
		}
		if got.Crates() != count || got.Layers[0] != 1 {
			t.Fatalf("%d crates are reached, and the layers are %v", count, got.Layers)
		}
	})
}

// edgeList is a graph by names; ids are places and a hundred.
type edgeList [][]int

func (e edgeList) Size() int { return len(e) }
func (e edgeList) Place(id int32) (int, bool) {
	return int(id) - 100, id >= 100 && int(id)-100 < len(e)
}
func (e edgeList) Crate(place int) int32 { return int32(place) + 100 }
func (e edgeList) Near(place int, visit func(int)) {
	for _, from := range e[place] {
		visit(from)
	}
}
