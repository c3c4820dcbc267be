package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"

	"go.yaml.in/yaml/v3"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
)

// maxPlanFile is the largest plan that is read.
const maxPlanFile = 4 << 20

// Run makes the plan.
func (c planNewCmd) Run(e env) error {
	text, err := readPlan(e, c.File)
	if err != nil {
		return err
	}
	if c.Incident != "" {
		text.Incident = c.Incident
	}
	if text.Incident, err = (doing{asking: c.asking, Yes: c.File == "-"}).belongs(e, text.Incident); err != nil {
		return err
	}
	cl, err := c.client(e)
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
