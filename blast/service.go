package blast

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cratewarden"
)

// Counter reads downloads by day from the registry.
type Counter interface {
	// VersionDays visits the downloads of versions by UTC day, first and last day
	// included. Days without downloads may be left out.
	VersionDays(ctx context.Context, versions []int32, first, last time.Time, visit func(version int32, day time.Time, downloads int64)) error
}

// Config is what a service is made from; Graph is required.
type Config struct {
	// Graph gives the registry as it is now. While it loads that is an error of
	// the kind Unavailable that says so.
	Graph func() (Graph, error)
	// Days reads downloads by day; nil leaves them out, and the report says so.
	Days  Counter
	Clock cratewarden.Clock
}

// Service answers questions one at a time on each of a few places: a radius of a
// much used crate keeps a processor busy for a second.
type Service struct {
	cfg   Config
	turns chan struct{}
}

// atOnce is how many questions are worked on at the same time.
const atOnce = 2

// New makes a service.
func New(cfg Config) *Service {
	cfg.Clock = cfg.Clock.Or()
	return &Service{cfg: cfg, turns: make(chan struct{}, atOnce)}
}

// Radius works a report out with downloads by day within the window: from the
// first publish of a bad version until the given time, or now when it is zero.
func (s *Service) Radius(ctx context.Context, q Query, until time.Time) (*Report, error) {
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return nil, cratewarden.Wrap(ctx.Err(), cratewarden.Timeout, "Others are asking for a blast radius. Try again in a moment.")
	}
	g, err := s.cfg.Graph()
	if err != nil {
		return nil, err
	}
	r, err := Run(ctx, g, q)
	if err != nil {
		return nil, err
	}
	return r, s.countDays(ctx, r, until)
}

// Day is the downloads of the bad versions of one UTC day, by name@number.
type Day struct {
	Day       time.Time        `json:"day"`
	Downloads int64            `json:"downloads"`
	Versions  map[string]int64 `json:"versions"`
}

// keptDays is how far back the registry holds downloads by day; older ones move
// to its archive (contract jobs.md).
const keptDays = 90

func (s *Service) countDays(ctx context.Context, r *Report, until time.Time) error {
	names, first, missing := r.published()
	if missing > 0 {
		r.Gaps = append(r.Gaps, cratewarden.Amount(missing, "bad version is", "bad versions are")+" not in the registry any more, and their downloads with them.")
	}
	switch {
	case len(names) == 0:
		return nil
	case s.cfg.Days == nil:
		r.Gaps = append(r.Gaps, "Downloads by day are not read here.")
		return nil
	}
	now := s.cfg.Clock()
	if until.IsZero() || until.After(now) {
		until = now
	}
	if kept := now.AddDate(0, 0, -keptDays); first.Before(kept) {
		first = kept
		r.Gaps = append(r.Gaps, "Downloads by day reach back to "+dayOf(kept).Format(time.DateOnly)+" only; older days are in the registry's archive.")
	}
	days := map[time.Time]*Day{}
	ids := make([]int32, 0, len(names))
	for id := range names {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	err := s.cfg.Days.VersionDays(ctx, ids, dayOf(first), dayOf(until), func(version int32, day time.Time, n int64) {
		d := days[dayOf(day)]
		if d == nil {
			d = &Day{Day: dayOf(day), Versions: map[string]int64{}}
			days[d.Day] = d
		}
		d.Downloads += n
		d.Versions[names[version]] += n
	})
	if err != nil {
		return err
	}
	r.window(days, first, until)
	return nil
}

// window puts the days in order, those without downloads too, and sums them up.
func (r *Report) window(days map[time.Time]*Day, first, until time.Time) {
	sum := int64(0)
	for at := dayOf(first); !at.After(until); at = at.AddDate(0, 0, 1) {
		d := Day{Day: at, Versions: map[string]int64{}}
		if known := days[at]; known != nil {
			d = *known
		}
		sum += d.Downloads
		r.Days = append(r.Days, d)
	}
	r.Figures = append(r.Figures, Figure{Name: FigureWindow, Label: "Downloads from " + first.UTC().Format("2006-01-02 15:04") + " to " + until.UTC().Format("2006-01-02 15:04 UTC"),
		Value: sum, Method: methodWindow, AsOf: until.UTC()})
}

// published gives the bad versions that are there by id, with when the first of
// them was published, and how many are not there.
func (r *Report) published() (names map[int32]string, first time.Time, missing int) {
	names = map[int32]string{}
	for _, c := range r.Bad {
		for _, v := range c.Versions {
			switch {
			case v.Missing:
				missing++
				continue
			case first.IsZero() || v.Published.Before(first):
				first = v.Published
			}
			names[v.id] = c.Name + "@" + v.Num
		}
	}
	return names, first, missing
}

func dayOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Series are the bad versions by all their downloads in the window, the largest
// first.
func (r *Report) Series() []string {
	sum := map[string]int64{}
	for _, d := range r.Days {
		for name, n := range d.Versions {
			sum[name] += n
		}
	}
	var names []string
	for name := range sum {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(a, b)) })
	return names
}
