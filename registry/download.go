package registry

import (
	"cmp"
	"context"
	"slices"
	"strings"
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
// the other way round the database reads whole days of the whole registry. The
// days of a version come as one row: there are as many of them as in the
// answer, and adding up is cheaper here than there.
const crateDownloadsSQL = `
SELECT v.id, v.num, d.days, d.downloads
FROM versions v
CROSS JOIN LATERAL (
    SELECT array_agg(w.date - $2::date) AS days, array_agg(w.downloads) AS downloads FROM version_downloads w
    WHERE w.version_id = v.id AND w.date BETWEEN $2 AND $3) d
WHERE v.crate_id = $1 AND d.days IS NOT NULL`

// versionDays is a version with the days, counted from the first, on which it
// was downloaded.
type versionDays struct {
	ID              int32
	Num             string
	Days, Downloads []int32
	sum             int64
}

// CrateDownloads gives a crate's downloads by day, first and last day
// included: the top versions by themselves, all others together. Days without
// downloads have no row.
func (r *Reader) CrateDownloads(ctx context.Context, crateID int32, first, last time.Time, top int) ([]DayDownloads, error) {
	rows, err := collect(ctx, r, scanVersionDays, crateDownloadsSQL, crateID, first, last)
	if err != nil {
		return nil, err
	}
	return byDay(rows, first, bounded(top, 5, 20)), nil
}

func scanVersionDays(row pgx.CollectableRow) (v versionDays, err error) {
	err = row.Scan(&v.ID, &v.Num, &v.Days, &v.Downloads)
	for _, n := range v.Downloads {
		v.sum += int64(n)
	}
	return v, err
}

// byDay gives the rows by day, and of one day by name.
func byDay(rows []versionDays, first time.Time, top int) []DayDownloads {
	slices.SortFunc(rows, func(a, b versionDays) int { return cmp.Or(cmp.Compare(b.sum, a.sum), cmp.Compare(b.ID, a.ID)) })
	first = time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, time.UTC)
	var out []DayDownloads
	rest := map[int32]int64{}
	for i, v := range rows {
		for at, day := range v.Days {
			if i >= top {
				rest[day] += int64(v.Downloads[at])
				continue
			}
			out = append(out, DayDownloads{v.Num, first.AddDate(0, 0, int(day)), int64(v.Downloads[at])})
		}
	}
	for day, n := range rest {
		out = append(out, DayDownloads{"", first.AddDate(0, 0, int(day)), n})
	}
	slices.SortFunc(out, func(a, b DayDownloads) int { return cmp.Or(a.Day.Compare(b.Day), strings.Compare(a.Num, b.Num)) })
	return out
}
