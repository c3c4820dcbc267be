package mirror

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/blast"
	"cratewarden/demo"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

var demoRegistry = sync.OnceValue(func() *demo.Registry {
	return demo.Generate(demo.Options{Now: time.Date(2026, 8, 20, 8, 41, 2, 0, time.UTC), Crates: demo.MinCrates, Archives: -1})
})

// demoWorld is the made-up registry, with its prepared attacks.
func demoWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, pool: pgtest.Database(t, pgtest.Template{Name: "demo", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		return demoRegistry().Load(ctx, conn)
	}})}
}

// closureSQL asks the registry's own table for everything that depends on a crate.
const closureSQL = `WITH RECURSIVE reached(id) AS (
	SELECT $1::int UNION SELECT d.dependent_crate_id FROM reverse_dependencies d JOIN reached r ON d.target_crate_id = r.id)
	SELECT id FROM reached ORDER BY id`

// On the demo the graphs say what SQL says: every pair, every dependency, and
// for every crate everything that depends on it.
func TestGraphEqualsSQLOnTheDemo(t *testing.T) {
	t.Parallel()
	w := demoWorld(t)
	m := w.loaded(Config{})
	var want []string
	for _, sql := range graphAnswers {
		rows, err := w.pool.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, lines...)
	}
	last := w.id(`SELECT max(id)::int FROM crates`)
	got := graphClaims(m, last)
	slices.Sort(want)
	slices.Sort(got)
	same(t, "registry against graph", want, got)

	names, err := m.Names()
	if err != nil {
		t.Fatal(err)
	}
	reached := 0
	for id := int32(1); id <= last; id++ {
		rows, err := w.pool.Query(t.Context(), closureSQL, id)
		if err != nil {
			t.Fatal(err)
		}
		want, err := pgx.CollectRows(rows, pgx.RowTo[int32])
		if err != nil {
			t.Fatal(err)
		}
		var got []int32
		for place, d := range names.Closure(id).Distance {
			if d != blast.Unreached {
				got = append(got, names.Crate(place))
			}
		}
		slices.Sort(got)
		if _, there := names.Place(id); there && !slices.Equal(want, got) {
			t.Fatalf("%d crates depend on %d, and the closure has %d", len(want)-1, id, len(got)-1)
		}
		reached += len(got)
	}
	t.Logf("%d lines and %d reached crates are the same", len(want), reached)
}

// The radius of the attack's armed helper holds every version that was built to
// carry it, at the right distance.
func TestRadiusOfTheAugustAttack(t *testing.T) {
	t.Parallel()
	w := demoWorld(t)
	g, err := w.loaded(Config{}).Graph()
	if err != nil {
		t.Fatal(err)
	}
	a := demoRegistry().Situations.August
	r, err := blast.Run(t.Context(), g, blast.Query{Bad: []blast.Bad{{Crate: a.Helper, Versions: []string{a.Armed.Version}}}})
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]blast.Affected{}
	for _, one := range r.Affected {
		if one.Distance == 1 {
			direct[one.Crate] = one
		}
	}
	for _, bad := range slices.Concat(a.Republished, a.Carriers) {
		if one, ok := direct[bad.Crate]; !ok || one.Newest != bad.Version || one.Versions != 1 {
			t.Errorf("%s is %+v, want %s alone", bad.Crate, one, bad.Version)
		}
		delete(direct, bad.Crate)
	}
	if len(direct) > 0 {
		t.Errorf("more depend on the helper directly: %v", direct)
	}
	// What the popular crates republished is what Cargo chooses now.
	var bad []blast.Bad
	for _, one := range a.Republished {
		bad = append(bad, blast.Bad{Crate: one.Crate, Versions: []string{one.Version}})
	}
	could, err := blast.Run(t.Context(), g, blast.Query{Bad: bad})
	if err != nil {
		t.Fatal(err)
	}
	would, err := blast.Run(t.Context(), g, blast.Query{Bad: bad, Mode: blast.Would})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("could: %d crates, would: %d, layers %v", could.Crates, would.Crates, would.Layers)
	if would.Crates == 0 || would.Crates > could.Crates || would.Versions > could.Versions {
		t.Errorf("%d crates could resolve to the republished versions, and %d would", could.Crates, would.Crates)
	}
	if len(would.Owners) == 0 || would.Owners[0].Login == "" {
		t.Errorf("nobody is to be told: %s", fmt.Sprint(would.Owners))
	}
}
