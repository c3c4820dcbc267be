package advisory

import (
	"strings"
	"time"
)

// told says that the world is told of a crate: it had bad versions, or it is gone.
func (c Crate) told() bool { return len(c.Bad) > 0 || c.Deleted }

// gone is since when the last bad version of a crate cannot be had; zero while
// one can.
func (c Crate) gone() (last time.Time) {
	for _, v := range c.Bad {
		if v.Gone().IsZero() {
			return time.Time{}
		}
		if v.Gone().After(last) {
			last = v.Gone()
		}
	}
	return last
}

// takenDown is when the last bad version was removed, or could not be had any
// more where none was removed.
func (c Crate) takenDown() (last time.Time) {
	for _, v := range c.Bad {
		at := v.Removed
		if at.IsZero() {
			at = v.Held
		}
		if at.After(last) {
			last = at
		}
	}
	return last
}

// day is the date of an advisory: that of the takedown, or of the facts while
// there was none.
func (s Sheet) day(c Crate) string {
	at := c.takenDown()
	if at.IsZero() {
		at = s.AsOf
	}
	return at.UTC().Format(time.DateOnly)
}

// addresses gives the page that tells most, and the others. Only those that
// nobody can change on the way count.
func (s Sheet) addresses() (long string, others []string) {
	for _, l := range s.Links {
		to := address(l.URL)
		switch {
		case !strings.HasPrefix(to, "https://"):
		case long == "" && osvReference(l.Kind) == "ARTICLE":
			long = to
		default:
			others = append(others, to)
		}
	}
	if long == "" && len(others) > 0 {
		long, others = others[0], others[1:]
	}
	return long, others
}

// removed says that every bad version is off the registry, not only held.
func (c Crate) removed() bool {
	for _, v := range c.Bad {
		if v.Removed.IsZero() {
			return false
		}
	}
	return c.Deleted || len(c.Bad) > 0
}

// numbers are those of the bad versions.
func (c Crate) numbers() []string {
	var out []string
	for _, v := range c.Bad {
		out = append(out, v.Num)
	}
	return out
}

func (s Sheet) behaviour(c Crate) string {
	if c.Behaviour != "" {
		return c.Behaviour
	}
	return s.Behaviour
}
