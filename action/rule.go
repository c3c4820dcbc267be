package action

import (
	"context"
	"slices"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
)

// takes is what the steps of a plan take of whoever approves or applies it.
type takes struct {
	rules  []access.Rule // of the kinds of its steps, each once
	weight int
	// about are the subjects in which one may have a part; work on the registry's
	// own machinery has none.
	about []ledger.Subject
	// crates are those, by the registry's numbers, whose rows an undo puts back
	// and that no subject names.
	crates []int32
}

// takesOf reads the rules of steps. Undoing takes what the undone act takes, and
// is about what that was about, whatever the step says of itself. If that was an
// undo, too, the act before it is done again, so it takes what that one takes.
func (e *Engine) takesOf(ctx context.Context, steps []Step) (t takes, err error) {
	known := undone{}
	seen := map[ledger.Subject]bool{}
	for _, s := range steps {
		kind, _ := e.catalogue.Kind(s.Kind)
		t.add(kind.Rule, nil, seen)
		u, undo := s.Do.(UndoStep)
		if !undo {
			t.add(kind.Rule, s.Do.Subjects(), seen)
			t.weight += kind.Rule.Weight
			continue
		}
		heaviest := kind.Rule.Weight
		walked := map[origin]bool{} // drafts may name each other
		for undo && !walked[u.origin()] {
			walked[u.origin()] = true
			was, effect, err := e.undoneBy(ctx, u, known)
			if err != nil {
				return t, err
			}
			if was == nil {
				break // its review says so
			}
			act, _ := e.catalogue.Kind(was.Kind)
			heaviest = max(heaviest, act.Rule.Weight)
			t.crates = append(t.crates, cratesOf(effect, was.N)...)
			if u, undo = was.Do.(UndoStep); undo {
				t.add(act.Rule, nil, seen)
			} else {
				t.add(act.Rule, was.Do.Subjects(), seen)
			}
		}
		t.weight += heaviest
	}
	return t, nil
}

// undone are plans that steps undo, by id, read once.
type undone map[string]struct {
	steps  []Step
	effect *Effect
}

func (u UndoStep) origin() origin { return origin{plan: u.Plan, step: u.Step} }

// undoneBy gives the step that another undoes, nil if there is none, with what
// its plan did if the step's subjects do not name its crate.
func (e *Engine) undoneBy(ctx context.Context, u UndoStep, known undone) (*Step, *Effect, error) {
	was, there := known[u.Plan]
	if !there {
		p, err := e.Plan(ctx, u.Plan)
		if err == nil {
			was.steps, err = e.catalogue.Decode(p.Steps)
		}
		if err == nil && p.effect != nil && slices.ContainsFunc(was.steps, func(s Step) bool { _, is := s.Do.(PublisherSuspend); return is }) {
			was.effect, err = e.Effect(ctx, p) // the publisher is gone: its row says whose it was
		}
		if err != nil && cratewarden.KindOf(err) != cratewarden.NotFound {
			return nil, nil, err
		}
		known[u.Plan] = was
	}
	if u.Step > len(was.steps) {
		return nil, nil, nil
	}
	return &was.steps[u.Step-1], was.effect, nil
}

// cratesOf gives the crates of the rows that a step changed.
func cratesOf(f *Effect, step int) (out []int32) {
	if f == nil {
		return nil
	}
	for _, r := range f.Rows {
		if r.Step != step || r.Before == nil {
			continue
		}
		if id := r.Before.Int("crate_id"); id != 0 {
			out = append(out, int32(id))
		}
	}
	return out
}

func (t *takes) add(rule access.Rule, about []ledger.Subject, seen map[ledger.Subject]bool) {
	if !slices.ContainsFunc(t.rules, func(r access.Rule) bool { return r.Act == rule.Act }) {
		t.rules = append(t.rules, rule)
	}
	if !rule.Recusal {
		return
	}
	for _, s := range about {
		if id := (ledger.Subject{Kind: s.Kind, ID: s.ID}); !seen[id] {
			seen[id] = true
			t.about = append(t.about, s)
		}
	}
}

// takesOfPlan is takesOf for a plan as it is kept.
func (e *Engine) takesOfPlan(ctx context.Context, p Plan) (takes, error) {
	steps, err := e.catalogue.Decode(p.Steps)
	if err != nil {
		return takes{}, cratewarden.Wrap(err, cratewarden.Conflict, "The plan holds a step that this release does not know.")
	}
	return e.takesOf(ctx, steps)
}

// asker is the actor as the rules see it.
func (a Actor) asker() access.Asker {
	return access.Asker{ID: a.ID, Name: a.Name, Roles: a.Roles, OnCall: a.OnCall, Token: a.Token, Acts: a.Acts}
}

// facts are what is known of a plan before the registry was asked. The passkey's
// confirmation counts as given here: consented asks for it last.
func (e *Engine) facts(p Plan) access.Facts {
	return access.Facts{
		StepUp: access.Bound, Incident: p.Incident, Note: p.Internal != "",
		AnyIncident: !e.cfg.Policy.Incidents, AnyTime: e.cfg.OnCallKnown == nil || !e.cfg.OnCallKnown(),
	}
}

// denied asks the rule of an act on a plan, and the rules of the plan's steps.
func (e *Engine) denied(act string, who Actor, t takes, f access.Facts) *access.Denied {
	rule, _ := access.Of(act)
	list := []*access.Denied{access.Decide(rule, who.asker(), f)}
	for _, r := range t.rules {
		list = append(list, access.Decide(r, who.asker(), f))
	}
	return access.Join(act, list...)
}

// hasRoles says whether somebody may do every step of a plan, whatever else it
// takes. Approving is judged by it, too: whoever may not do a thing cannot agree
// to it for two.
func (e *Engine) hasRoles(act string, p Plan, who Actor, t takes) *access.Denied {
	f := e.facts(p)
	f.SecondPerson, f.AnyIncident = true, true
	return e.denied(act, who, t, f)
}

// may refuses an act that changes nothing in the registry, such as making a
// plan. Whether a passkey was used lately, the surface asked.
func (e *Engine) may(ctx context.Context, who Actor, act string, p Plan) error {
	rule, _ := access.Of(act)
	if why := access.Decide(rule.AtDoor(), who.asker(), access.Facts{StepUp: access.Recent}); why != nil {
		return e.refuse(ctx, who, act, p, why)
	}
	return nil
}
