package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// DayDownloads is the downloads of one version on one UTC day; Num is empty
// for the versions that are not among the top.
type DayDownloads struct {
	Num       string
	Day       time.Time
	Downloads int64
}

// Walking the versions first makes every step one look-up in the primary key;
// the other way round the database reads whole days of the whole registry.
const crateDownloadsSQL = `
WITH days AS MATERIALIZED (
    SELECT v.id, v.num, d.date, d.downloads::bigint AS downloads
    FROM versions v
    CROSS JOIN LATERAL (
        SELECT w.date, w.downloads FROM version_downloads w
        WHERE w.version_id = v.id AND w.date BETWEEN $2 AND $3 OFFSET 0) d
    WHERE v.crate_id = $1),
top AS (SELECT id FROM days GROUP BY id ORDER BY sum(downloads) DESC, id DESC LIMIT $4)
SELECT CASE WHEN t.id IS NULL THEN '' ELSE days.num END, days.date, sum(days.downloads)::bigint
FROM days LEFT JOIN top t ON t.id = days.id
GROUP BY 1, 2
ORDER BY 2, 1`

// CrateDownloads gives a crate's downloads by day, first and last day
// included: the top versions by themselves, all others together. Days without
// downloads have no row.
func (r *Reader) CrateDownloads(ctx context.Context, crateID int32, first, last time.Time, top int) ([]DayDownloads, error) {
	return collect(ctx, r, pgx.RowToStructByPos[DayDownloads], crateDownloadsSQL, crateID, first, last, bounded(top, 5, 20))
}
