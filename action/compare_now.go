package action

import (
	"context"

	"cratewarden/registry/change"
)

// Standing is one row of a plan beside the registry as it is now, for a person
// who must say whether the registry kept the plan.
type Standing struct {
	Row   change.Row     `json:"row"`
	Now   change.Columns `json:"now"`   // nil when the row is not there
	Is    StandingIs     `json:"is"`    // what it is like now
	Other []string       `json:"other"` // columns that are neither as before nor as the plan left them
}

// StandingIs says what a row is like now.
type StandingIs string

// What a row is like.
const (
	AsBefore StandingIs = "as before"
	AsAfter  StandingIs = "as the plan left it"
	AsElse   StandingIs = "something else"
)

// Compare lays the rows of a plan beside those of the registry, rows that the
// registry's triggers make left out. At most 5,000 rows are looked at.
func (e *Engine) Compare(ctx context.Context, p Plan) ([]Standing, error) {
	effect, err := e.Effect(ctx, p)
	if err != nil {
		return nil, err
	}
	keys := map[string][]string{}
	var out []Standing
	for _, row := range effect.Rows {
		if row.Derived || len(out) == maxSteps {
			continue
		}
		keys[row.Table] = append(keys[row.Table], row.Key)
		out = append(out, Standing{Row: row})
	}
	err = e.look(ctx, func(ctx context.Context, t *change.Tx) error {
		for table, list := range keys {
			now, err := t.RowsNow(ctx, table, list)
			if err != nil {
				return err
			}
			for i := range out {
				if out[i].Row.Table == table {
					out[i].Now = now[out[i].Row.Key]
				}
			}
		}
		return nil
	})
	for i := range out {
		out[i].judge()
	}
	return out, err
}

// judge compares only the columns that the plan changed: the others may move by
// themselves.
func (s *Standing) judge() {
	before, after := s.Now == nil && s.Row.Before == nil, s.Now == nil && s.Row.After == nil
	if s.Now != nil && s.Row.Before != nil {
		before = true
	}
	if s.Now != nil && s.Row.After != nil {
		after = true
	}
	for _, c := range s.Row.Changed() {
		isBefore, isAfter := string(s.Now[c]) == string(s.Row.Before[c]), string(s.Now[c]) == string(s.Row.After[c])
		if s.Now != nil && !isBefore && !isAfter {
			s.Other = append(s.Other, c)
		}
		// A row that came or went is told by being there.
		if s.Row.Before != nil && s.Row.After != nil {
			before, after = before && isBefore, after && isAfter
		}
	}
	switch {
	case after:
		s.Is = AsAfter
	case before:
		s.Is = AsBefore
	default:
		s.Is = AsElse
	}
}
