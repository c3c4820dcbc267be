package action

import (
	"context"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/registry/change"
	"cratewarden/registry/files"
)

// DeleteCrate destroys a crate with all its versions.
type DeleteCrate struct {
	CrateRef
	// Message is public: it is in the registry's dump.
	Message string `json:"message,omitempty"`
	// AvailableAt, or DelayHours from now, is until when nobody may publish the
	// name; neither means 24 hours.
	AvailableAt *time.Time `json:"available_at,omitempty"`
	DelayHours  int        `json:"delay_hours,omitempty"`
	// Reserve also reserves the name, for ever.
	Reserve bool `json:"reserve,omitempty"`
	// AcceptDependents goes on although other crates depend on this one, if
	// all of their versions that do are held or deleted.
	AcceptDependents bool `json:"accept_dependents,omitempty"`
}

// Sentence says it.
func (d DeleteCrate) Sentence() string {
	if d.Reserve {
		return "Delete " + d.Crate + " and reserve the name"
	}
	return "Delete " + d.Crate
}

// maxDelay is ten years in hours.
const maxDelay = 10 * 366 * 24

// Check bounds the message and the delay.
func (d DeleteCrate) Check() error {
	if err := checkMessage(d.Message); err != nil {
		return err
	}
	if d.DelayHours < 0 || d.DelayHours > maxDelay {
		return cratewarden.Errorf(cratewarden.Invalid, "the delay is between 1 and %d hours.", maxDelay)
	}
	if d.AvailableAt != nil && d.DelayHours != 0 {
		return cratewarden.Errorf(cratewarden.Invalid, "say either when the name is available again or after how many hours, not both.")
	}
	return d.CrateRef.Check()
}

// until is when the name is free again.
func (d DeleteCrate) until(now time.Time) time.Time {
	switch {
	case d.AvailableAt != nil:
		return d.AvailableAt.UTC()
	case d.DelayHours != 0:
		return now.Add(time.Duration(d.DelayHours) * time.Hour)
	}
	return now.Add(24 * time.Hour)
}

func deleteCrateKind() Kind {
	return define(Kind{
		Name: "crate.delete", Title: "Delete a crate", Role: cratewarden.Remover, SecondPerson: true, NeedsAccount: true,
		About: "Destroys the crate with all its versions, owners, trusted publishers and files. Holding it takes it out of use as well and can be undone.",
		Final: "The crate's rows are gone for good: versions, downloads, owners, trusted publishers, history, and the dependencies that other crates have on it, which cannot be put back.",
		Params: crateParams(
			Param{Name: "message", Label: "Message", Help: "Public: it is in the registry's dump.", Type: TextParam},
			Param{Name: "available_at", Label: "Name free from", Type: TimeParam},
			Param{Name: "delay_hours", Label: "Name free after hours", Help: "24 if nothing is said.", Type: NumberParam},
			Param{Name: "reserve", Label: "Reserve the name", Type: YesNoParam},
			Param{Name: "accept_dependents", Label: "Although others depend on it", Help: "Only when all of their versions that do are held or deleted before.", Type: YesNoParam}),
	}, runDeleteCrate)
}

func runDeleteCrate(ctx context.Context, r *Run, items []Item[DeleteCrate]) error {
	crates, err := resolveCrates(ctx, r, items, func(d DeleteCrate) CrateRef { return d.CrateRef })
	if err != nil {
		return err
	}
	ids := idsOf(crates)
	dependents, more, err := r.Dependents(ctx, ids, mostDependencies)
	if err != nil {
		return err
	}
	lock := slices.Clone(ids)
	for _, d := range dependents {
		lock = append(lock, d.Crate.ID)
	}
	if _, err := r.LockCrates(ctx, lock); err != nil {
		return err
	}
	byTarget := map[int32][]change.Dependent{}
	for _, d := range dependents {
		byTarget[d.Target] = append(byTarget[d.Target], d)
	}
	standings, err := r.Standings(ctx, ids)
	if err != nil {
		return err
	}
	var list []change.CrateDeletion
	for _, it := range items {
		c, ok := crates[it.Step]
		if !ok {
			continue
		}
		r.guardStanding(it.Step, c, standings[c.ID])
		until := it.Do.until(r.Now)
		if until.Before(r.Now.Add(time.Hour)) {
			r.Block(it.Step, "free-too-soon", "The name must stay blocked for an hour at least: the registry removes the files by a job, and would remove those of a new crate of that name.")
			continue
		}
		ok, err := r.guardDependents(ctx, it, c, byTarget[c.ID], more)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if it.Do.Message != "" {
			r.Public(it.Step, "deletion of "+c.Name+" in the registry's dump", it.Do.Message)
		}
		d := change.CrateDeletion{Step: it.Step, Crate: c.ID, Message: it.Do.Message, AvailableAt: until, Reserve: it.Do.Reserve}
		for _, other := range byTarget[c.ID] {
			d.Dependents = append(d.Dependents, other.Crate)
		}
		list = append(list, d)
	}
	return r.destroy(ctx, list)
}

// destroy deletes crates and leaves their tombstones.
func (r *Run) destroy(ctx context.Context, list []change.CrateDeletion) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]int32, len(list))
	for i, d := range list {
		ids[i] = d.Crate
	}
	versions, err := r.VersionIDs(ctx, ids)
	if err != nil {
		return err
	}
	var all []int32
	for _, id := range ids {
		all = append(all, versions[id]...)
	}
	releases, err := r.LockReleases(ctx, all)
	if err != nil {
		return err
	}
	done, err := r.DeleteCrates(ctx, list)
	if err != nil {
		return err
	}
	index := indexArgs{}
	for _, d := range list {
		c := done[d.Crate]
		index.Crates = append(index.Crates, c.Name)
		for _, other := range d.Dependents {
			if !slices.Contains(index.Crates, other.Name) {
				index.Crates = append(index.Crates, other.Name)
			}
		}
		for _, key := range []string{files.CratePrefix(c.Name), files.ReadmePrefix(c.Name), files.CrateFeedKey(c.Name), files.OGImageKey(c.Name)} {
			r.File(d.Step, "delete by the registry's job", key)
		}
	}
	if len(releases) > 0 {
		if err := r.Later(list[0].Step, "tombstone", bury(releases)); err != nil {
			return err
		}
	}
	return r.Later(list[0].Step, "index.check", index)
}

// guardStanding compares with the registry's own rule for owners.
func (r *Run) guardStanding(step int, c change.Crate, s change.Standing) {
	r.Fact(step, "versions of "+c.Name, s.Versions)
	r.Fact(step, "owners of "+c.Name, s.Owners)
	if s.AgeHours <= 72 {
		return
	}
	if limit := downloadLimit(s.AgeHours); s.Downloads > limit {
		r.Warn(step, "downloads", "%s was downloaded %d times in %d days; the registry lets owners delete a crate of that age up to %d.", c.Name, s.Downloads, s.AgeHours/24, limit)
	}
	if s.Owners != 1 {
		r.Warn(step, "owners", "%s has %d owners; the registry lets owners delete a crate older than 72 hours only when there is one.", c.Name, s.Owners)
	}
}

// guardDependents says who loses rows, and whether the deletion may go on.
func (r *Run) guardDependents(ctx context.Context, it Item[DeleteCrate], c change.Crate, list []change.Dependent, more bool) (bool, error) {
	if more {
		r.Block(it.Step, "dependents", "More than %d rows of dependencies name the crates of this plan. They would be destroyed and cannot be put back. Hold %s instead, with crate.hold.", mostDependencies, c.Name)
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
		r.Affects(it.Step, CrateSubject(d.Crate.Name), "%d versions lose %d dependencies on %s; their files still need it.", len(d.Versions), d.Rows, c.Name)
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
