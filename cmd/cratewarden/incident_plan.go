package main

import (
	"io"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/incident"
	"cratewarden/incident/related"
)

type incidentProposeCmd struct {
	caseArg
	Removal bool `help:"What to delete of what the incident's plans hold."`
}

// Help says what it is.
func (incidentProposeCmd) Help() string {
	return `From what an incident is about and its verdict, the console looks for what else
belongs to it and says which steps it would do, each with its reason. It makes no
plan and changes nothing. Then: cratewarden incident plan INC-12

Deleting for good is a plan of its own: --removal, and "incident plan --removal".`
}

// Run shows.
func (c incidentProposeCmd) Run(e env) error {
	return fetch(e, c.asking, nil, printProposal, "incidents", c.ID, map[bool]string{true: "removal", false: "proposal"}[c.Removal])
}

func printProposal(w io.Writer, p *incident.Proposal) {
	say(w, "%s", inert(orElse(p.Title, "Proposal")))
	if len(p.Steps) == 0 {
		say(w, "There is nothing to do.")
	}
	for i, s := range p.Steps {
		box := "[ ]"
		if s.Ticked {
			box = "[x]"
		}
		say(w, "%s %3d  %s: %s", box, i+1, inert(s.Sentence), inert(s.Why))
	}
	section(w, "Also found; nothing is proposed about it", beside(p), mostRows, relatedLine)
	if len(p.Advisories) > 0 {
		heading(w, "An advisory is due for each of")
		for _, name := range p.Advisories {
			say(w, "  %s", inert(name))
		}
	}
	for _, note := range p.Notes {
		say(w, "Note: %s", inert(note))
	}
}

// beside is what was found by a link alone, for a person to decide.
func beside(p *incident.Proposal) (out []related.Subject) {
	for _, s := range p.Subjects {
		if s.Strength == related.Offer {
			out = append(out, s)
		}
	}
	return out
}

func relatedLine(s related.Subject) string {
	var why []string
	for _, r := range s.Reasons {
		why = append(why, r.Text)
	}
	return s.Kind + " " + orElse(s.Name, s.ID) + ": " + strings.Join(why, " ")
}

type incidentPlanCmd struct {
	doing
	ticks
	ID      string `arg:"" placeholder:"INCIDENT" help:"Its id, such as INC-12."`
	Title   string `help:"The plan's title."`
	Removal bool   `help:"Delete what the incident's plans hold, in place of containing."`
	Make    bool   `help:"Only make the plan; review and apply it later."`
	Key     string `placeholder:"TEXT" env:"-" help:"For scripts that try again: the same key makes one plan."`
}

// Help gives examples.
func (incidentPlanCmd) Help() string {
	return `Examples:

  cratewarden incident plan INC-12 --dry-run
  cratewarden incident plan INC-12 --not 4,5 --reason "Malware, published with a stolen token." --yes

The ticked steps of "incident propose" become one plan of the incident. It is
shown, asked for once, and carried out; "plan undo" puts it back. With --removal
what is held is deleted for good, which takes sealed evidence and a second person.`
}

// Run makes the plan, and carries it out.
func (c incidentPlanCmd) Run(e env) error {
	if c.Incident != "" && c.Incident != c.ID {
		return cratewarden.Errorf(cratewarden.Invalid, "The plan belongs to %s. Leave --incident out.", inert(c.ID))
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	p, err := cl.Proposal(e.ctx, c.ID, c.Removal)
	if err != nil {
		return err
	}
	o := api.IncidentPlanOrder{Title: c.Title, Public: c.Reason, Internal: c.Note, Seen: p.Seen}
	for _, n := range slices.Concat(c.Only, c.Also, c.Not) {
		if n < 1 || n > len(p.Steps) {
			return cratewarden.Errorf(cratewarden.Invalid, "There is no proposed step %d; there are %d.", n, len(p.Steps))
		}
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		s.Ticked = (s.Ticked && len(c.Only) == 0 || slices.Contains(c.Only, i+1) || slices.Contains(c.Also, i+1)) && !slices.Contains(c.Not, i+1)
		if s.Ticked {
			o.Steps = append(o.Steps, i+1)
		}
	}
	if !c.JSON {
		fitted(e.stdout, func(w io.Writer) { printProposal(w, p) })
		say(e.stdout, "")
	}
	if len(o.Steps) == 0 {
		return cratewarden.Errorf(cratewarden.NotFound, "There is nothing to do.")
	}
	made, err := cl.IncidentPlan(e.ctx, c.ID, o, c.Removal, orElse(c.Key, client.NewKey()))
	if err != nil {
		return err
	}
	if c.Make {
		return show(e, c.asking, made, func(w io.Writer, v *api.PlanView) {
			say(w, "Plan %s is made; nothing has changed. Next: cratewarden plan review %s", v.Plan.ID, v.Plan.ID)
		})
	}
	if err := c.carryMade(e, cl, made); err != nil || c.DryRun {
		return err
	}
	v, err := cl.SyncIncident(e.ctx, c.ID) // the console does it too, in a moment
	if err == nil && !c.JSON {
		fitted(e.stdout, func(w io.Writer) { printStand(w, v) })
	}
	return err
}
