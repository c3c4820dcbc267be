package main

import (
	"io"
	"net/url"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/incident"
)

type incidentClocksCmd struct{ caseArg }

// Run shows.
func (c incidentClocksCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, l *incident.Clocks) {
		printTable(w, "STEP|TOOK|TARGET|STATE|FROM (UTC)|TO (UTC)", l.Clocks, func(k incident.Clock) []string {
			took, target := "—", "—"
			switch {
			case k.To != nil && k.From != nil:
				took = lasted(k.Seconds)
			case k.From != nil && (k.State == incident.ClockRunning || k.State == incident.ClockOverdue):
				took = lasted(time.Since(*k.From).Seconds()) + " so far"
			}
			if k.Target > 0 {
				target = lasted(k.Target)
			}
			return []string{k.Title, took, target, string(k.State), maybe(k.From), maybe(k.To)}
		})
	}, "incidents", c.ID, "clocks")
}

// lasted writes seconds so that a target can be read off: 1h5m0s.
func lasted(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d >= time.Minute {
		return d.Round(time.Second).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

func maybe(t *time.Time) string {
	if t == nil {
		return "—"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

type incidentMonthsCmd struct {
	asking
	From string `placeholder:"MONTH" help:"Such as 2026-01; a year ago without it."`
	To   string `placeholder:"MONTH" help:"This month without it."`
}

// Run shows.
func (c incidentMonthsCmd) Run(e env) error {
	q := url.Values{}
	for name, text := range map[string]string{"from": c.From, "to": c.To} {
		if text == "" {
			continue
		}
		at, err := time.Parse("2006-01", text)
		if err != nil {
			return cratewarden.Wrap(err, cratewarden.Invalid, "%s is no month. Write 2026-01.", inert(text))
		}
		q.Set(name, at.Format(time.RFC3339))
	}
	return fetch(e, c.asking, q, printMonths, "incident-months")
}

func printMonths(w io.Writer, l *api.MonthList) {
	for _, m := range l.Rows {
		if m.All.Incidents == 0 {
			continue
		}
		say(w, "%s: %d incidents, %d still open", m.Month, m.All.Incidents, m.All.Open)
		for _, k := range m.Kinds {
			say(w, "  %s: %d", inert(string(k.Kind)), k.Incidents)
			for _, s := range k.Clocks {
				if s.Count == 0 {
					continue
				}
				line := s.Title + ": " + num(s.Count) + ", median " + lasted(s.Median) + ", worst " + lasted(s.Worst) + " (" + s.WorstOf + ")"
				if s.Target > 0 {
					line += ", late " + num(s.Late) + " of " + num(s.Count)
				}
				say(w, "    %s", line)
			}
		}
	}
}

type incidentFigureCmd struct {
	caseArg
	What        string `arg:"" optional:"" enum:",downloads,dependents" default:"" help:"Enter a number of these: downloads or dependents. Without it the numbers are listed."`
	Of          string `arg:"" optional:"" placeholder:"NAME[@VERSION]" help:"Of this crate or version."`
	Value       *int64 `arg:"" optional:"" help:"The number."`
	Method      string `help:"How it was found, in words that are published with it."`
	QueryFile   string `placeholder:"FILE" help:"A file with the query that gave it, so that others can repeat it; - is standard input."`
	AsOf        string `placeholder:"TIME" help:"Until when it counts; now without it."`
	Provisional bool   `help:"It may still change; a confirmed one needs its query."`
}

// Help gives examples.
func (incidentFigureCmd) Help() string {
	return `Examples:

  cratewarden incident figure INC-12
  cratewarden incident figure INC-12 downloads arraykit@0.3.10 2285 \
    --method "server logs without mirrors" --query-file logs.sql`
}

// Run lists or enters.
func (c incidentFigureCmd) Run(e env) error {
	if c.What == "" {
		return fetch(e, c.asking, nil, func(w io.Writer, l *api.FigureList) {
			if len(l.Rows) == 0 {
				say(w, "  none")
				return
			}
			printTable(w, "WHAT|OF|VALUE|STATE|AS OF (UTC)|BY|METHOD", l.Rows, func(f incident.Figure) []string {
				of := f.Crate
				if f.Version != "" {
					of += "@" + f.Version
				}
				return []string{f.What, of, num(f.Value), provisional(f.Confirmed), when(f.AsOf), orElse(f.Person.Name, "the console"), f.Method}
			})
		}, "incidents", c.ID, "figures")
	}
	if c.Of == "" || c.Value == nil {
		return cratewarden.Errorf(cratewarden.Invalid, "Say of what, and how many: incident figure %s downloads NAME@VERSION 2285.", inert(c.ID))
	}
	o := incident.FigureOrder{What: c.What, Value: *c.Value, Method: c.Method, Provis: c.Provisional}
	o.Crate, o.Version, _ = strings.Cut(c.Of, "@")
	var err error
	if c.QueryFile != "" {
		if o.Query, err = textFrom(e, c.QueryFile); err != nil {
			return err
		}
	}
	if c.AsOf != "" {
		if o.AsOf, err = moment(c.AsOf); err != nil {
			return err
		}
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	f, err := cl.Figure(e.ctx, c.ID, o)
	if err != nil {
		return err
	}
	return show(e, c.asking, f, func(w io.Writer, f *incident.Figure) {
		say(w, "Entered: %s of %s: %d, %s.", f.What, inert(c.Of), f.Value, provisional(f.Confirmed))
	})
}

func provisional(confirmed bool) string {
	if confirmed {
		return "confirmed"
	}
	return "provisional"
}

type incidentChannelsCmd struct{ caseArg }

// Run lists advice.
func (c incidentChannelsCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, l *api.CaseChannelList) {
		for _, a := range l.Rows {
			say(w, "%s %s: %s", map[bool]string{true: "[x]", false: "[ ]"}[a.Do], inert(a.Channel), inert(a.Why))
		}
	}, "incidents", c.ID, "channels")
}
