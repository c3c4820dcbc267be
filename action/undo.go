package action

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/registry/change"
)

// UndoStep puts back what one step of an applied plan did.
type UndoStep struct {
	Plan string `json:"plan"`
	Step int    `json:"step"`
	// What is the sentence of the step, kept for people who read the plan.
	What string `json:"what,omitempty"`
	// About are the step's subjects.
	About []ledger.Subject `json:"about,omitempty"`
}

// Check refuses a step that cannot be one.
func (u UndoStep) Check() error {
	if u.Plan == "" || u.Step < 1 {
		return cratewarden.Errorf(cratewarden.Invalid, "say which plan and which of its steps to undo.")
	}
	return nil
}

// Sentence says what is undone.
func (u UndoStep) Sentence() string { return "Undo: " + u.What }

// Subjects are those of the step that is undone.
func (u UndoStep) Subjects() []ledger.Subject { return u.About }

func undoKinds() []Kind {
	return []Kind{onUndo(define(Kind{
		Name: "plan.undo", Title: "Undo a step of a plan", Reversible: true,
		About:  "Puts the rows of one applied step back as they were, if nobody changed them since.",
		Params: []Param{{Name: "plan", Label: "Plan", Type: TextParam, Required: true}, {Name: "step", Label: "Step", Type: NumberParam, Required: true}},
	}, runUndo), undoUndo)}
}

// undoUndo refuses to do an act with effects beyond rows a second time by
// putting rows back: its files would stay where they are.
func undoUndo(ctx context.Context, r *Run, items []Item[UndoStep]) error {
	for _, i := range items {
		p, err := r.engine.Plan(ctx, i.Do.Plan)
		if err != nil {
			return err
		}
		steps, err := r.engine.catalogue.Decode(p.Steps)
		if err != nil {
			return err
		}
		if kind, _ := r.engine.catalogue.Kind(steps[i.Do.Step-1].Kind); kind.undone != nil {
			r.Block(i.Step, "make-a-new-plan", "%s did more than change rows. To do it again, make a new plan of it.", steps[i.Do.Step-1].Do.Sentence())
		}
	}
	return nil
}

// Undo makes a plan that puts back the given steps of an applied plan, all that
// can be when none are given, the last first.
func (e *Engine) Undo(ctx context.Context, who Actor, id string, steps []int, key string) (Plan, error) {
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, err
	}
	if err := e.may(ctx, who, "plan.undo", p); err != nil {
		return p, err
	}
	if p.State != Applied {
		return p, cratewarden.Errorf(cratewarden.Conflict, "The plan is %s; only an applied plan can be undone.", p.State)
	}
	all, err := e.catalogue.Decode(p.Steps)
	if err != nil {
		return p, err
	}
	done, err := e.undoneSteps(ctx, e.console, id)
	if err != nil {
		return p, err
	}
	order := Order{Title: "Undo: " + p.Title, Incident: p.Incident, Public: p.Public, undoes: id}
	order.Title = cut(order.Title, maxTitle)
	for _, s := range slices.Backward(all) {
		kind, _ := e.catalogue.Kind(s.Kind)
		asked := slices.Contains(steps, s.N)
		switch {
		case len(steps) > 0 && !asked:
			continue
		case asked && !kind.Reversible:
			return p, e.refuse(ctx, who, "plan.undo", p, refusal{ruleFinal, cratewarden.Errorf(cratewarden.Refused, "Step %d (%s) cannot be undone.", s.N, s.Do.Sentence())})
		case asked && done[s.N]:
			return p, cratewarden.Errorf(cratewarden.Conflict, "Step %d (%s) is undone already.", s.N, s.Do.Sentence())
		case !kind.Reversible || done[s.N]:
			continue
		}
		text, err := e.catalogue.Encode("plan.undo", UndoStep{Plan: id, Step: s.N, What: s.Do.Sentence(), About: s.Do.Subjects()})
		if err != nil {
			return p, err
		}
		order.Steps = append(order.Steps, text)
	}
	if len(order.Steps) == 0 {
		return p, e.refuse(ctx, who, "plan.undo", p, refusal{ruleFinal, cratewarden.Errorf(cratewarden.Refused, "Nothing in this plan can be undone any more.")})
	}
	return e.Draft(ctx, who, order, key)
}

// undoneSteps gives the steps of a plan that an applied plan has undone.
func (e *Engine) undoneSteps(ctx context.Context, db querier, id string) (map[int]bool, error) {
	rows, err := db.Query(ctx, `SELECT (s ->> 'step')::int FROM plan p, jsonb_array_elements(p.steps) s
		WHERE p.undoes = $1 AND p.state = 'applied' AND s ->> 'do' = 'plan.undo'`, id)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int]bool{}
	var n int
	_, err = pgx.ForEachRow(rows, []any{&n}, func() error {
		out[n] = true
		return nil
	})
	return out, pg.Map(err)
}

// UndoneSteps gives the steps of a plan that were undone since.
func (e *Engine) UndoneSteps(ctx context.Context, id string) (map[int]bool, error) {
	return e.undoneSteps(ctx, e.console, id)
}

func runUndo(ctx context.Context, r *Run, list []Item[UndoStep]) error {
	for plan, items := range byPlan(list) {
		if err := r.undoPlan(ctx, plan, items); err != nil {
			return err
		}
	}
	return nil
}

// byPlan parts steps by the plan they undo; nearly always there is one.
func byPlan(list []Item[UndoStep]) map[string][]Item[UndoStep] {
	out := map[string][]Item[UndoStep]{}
	for _, i := range list {
		out[i.Do.Plan] = append(out[i.Do.Plan], i)
	}
	return out
}

func (r *Run) undoPlan(ctx context.Context, id string, list []Item[UndoStep]) error {
	original, err := r.engine.Plan(ctx, id)
	if err != nil {
		return err
	}
	if original.State != Applied {
		r.Block(list[0].Step, "not-applied", "The plan %s is %s; only an applied plan can be undone.", id, original.State)
		return nil
	}
	effect, err := r.engine.Effect(ctx, original)
	if err != nil {
		return err
	}
	steps, err := r.engine.catalogue.Decode(original.Steps)
	if err != nil {
		return err
	}
	done, err := r.engine.undoneSteps(ctx, r.engine.console, id)
	if err != nil {
		return err
	}
	stepOf := map[int]int{} // original step → step of this plan
	var kept []Step
	for _, i := range list {
		if i.Do.Step > len(steps) {
			r.Block(i.Step, "no-such-step", "The plan %s has no step %d.", id, i.Do.Step)
			continue
		}
		s := steps[i.Do.Step-1]
		if kind, _ := r.engine.catalogue.Kind(s.Kind); !kind.Reversible {
			r.Block(i.Step, "irreversible", "%s cannot be undone.", s.Do.Sentence())
			continue
		} else if !slices.ContainsFunc(kind.Rule.Roles, r.Actor.Has) {
			r.Block(i.Step, "role", "Undoing this takes the role %s.", access.RoleList(kind.Rule.Roles))
		}
		if done[s.N] {
			r.Block(i.Step, "undone-already", "%s is undone already.", s.Do.Sentence())
			continue
		}
		stepOf[s.N] = i.Step
		kept = append(kept, Step{N: i.Step, Kind: s.Kind, Do: s.Do})
	}
	if err := r.putBack(ctx, original, effect, stepOf); err != nil {
		return err
	}
	for step, by := range stepOf {
		if r.origins == nil {
			r.origins = map[int]origin{}
		}
		r.origins[by] = origin{plan: id, step: step, effect: effect}
	}
	return r.callUndone(ctx, kept)
}

// origin is the applied step that a step of this plan undoes.
type origin struct {
	plan   string
	step   int
	effect *Effect
}

// putBack restores rows, the newest change first where steps touched one row
// more than once.
func (r *Run) putBack(ctx context.Context, original Plan, effect *Effect, stepOf map[int]int) error {
	var undo []change.Undo
	latest := map[string]int{}
	for _, row := range effect.Rows {
		step, wanted := stepOf[row.Step]
		if !wanted {
			continue
		}
		id := row.Table + "/" + row.Key
		if at, again := latest[id]; again { // one undo for both: back to the first state
			undo[at].Row.After = row.After
			continue
		}
		latest[id] = len(undo)
		undo = append(undo, change.Undo{Step: step, Row: row, Tx: original.RegistryTx})
	}
	clashes, err := r.Restore(ctx, undo)
	if err != nil {
		return err
	}
	for _, c := range clashes {
		if c.Yields {
			r.Warn(c.Step, "left-as-is", "%s", clashText(c))
			continue
		}
		r.Block(c.Step, "changed-since", "%s", clashText(c))
	}
	return nil
}

func clashText(c change.Clash) string {
	if c.Orphan {
		return fmt.Sprintf("%s belonged to a crate that is gone since; it is not put back.", c.Row.Name())
	}
	if c.Touched {
		return fmt.Sprintf("%s was written to since, perhaps with another address, which nobody has confirmed. Let the person confirm it.", c.Row.Name())
	}
	if c.Now == nil {
		return fmt.Sprintf("%s is gone since; it cannot be put back.", c.Row.Name())
	}
	if c.Row.After == nil {
		return fmt.Sprintf("%s is there again since; nothing is put over it.", c.Row.Name())
	}
	text := fmt.Sprintf("%s was changed since:", c.Row.Name())
	for _, column := range c.Columns {
		text += fmt.Sprintf(" %s is %s and this plan left %s.", column, show(c.Now, column), show(c.Row.After, column))
	}
	if c.Yields {
		return text + " It stays as it is."
	}
	return text + " Leave the step out, or change it by hand."
}

// callUndone lets acts with effects beyond rows undo those too.
func (r *Run) callUndone(ctx context.Context, steps []Step) error {
	for _, group := range neighbours(steps) {
		kind, _ := r.engine.catalogue.Kind(group[0].Kind)
		if kind.undone == nil {
			continue
		}
		if err := kind.undone(ctx, r, group); err != nil {
			return err
		}
	}
	return nil
}

// cut shortens a text to at most n bytes without breaking a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// rawArgs reads the arguments of later work.
func rawArgs[T any](text json.RawMessage) (t T, err error) {
	err = json.Unmarshal(text, &t)
	return t, err
}
