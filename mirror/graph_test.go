package mirror

import (
	"fmt"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/blast"
)

// graphAnswers is what the registry says about dependencies.
var graphAnswers = []string{
	`SELECT format('near %s: %s', target_crate_id, dependent_crate_id) FROM reverse_dependencies`,
	`SELECT format('edge to %s: %s of %s, %s %s %s %s', d.crate_id, v.id, v.crate_id, d.req, d.kind, d.optional, v.yanked) FROM dependencies d JOIN versions v ON v.id = d.version_id`,
	`SELECT format('release %s %s %s %s %s', id, crate_id, num, yanked, downloads) FROM versions`,
	`SELECT format('owned %s %s %s', o.crate_id, o.owner_kind, coalesce(u.gh_login, t.login)) FROM crate_owners o
		LEFT JOIN users u ON u.id = owner_id AND owner_kind = 0 LEFT JOIN teams t ON t.id = owner_id AND owner_kind = 1 WHERE NOT deleted`,
}

// graphClaims is what the graphs say on the same points.
func graphClaims(m *Mirror, last int32) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	flag := func(b bool) string { return fmt.Sprint(b)[:1] }
	g, err := m.Graph()
	if err != nil {
		return []string{err.Error()}
	}
	names := g.Names()
	for id := int32(1); id <= last; id++ {
		if _, ok := g.CrateByID(id); !ok {
			continue
		}
		place, ok := names.Place(id)
		if !ok || names.Crate(place) != id || place >= names.Size() {
			say("crate %d has no place", id)
			continue
		}
		seen := map[int]bool{}
		names.Near(place, func(from int) {
			if !seen[from] {
				say("near %d: %d", id, names.Crate(from))
			}
			seen[from] = true
		})
		g.Dependents(id, func(b blast.Bundle) bool {
			all := g.Depending()
			for _, place := range b.Places {
				if all.Crate[place] == blast.Nowhere {
					continue
				}
				version := all.Version[place]
				say("edge to %d: %d of %d, %s %d %s %s", id, version, all.Crates[all.Crate[place]], g.Requirement(b.Requirement), b.Kind, flag(b.Optional), flag(all.Yanked[place]))
				number, downloads := g.Figures(place)
				if r, ok := g.Release(version); !ok || r.Downloads != downloads || r.Num != g.Number(number) {
					say("version %d differs by its place", version)
				}
			}
			if int(b.Requirement) >= g.Requirements() || b.Number >= g.Bundles() {
				say("requirement %d or bundle %d is out of bounds", b.Requirement, b.Number)
			}
			return true
		})
		g.Numbers(id, func(version int32, number uint32, yanked bool) {
			r, ok := g.Release(version)
			num := g.Number(number)
			say("release %d %d %s %s %d", r.ID, r.Crate, num, flag(yanked), r.Downloads)
			if !ok || r.Num != num || r.Yanked != yanked {
				say("release %d differs by id", version)
			}
		})
		g.Owners(id, func(owner int32, team bool) {
			kind := 0
			if team {
				kind = 1
			}
			say("owned %d %d %s", id, kind, g.Login(owner, team))
		})
	}
	return out
}

// While a part loads the graph says so, and how far it is.
func TestGraphSaysThatItLoads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	c := Config{Registry: w.pool}
	m := New(c)
	_, err := m.Graph()
	if cratewarden.KindOf(err) != cratewarden.Unavailable || !strings.Contains(cratewarden.MessageOf(err), "the crates are not there yet") {
		t.Errorf("an empty mirror gives %v", err)
	}
	if err := m.inOrder(t.Context(), PartCrates, PartVersions); err != nil {
		t.Fatal(err)
	}
	m.note(PartDependencies, func(s *PartStatus) { s.State, s.Rows = "loading", 4321 })
	if _, err = m.Names(); cratewarden.KindOf(err) != cratewarden.Unavailable || !strings.Contains(cratewarden.MessageOf(err), "loading the dependencies: 4321 rows") {
		t.Errorf("half a mirror gives %v", err)
	}
	m.note(PartDependencies, func(s *PartStatus) { s.State, s.Problem = "failed", "The registry does not answer." })
	if _, err = m.Graph(); !strings.Contains(cratewarden.MessageOf(err), "tries again: The registry does not answer.") {
		t.Errorf("a failed part gives %v", err)
	}
	if err := m.inOrder(t.Context(), PartDependencies); err != nil {
		t.Fatal(err)
	}
	if _, err = m.Graph(); err != nil {
		t.Error(err)
	}
}

// A graph that somebody holds stays as it is while the mirror goes on, and a new
// one shows what changed.
func TestGraphIsOneState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	m := w.loaded(Config{})
	before, err := m.Names()
	if err != nil {
		t.Fatal(err)
	}
	was := before.Closure(1).Crates()
	fresh := w.crate("young", 1)
	w.publish(fresh, "1.0.0", 1, 0, 1)
	over := w.crate("younger", 1)
	w.publish(over, "1.0.0", 1, 0, fresh)
	if err := m.poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := m.Names()
	if err != nil {
		t.Fatal(err)
	}
	if now := after.Closure(1).Crates(); now != was+2 || before.Closure(1).Crates() != was {
		t.Errorf("%d crates depended, then %d, and the old graph says %d", was, now, before.Closure(1).Crates())
	}
	if at, ok := after.Place(over); !ok || after.Closure(1).Distance[at] != 2 {
		t.Error("a new crate over a new crate is not at distance 2")
	}
	// The patch is read anew into the tables, and the answer stays.
	if err := m.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := m.Names()
	if err != nil || again.Closure(1).Crates() != was+2 || len(again.over.fresh) > 0 {
		t.Errorf("after a full re-read %d crates depend, %v", again.Closure(1).Crates(), err)
	}
}
