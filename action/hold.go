package action

import (
	"context"
	"slices"

	"cratewarden/registry/change"
) // wantedHold holds one version.
type wantedHold struct {
	step    int
	version int32
	message string
	// quiet leaves out a version that is held already, instead of blocking.
	quiet bool
}

// hold yanks versions and orders their files to be moved to the vault.
func (r *Run) hold(ctx context.Context, list []wantedHold) error {
	wanted := make(map[int32]wantedHold, len(list))
	ids := make([]int32, len(list))
	for i, w := range list {
		wanted[w.version], ids[i] = w, w.version
	}
	releases, err := r.LockReleases(ctx, ids)
	if err != nil {
		return err
	}
	held, err := r.heldNow(ctx, ids)
	if err != nil {
		return err
	}
	releases = slices.DeleteFunc(releases, func(v change.Release) bool {
		h, already := held[v.ID]
		if w := wanted[v.ID]; already && w.quiet {
			r.Info(w.step, "held-already", "%s %s is held already, by the plan %s; it stays so.", v.Crate.Name, v.Num, h.Plan)
		} else if already {
			r.Block(w.step, "held-already", "%s %s is held already, by the plan %s.", v.Crate.Name, v.Num, h.Plan)
		}
		return already
	})
	yanks := make([]change.Yank, len(releases))
	for i, v := range releases {
		w := wanted[v.ID]
		yanks[i] = change.Yank{Step: w.step, Version: v.ID, Yanked: true}
		switch {
		case w.message != "":
			yanks[i].Message = &w.message
		case v.Yanked:
			yanks[i].Message = v.Message
		}
	}
	if len(yanks) == 0 {
		return nil
	}
	if _, err := r.SetYanked(ctx, yanks); err != nil {
		return err
	}
	return r.takeFiles(releases, func(v change.Release) markedVersion {
		return markedVersion{Step: wanted[v.ID].step, ID: v.ID, Crate: v.Crate.Name, Num: v.Num, WasYanked: v.Yanked, WasMessage: v.Message}
	})
}
