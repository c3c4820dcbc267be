package incident

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cratewarden"
)

// Month is how cases of one month went. Drills and merged cases are left out; a
// case belongs to the month in which it was opened, in UTC.
type Month struct {
	Month string    `json:"month"` // "2026-11"
	All   KindSum   `json:"all"`
	Kinds []KindSum `json:"kinds"` // by name
}

// KindSum is how cases of one kind went.
type KindSum struct {
	Kind      Kind       `json:"kind,omitempty"` // "" is all
	Incidents int        `json:"incidents"`
	Open      int        `json:"open"`
	Clocks    []ClockSum `json:"clocks"`
}

// ClockSum is what one clock came to. Only clocks that are over count.
type ClockSum struct {
	Name  ClockName `json:"name"`
	Title string    `json:"title"`
	Count int       `json:"count"`
	// Median and Worst are seconds; of an even count Median is the mean of the
	// two in the middle. WorstOf is the case that took longest.
	Median  float64 `json:"median_seconds"`
	Worst   float64 `json:"worst_seconds"`
	WorstOf string  `json:"worst_of,omitempty"`
	Target  float64 `json:"target_seconds,omitempty"`
	Late    int     `json:"late"` // of Count
}

// mostMonths is how many months are asked for at once.
const mostMonths = 60

// Months gives the figures of every month from one to another, both included,
// newest last. Months without a case are there, too.
func (s *Service) Months(ctx context.Context, from, to time.Time) ([]Month, error) {
	first := monthOf(from)
	last := monthOf(to)
	if last.Before(first) || first.AddDate(0, mostMonths, 0).Before(last) {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Ask for at most %d months, the first before the last.", mostMonths)
	}
	list, err := s.milestones(ctx, `i.drill = '' AND i.state <> 'merged' AND i.opened_at >= $1 AND i.opened_at < $2`, first, last.AddDate(0, 1, 0))
	if err != nil {
		return nil, err
	}
	now := s.clock()
	var out []Month
	for at := first; !at.After(last); at = at.AddDate(0, 1, 0) {
		var mine []milestones
		for _, m := range list {
			if monthOf(m.incident.OpenedAt).Equal(at) {
				mine = append(mine, m)
			}
		}
		out = append(out, monthSum(at, mine, now))
	}
	return out, nil
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func monthSum(at time.Time, list []milestones, now time.Time) Month {
	m := Month{Month: at.Format("2006-01"), All: kindSum("", list, now), Kinds: []KindSum{}}
	byKind := map[Kind][]milestones{}
	for _, one := range list {
		byKind[one.incident.Kind] = append(byKind[one.incident.Kind], one)
	}
	for kind, some := range byKind {
		m.Kinds = append(m.Kinds, kindSum(kind, some, now))
	}
	slices.SortFunc(m.Kinds, func(a, b KindSum) int { return cmp.Compare(a.Kind, b.Kind) })
	return m
}

func kindSum(kind Kind, list []milestones, now time.Time) KindSum {
	sum := KindSum{Kind: kind, Incidents: len(list)}
	took := map[ClockName][]float64{}
	sums := map[ClockName]*ClockSum{}
	for _, f := range faces() {
		sums[f.name] = &ClockSum{Name: f.name, Title: f.title, Target: f.target.Seconds()}
	}
	for _, m := range list {
		if m.incident.State.Open() {
			sum.Open++
		}
		for _, c := range m.clocks(now) {
			if c.State != ClockMet && c.State != ClockLate {
				continue
			}
			s := sums[c.Name]
			if s.Count++; c.State == ClockLate {
				s.Late++
			}
			if c.Seconds > s.Worst || s.WorstOf == "" {
				s.Worst, s.WorstOf = c.Seconds, m.incident.ID
			}
			took[c.Name] = append(took[c.Name], c.Seconds)
		}
	}
	for _, f := range faces() {
		sums[f.name].Median = median(took[f.name])
		sum.Clocks = append(sum.Clocks, *sums[f.name])
	}
	return sum
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	half := len(list) / 2
	if len(list)%2 == 1 {
		return list[half]
	}
	return (list[half-1] + list[half]) / 2
}
