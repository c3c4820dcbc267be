package registry_test

import (
	"testing"
	"time"

	"cratewarden/registry"
)

// The days of all versions of a crate, asked by their ids, are the crate's days.
func TestVersionDaysAreThoseOfTheCrate(t *testing.T) {
	t.Parallel()
	r := reader(t)
	first, last := now.AddDate(0, 0, -89), now
	want, got := map[time.Time]int64{}, map[time.Time]int64{}
	for _, d := range ok[[]registry.DayDownloads](t)(r.CrateDownloads(t.Context(), 1, first, last, 20)) {
		want[d.Day] += d.Downloads
	}
	var ids []int32
	if err := r.Pool.QueryRow(t.Context(), `SELECT array_agg(id) FROM versions WHERE crate_id = 1`).Scan(&ids); err != nil {
		t.Fatal(err)
	}
	if err := r.VersionDays(t.Context(), ids, first, last, func(_ int32, day time.Time, n int64) { got[day] += n }); err != nil {
		t.Fatal(err)
	}
	check(t, "days", len(got), len(want))
	for day, n := range want {
		check(t, day.String(), got[day], n)
	}
	if err := r.VersionDays(t.Context(), ids[:0], first, last, func(int32, time.Time, int64) { t.Error("no versions have days") }); err != nil {
		t.Fatal(err)
	}
}
