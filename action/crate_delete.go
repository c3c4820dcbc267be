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
		Name: "crate.delete", Title: "Delete a crate", NeedsAccount: true,
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
	dependents, more, err := r.lockDependents(ctx, ids)
	if err != nil {
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

// lockDependents locks crates and those that depend on them, in one go and in
// order. From then on nobody can publish a new dependent; who came between the
// first look and the lock is seen by the second look.
func (r *Run) lockDependents(ctx context.Context, crates []int32) ([]change.Dependent, bool, error) {
	locked := map[int32]bool{}
	for {
		list, more, err := r.Dependents(ctx, crates, mostDependencies)
		if err != nil {
			return nil, false, err
		}
		lock := slices.Clone(crates)
		for _, d := range list {
			lock = append(lock, d.Crate.ID)
		}
		fresh := slices.ContainsFunc(lock, func(id int32) bool { return !locked[id] })
		if !fresh || more {
			return list, more, nil
		}
		if _, err := r.LockCrates(ctx, lock); err != nil {
			return nil, false, err
		}
		for _, id := range lock {
			locked[id] = true
		}
	}
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
