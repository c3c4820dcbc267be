package pg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"sort"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// migrationLock is the advisory lock that lets one of several starting
// processes migrate while the others wait; the number has no meaning.
const migrationLock = 7_310_552_041

// Migrate brings a database of our own to the newest schema. Files are applied
// in the order of their names, each in a transaction of its own, and never
// again; a file whose text changed after it was applied is refused, because
// then nobody knows what the database holds. There is no way back: a mistake
// is mended by the next file. It gives the names of the files it applied.
func Migrate(ctx context.Context, conn *pgx.Conn, files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return nil, Map(err)
	}
	defer func() {
		_, _ = conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
	}()
	done, err := applied(ctx, conn)
	if err != nil {
		return nil, Map(err)
	}
	var fresh []string
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return fresh, err
		}
		ran, err := migrateOne(ctx, conn, name, string(text), done)
		if err != nil {
			return fresh, err
		}
		if ran {
			fresh = append(fresh, name)
		}
	}
	return fresh, nil
}

// applied gives the checksum of each file applied so far.
func applied(ctx context.Context, conn *pgx.Conn) (map[string]string, error) {
	// A role that only uses the database may not create tables, not even one
	// that is there, so look first.
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('console_migration') IS NOT NULL`).Scan(&there); err != nil {
		return nil, err
	}
	const create = `CREATE TABLE IF NOT EXISTS console_migration (
		name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`
	if !there {
		if _, err := conn.Exec(ctx, create); err != nil {
			return nil, err
		}
	}
	rows, err := conn.Query(ctx, `SELECT name, sha256 FROM console_migration`)
	if err != nil {
		return nil, err
	}
	done := map[string]string{}
	var name, sum string
	_, err = pgx.ForEachRow(rows, []any{&name, &sum}, func() error {
		done[name] = sum
		return nil
	})
	return done, err
}

func migrateOne(ctx context.Context, conn *pgx.Conn, name, text string, done map[string]string) (bool, error) {
	digest := sha256.Sum256([]byte(text))
	sum := hex.EncodeToString(digest[:])
	if before, ok := done[name]; ok {
		if before != sum {
			return false, cratewarden.Errorf(cratewarden.Conflict,
				"Migration %s was changed after this database applied it. Use the release that made the database, or a newer one.", path.Base(name))
		}
		return false, nil
	}
	err := InTx(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, text); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO console_migration (name, sha256) VALUES ($1, $2)`, name, sum)
		return err
	})
	return err == nil, err
}
