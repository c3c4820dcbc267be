package main

import (
	"io"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/api/client"
)

// planArg names a plan.
type planArg struct {
	asking
	ID string `arg:"" placeholder:"PLAN" help:"The plan's id."`
}

type planShowCmd struct{ planArg }

// planWhole is a plan with everything that hangs on it.
type planWhole struct {
	api.PlanView
	Effect    *action.Effect    `json:"effect,omitempty"`
	FollowUps []action.FollowUp `json:"follow_ups,omitempty"`
}

// Run shows.
func (c planShowCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	v, err := cl.Plan(e.ctx, c.ID)
	if err != nil {
		return err
	}
	whole := &planWhole{PlanView: *v}
	if whole.Effect, err = cl.Effect(e.ctx, c.ID); err != nil && cratewarden.KindOf(err) != cratewarden.NotFound {
		return err
	}
	follow, err := cl.FollowUps(e.ctx, c.ID)
	if err != nil {
		return err
	}
	whole.FollowUps = follow.Rows
	return show(e, c.asking, whole, printPlan)
}

func printPlan(w io.Writer, v *planWhole) {
	p := v.Plan
	say(w, "%s\n%s", inert(p.Title), p.ID)
	fact(w, "State", string(p.State))
	fact(w, "Made", when(p.CreatedAt)+" by "+p.Author.Name)
	fact(w, "Incident", p.Incident)
	fact(w, "Public reason", p.Public)
	fact(w, "Internal note", p.Internal)
	fact(w, "Undoes", p.Undoes)
	fact(w, "Problem", p.Problem)
	for _, a := range p.Approvals {
		fact(w, "Approved", when(a.At)+" by "+a.Actor.Name)
	}
	for _, d := range p.Demands {
		fact(w, "Second person", d.Why)
	}
	fact(w, "Evidence", p.Evidence)
	if p.AppliedAt != nil {
		fact(w, "Applied", when(*p.AppliedAt)+" by "+applierName(p))
	}
	if p.Intent != nil {
		fact(w, "Ledger", "entry "+num(*p.Intent))
	}
	section(w, "Changed since the review", p.Differences, mostRows, func(d action.Difference) string { return d.Text })
	heading(w, "Steps")
	printSteps(w, v.Sentences, v.Undone)
	if v.Effect != nil {
		printEffect(w, v.Effect)
	}
	section(w, "Work that follows", v.FollowUps, mostRows, func(f action.FollowUp) string {
		return num(f.ID) + "  " + f.Kind + "  " + string(f.State) + "  " + f.Problem
	})
}

func applierName(p action.Plan) string {
	if p.Applier == nil {
		return "nobody known"
	}
	return p.Applier.Name
}

type planReviewCmd struct{ planArg }

// Run reviews.
func (c planReviewCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	r, err := cl.Review(e.ctx, c.ID)
	if err != nil {
		return err
	}
	if err := show(e, c.asking, r, printReview); err != nil {
		return err
	}
	if r.Plan.Blocked {
		return cratewarden.Errorf(cratewarden.Refused, "The review forbids this: %s", firstBlock(r.Effect))
	}
	return nil
}

type planApproveCmd struct{ planArg }

// Run approves exactly what the last review showed.
func (c planApproveCmd) Run(e env) error {
	cl, v, err := c.reviewed(e, c.ID)
	if err != nil {
		return err
	}
	done, err := cl.Approve(e.ctx, c.ID, v.Plan.Digest.String())
	if err != nil {
		return err
	}
	return show(e, c.asking, done, func(w io.Writer, v *api.PlanView) { say(w, "Approved: %s", inert(v.Plan.Title)) })
}

// reviewed gives a plan whose last review somebody can agree to, and the client
// to say so with.
func (a asking) reviewed(e env, id string) (*client.Client, *api.PlanView, error) {
	cl, err := a.client(e)
	if err != nil {
		return nil, nil, err
	}
	v, err := cl.Plan(e.ctx, id)
	if err == nil && v.Plan.Digest == nil {
		err = cratewarden.Errorf(cratewarden.Conflict, "The plan is %s; review it first: cratewarden plan review %s", v.Plan.State, id)
	}
	return cl, v, err
}

type planSealCmd struct{ planArg }

// Run seals.
func (c planSealCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	done, err := cl.Seal(e.ctx, c.ID)
	if err != nil {
		return err
	}
	return show(e, c.asking, done, func(w io.Writer, v *api.PlanView) { say(w, "Evidence sealed: %s", inert(v.Plan.Evidence)) })
}

type planApplyCmd struct {
	doing
	ID string `arg:"" placeholder:"PLAN" help:"The plan's id."`
}

// Run applies. A plan that is approved is not reviewed again unless its facts
// changed, because the server keeps approvals of an unchanged review.
func (c planApplyCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	r, err := cl.Review(e.ctx, c.ID)
	if err != nil {
		return err
	}
	out := e.stdout
	if c.JSON {
		out = e.stderr
	}
	if !c.JSON || !c.Yes {
		fitted(out, func(w io.Writer) { printReview(w, r) })
	}
	switch {
	case c.DryRun:
		return nil
	case r.Plan.Blocked:
		return cratewarden.Errorf(cratewarden.Refused, "The review forbids this: %s", firstBlock(r.Effect))
	}
	typed, err := c.consent(e, out, r)
	if err != nil {
		return err
	}
	return c.finish(e, cl, out, r, typed)
}

type planUndoCmd struct {
	doing
	ID    string `arg:"" placeholder:"PLAN" help:"The applied plan's id."`
	Steps []int  `placeholder:"N,…" help:"Only these steps."`
}

// Run makes the plan that undoes, and carries it out like any other.
func (c planUndoCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	made, err := cl.Undo(e.ctx, c.ID, c.Steps, client.NewKey())
	if err != nil {
		return err
	}
	return c.carryMade(e, cl, made)
}

type planDiscardCmd struct{ planArg }

// Run discards.
func (c planDiscardCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	done, err := cl.Discard(e.ctx, c.ID)
	if err != nil {
		return err
	}
	return show(e, c.asking, done, func(w io.Writer, v *api.PlanView) { say(w, "Plan %s is put away.", v.Plan.ID) })
}
