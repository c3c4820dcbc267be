package action

import (
	"context"
	"slices"

	"cratewarden"
	"cratewarden/registry/change"
)

// guardStanding compares with the registry's own rule for owners.
func (r *Run) guardStanding(step int, c change.Crate, s change.Standing) {
	r.Fact(step, "versions of "+c.Name, s.Versions)
	r.Fact(step, "owners of "+c.Name, s.Owners)
	if s.AgeHours <= 72 {
		return
	}
	if limit := downloadLimit(s.AgeHours); s.Downloads > limit {
		r.Warn(step, "downloads", "%s was downloaded %s in %s; the registry lets owners delete a crate of that age up to %s.", c.Name, cratewarden.Amount(s.Downloads, "time", "times"), cratewarden.Amount(s.AgeHours/24, "day", "days"), cratewarden.Thousands(limit))
	}
	if s.Owners != 1 {
		r.Warn(step, "owners", "%s has %d owners; the registry lets owners delete a crate older than 72 hours only when there is one.", c.Name, s.Owners)
	}
}

// guardDependents says who loses rows, and whether the deletion may go on.
func (r *Run) guardDependents(ctx context.Context, it Item[DeleteCrate], c change.Crate, list []change.Dependent, more bool) (bool, error) {
	if more {
		r.Block(it.Step, "dependents", "More than %s rows of dependencies name the crates of this plan. They would be destroyed and cannot be put back. Hold %s instead, with crate.hold.", cratewarden.Thousands(mostDependencies), c.Name)
		return false, nil
	}
	if len(list) == 0 {
		r.Fact(it.Step, "crates that depend on "+c.Name, 0)
		return true, nil
	}
	var names []string
	var versions []int32
	var rows int64
	for _, d := range list {
		names = append(names, d.Crate.Name)
		versions = append(versions, d.Versions...)
		rows += d.Rows
		r.Affects(it.Step, CrateSubject(d.Crate.Name), "%s %s on %s; their files still need it.", cratewarden.Amount(len(d.Versions), "version loses", "versions lose"), cratewarden.Amount(d.Rows, "dependency", "dependencies"), c.Name)
	}
	r.Fact(it.Step, "crates that depend on "+c.Name, len(names))
	r.Fact(it.Step, "rows of dependencies on "+c.Name, rows)
	const what = "%d crates depend on %s: %s. %d rows of dependencies in %d of their versions would be destroyed and cannot be put back."
	if !it.Do.AcceptDependents {
		r.Block(it.Step, "dependents", what+" Hold %s instead, with crate.hold, or hold those versions first and accept it.", len(names), c.Name, some(names), rows, len(versions), c.Name)
		return false, nil
	}
	open, err := r.inUse(ctx, versions)
	if err != nil {
		return false, err
	}
	if len(open) > 0 {
		r.Block(it.Step, "dependents", what+" %d of these versions are in use; hold or delete them in an earlier step, or hold %s instead, with crate.hold.",
			len(names), c.Name, some(names), rows, len(versions), len(open), c.Name)
		return false, nil
	}
	r.Warn(it.Step, "dependents-lose-rows", what+" All of these versions are held; after a release they would lack those dependencies.", len(names), c.Name, some(names), rows, len(versions))
	return true, nil
}

// inUse gives those of these versions that are not held, by the console or by
// an earlier step of this plan. What an earlier step deleted is not among them
// any more.
func (r *Run) inUse(ctx context.Context, versions []int32) ([]int32, error) {
	held, err := r.heldNow(ctx, versions)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(versions), func(id int32) bool {
		_, ok := held[id]
		return ok
	}), nil
}
