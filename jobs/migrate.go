package jobs

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"cratewarden"
	"cratewarden/pg"
)

// riverSchema is where River's tables are, apart from the console's own.
const riverSchema = "river"

// migrationLock lets one of several starting processes migrate while the others
// wait; the number has no meaning.
const migrationLock = 7_310_552_042

// Migrate brings the queue's tables in the console's database to this release's
// form. Call it after console.Migrate and before anything is enqueued. Any
// number of processes may call it at once. A role that may not create tables
// can call it too, once somebody else has.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return pg.Map(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return pg.Map(err)
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock)); err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx))
		}
	}()
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regnamespace('`+riverSchema+`') IS NOT NULL`).Scan(&there); err != nil {
		return pg.Map(err)
	}
	if !there {
		if _, err := conn.Exec(ctx, `CREATE SCHEMA `+riverSchema); err != nil {
			return pg.Map(err)
		}
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: riverSchema, Logger: slog.Default()})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The tables of the work queue could not be made in the console's database. Run: cratewarden migrate, with a role that may.")
	}
	return nil
}
