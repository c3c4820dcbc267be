package demo

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// standard is the demo as everybody starts it, made once for all tests.
var standard = sync.OnceValue(func() *Registry { return Generate(Options{Now: testNow}) })

var loaded = pgtest.Template{Name: "demo", Build: func(ctx context.Context, conn *pgx.Conn) error {
	if err := schema.Create(ctx, conn); err != nil {
		return err
	}
	return standard().Load(ctx, conn)
}}

// one asks for a single value.
func one[T any](t *testing.T, pool *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	var out T
	if err := pool.QueryRow(t.Context(), sql, args...).Scan(&out); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func TestLoadRefusesAFullRegistry(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	if err := standard().Load(t.Context(), connect(t, pool)); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("got %v, want a conflict", err)
	}
}

// TestLoadTime holds the promise that `cratewarden demo` is up in seconds.
func TestLoadTime(t *testing.T) {
	pool := pgtest.Database(t, pgtest.Template{Name: "registry", Build: schema.Create})
	conn := connect(t, pool)
	began, last, step := time.Now(), time.Now(), ""
	r := Generate(Options{Now: testNow, Progress: func(e Event) {
		if e.Step != step {
			if d := time.Since(last); d > 100*time.Millisecond {
				t.Logf("%-24s %v", step, d.Round(time.Millisecond))
			}
			step, last = e.Step, time.Now()
		}
	}})
	made := time.Since(began)
	if err := r.Load(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	filled := time.Since(began)
	if err := r.Store(t.Context(), folder(t), folder(t)); err != nil {
		t.Fatal(err)
	}
	all := time.Since(began)
	t.Logf("made in %v, loaded after %v, stored after %v", made.Round(time.Millisecond), filled.Round(time.Millisecond), all.Round(time.Millisecond))
	if all > 60*time.Second { // three times the promise: the machine may be busy
		t.Errorf("the demo took %v", all)
	}
}

// TestLoadLeavesTriggersAwake publishes by hand after a load: sequences go on,
// triggers do their work.
func TestLoadLeavesTriggersAwake(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	if asleep := column(t, pool, `SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'`); len(asleep) > 0 {
		t.Errorf("triggers left asleep: %v", asleep)
	}
	ctx := t.Context()
	crate := one[int](t, pool, `INSERT INTO crates (name, description) VALUES ('published-after-load', 'x') RETURNING id`)
	if crate != len(standard().crates)+1 {
		t.Errorf("the new crate has id %d", crate)
	}
	version := one[int](t, pool, `INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by)
		VALUES ($1, '1.0.0', '1.0.0', 10, decode(repeat('ab', 32), 'hex'), 1) RETURNING id`, crate)
	target := one[int](t, pool, `SELECT id FROM crates WHERE name = 'arraykit'`)
	for _, sql := range []string{
		`INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features) VALUES ($1, $2, '^0.3', false, true, '{}')`,
		`INSERT INTO version_owner_actions (version_id, user_id, action) SELECT $1, 1, 0 WHERE $2 > 0`,
		`INSERT INTO background_jobs (job_type, data) SELECT 'x', jsonb_build_array($1::int, $2::int)`,
	} {
		if _, err := pool.Exec(ctx, sql, version, target); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if n := one[int](t, pool, `SELECT count(*) FROM reverse_dependencies WHERE target_crate_id = $1 AND dependent_crate_id = $2`, target, crate); n != 1 {
		t.Errorf("%d reverse dependencies of the new crate", n)
	}
	if n := one[int](t, pool, `SELECT num_versions FROM default_versions WHERE crate_id = $1`, crate); n != 1 {
		t.Errorf("the new crate has %d versions", n)
	}
	for _, sql := range []string{
		`INSERT INTO users (gh_login, username, gh_id) VALUES ('new', 'new', 1)`, `INSERT INTO emails (user_id, email) SELECT max(id), 'n@example.org' FROM users`,
		`INSERT INTO api_tokens (user_id, token, name) VALUES (1, decode(repeat('cd', 32), 'hex'), 'n')`,
		`INSERT INTO teams (login, github_id, org_id) VALUES ('github:new:new', 1, 1)`, `INSERT INTO keywords (keyword) VALUES ('brand-new')`,
		`INSERT INTO deleted_crates (name, created_at, deleted_at, available_at) VALUES ('n', now(), now(), now())`,
		`UPDATE versions SET yanked = NOT yanked WHERE id = 5`,
	} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func column(t *testing.T, pool *pgxpool.Pool, sql string) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}
