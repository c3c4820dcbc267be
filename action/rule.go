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
}

// takesOf reads the rules of steps. Undoing takes what the undone act takes, and
// is about what that was about, whatever the step says of itself.
func (e *Engine) takesOf(ctx context.Context, steps []Step) (t takes, err error) {
	plans := map[string][]Step{}
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
		original, known := plans[u.Plan]
		if !known {
			p, err := e.Plan(ctx, u.Plan)
			if err == nil {
				original, err = e.catalogue.Decode(p.Steps)
			}
			if err != nil && cratewarden.KindOf(err) != cratewarden.NotFound {
				return t, err
			}
			plans[u.Plan] = original
		}
		if u.Step > len(original) {
			continue // its review says so
		}
		undone, _ := e.catalogue.Kind(original[u.Step-1].Kind)
		t.add(undone.Rule, original[u.Step-1].Do.Subjects(), seen)
		t.weight += max(kind.Rule.Weight, undone.Rule.Weight)
	}
	return t, nil
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
