package dossier

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/registry"
)

// personOf names an account or team of a registry row.
func personOf(p registry.Person) Person {
	kind := "user"
	if p.Team {
		kind = "team"
	}
	return Person{ID: p.ID, Kind: kind, Login: p.Login, Name: p.Name, Locked: p.Locked}
}

func personPointer(p *registry.Person) *Person {
	if p == nil {
		return nil
	}
	named := personOf(*p)
	return &named
}

// called is a person in a sentence; rows may point to accounts that are gone.
func called(p *Person) string {
	switch {
	case p == nil:
		return "somebody the registry did not record"
	case p.Login != "":
		return p.Login
	case p.Kind == "team":
		return fmt.Sprintf("team %d, which has no row", p.ID)
	}
	return fmt.Sprintf("account %d, which has no row", p.ID)
}

// maskName hides a token's name, because people put their own and their
// machines' names there.
func maskName(name string) string { return cratewarden.MaskName(name) }

// absentText is the sentence shown in place of a section that failed, without
// the page failing; the cause goes to the log.
func (s *Service) absentText(section string, err error) string {
	s.log.Warn("a section of a dossier is missing", "section", section, "error", err)
	return cratewarden.MessageOf(err)
}

// private is the Absent sentence for parts that a public dump leaves out.
func (s *Service) private() Section {
	if s.cfg.Dump != nil {
		return Section{Absent: cratewarden.NotInDump}
	}
	return Section{}
}

// day is a date in a sentence.
func day(t time.Time) string {
	if t.IsZero() {
		return "an unknown day"
	}
	return t.UTC().Format("2006-01-02")
}

// span is a length of time in a sentence, in its largest whole unit.
func span(d time.Duration) string {
	if d < 0 {
		return "less than no time"
	}
	units := []struct {
		size time.Duration
		name string
	}{{365 * 24 * time.Hour, "year"}, {24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}}
	for _, u := range units {
		if d >= u.size {
			return counted(int(d/u.size), u.name)
		}
	}
	return "less than a second"
}

// counted is a number with its noun: "1 version", "1,200 versions".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return cratewarden.Thousands(n) + " " + noun + "s"
}

// pair makes a page key of two numbers; splitPair reads it back.
func pair(a, b int64) string { return strconv.FormatInt(a, 10) + "." + strconv.FormatInt(b, 10) }

func splitPair(key string) (a, b int64, err error) {
	left, right, found := strings.Cut(key, ".")
	a, errA := strconv.ParseInt(left, 10, 64)
	b, errB := strconv.ParseInt(right, 10, 64)
	if !found || errA != nil || errB != nil {
		return 0, 0, cratewarden.Errorf(cratewarden.Invalid, "The page key is not one that this list gives. Start again from the first page.")
	}
	return a, b, nil
}

// cut takes the row that a reader gives beyond the limit off a list and says
// whether there was one.
func cut[T any](rows []T, limit int) ([]T, bool) {
	if len(rows) > limit {
		return rows[:limit], true
	}
	return rows, false
}

// limited is the number of rows of a page: the standard when not asked for,
// and never more than most.
func limited(limit, standard, most int) int {
	if limit <= 0 {
		limit = standard
	}
	return min(limit, most)
}
