package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"strconv"

	"go.yaml.in/yaml/v3"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/api/client"
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
	speaker
	File string `arg:"" help:"The plan, or - for standard input."`
}

// Help gives an example.
func (planNewCmd) Help() string {
	return `A plan file:

  title: Yank what was published with a stolen token
  public: Published without the owner's consent.
  internal: See the call at 16:20.
  steps:
    - {do: version.yank, crate: arraykit, version: 0.3.10, message: do not use}
    - do: account.lock
      account: 1234
      reason: Your account was taken over; write to us.

JSON is taken too. "cratewarden plan kinds" lists what steps can do.`
}

// maxPlanFile is the largest plan that is read.
const maxPlanFile = 4 << 20

// Run makes the plan.
func (c planNewCmd) Run(e env) error {
	text, err := readPlan(e, c.File)
	if err != nil {
		return err
	}
	cl, err := c.client(c.asking)
	if err != nil {
		return err
	}
	made, err := cl.Draft(e.ctx, text, client.NewKey())
	if err != nil {
		return err
	}
	return show(e, c.asking, made, func(w io.Writer, v *api.PlanView) {
		say(w, "Plan %s is made; nothing has changed. Next: cratewarden plan review %s", v.Plan.ID, v.Plan.ID)
	})
}

func readPlan(e env, file string) (text api.PlanText, err error) {
	in := e.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return text, cratewarden.Wrap(err, cratewarden.NotFound, "The file %s cannot be read.", file)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxPlanFile+1))
	if err != nil || len(raw) > maxPlanFile {
		return text, cratewarden.Wrap(err, cratewarden.TooLarge, "A plan file has at most %d bytes.", maxPlanFile)
	}
	return parsePlan(raw)
}

// parsePlan reads YAML, and with it JSON. Version numbers such as 1.0 must stay
// texts, so every plain value that a step's parameter wants as text is taken as
// it is written.
func parsePlan(raw []byte) (text api.PlanText, err error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil || len(doc.Content) == 0 {
		return text, cratewarden.Wrap(err, cratewarden.Invalid, "The plan is neither valid YAML nor JSON.")
	}
	value, err := plain(doc.Content[0], "", 0)
	if err != nil {
		return text, err
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return text, cratewarden.Wrap(err, cratewarden.Invalid, "The plan holds something that JSON cannot say.")
	}
	d := json.NewDecoder(bytes.NewReader(encoded))
	d.DisallowUnknownFields()
	if err := d.Decode(&text); err != nil {
		return text, cratewarden.Wrap(err, cratewarden.Invalid, "A plan has the keys title, incident, public, internal and steps, and steps is a list.")
	}
	return text, nil
}

// plain turns a node into what JSON can say. Aliases and merges are refused: a
// few lines of them could stand for millions.
func plain(n *yaml.Node, key string, depth int) (any, error) {
	if depth > 20 || n.Kind == yaml.AliasNode {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The plan is nested too deeply or uses aliases.")
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if _, twice := out[name]; twice {
				return nil, cratewarden.Errorf(cratewarden.Invalid, "The plan has the key %s twice, in line %d.", name, n.Content[i].Line)
			}
			v, err := plain(n.Content[i+1], name, depth+1)
			if err != nil {
				return nil, err
			}
			out[name] = v
		}
		return out, nil
	case yaml.SequenceNode:
		out := []any{}
		for _, item := range n.Content {
			v, err := plain(item, key, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	return scalar(n, key)
}

func scalar(n *yaml.Node, key string) (any, error) {
	// "version: 1.0" and "until: 2027-01-01" are texts to us.
	if tag := n.ShortTag(); tag == "!!float" || tag == "!!timestamp" || tag == "!!int" && (key == "version" || key == "crate" || key == "name") {
		if tag == "!!timestamp" && len(n.Value) == len("2006-01-02") {
			return n.Value + "T00:00:00Z", nil
		}
		return n.Value, nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The value in line %d of the plan cannot be read.", n.Line)
	}
	return v, nil
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
