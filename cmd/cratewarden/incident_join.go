package main

import (
	"cratewarden/api"
	"cratewarden/api/client"
)

type incidentMergeCmd struct {
	caseArg
	Into   string `arg:"" help:"The incident in which it goes on."`
	Reason string `required:"" help:"Why, for colleagues."`
}

// Run merges. Plans, evidence and ledger keep the old id, which leads to the new
// one.
func (c incidentMergeCmd) Run(e env) error {
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) {
		return cl.MergeIncident(e.ctx, c.ID, c.Into, c.Reason)
	})
}

type incidentSplitCmd struct {
	caseArg
	Title  string   `arg:"" help:"Title of the new incident."`
	About  []string `required:"" placeholder:"WHAT" sep:"none" help:"What goes to the new one, as subject add takes it; may be given more than once."`
	Kind   string   `help:"Its kind; the same without it."`
	Reason string   `required:"" help:"Why, for colleagues."`
	Key    string   `placeholder:"TEXT" env:"-" help:"For scripts that try again: the same key gives the same incident."`
}

// Run splits.
func (c incidentSplitCmd) Run(e env) error {
	list, err := c.subjects(e, c.About)
	if err != nil {
		return err
	}
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) {
		return cl.SplitIncident(e.ctx, c.ID, client.SplitOrder{Title: c.Title, Kind: c.Kind, Subjects: list, Reason: c.Reason}, orElse(c.Key, client.NewKey()))
	})
}

// reasonFlag says why somebody does something to a case.
type reasonFlag struct {
	caseArg
	Reason string `required:"" help:"Why, for colleagues."`
}

type incidentReopenCmd struct{ reasonFlag }

// Run reopens.
func (c incidentReopenCmd) Run(e env) error {
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) { return cl.ReopenIncident(e.ctx, c.ID, c.Reason) })
}

type incidentUnlockCmd struct{ reasonFlag }

// Run unlocks.
func (c incidentUnlockCmd) Run(e env) error {
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) { return cl.UnlockIncident(e.ctx, c.ID, c.Reason) })
}
