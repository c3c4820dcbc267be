package main

import (
	"io"
	"net/url"
	"strconv"
	"strings"

	"cratewarden/action"
	"cratewarden/api"
)

type planCmd struct {
	Kinds   planKindsCmd   `cmd:"" help:"List every act that a plan's step can be, or explain one."`
	New     planNewCmd     `cmd:"" help:"Make a plan from a file in YAML or JSON, or from standard input."`
	Show    planShowCmd    `cmd:"" help:"Show a plan: its steps, its last review or what it did, and the work that follows."`
	Review  planReviewCmd  `cmd:"" help:"Show everything that a plan would do; the registry stays as it is."`
	Approve planApproveCmd `cmd:"" help:"Agree to a reviewed plan as its second person."`
	Seal    planSealCmd    `cmd:"" help:"Seal the evidence that an irreversible plan needs."`
	Apply   planApplyCmd   `cmd:"" help:"Review a plan again, ask, and carry it out."`
	Undo    planUndoCmd    `cmd:"" help:"Put back what an applied plan did."`
	Discard planDiscardCmd `cmd:"" help:"Put an open plan away."`
	List    planListCmd    `cmd:"" help:"List plans, newest first."`
	Wanted  planWantedCmd  `cmd:"" help:"List the plans that wait for you to agree."`
}

type planKindsCmd struct {
	asking
	Name string `arg:"" optional:"" help:"Explain this one, such as version.yank."`
}

// Run lists the catalogue.
func (c planKindsCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, k *api.KindList) {
		for _, row := range k.Rows {
			switch {
			case c.Name == "":
				say(w, "%-26s %s", row.Name, row.Title)
			case c.Name == row.Name:
				printKind(w, row)
			}
		}
	}, "kinds")
}

func printKind(w io.Writer, k api.KindRow) {
	say(w, "%s: %s\n%s", k.Name, k.Title, k.About)
	say(w, "  role %s; can be undone: %s; second person: %s", k.Role, yesNo(k.Reversible), yesNo(k.SecondPerson))
	if k.Final != "" {
		say(w, "  %s", k.Final)
	}
	for _, p := range k.Params {
		need := ""
		if p.Required {
			need = ", required"
		}
		say(w, "  %-16s %s (%s%s) %s", p.Name, p.Label, p.Type, need, p.Help)
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

type planNewCmd struct {
	asking
	File     string `arg:"" help:"The plan, or - for standard input."`
	Incident string `help:"The incident it belongs to, in place of the file's."`
}

// Help gives an example.
func (planNewCmd) Help() string {
	return `A plan file:

  title: Yank what was published with a stolen token
  incident: INC-12
  public: Published without the owner's consent.
  internal: See the call at 16:20.
  steps:
    - {do: version.yank, crate: arraykit, version: 0.3.10, message: do not use}
    - do: account.lock
      account: 1234
      reason: Your account was taken over; write to us.

JSON is taken too. "cratewarden plan kinds" lists what steps can do.`
}

type planWantedCmd struct{ asking }

// Run lists.
func (c planWantedCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, l *api.PlanList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "PLAN|ASKED|BY|TITLE|BECAUSE", l.Rows, func(p action.Plan) []string {
			asked, why := "", make([]string, len(p.Demands))
			if p.AskedAt != nil {
				asked = when(*p.AskedAt)
			}
			for i, d := range p.Demands {
				why[i] = d.Why
			}
			return []string{p.ID, asked, p.Author.Name, p.Title, strings.Join(why, " ")}
		})
	}, "approvals")
}

type planListCmd struct {
	asking
	State    string `help:"Only these states, separated by commas, such as draft,reviewed."`
	Subject  string `placeholder:"KIND:ID" help:"Only plans about this, such as crate:serde."`
	Incident string `help:"Only of this incident."`
	Limit    int    `default:"20" help:"Rows at most (up to 500)."`
	Before   string `placeholder:"ID" help:"Go on after this plan, which the page before printed."`
}

// Run lists.
func (c planListCmd) Run(e env) error {
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	set(q, "state", c.State)
	set(q, "subject", c.Subject)
	set(q, "incident", c.Incident)
	set(q, "before", c.Before)
	return fetch(e, c.asking, q, func(w io.Writer, l *api.PlanList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "PLAN|STATE|MADE|BY|TITLE", l.Rows, func(p action.Plan) []string {
			return []string{p.ID, string(p.State), when(p.CreatedAt), p.Author.Name, p.Title}
		})
		if l.Next != "" {
			say(w, "  more: --before %s", l.Next)
		}
	}, "plans")
}
