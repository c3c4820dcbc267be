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

// Looking the versions up first makes every step one look-up in the primary key;
// the other way round the database reads whole days of the whole registry. The
// days of a version come as one row: there are as many of them as in the
// answer, and adding up is cheaper here than there. A day and its number come as
// one: the day in the upper half, counted from the first.
const (
	versionDaysSQL = daysSelect + daysFrom + ofVersions + daysEnd
	crateDaysSQL   = daysSelect + daysFrom + ofCrate + daysEnd
	// crateDownloadsSQL names the versions, too.
	crateDownloadsSQL = daysSelect + `, (SELECT num FROM versions WHERE id = version_id)` + daysFrom + ofCrate + daysEnd
)

const (
	daysSelect = `
SELECT version_id, array_agg((date - $2::date)::bigint * 4294967296 + downloads)`
	daysFrom = `
FROM version_downloads
WHERE `
	daysEnd = ` AND date BETWEEN $2 AND $3
GROUP BY version_id`
)

// versionDays is a version with the days on which it was downloaded.
type versionDays struct {
	ID   int32
	Num  string
	Days []dayCount
	sum  int64
}

// dayCount is a day, counted from the first, and the downloads on it.
type dayCount int64

func (d dayCount) downloads() int64 { return int64(int32(d)) }

func (d dayCount) day() int { return int((int64(d) - d.downloads()) >> 32) }

// CrateDownloads gives a crate's downloads by day, first and last day
// included: the top versions by themselves, all others together. Days without
// downloads have no row.
func (r *Reader) CrateDownloads(ctx context.Context, crateID int32, first, last time.Time, top int) ([]DayDownloads, error) {
	rows, err := collect(ctx, r, scanNamedDays, crateDownloadsSQL, crateID, first, last)
	if err != nil {
		return nil, err
	}
	return byDay(rows, first, bounded(top, 5, 20)), nil
}

func scanVersionDays(row pgx.CollectableRow) (v versionDays, err error) {
	return v, v.scan(row)
}

func scanNamedDays(row pgx.CollectableRow) (v versionDays, err error) {
	return v, v.scan(row, &v.Num)
}

func (v *versionDays) scan(row pgx.CollectableRow, more ...any) error {
	err := row.Scan(append([]any{&v.ID, &v.Days}, more...)...)
	for _, d := range v.Days {
		v.sum += d.downloads()
	}
	return err
}

// byDay gives the rows by day, and of one day by name.
func byDay(rows []versionDays, first time.Time, top int) []DayDownloads {
	slices.SortFunc(rows, func(a, b versionDays) int { return cmp.Or(cmp.Compare(b.sum, a.sum), cmp.Compare(b.ID, a.ID)) })
	first = time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, time.UTC)
	var out []DayDownloads
	rest := map[int]int64{}
	for i, v := range rows {
		for _, d := range v.Days {
			if i >= top {
				rest[d.day()] += d.downloads()
				continue
			}
			out = append(out, DayDownloads{v.Num, first.AddDate(0, 0, d.day()), d.downloads()})
		}
	}
	for day, n := range rest {
		out = append(out, DayDownloads{"", first.AddDate(0, 0, day), n})
	}
	slices.SortFunc(out, func(a, b DayDownloads) int { return cmp.Or(a.Day.Compare(b.Day), strings.Compare(a.Num, b.Num)) })
	return out
}
