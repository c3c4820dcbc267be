package action

import (
	"bytes"
	"encoding/json"

	"cratewarden"
)

// StepText is a step as plans are written: its parameters as JSON, with "do"
// naming the kind. {"do": "version.yank", "crate": "serde", "version": "1.0.0"}.
type StepText = json.RawMessage

// Decode reads the steps of a plan. The error names the step and says what is
// wrong with it.
func (c *Catalogue) Decode(texts []StepText) ([]Step, error) {
	steps := make([]Step, 0, len(texts))
	for i, text := range texts {
		kind, do, err := c.decodeOne(text)
		if err != nil {
			return nil, cratewarden.Wrap(err, kindOr(err, cratewarden.Invalid), "Step %d: %s", i+1, cratewarden.MessageOf(err))
		}
		steps = append(steps, Step{N: i + 1, Kind: kind, Do: do})
	}
	return steps, nil
}

func kindOr(err error, other cratewarden.Kind) cratewarden.Kind {
	if k := cratewarden.KindOf(err); k != cratewarden.Internal {
		return k
	}
	return other
}

func (c *Catalogue) decodeOne(text StepText) (string, Action, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return "", nil, cratewarden.Wrap(err, cratewarden.Invalid, "a step is a list of named values, beginning with \"do\".")
	}
	var name string
	if err := json.Unmarshal(fields["do"], &name); err != nil {
		return "", nil, cratewarden.Wrap(err, cratewarden.Invalid, "\"do\" must name an act, such as version.yank.")
	}
	kind, ok := c.Kind(name)
	if !ok {
		return "", nil, cratewarden.Errorf(cratewarden.Invalid, "there is no act called %q. List them with: cratewarden plan kinds.", name)
	}
	delete(fields, "do")
	params, err := json.Marshal(fields)
	if err != nil {
		return "", nil, err
	}
	do, err := kind.decode(params)
	return name, do, err
}

// Encode writes a step canonically: the same act always gives the same bytes.
func (c *Catalogue) Encode(kind string, do Action) (StepText, error) {
	params, err := json.Marshal(do)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(params, &fields); err != nil {
		return nil, err
	}
	fields["do"], _ = json.Marshal(kind) // a string cannot fail
	return canonical(fields)
}

// canonical writes JSON with sorted keys and no spaces; encoding/json sorts the
// keys of maps, and numbers keep their spelling.
func canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	d := json.NewDecoder(&b)
	d.UseNumber()
	var plain any
	if err := d.Decode(&plain); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e = json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(plain)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}
