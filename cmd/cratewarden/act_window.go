package main

import (
	"slices"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/api/client"
)

type containCmd struct {
	doing
	lockFlags
	Who       []string `arg:"" placeholder:"LOGIN" help:"Logins, or account ids."`
	HoldSince string   `placeholder:"TIME" help:"Also hold every version they published since then; a time, or a span such as 5h."`
	Crates    string   `enum:",owned,sole" default:"" help:"Whose trusted publishers go: of all crates they own, or only of those nobody else owns (owned, sole)."`
}

// Help gives examples.
func (containCmd) Help() string {
	return `Example:

  cratewarden contain mirelund --message "Your account was taken over; write to us." --hold-since 5h --dry-run

It closes every way in: the account is locked, its API tokens are revoked, the
trusted publishers and live publish tokens of its crates go, and so do the
invitations it gave and got. "plan undo" puts all of it back.`
}

// Run contains.
func (c containCmd) Run(e env) error {
	order := action.ContainOrder{LockTerms: action.LockTerms{Reason: c.lockFlags.Message}, Crates: c.Crates, Message: c.Reason}
	if c.Until != "" {
		at, err := moment(c.Until)
		if err != nil {
			return err
		}
		order.Until = &at
	}
	if c.HoldSince != "" {
		at, err := moment(c.HoldSince)
		if err != nil {
			return err
		}
		order.HoldSince = &at
	}
	for _, who := range c.Who {
		id, err := account(e, c.doing, who)
		if err != nil {
			return err
		}
		order.Accounts = append(order.Accounts, id)
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	p, err := cl.Contain(e.ctx, order)
	if err != nil {
		return err
	}
	return propose(e, c.doing, cl, p, ticks{})
}

type undoSinceCmd struct {
	doing
	ticks
	Who   []string `arg:"" optional:"" placeholder:"LOGIN" help:"Logins, or account ids."`
	Token int32    `env:"-" help:"What this API token did, instead of an account."`
	From  string   `required:"" placeholder:"TIME" help:"From when on; a time, or a span such as 90m."`
	Until string   `placeholder:"TIME" help:"Up to when; now without it."`
}

// ticks choose among proposed steps.
type ticks struct {
	Only []int `placeholder:"N,…" help:"Only these of the proposed steps."`
	Also []int `placeholder:"N,…" help:"Also these, which are proposed without a tick."`
	Not  []int `placeholder:"N,…" help:"Not these."`
}

// Help gives examples.
func (undoSinceCmd) Help() string {
	return `Examples:

  cratewarden undo-since mirelund --from 90m --dry-run
  cratewarden undo-since --token 1234 --from 2026-08-20T16:00:00Z --until 2026-08-20T19:00:00Z

Versions they published are held, what carries a payload first; versions they
yanked are unyanked, and those they unyanked are yanked; then owners and
invitations they gave go, and tokens they made. What others changed since is
proposed without a tick.`
}

// Run proposes and carries out.
func (c undoSinceCmd) Run(e env) error {
	order := action.UndoSinceOrder{Token: c.Token, Message: c.Reason}
	var err error
	if order.From, err = moment(c.From); err != nil {
		return err
	}
	if c.Until != "" {
		if order.Until, err = moment(c.Until); err != nil {
			return err
		}
	}
	for _, who := range c.Who {
		id, err := account(e, c.doing, who)
		if err != nil {
			return err
		}
		order.Accounts = append(order.Accounts, id)
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	p, err := cl.UndoSince(e.ctx, order)
	if err != nil {
		return err
	}
	return propose(e, c.doing, cl, p, c.ticks)
}

// propose shows the steps with their reasons, and carries out the ticked ones.
func propose(e env, d doing, c *client.Client, p *action.Proposal, t ticks) error {
	for _, n := range slices.Concat(t.Only, t.Also, t.Not) {
		if n < 1 || n > len(p.Steps) {
			return cratewarden.Errorf(cratewarden.Invalid, "There is no proposed step %d; there are %d.", n, len(p.Steps))
		}
	}
	out := e.stdout
	if d.JSON {
		out = e.stderr
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		s.Ticked = (s.Ticked && len(t.Only) == 0 || slices.Contains(t.Only, i+1) || slices.Contains(t.Also, i+1)) && !slices.Contains(t.Not, i+1)
		box := "[ ]"
		if s.Ticked {
			box = "[x]"
		}
		say(out, "%s %3d  %s: %s", box, i+1, inert(s.Sentence), inert(s.Why))
	}
	for _, note := range p.Notes {
		say(out, "Note: %s", inert(note))
	}
	order := p.Order()
	if len(order.Steps) == 0 {
		return cratewarden.Errorf(cratewarden.NotFound, "There is nothing to do.")
	}
	say(out, "")
	return d.carryText(e, c, api.PlanText{Title: order.Title, Incident: d.Incident, Public: d.Reason, Internal: d.Note, Steps: order.Steps})
}
