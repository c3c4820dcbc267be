// Package console is the program's own database: what cratewarden must
// remember that is not the registry's. Nothing of ours ever stands in the
// registry's database, so that its owners cannot rewrite what administrators
// did and its dump job never meets a table it does not know. Here are the
// migrations of all of it, people and sessions, plans, evidence, the ledger,
// notices, and a small store of settings; each other table belongs to the package
// that uses it.
package console

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrate brings the console database at url to this release's schema and
// gives the names of the migrations it applied. Any number of processes may
// call it at once. A database of something else is Refused and left alone.
func Migrate(ctx context.Context, url string) ([]string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, pg.Map(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, err
	}
	if err := refuseForeign(ctx, conn); err != nil {
		return nil, err
	}
	return pg.Migrate(ctx, conn, sub)
}

// refuseForeign refuses a database that has tables and none of ours: most
// likely it is the registry's, and an address was pasted twice.
func refuseForeign(ctx context.Context, conn *pgx.Conn) error {
	var foreign bool
	err := conn.QueryRow(ctx, `
		SELECT to_regclass('console_migration') IS NULL AND EXISTS (
			SELECT FROM pg_class
			WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace(quote_ident(current_schema())))`).Scan(&foreign)
	if err != nil {
		return pg.Map(err)
	}
	if foreign {
		return cratewarden.Errorf(cratewarden.Refused,
			"The database for the console holds tables of something else, such as a registry. Give the console a database of its own with --console-url.")
	}
	return nil
}

// Store reads and writes the console database.
type Store struct{ pool *pgxpool.Pool }

// NewStore makes a store on a migrated database.
func NewStore(pool *pgxpool.Pool) *Store { return &Store{pool} }

// Setting gives the value of a setting; NotFound when it was never set.
func (s *Store) Setting(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	err := s.pool.QueryRow(ctx, `SELECT value FROM setting WHERE name = $1`, name).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, cratewarden.Wrap(err, cratewarden.NotFound, "The setting %s was never made.", name)
	}
	return value, pg.Map(err)
}

// Set stores a setting, in place of an earlier value.
func (s *Store) Set(ctx context.Context, name string, value []byte) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO setting (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = now()`, name, value)
	return pg.Map(err)
}

// Key gives the secret of that name, 32 random bytes made at the first call.
// All processes on one console database get the same bytes.
func (s *Store) Key(ctx context.Context, name string) ([]byte, error) {
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails: crypto/rand ends the program instead
	var value []byte
	err := s.pool.QueryRow(ctx, `WITH made AS (
			INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING value)
		SELECT value FROM made UNION ALL SELECT value FROM setting WHERE name = $1 LIMIT 1`, name, fresh).Scan(&value)
	return value, pg.Map(err)
}
