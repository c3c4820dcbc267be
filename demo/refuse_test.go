package demo

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

func connect(t *testing.T, pool *pgxpool.Pool) *pgx.Conn {
	t.Helper()
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Release)
	return conn.Conn()
}

// TestLoadIsAllOrNothing gives up in the middle of the largest table.
func TestLoadIsAllOrNothing(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, pgtest.Template{Name: "registry", Build: schema.Create})
	conn, err := pgx.ConnectConfig(t.Context(), pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := Generate(Options{Crates: MinCrates, Archives: -1, Now: testNow, Progress: func(e Event) {
		if e.Step == "dependencies" && e.Done == 0 && e.Total == 0 {
			cancel()
		}
	}})
	if err := r.Load(ctx, conn); cratewarden.KindOf(err) != cratewarden.Canceled {
		t.Errorf("got %v, want canceled", err)
	}
	if n := one[int](t, pool, `SELECT (SELECT count(*) FROM crates) + (SELECT count(*) FROM users) + (SELECT count(*) FROM keywords)`); n != 0 {
		t.Errorf("%d rows stayed", n)
	}
	if asleep := column(t, pool, `SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'`); len(asleep) > 0 {
		t.Errorf("triggers left asleep: %v", asleep)
	}
}

func TestLoadNeedsASuperuser(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.Database(t, pgtest.Template{Name: "registry", Build: schema.Create}))
	if _, err := conn.Exec(t.Context(), `CREATE ROLE demo_plain; GRANT ALL ON ALL TABLES IN SCHEMA public TO demo_plain; SET ROLE demo_plain`); err != nil {
		t.Fatal(err)
	}
	r := Generate(Options{Crates: MinCrates, Archives: -1, Now: testNow})
	if err := r.Load(t.Context(), conn); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("got %v, want refused", err)
	}
}
