package web

import (
	"fmt"
	"time"
)

// UTC writes an instant for people: 20 Aug 2026 07:15:02. The zero time is a
// dash.
func UTC(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2 Jan 2006 15:04:05")
}

// date writes the day of an instant: 20 Aug 2026.
func date(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2 Jan 2006")
}

// clock writes the time of day of an instant: 07:15:02.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") }

// stamp writes an instant for machines, as <time datetime> needs it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Ago says how long before now an instant was, or how long after.
func Ago(now, t time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return "–"
	case d < -time.Second:
		return "in " + Dur(-d)
	case d < time.Second:
		return "now"
	default:
		return Dur(d) + " ago"
	}
}

// Dur writes a length of time with its two largest units: 1 h 26 min, 2 y 1 mo.
// A month is 30 days, a year 365; exact instants stand beside it as the title.
// console.js writes the same words, so keep the two alike.
func Dur(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Millisecond:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return two(d, time.Minute, "min", time.Second, "s", d < 10*time.Minute)
	case d < day:
		return two(d, time.Hour, "h", time.Minute, "min", true)
	case d < 30*day:
		return two(d, day, "d", time.Hour, "h", d < 7*day)
	case d < 365*day:
		return two(d, 30*day, "mo", day, "d", d < 90*day)
	default:
		return two(d, 365*day, "y", 30*day, "mo", d%(365*day)/(30*day) < 12)
	}
}

// two writes the large unit and, when wanted and not zero, the small one.
func two(d, large time.Duration, largeName string, small time.Duration, smallName string, wanted bool) string {
	text := fmt.Sprintf("%d %s", d/large, largeName)
	if rest := d % large / small; wanted && rest > 0 {
		text += fmt.Sprintf(" %d %s", rest, smallName)
	}
	return text
}
