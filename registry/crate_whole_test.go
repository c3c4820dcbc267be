package registry_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/registry"
)

// strange is what a crate of few versions may have beside the fixture's.
const strange = `
INSERT INTO background_jobs (id, job_type, data, created_at, priority) VALUES
 (101, 'x', '{"crate_names": ["hollow", "Foo-Bar"]}', '2026-11-22T11:59Z', 5), (102, 'x', '{"crate_names": "Foo-Bar"}', '2026-11-22T11:59Z', 5),
 (103, 'x', '{"version_id": 5}', '2026-11-22T11:59Z', 5), (104, 'x', '{"version_id": "none", "crate_id": "1e3"}', '2026-11-22T11:59Z', 5), (105, 'x', '[1]', '2026-11-22T11:59Z', 5);
INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action, time) VALUES
 (2, 3, 1, 2, '2026-11-21Z'), (2, 1, 1, 0, '2026-11-20Z'), (2, 3, NULL, 0, '2022-03-01Z');
INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_at, created_by, deleted, updated_at) VALUES
 (1, 98, 1, '2022-06-01Z', 2, false, '2022-06-01Z'), (4, 2, 0, '2023-01-01Z', 2, false, '2023-01-01Z');
UPDATE versions SET created_at = '2022-03-01Z' WHERE id = 3;
UPDATE versions SET features = '[]', yank_message = 'broken', zip_sha256 = decode(repeat('aa', 32), 'hex') WHERE id = 1;
UPDATE versions SET trustpub_data = '{"provider": 5}' WHERE id = 5;`

// Putting together in the program what simple statements gave is the same as
// letting the database do it, whatever the caller knows, and whether or not
// small tables are kept.
func TestGatheringIsTheSameAsJoining(t *testing.T) {
	t.Parallel()
	pool := database(t)
	if _, err := pool.Exec(t.Context(), strange); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	for _, dump := range []bool{false, true} {
		if dump { // which holds none of these
			if _, err := pool.Exec(t.Context(), `TRUNCATE version_owner_actions, crate_owner_invitations, background_jobs`); err != nil {
				t.Fatal(err)
			}
		}
		for _, keep := range []time.Duration{0, time.Minute} {
			r := registry.New(registry.Config{Pool: pool, Clock: clock, Keep: keep, Dump: dump})
			for _, name := range []string{"foo-bar", "helper", "user-one", "hollow"} {
				sameWhole(t, r, name)
			}
		}
	}
}

func sameWhole(t *testing.T, r *registry.Reader, name string) {
	t.Helper()
	c := ok[registry.Crate](t)(r.Crate(t.Context(), name))
	for _, dependencies := range []int{0, 1000} {
		for _, known := range []bool{false, true} {
			ask := registry.CrateAsk{
				Versions: 2, Features: true, Dependencies: dependencies,
				First: now.AddDate(0, 0, -89), Last: now, Top: 2, Actions: 4, Jobs: 50,
			}
			want := ok[registry.CrateWhole](t)(registry.LargeWhole(r, t.Context(), c, ask))
			if known {
				ask.People, ask.Teams = []int32{1, 2, 3, 4}, []int32{1}
				ask.Known = func(id int32) (registry.NamedCrate, bool) {
					return registry.NamedCrate{ID: 2, Name: "helper", CreatedAt: time.Date(2022, 2, 28, 0, 0, 0, 0, time.UTC)}, id == 2
				}
			}
			got := ok[registry.CrateWhole](t)(r.CrateWhole(t.Context(), c, ask))
			for _, w := range []*registry.CrateWhole{&want, &got} {
				slices.SortFunc(w.Dependencies, func(a, b registry.DependencyFact) int {
					return cmp.Or(cmp.Compare(a.VersionID, b.VersionID), cmp.Compare(a.Crate, b.Crate), cmp.Compare(a.Kind, b.Kind))
				})
			}
			if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("%s, dependencies %d, known %v: %s", name, dependencies, known, d)
			}
		}
	}
}

// Few statements, and those of unknown people and crates in one more round trip.
func TestGatheringTakesFewStatements(t *testing.T) {
	t.Parallel()
	pool := database(t)
	count := &counter{}
	cfg := pool.Config()
	cfg.ConnConfig.Tracer = count
	traced := ok[*pgxpool.Pool](t)(pgxpool.NewWithConfig(t.Context(), cfg))
	defer traced.Close()
	r := registry.New(registry.Config{Pool: traced, Clock: cratewarden.Clock(func() time.Time { return now })})
	c := ok[registry.Crate](t)(r.Crate(t.Context(), "foo-bar"))
	count.statements.Store(0)
	ok[registry.CrateWhole](t)(r.CrateWhole(t.Context(), c, registry.CrateAsk{Versions: 2, Dependencies: 1000, First: now, Last: now}))
	// The page's twelfth is the crate's own row.
	if n := count.statements.Load(); n > 11 {
		t.Errorf("%d statements", n)
	}
}

// What is read at once by an id is what is read by the name, also when the id
// is another crate's or nobody's.
func TestCrateAtOnce(t *testing.T) {
	t.Parallel()
	pool := database(t)
	if _, err := pool.Exec(t.Context(), strange+`
INSERT INTO versions (id, crate_id, num, num_no_build, tar_sha256, crate_size, created_at, updated_at, yanked)
SELECT 1000 + n, 1, num, num, decode(repeat('cc', 32), 'hex'), 5, '2026-01-01Z', '2026-01-01Z', num = '9.9.9'
FROM unnest(ARRAY['9.9.9', '8.0.0-rc.1', '7.10.0', '7.9.0']) WITH ORDINALITY AS u(num, n)`); err != nil {
		t.Fatal(err)
	}
	r := registry.New(registry.Config{Pool: pool, Clock: func() time.Time { return now }})
	for _, name := range []string{"foo-bar", "FOO_bar", "helper", "user-one", "hollow"} {
		want := ok[registry.Crate](t)(r.Crate(t.Context(), name))
		for _, dependencies := range []int{0, 1000} {
			ask := registry.CrateAsk{Versions: 9, Features: true, Dependencies: dependencies, First: now.AddDate(0, 0, -89), Last: now, Jobs: 50}
			whole := ok[registry.CrateWhole](t)(r.CrateWhole(t.Context(), want, ask))
			for i, id := range []int32{want.ID, want.ID, want.ID, want.ID, want.ID%4 + 1, 0, 9999} {
				// None known, the wrong ones, all and more, some.
				ask.VersionIDs = [][]int32{nil, {}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1001, 1002, 1003, 1004}, {1}, {1, 2}, nil, nil}[i]
				c, w, err := r.CrateAtOnce(t.Context(), id, name, ask)
				if d := gocmp.Diff(want, c, cmpopts.EquateEmpty()); err != nil || d != "" {
					t.Errorf("%s by %d: %v %s", name, id, err, d)
				}
				if d := gocmp.Diff(whole, w, cmpopts.EquateEmpty()); d != "" {
					t.Errorf("%s by %d: %s", name, id, d)
				}
			}
		}
	}
	if _, _, err := r.CrateAtOnce(t.Context(), 1, "nobody", registry.CrateAsk{}); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("no crate of the name: %v", err)
	}
}
