package cratewarden

import (
	"fmt"
	"time"
)

// Span says a length of time in at most two units, the way people do: "1 y
// 11 mo", "3 d 4 h", "2 min", "40 s". It rounds down, so that nothing seems
// older than it is; a month is 30.44 days and a year twelve of them.
func Span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	const (
		day   = 24 * time.Hour
		month = 2_629_746 * time.Second
		year  = 12 * month
	)
	units := []struct {
		size  time.Duration
		name  string
		minor int // index of the second unit worth saying, -1 for none
	}{{year, "y", 1}, {month, "mo", 2}, {day, "d", 3}, {time.Hour, "h", 4}, {time.Minute, "min", -1}, {time.Second, "s", -1}}
	for _, u := range units {
		n := d / u.size
		if n == 0 {
			continue
		}
		text := fmt.Sprintf("%d %s", n, u.name)
		if u.minor < 0 {
			return text
		}
		rest := (d - n*u.size) / units[u.minor].size
		// Beyond a fortnight hours say nothing, and beyond three months days.
		if rest == 0 || u.size == day && n >= 14 || u.size == month && n >= 3 {
			return text
		}
		return fmt.Sprintf("%s %d %s", text, rest, units[u.minor].name)
	}
	return "0 s"
}
