package incident

import (
	"context"
	"time"
)

// ClockName is one step of a case whose time is taken.
type ClockName string

// The clocks, in the order of the steps.
const (
	ReportClock  ClockName = "report"  // from the first bad publish to the first report
	LookClock    ClockName = "look"    // from the first report to the first look
	VerdictClock ClockName = "verdict" // from the first look to the verdict
	ContainClock ClockName = "contain" // from the verdict to contained
	RemoveClock  ClockName = "remove"  // from contained to removed or restored
	MeasureClock ClockName = "measure" // from the first report to the first figure
	AdviseClock  ClockName = "advise"  // from removed to the first advisory
	ExposedClock ClockName = "exposed" // from the first bad publish to contained
)

// Clock is how long one step took, or takes.
type Clock struct {
	Name  ClockName  `json:"name"`
	Title string     `json:"title"`
	From  *time.Time `json:"from,omitempty"`
	To    *time.Time `json:"to,omitempty"`
	// Seconds is how long it took; 0 while it runs, as pages count on from From.
	Seconds float64 `json:"seconds,omitempty"`
	// Target is how long it should take at most, in seconds; 0 is none.
	Target float64    `json:"target_seconds,omitempty"`
	State  ClockState `json:"state"`
}

// ClockState says how a clock stands.
type ClockState string

// The states of a clock.
const (
	ClockWaiting ClockState = "waiting" // what it begins with has not happened
	ClockRunning ClockState = "running" // within the target, or without one
	ClockOverdue ClockState = "overdue" // runs, and is beyond the target
	ClockMet     ClockState = "met"     // over, within the target or without one
	ClockLate    ClockState = "late"    // over, beyond the target
	ClockNone    ClockState = "none"    // this case does not have the step
)

// Took is Seconds as a duration.
func (c Clock) Took() time.Duration { return time.Duration(c.Seconds * float64(time.Second)) }

// Clocks are the clocks of a case.
type Clocks struct {
	Incident string  `json:"incident"`
	Clocks   []Clock `json:"clocks"`
}

// Of gives one clock.
func (c Clocks) Of(name ClockName) Clock {
	for _, k := range c.Clocks {
		if k.Name == name {
			return k
		}
	}
	return Clock{Name: name, State: ClockNone}
}

// face is what a clock measures.
type face struct {
	name     ClockName
	title    string
	from, to func(milestones) time.Time
	target   time.Duration
	// step is the state that a case goes through at the end of the clock; a case
	// beyond it that never was in it does not have the step.
	step State
}

// faces are all clocks with the targets that were set for them.
func faces() []face {
	published := func(m milestones) time.Time { return m.published }
	reported := func(m milestones) time.Time { return m.reported }
	looked := func(m milestones) time.Time { return m.looked }
	judged := func(m milestones) time.Time { return m.judged }
	contained := func(m milestones) time.Time { return m.contained }
	removed := func(m milestones) time.Time { return m.removed }
	return []face{
		{ReportClock, "Published to first report", published, reported, 0, Reported},
		{LookClock, "First report to first look", reported, looked, 5 * time.Minute, Triaged},
		{VerdictClock, "First look to verdict", looked, judged, 15 * time.Minute, Triaged},
		{ContainClock, "Verdict to contained", judged, contained, 5 * time.Minute, Contained},
		{RemoveClock, "Contained to removed or restored", contained, removed, 10 * time.Minute, Removed},
		{MeasureClock, "First report to first figure", reported, func(m milestones) time.Time { return m.measured }, 30 * time.Minute, Communicated},
		{AdviseClock, "Removed to first advisory", removed, func(m milestones) time.Time { return m.advised }, time.Hour, Communicated},
		{ExposedClock, "Published to contained", published, contained, 0, Contained},
	}
}

// milestones are when a case reached what; zero is not yet, or never.
type milestones struct {
	incident                                                                   Incident // without texts
	published, reported, looked, judged, contained, removed, measured, advised time.Time
}

// clocks reads the milestones at a moment, which only matters for those that run.
func (m milestones) clocks(now time.Time) []Clock {
	out := make([]Clock, 0, len(faces()))
	for _, f := range faces() {
		c := Clock{Name: f.name, Title: f.title, Target: f.target.Seconds(), State: ClockWaiting}
		from, to := f.from(m), f.to(m)
		if !from.IsZero() {
			c.From = &from
		}
		if !to.IsZero() {
			c.To = &to
		}
		switch {
		case c.To != nil && c.From != nil:
			// A thing may be known before it was reported to us; no step takes less
			// than nothing.
			took := max(0, to.Sub(from))
			c.Seconds, c.State = took.Seconds(), ClockMet
			if f.target > 0 && took > f.target {
				c.State = ClockLate
			}
		case c.To != nil:
			c.State = ClockNone // when it began will never be known
		case m.skips(f):
			c.State = ClockNone
		case c.From != nil:
			c.State = ClockRunning
			if f.target > 0 && now.Sub(from) > f.target {
				c.State = ClockOverdue
			}
		}
		out = append(out, c)
	}
	return out
}

// skips says that a case does not have a step, or never will.
func (m milestones) skips(f face) bool {
	i := m.incident
	switch {
	case i.State == Merged, !i.State.Open():
		return true
	case i.Verdict == Benign || i.Verdict == ServiceCase && f.name != MeasureClock:
		return f.step.Rank() > Triaged.Rank()
	case f.name == AdviseClock && i.Verdict == PolicyCase:
		return true
	case f.name == ReportClock || f.name == ExposedClock && m.published.IsZero():
		return i.Reached(Triaged)
	}
	return i.State.Rank() > f.step.Rank()
}

// Clocks gives the clocks of a case.
func (s *Service) Clocks(ctx context.Context, id string) (Clocks, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return Clocks{}, err
	}
	all, err := s.ClocksOf(ctx, i.ID)
	if err == nil && all[i.ID].Of(ReportClock).From == nil {
		// Nobody wrote down yet when the first bad version was published.
		s.seen(ctx, i)
		all, err = s.ClocksOf(ctx, i.ID)
	}
	return all[i.ID], err
}

// ClocksOf gives the clocks of several cases at once, by id, such as those of a
// list; ids that are no case are left out.
func (s *Service) ClocksOf(ctx context.Context, ids ...string) (map[string]Clocks, error) {
	var numbers []int64
	for _, id := range ids {
		if n, err := numberOf(id); err == nil {
			numbers = append(numbers, n)
		}
	}
	list, err := s.milestones(ctx, `i.number = ANY ($1)`, numbers)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	out := map[string]Clocks{}
	for _, m := range list {
		out[m.incident.ID] = Clocks{Incident: m.incident.ID, Clocks: m.clocks(now)}
	}
	return out, nil
}
