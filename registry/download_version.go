package registry

import (
	"context"
	"time"

	"cratewarden/pg"
)

// Each version is one look-up in the primary key (version_id, date).
const daysOfVersionsSQL = `
SELECT version_id, date, downloads::bigint
FROM version_downloads
WHERE version_id = ANY($1) AND date BETWEEN $2 AND $3
ORDER BY version_id, date`

// VersionDays visits the downloads of versions by UTC day, first and last day
// included. Days without downloads have no row, and those the registry moved to
// its archive are not here (contract jobs.md).
func (r *Reader) VersionDays(ctx context.Context, versions []int32, first, last time.Time, visit func(version int32, day time.Time, downloads int64)) error {
	rows, err := r.Pool.Query(ctx, daysOfVersionsSQL, versions, first, last)
	if err != nil {
		return pg.Map(err)
	}
	defer rows.Close()
	for rows.Next() {
		var version int32
		var day time.Time
		var downloads int64
		if err := rows.Scan(&version, &day, &downloads); err != nil {
			return pg.Map(err)
		}
		visit(version, day, downloads)
	}
	return pg.Map(rows.Err())
}
