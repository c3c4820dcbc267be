package dossier

import (
	"context"
	"slices"
	"time"

	"cratewarden/registry"
)

// The window of a downloads chart in days, which is also the registry's own
// window for recent downloads, and the number of versions shown by themselves.
const (
	chartDays = 90
	chartTop  = 5
)

func (s *Service) crateChart(ctx context.Context, crateID int32) (Chart, error) {
	first, end := s.chartWindow()
	rows, err := s.reader.CrateDownloads(ctx, crateID, first, end, chartTop)
	if err != nil {
		return Chart{}, err
	}
	return drawChart(rows, first, chartDays), nil
}

// chartWindow is the first and the last day of a chart.
func (s *Service) chartWindow() (first, last time.Time) {
	last = s.clock().UTC().Truncate(24 * time.Hour)
	return last.AddDate(0, 0, 1-chartDays), last
}

// drawChart turns rows into series without gaps, the largest first and all
// other versions last.
func drawChart(rows []registry.DayDownloads, first time.Time, days int) Chart {
	chart := Chart{Days: make([]time.Time, days), Totals: make([]int64, days), Series: []Series{}}
	for i := range chart.Days {
		chart.Days[i] = first.AddDate(0, 0, i)
	}
	place := map[string]int{}
	for _, row := range rows {
		i := int(row.Day.Sub(first) / (24 * time.Hour))
		if i < 0 || i >= days {
			continue
		}
		at, seen := place[row.Num]
		if !seen {
			at = len(chart.Series)
			place[row.Num] = at
			chart.Series = append(chart.Series, Series{Name: row.Num, Days: make([]int64, days)})
		}
		chart.Series[at].Days[i] += row.Downloads
		chart.Series[at].Sum += row.Downloads
		chart.Totals[i] += row.Downloads
	}
	slices.SortStableFunc(chart.Series, compareSeries)
	if n := len(chart.Series); n > 0 && chart.Series[n-1].Name == "" {
		chart.Series[n-1].Name = "other versions"
	}
	return chart
}

func compareSeries(a, b Series) int {
	switch {
	case a.Name == "":
		return 1
	case b.Name == "":
		return -1
	case a.Sum > b.Sum:
		return -1
	case a.Sum < b.Sum:
		return 1
	}
	return 0
}

func (c Chart) sum() (total int64) {
	for _, n := range c.Totals {
		total += n
	}
	return total
}
