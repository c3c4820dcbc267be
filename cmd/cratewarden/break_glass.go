package main

import (
	"io"
	"strings"

	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/api/client"
)

type breakGlassCmd struct {
	Plan    breakGlassPlanCmd `cmd:"" default:"withargs" help:"Let a plan go without the second person whom it waited for in vain."`
	Reviews glassReviewsCmd   `cmd:"" help:"List broken glass, what nobody has judged first."`
	Close   glassCloseCmd     `cmd:"" help:"Judge somebody else's broken glass."`
}

type breakGlassPlanCmd struct {
	asking
	ID     string `arg:"" placeholder:"PLAN" help:"The plan's id."`
	Reason string `required:"" env:"-" help:"Why it cannot wait, for colleagues."`
	Yes    bool   `short:"y" help:"Do not ask."`
}

// Help says what happens.
func (breakGlassPlanCmd) Help() string {
	return `For a reviewed plan that needs a second person when nobody has answered for a
while. It takes a passkey and a reason. Everybody is told at once, and somebody
else must judge it within a day. Then carry it out: cratewarden plan apply PLAN`
}

// Run breaks the glass for exactly the last review.
func (c breakGlassPlanCmd) Run(e env) error {
	cl, v, err := c.reviewed(e, c.ID)
	if err != nil {
		return err
	}
	if !c.Yes {
		say(e.stdout, "%s", inert(v.Plan.Title))
		fitted(e.stdout, func(w io.Writer) { printSteps(w, v.Sentences, nil) })
		for _, d := range v.Plan.Demands {
			fact(e.stdout, "Second person", d.Why)
		}
		say(e.stdout, "Everybody is told, and somebody else must judge this.")
		if _, err := (doing{}).consent(e, e.stdout, &api.PlanReview{}); err != nil {
			return err
		}
	}
	broken, err := cl.BreakGlass(e.ctx, c.ID, v.Plan.Digest.String(), c.Reason, client.NewKey())
	if err != nil {
		return err
	}
	return show(e, c.asking, broken, func(w io.Writer, v *api.PlanView) {
		say(w, "The glass is broken for %s; everybody is told. Now: cratewarden plan apply %s", inert(v.Plan.Title), v.Plan.ID)
	})
}

type glassReviewsCmd struct {
	asking
	All bool `help:"Also what was judged."`
}

// Run lists.
func (c glassReviewsCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	list, err := cl.BrokenGlass(e.ctx, !c.All)
	if err != nil {
		return err
	}
	return show(e, c.asking, list, func(w io.Writer, l *api.BrokenGlassList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "REVIEW|PLAN|BY|WHEN|DUE|VERDICT|WHY", l.Rows, func(g action.BrokenGlass) []string {
			return []string{num(g.ID), g.Plan, g.Actor.Name, when(g.At), when(g.Due), orElse(string(g.Verdict), "open"), g.Reason}
		})
	})
}

type glassCloseCmd struct {
	asking
	ID      int64  `arg:"" placeholder:"REVIEW" help:"The review's number."`
	Verdict string `required:"" env:"-" enum:"justified,not-justified" help:"justified, or not-justified."`
	Note    string `required:"" env:"-" help:"What you found."`
}

// Run judges.
func (c glassCloseCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	g, err := cl.JudgeBrokenGlass(e.ctx, c.ID, action.Verdict(strings.ReplaceAll(c.Verdict, "-", " ")), c.Note)
	if err != nil {
		return err
	}
	return show(e, c.asking, g, func(w io.Writer, g *action.BrokenGlass) {
		say(w, "Review %d of plan %s is closed: %s.", g.ID, g.Plan, g.Verdict)
	})
}

// glassBroken says whether somebody broke the glass for exactly this review; the
// console decides whether for whom.
func glassBroken(e env, c *client.Client, p action.Plan) bool {
	list, err := c.BrokenGlass(e.ctx, false)
	if err != nil || p.Digest == nil {
		return false
	}
	for _, g := range list.Rows {
		if g.Plan == p.ID && g.Digest == *p.Digest {
			return true
		}
	}
	return false
}
