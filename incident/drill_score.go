package incident

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/demo"
)

// DrillScore compares what was done in a drill with the right answer.
type DrillScore struct {
	Incident string    `json:"incident"`
	Drill    string    `json:"drill"`
	Started  time.Time `json:"started"`
	At       time.Time `json:"at"` // of this count
	// Points are of 100: 70 for the acts, less 5 for each that is too much, and
	// 10 each for order, time and advisories.
	Points int `json:"points"`
	// Exact says that all was done that is right, and nothing else.
	Exact bool `json:"exact"`
	// Over says that the right answer may be told: the case is closed, nothing is
	// missing, or the time is up.
	Over    bool         `json:"over"`
	Verdict string       `json:"verdict"` // right, wrong or missing
	Right   []DrillPoint `json:"right"`
	Missed  []DrillPoint `json:"missed"`
	TooMuch []DrillPoint `json:"too_much"`
	// Order says what was done in an order that does harm.
	Order      []string        `json:"order"`
	Times      []DrillTime     `json:"times"`
	Advisories DrillAdvisories `json:"advisories"`
	Notes      []string        `json:"notes,omitempty"`
}

// DrillPoint is one act of the right answer, or one beside it.
type DrillPoint struct {
	What  string        `json:"what"`
	Took  time.Duration `json:"took,omitempty"` // since the start, in nanoseconds
	Plan  string        `json:"plan,omitempty"`
	Note  string        `json:"note,omitempty"`
	About string        `json:"about"`
}

// DrillTime is how long it took to a milestone; Took 0 is not reached yet.
type DrillTime struct {
	Name   string        `json:"name"`
	Took   time.Duration `json:"took"`
	Target time.Duration `json:"target"`
	Met    bool          `json:"met"`
}

// DrillAdvisories are the crates of which an advisory was due.
type DrillAdvisories struct {
	Due     int      `json:"due"`
	Written []string `json:"written"`
	Missing []string `json:"missing"`
	TooMuch []string `json:"too_much"`
}

// Targets of a drill, from its start: the verdict within 15 minutes, contained 5
// minutes later, and what was yanked back with it (research needs.md 2.13).
const (
	drillVerdict = 15 * time.Minute
	drillContain = 20 * time.Minute
)

// DrillScore counts what was done in a drill up to now: the steps of applied
// plans that still stand, and the registry as it is. It may be asked at any time.
func (s *Service) DrillScore(ctx context.Context, id string) (DrillScore, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return DrillScore{}, err
	}
	if s.cfg.Demo == nil || i.Drill == "" {
		return DrillScore{}, cratewarden.Errorf(cratewarden.Refused, "%s is no drill.", i.ID)
	}
	k, ok := answersOf(s.cfg.Demo, i.Drill)
	if !ok {
		return DrillScore{}, cratewarden.Errorf(cratewarden.Invalid, "There is no drill %q any more.", i.Drill)
	}
	state, err := s.drillState(ctx, k)
	if err != nil {
		return DrillScore{}, err
	}
	deeds, err := s.deeds(ctx, i)
	if err != nil {
		return DrillScore{}, err
	}
	c := &count{k: k, state: state, deeds: deeds, out: DrillScore{Incident: i.ID, Drill: i.Drill, Started: i.OpenedAt, At: s.clock().UTC(),
		Right: []DrillPoint{}, Missed: []DrillPoint{}, TooMuch: []DrillPoint{}, Order: []string{}}}
	c.acts()
	c.tooMuch()
	c.sequence()
	if err := s.drillAdvisories(ctx, c); err != nil {
		return c.out, err
	}
	verdict, err := s.verdictAt(ctx, i)
	if err != nil {
		return c.out, err
	}
	c.times(i, verdict)
	c.points()
	c.out.Over = i.State == Closed || i.State == Reviewed || len(c.out.Missed) == 0 || c.out.At.Sub(c.out.Started) >= drillContain
	return c.out, nil
}

// verdictAt is when the verdict that stands was given.
func (s *Service) verdictAt(ctx context.Context, i Incident) (at time.Time, err error) {
	if i.Verdict == Undecided {
		return at, nil
	}
	after := int64(0)
	for {
		list, err := s.Events(ctx, i.ID, after, 500)
		if err != nil || len(list) == 0 {
			return at, err
		}
		for _, e := range list {
			after = e.ID
			if e.Kind == string(VerdictField) {
				at = e.At
			}
		}
	}
}

// drillAdvisories compares the advisories that were drafted with those due.
func (s *Service) drillAdvisories(ctx context.Context, c *count) error {
	drafts, err := s.Drafts(ctx, c.out.Incident)
	if err != nil {
		return err
	}
	a := DrillAdvisories{Due: len(c.k.advise), Written: []string{}, Missing: []string{}, TooMuch: []string{}}
	for _, d := range drafts {
		switch {
		case d.Format != advisory.RustSec || d.State == DraftWithdrawn || d.Idle || slices.Contains(slices.Concat(a.Written, a.TooMuch), d.Crate):
		case slices.Contains(c.k.advise, d.Crate):
			a.Written = append(a.Written, d.Crate)
		default:
			a.TooMuch = append(a.TooMuch, d.Crate)
		}
	}
	for _, name := range c.k.advise {
		if !slices.Contains(a.Written, name) {
			a.Missing = append(a.Missing, name)
		}
	}
	c.out.Advisories = a
	return nil
}

// count is a score being made.
type count struct {
	k     answers
	state drillState
	deeds []deed
	out   DrillScore
	last  time.Time // of all that contains
	all   bool      // contained
}

func (c *count) find(id string, kinds ...string) (deed, bool) {
	n := slices.IndexFunc(c.deeds, func(d deed) bool { return d.id == id && slices.Contains(kinds, d.kind) })
	if n < 0 {
		return deed{}, false
	}
	return c.deeds[n], true
}

func (c *count) point(done bool, at time.Time, p DrillPoint) {
	if !done {
		c.all = false
		c.out.Missed = append(c.out.Missed, p)
		return
	}
	p.Took = max(0, at.Sub(c.out.Started))
	c.out.Right = append(c.out.Right, p)
	if at.After(c.last) {
		c.last = at
	}
}

// acts asks for each act of the right answer whether it was done.
func (c *count) acts() {
	c.all = true
	for _, a := range c.k.contain {
		id := strconv.Itoa(int(a.UserID))
		d, done := c.find(id, "account.contain")
		p := DrillPoint{What: "contain " + a.Login, Plan: d.plan, About: "account " + id}
		if _, locked := c.find(id, "account.lock"); locked && !done {
			p.Note = "Locked only: trusted publishing, invitations and publish tokens stay open."
		}
		c.point(done, d.at, p)
	}
	for _, r := range c.k.hold {
		id := releaseID(r)
		at, done := c.state.out[id]
		p := DrillPoint{What: "hold " + id, About: "version " + id}
		if r.Version == "" {
			p.About = "crate " + id
		}
		d, _ := c.find(id, "version.hold", "version.delete", "crate.hold", "crate.delete")
		if d.plan == "" {
			d, _ = c.find(r.Crate, "crate.hold", "crate.delete")
		}
		if p.Plan = d.plan; d.plan != "" {
			at = d.at
		}
		if _, yanked := c.find(id, "version.yank"); yanked && !done {
			p.Note = "Yanked only: lock files still take it, and everybody can download it."
		}
		c.point(done, at, p)
	}
	for _, r := range c.k.restore {
		id := releaseID(r)
		d, done := c.find(id, "version.unyank")
		if done && !c.state.good[r.VersionID] {
			done = false
		}
		c.point(done, d.at, DrillPoint{What: "unyank " + id, Plan: d.plan, About: "version " + id})
	}
}

// tooMuch finds what was done that is not part of the answer.
func (c *count) tooMuch() {
	for _, d := range c.deeds {
		if d.elsewhere && !c.k.wanted(d) {
			continue // several drills may be on, and other cases
		}
		if !d.ours {
			note := fmt.Sprintf("The plan %s does not name %s.", d.plan, c.out.Incident)
			if !slices.Contains(c.out.Notes, note) {
				c.out.Notes = append(c.out.Notes, note)
			}
		}
		if c.k.wanted(d) {
			continue
		}
		p := DrillPoint{What: d.sentence, Took: max(0, d.at.Sub(c.out.Started)), Plan: d.plan, About: d.id}
		switch {
		case slices.ContainsFunc(c.k.stay, func(r demo.Release) bool { return releaseID(r) == d.id }):
			p.Note = "Its owner yanked it long ago, and nobody else touched it since."
		case slices.ContainsFunc(c.k.bystand, func(a demo.Account) bool { return strconv.Itoa(int(a.UserID)) == d.id }):
			p.Note = "This is the person who was imitated."
		case c.k.mixed[d.id]:
			p.Note = "It has good versions, too."
		}
		c.out.TooMuch = append(c.out.TooMuch, p)
	}
}

// sequence finds what was done in an order that does harm.
func (c *count) sequence() {
	place := func(id string, kinds ...string) (int, bool) {
		d, ok := c.find(id, kinds...)
		return d.place, ok
	}
	takes := []string{"version.hold", "crate.hold", "version.delete", "crate.delete"}
	firstHold := slices.IndexFunc(c.deeds, func(d deed) bool { return slices.Contains(takes, d.kind) && c.k.wanted(d) })
	for _, a := range c.k.contain {
		if at, ok := place(strconv.Itoa(int(a.UserID)), "account.contain"); ok && firstHold >= 0 && at > firstHold {
			c.out.Order = append(c.out.Order, a.Login+" was contained after the first hold; meanwhile the account could publish more.")
		}
	}
	for _, r := range c.k.restore {
		back, ok := place(releaseID(r), "version.unyank")
		bad := slices.IndexFunc(c.k.hold, func(h demo.Release) bool { return h.Crate == r.Crate })
		if !ok || bad < 0 {
			continue
		}
		if held, done := place(releaseID(c.k.hold[bad]), takes...); done && held > back {
			c.out.Order = append(c.out.Order, fmt.Sprintf("%s was put back before %s was held.", releaseID(r), releaseID(c.k.hold[bad])))
		}
	}
	c.payloadFirst(place)
}

// payloadFirst: the answer lists the helper's versions first, and all else that
// is to be held depends on it.
func (c *count) payloadFirst(place func(id string, kinds ...string) (int, bool)) {
	if len(c.k.restore) == 0 || len(c.k.hold) == 0 {
		return
	}
	helper := c.k.hold[0].Crate
	first, ok := place(releaseID(c.k.hold[0]), "version.hold")
	if !ok {
		first, ok = place(helper, "crate.hold")
	}
	var before, lost []string
	gone, deleted := place(helper, "crate.delete")
	for _, r := range c.k.hold {
		if r.Crate == helper {
			continue
		}
		at, held := place(releaseID(r), "version.hold", "version.delete")
		if !held {
			at, held = place(r.Crate, "crate.hold", "crate.delete")
		}
		if ok && held && at < first {
			before = append(before, releaseID(r))
		}
		if deleted && (!held || at > gone) {
			lost = append(lost, releaseID(r))
		}
	}
	if len(before) > 0 {
		c.out.Order = append(c.out.Order, fmt.Sprintf("The payload %s was held after what pulls it in: %s.", helper, strings.Join(before, ", ")))
	}
	if len(lost) > 0 {
		c.out.Order = append(c.out.Order, fmt.Sprintf("%s was deleted before what depends on it was out of use, which destroyed rows of: %s.", helper, strings.Join(lost, ", ")))
	}
}

func (c *count) times(i Incident, verdict time.Time) {
	switch {
	case i.Verdict == Undecided:
		c.out.Verdict = "missing"
	case slices.Contains(c.k.verdicts, i.Verdict):
		c.out.Verdict = "right"
	default:
		c.out.Verdict = "wrong"
	}
	contained := time.Time{}
	if c.all {
		contained = c.last
	}
	for _, t := range []struct {
		name   string
		at     time.Time
		target time.Duration
	}{{"verdict", verdict, drillVerdict}, {"everything contained, held and put back", contained, drillContain}} {
		row := DrillTime{Name: t.name, Target: t.target}
		if !t.at.IsZero() {
			row.Took = max(time.Millisecond, t.at.Sub(c.out.Started))
			row.Met = row.Took <= t.target && (t.name != "verdict" || c.out.Verdict == "right")
		}
		c.out.Times = append(c.out.Times, row)
	}
}

func (c *count) points() {
	o := &c.out
	due := len(o.Right) + len(o.Missed)
	acts := 70 * len(o.Right) / max(due, 1)
	o.Points = max(0, acts-5*len(o.TooMuch))
	if len(o.Right) > 0 { // nobody earns the rest by doing nothing
		if len(o.Order) == 0 {
			o.Points += 10
		}
		for _, t := range o.Times {
			if t.Met {
				o.Points += 10 / len(o.Times)
			}
		}
		a := o.Advisories
		o.Points += max(0, 10*(len(a.Written)-len(a.TooMuch))/max(a.Due, 1))
		if a.Due == 0 && len(a.TooMuch) == 0 {
			o.Points += 10
		}
	}
	o.Exact = len(o.Missed) == 0 && len(o.TooMuch) == 0 && len(o.Order) == 0
}
