package web

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
)

// planField is one parameter of an act as a form asks for it.
type planField struct {
	ID, Name, Label, Help string
	Type                  string // text, long, number, yesno or choice
	Value                 string
	Hint                  string
	Required              bool
	Rows                  int // of a long one; 0 for a few
	Options               []Option
}

// fieldPrefix sets parameters apart from the plan's own fields.
const fieldPrefix = "p."

// fieldsOf are the fields of a kind with what was typed.
func fieldsOf(k action.Kind, values map[string]string) []planField {
	var out []planField
	for _, p := range k.Params {
		f := planField{ID: "param-" + p.Name, Name: fieldPrefix + p.Name, Label: p.Label, Help: p.Help, Type: "text", Value: values[p.Name], Required: p.Required}
		switch p.Type {
		case action.LongParam:
			f.Type = "long"
		case action.ListParam:
			f.Type, f.Hint = "long", "one in a line"
		case action.NumberParam:
			f.Type = "number"
		case action.YesNoParam:
			f.Type = "yesno"
		case action.TimeParam:
			f.Hint = "2026-11-30 12:00, UTC"
		case action.CrateParam:
			f.Hint = "serde"
		case action.NumParam:
			f.Hint = "1.0.0"
		case action.PersonParam:
			f.Hint = "login or number"
		}
		if len(p.Choices) > 0 && p.Type != action.ListParam {
			f.Type = "choice"
			if !p.Required {
				f.Options = append(f.Options, Option{"", "–"})
			}
			for _, c := range p.Choices {
				f.Options = append(f.Options, Option{c, c})
			}
		} else if len(p.Choices) > 0 {
			f.Help = strings.TrimSpace(f.Help + " Known are: " + strings.Join(p.Choices, ", ") + ".")
		}
		out = append(out, f)
	}
	return out
}

// readValues takes the parameters of a form.
func readValues(form url.Values) map[string]string {
	out := map[string]string{}
	for name := range form {
		if param, ok := strings.CutPrefix(name, fieldPrefix); ok {
			out[param] = strings.TrimSpace(strings.ReplaceAll(form.Get(name), "\r\n", "\n"))
		}
	}
	return out
}

// valuesOf reads a step back into fields. ok is false when it holds something
// that no field shows, which a form would lose.
func valuesOf(k action.Kind, step action.StepText) (values map[string]string, ok bool) {
	var raw map[string]json.RawMessage
	if json.Unmarshal(step, &raw) != nil {
		return nil, false
	}
	delete(raw, "do")
	values = map[string]string{}
	for name, value := range raw {
		if !slices.ContainsFunc(k.Params, func(p action.Param) bool { return p.Name == name }) {
			return nil, false
		}
		var text string
		var list []json.RawMessage
		switch {
		case json.Unmarshal(value, &text) == nil:
			values[name] = text
		case json.Unmarshal(value, &list) == nil:
			lines := make([]string, len(list))
			for i, item := range list {
				if json.Unmarshal(item, &lines[i]) != nil {
					lines[i] = string(item)
				}
			}
			values[name] = strings.Join(lines, "\n")
		default:
			values[name] = string(value)
		}
	}
	return values, true
}

// stepOf makes a step of what was typed. What is empty is left out. The error
// says what to correct.
func (s *Server) stepOf(ctx context.Context, k action.Kind, values map[string]string) (action.StepText, error) {
	fields := map[string]any{"do": k.Name}
	for _, p := range k.Params {
		value := values[p.Name]
		if value == "" && !(p.Required && p.Type == action.YesNoParam) {
			if p.Required {
				return nil, cratewarden.Errorf(cratewarden.Invalid, "%s is missing.", p.Label)
			}
			continue
		}
		typed, err := s.typed(ctx, p, value)
		if err != nil {
			return nil, err
		}
		fields[p.Name] = typed
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	read, err := s.planned.catalogue.Decode([]action.StepText{text})
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "%s", sentenceOf(err))
	}
	return s.planned.catalogue.Encode(k.Name, read[0].Do)
}

// typed gives a value the type that its parameter has in JSON.
func (s *Server) typed(ctx context.Context, p action.Param, value string) (any, error) {
	switch p.Type {
	case action.NumberParam:
		if value == "null" { // the registry's own default
			return nil, nil
		}
		n, err := strconv.ParseInt(strings.ReplaceAll(value, ",", ""), 10, 64)
		if err != nil {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "%s must be a whole number.", p.Label)
		}
		return n, nil
	case action.YesNoParam:
		return value == "yes" || value == "true", nil
	case action.TimeParam:
		t, ok := parseInstant(value)
		if !ok {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "%s must be a time in UTC, such as 2026-11-30 12:00.", p.Label)
		}
		return t.Format(time.RFC3339), nil
	case action.PersonParam:
		return s.person(ctx, p, value)
	case action.ListParam:
		list := strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' })
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		return slices.DeleteFunc(list, func(item string) bool { return item == "" }), nil
	}
	return value, nil
}

// person is the number of an account that was named by it or by its login.
func (s *Server) person(ctx context.Context, p action.Param, value string) (any, error) {
	value = strings.TrimPrefix(value, "@")
	if n, err := strconv.ParseInt(value, 10, 32); err == nil {
		return n, nil
	}
	if s.cfg.Dossiers == nil {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "%s must be the number of an account.", p.Label)
	}
	people, err := s.cfg.Dossiers.AccountsByLogin(ctx, value)
	switch {
	case err != nil && !isNotFound(err):
		return nil, err
	case len(people) == 0:
		return nil, cratewarden.Errorf(cratewarden.Invalid, "%s: no account has this login.", p.Label)
	case len(people) > 1:
		var numbers []string
		for _, x := range people {
			numbers = append(numbers, itoa(x.ID))
		}
		return nil, cratewarden.Errorf(cratewarden.Invalid, "%s: more than one account has this login. Give the number of the one you mean: %s.", p.Label, strings.Join(numbers, ", "))
	}
	return people[0].ID, nil
}

// parseInstant reads a time in UTC as people write it.
func parseInstant(value string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil && t.Year() > 0 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
