package incident

import (
	"context"
	"errors"
	"slices"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident/related"
)

// DraftTexts are what a person writes to a plan that the console proposed.
type DraftTexts struct {
	Title    string `json:"title,omitempty"`    // "" is the proposal's
	Public   string `json:"public,omitempty"`   // outsiders may read it
	Internal string `json:"internal,omitempty"` // colleagues only
	// Seen is that of the proposal that the person looked at. If the proposal is
	// another by now, the answer is Conflict. "" does not ask.
	Seen string `json:"seen,omitempty"`
}

// Draft makes one plan of the ticked steps of the case's proposal, which are
// numbered from 0; nil ticks what the console ticked. The plan belongs to the
// case, and what it is about becomes a subject of it. The same person's same key
// gives the same plan.
func (s *Service) Draft(ctx context.Context, who action.Actor, id string, ticked []int, texts DraftTexts, key string) (action.Plan, error) {
	p, err := s.Propose(ctx, id)
	if err != nil {
		return action.Plan{}, err
	}
	return s.draftOf(ctx, who, p, ticked, texts, key)
}

// DraftRemoval is Draft for ProposeRemoval.
func (s *Service) DraftRemoval(ctx context.Context, who action.Actor, id string, ticked []int, texts DraftTexts, key string) (action.Plan, error) {
	p, err := s.ProposeRemoval(ctx, id)
	if err != nil {
		return action.Plan{}, err
	}
	return s.draftOf(ctx, who, p, ticked, texts, key)
}

func (s *Service) draftOf(ctx context.Context, who action.Actor, p Proposal, ticked []int, texts DraftTexts, key string) (action.Plan, error) {
	if ticked == nil {
		ticked = p.Ticks()
	}
	switch {
	case texts.Seen != "" && texts.Seen != p.Seen:
		return action.Plan{}, cratewarden.Errorf(cratewarden.Conflict, "What the console proposes has changed since you looked. Look again; nothing was made.")
	case len(ticked) == 0:
		return action.Plan{}, cratewarden.Errorf(cratewarden.Invalid, "Tick at least one step.")
	}
	o := action.Order{Title: texts.Title, Incident: p.Incident, Public: texts.Public, Internal: texts.Internal}
	if o.Title == "" {
		o.Title = p.Title
	}
	chosen := map[string]bool{}
	ticked = slices.Clone(ticked)
	slices.Sort(ticked)
	for n, i := range slices.Compact(ticked) {
		if i < 0 || i >= len(p.Steps) {
			return action.Plan{}, cratewarden.Errorf(cratewarden.Invalid, "There is no step %d; the proposal has %d.", ticked[n]+1, len(p.Steps))
		}
		o.Steps = append(o.Steps, p.Steps[i].Do)
		chosen[p.Steps[i].Subject.Kind+" "+p.Steps[i].Subject.ID] = true
	}
	plan, err := s.cfg.Engine.Draft(ctx, who, o, key)
	if err != nil {
		return plan, err
	}
	return plan, s.adopt(ctx, who, p, chosen)
}

// adopt makes what a plan is about subjects of the case. If somebody gave one of
// them another part meanwhile, theirs stands.
func (s *Service) adopt(ctx context.Context, who action.Actor, p Proposal, chosen map[string]bool) error {
	i, err := s.Incident(ctx, p.Incident)
	if err != nil {
		return err
	}
	var list []Subject
	for _, x := range p.Subjects {
		have, known := i.subject(x.Subject)
		whole := x.Kind == "crate" && x.Strength == related.Tick && slices.ContainsFunc(p.Subjects, func(v related.Subject) bool { return v.CrateID == x.CrateID && chosen["version "+v.ID] })
		if (!known || have.Role == "") && (chosen[x.Kind+" "+x.ID] || whole) {
			role := x.Role
			if role == roleRelated { // a person says that it belongs to the case
				role = ""
			}
			sub := Subject{Subject: x.Subject, Label: x.Name, Role: role, Why: whyOf(x)}
			// A name that no crate may have, and that got into the registry past its
			// own checks, is no subject. The plan that was made of it stands.
			if _, err := s.subject(sub); err == nil {
				list = append(list, sub)
			}
		}
	}
	for part := range slices.Chunk(list, maxOneCall) {
		_, err := s.AddSubjects(ctx, who, i.ID, part)
		var clash *Clash
		if err != nil && !errors.As(err, &clash) {
			return err
		}
	}
	return nil
}
