package console

import (
	"context"
	"io/fs"
	"path"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/pg"
)

// Pending gives the migrations of this release that a console database lacks,
// and those it has that this release does not know: it was prepared by a newer
// one. The database has been migrated at least once.
func Pending(ctx context.Context, pool *pgxpool.Pool) (lacks, unknown []string, err error) {
	ours, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, nil, err
	}
	for i := range ours {
		ours[i] = path.Base(ours[i])
	}
	rows, err := pool.Query(ctx, `SELECT name FROM console_migration ORDER BY name COLLATE "C"`)
	if err != nil {
		return nil, nil, pg.Map(err)
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, nil, pg.Map(err)
	}
	for _, name := range ours {
		if !slices.Contains(there, name) {
			lacks = append(lacks, name)
		}
	}
	for _, name := range there {
		if !slices.Contains(ours, name) {
			unknown = append(unknown, name)
		}
	}
	return lacks, unknown, nil
}
