package action

import (
	"context"
	"encoding/json"
	"fmt"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// Run is one pass over a plan's steps in a registry transaction. The acts of
// the catalogue write through it and tell it what people must know. A review
// and an apply run the same code; only the end of the transaction differs.
type Run struct {
	*change.Tx
	Actor Actor
	Plan  Plan
	// Undoing says that the steps come from Undo.
	Undoing bool

	engine  *Engine
	effect  *Effect
	closing []func(ctx context.Context) error
	origins map[int]origin // by step, of steps that undo
}

// Level says how much a guard weighs.
type Level string

// The levels of guards.
const (
	Block Level = "block" // the plan cannot be applied
	Warn  Level = "warn"  // look before you go on
	Info  Level = "info"  // good to know
)

// Guard is something that the review noticed.
type Guard struct {
	Step  int    `json:"step"`
	Level Level  `json:"level"`
	Code  string `json:"code"` // stable, such as "already-yanked"
	Text  string `json:"text"`
}

// Block says that a step cannot be done, and why; the plan then cannot be
// applied.
func (r *Run) Block(step int, code, format string, args ...any) {
	r.guard(step, Block, code, format, args)
}

// Warn says what somebody should look at before going on.
func (r *Run) Warn(step int, code, format string, args ...any) {
	r.guard(step, Warn, code, format, args)
}

// Info says what is good to know.
func (r *Run) Info(step int, code, format string, args ...any) {
	r.guard(step, Info, code, format, args)
}

func (r *Run) guard(step int, level Level, code, format string, args []any) {
	r.effect.Guards = append(r.effect.Guards, Guard{step, level, code, fmt.Sprintf(format, args...)})
}

// Blocked turns a refusal of the registry about one step into a guard, and
// gives any other error back.
func (r *Run) Blocked(step int, err error) error {
	switch cratewarden.KindOf(err) {
	case cratewarden.NotFound, cratewarden.Refused, cratewarden.Conflict:
		r.Block(step, "refused", "%s", cratewarden.MessageOf(err))
		return nil
	}
	return err
}

// Public says what outsiders will read because of a step, word for word. A text
// that leads to a person stops the plan: nobody can take it back.
func (r *Run) Public(step int, where, text string) {
	if err := cratewarden.CheckPublic("public text", text); err != nil {
		r.Block(step, "public-text", "%s", cratewarden.MessageOf(err))
	}
	r.effect.Public = append(r.effect.Public, PublicText{step, where, text})
}

// Affects says who else feels a step, with numbers.
func (r *Run) Affects(step int, subject ledger.Subject, format string, args ...any) {
	r.effect.Affected = append(r.effect.Affected, Affected{step, subject, fmt.Sprintf(format, args...)})
}

// Fact keeps something that the review saw and that is not a row it changes,
// such as the number of dependents. The plan is stale when it differs at apply,
// so keep downloads and other things that move by themselves out of it.
func (r *Run) Fact(step int, name string, value any) {
	r.effect.Facts = append(r.effect.Facts, Fact{step, name, fmt.Sprint(value)})
}

// Final says what a step destroys for good.
func (r *Run) Final(step int, format string, args ...any) {
	r.effect.Final = append(r.effect.Final, Finality{step, fmt.Sprintf(format, args...)})
}

// File says what will happen to an object in the registry's storage.
func (r *Run) File(step int, does, key string) {
	r.effect.Files = append(r.effect.Files, FileAct{step, does, key})
}

// Later orders work outside the registry's database, done after the commit.
// args is what the worker of that kind reads.
func (r *Run) Later(step int, kind string, args any) error {
	text, err := json.Marshal(args)
	if err != nil {
		return err
	}
	r.effect.Later = append(r.effect.Later, Later{step, kind, text})
	return nil
}

// Done is called by acts that find everything as they would make it already.
func (r *Run) nothing(step int, format string, args ...any) {
	r.Info(step, "nothing-to-do", format, args...)
}

// Closing registers what can only be judged when all steps of the plan are
// done, such as whether a crate still has an owner. It may look and raise
// guards; it may not write.
func (r *Run) Closing(check func(ctx context.Context) error) {
	r.closing = append(r.closing, check)
}

// pass runs all steps, neighbours of one kind together, and gives everything
// that it did in r.effect.
func (e *Engine) pass(ctx context.Context, t *change.Tx, p Plan, who Actor) (*Effect, error) {
	steps, err := e.catalogue.Decode(p.Steps)
	if err != nil {
		return nil, err
	}
	r := &Run{Tx: t, Actor: who, Plan: p, engine: e, effect: &Effect{Steps: len(steps)}}
	for _, group := range neighbours(steps) {
		kind, _ := e.catalogue.Kind(group[0].Kind) // Decode found it
		if err := r.group(ctx, kind, group); err != nil {
			return nil, err
		}
	}
	for _, check := range r.closing {
		if err := check(ctx); err != nil {
			return nil, err
		}
	}
	jobs, err := t.Flush(ctx)
	if err != nil {
		return nil, err
	}
	r.effect.Jobs = jobs
	r.effect.Seen = t.Seen()
	return r.effect, t.CheckDeferred(ctx)
}

func (r *Run) group(ctx context.Context, kind Kind, group []Step) error {
	if kind.NeedsAccount && r.Tx.Actor == 0 {
		for _, s := range group {
			r.Block(s.N, "no-account", "The registry records whose account did this. %s has no linked registry account.", r.Actor.Name)
		}
		return nil
	}
	if err := kind.run(ctx, r, group); err != nil {
		return err
	}
	rows, tallies, err := r.Settle(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		r.effect.Rows = append(r.effect.Rows, row.Compact())
	}
	r.effect.Tallies = append(r.effect.Tallies, tallies...)
	for _, s := range group {
		if kind.Final != "" {
			r.Final(s.N, "%s", kind.Final)
		}
	}
	return nil
}

// neighbours parts steps into runs of one kind. Two steps of the same kind on
// the same subject never share a run, so that the second sees what the first
// did.
func neighbours(steps []Step) (groups [][]Step) {
	seen := map[string]bool{}
	for i, s := range steps {
		fresh := i == 0 || s.Kind != steps[i-1].Kind
		for _, subject := range s.Do.Subjects() {
			fresh = fresh || seen[subject.Kind+" "+subject.ID]
		}
		if fresh {
			groups = append(groups, nil)
			clear(seen)
		}
		for _, subject := range s.Do.Subjects() {
			seen[subject.Kind+" "+subject.ID] = true
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], s)
	}
	return groups
}
