package action

import (
	"slices"

	"cratewarden"
)

// otherAccount refuses somebody whom the review does not speak of: the registry
// records whose account acted, so it would do something else than was looked at.
// Without this the attempt would only make the plan stale, for everybody.
func (e *Engine) otherAccount(p Plan, who Actor) *cratewarden.Error {
	if p.ReviewedBy == nil || p.ReviewedBy.RegistryUser == who.RegistryUser {
		return nil
	}
	steps, err := e.catalogue.Decode(p.Steps)
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Conflict, "The plan holds a step that this release does not know.")
	}
	recorded := slices.ContainsFunc(steps, func(s Step) bool {
		kind, _ := e.catalogue.Kind(s.Kind)
		return kind.NeedsAccount
	})
	if !recorded && p.Undoes == "" { // undoing a yank is recorded too
		return nil
	}
	name := p.ReviewedBy.Name
	return cratewarden.Errorf(cratewarden.Conflict, "%s reviewed this plan, and the registry would record your account instead. Review it yourself and apply that, or let %s apply it.", name, name)
}
