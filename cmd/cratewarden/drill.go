package main

import (
	"io"
	"strings"

	"cratewarden/api"
	"cratewarden/incident"
)

type drillCmd struct {
	Start drillStartCmd `cmd:"" help:"Start a drill on a made-up registry."`
	Score drillScoreCmd `cmd:"" help:"Show a drill's stopwatch and score against the right answer."`
	List  drillListCmd  `cmd:"" help:"List drills, newest first."`
}

type drillStartCmd struct {
	asking
	Name string `arg:"" enum:"august,typosquat,flood" help:"august, typosquat or flood."`
}

// Help says how it goes.
func (drillStartCmd) Help() string {
	return `Opens an incident about one of a demo's prepared situations, with no more than its
first alarm, and starts the stopwatch. Work on it as on any other; "drill score"
compares what you did with the right answer at any time. A real registry has no
drills.`
}

// Run starts.
func (c drillStartCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	v, err := cl.StartDrill(e.ctx, c.Name)
	if err != nil {
		return err
	}
	return show(e, c.asking, v, func(w io.Writer, v *api.IncidentView) {
		say(w, "The drill %s runs as %s: %s", inert(v.Incident.Drill), v.Incident.ID, inert(v.Incident.Title))
		say(w, "Work on it, then: cratewarden drill score %s", v.Incident.ID)
	})
}

type drillListCmd struct{ asking }

// Run lists.
func (c drillListCmd) Run(e env) error {
	return incidentListCmd{asking: c.asking, Drills: true, All: true, Limit: 100}.Run(e)
}

type drillScoreCmd struct{ caseArg }

// Run prints the report.
func (c drillScoreCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, s *incident.DrillScore) {
		for line := range strings.Lines(s.Markdown()) {
			say(w, "%s", inert(strings.TrimRight(line, "\n")))
		}
	}, "drills", c.ID, "score")
}
