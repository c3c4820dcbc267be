package action

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"cratewarden/registry/change"
)

// release puts held versions back. With yank also their former yank state is
// set; an undo has done that by rows already.
func (r *Run) release(ctx context.Context, step map[int32]int, held []HeldVersion, yank bool) error {
	ids := make([]int32, len(held))
	byID := make(map[int32]HeldVersion, len(held))
	for i, h := range held {
		ids[i], byID[h.ID] = h.ID, h
	}
	releases, err := r.LockReleases(ctx, ids)
	if err != nil || len(releases) == 0 {
		return err
	}
	var m heldMark
	var moves []filesArgs
	var yanks []change.Yank
	for _, v := range releases {
		h := byID[v.ID]
		m.Versions = append(m.Versions, markedVersion{Step: step[v.ID], ID: v.ID, Crate: v.Crate.Name, Num: v.Num, WasYanked: h.WasYanked, WasMessage: h.WasMessage})
		yanks = append(yanks, change.Yank{Step: step[v.ID], Version: v.ID, Yanked: h.WasYanked, Message: h.WasMessage})
		if h.Files == FilesStay && len(h.Taken) == 0 {
			continue
		}
		moves = addFiles(moves, step[v.ID], v)
		for _, key := range keysOf(v) {
			r.File(step[v.ID], "put back", key)
		}
	}
	if yank {
		if _, err := r.SetYanked(ctx, yanks); err != nil {
			return err
		}
	}
	if err := r.Later(m.Versions[0].Step, "released", m); err != nil {
		return err
	}
	if len(moves) == 0 {
		return r.checkIndex(m)
	}
	return r.orderFiles("files.release", moves)
}

// undoHold releases what the undone steps held and nobody released since. The
// rows are as before already.
func (r *Run) undoHold(ctx context.Context, steps []int) error {
	ours := map[int32]int{}
	byPlan := map[string]map[int]int{} // this plan's step by the original's
	for _, step := range steps {
		from := r.origins[step]
		if byPlan[from.plan] == nil {
			byPlan[from.plan] = map[int]int{}
		}
		byPlan[from.plan][from.step] = step
	}
	var list []HeldVersion
	found := map[int]bool{}
	for plan, stepOf := range byPlan {
		held, err := readHeld(ctx, r.engine.console, `plan = $1 AND step = ANY ($2) ORDER BY version_id`, plan, slices.Collect(maps.Keys(stepOf)))
		if err != nil {
			return err
		}
		for _, h := range held {
			ours[h.ID] = stepOf[h.Step]
			found[stepOf[h.Step]] = true
		}
		list = append(list, held...)
	}
	for _, step := range steps {
		if !found[step] {
			r.nothing(step, "Nothing that this step held is held any more.")
		}
	}
	if len(list) == 0 {
		return nil
	}
	return r.release(ctx, ours, list, false)
}

// undoRelease holds again what the undone steps released, with the state from
// before the first hold as the former one.
func (r *Run) undoRelease(ctx context.Context, steps []int) error {
	again := map[int32]markedVersion{}
	stepOf := map[*Effect]map[int]int{} // this plan's step by the original's
	for _, step := range steps {
		from := r.origins[step]
		if stepOf[from.effect] == nil {
			stepOf[from.effect] = map[int]int{}
		}
		stepOf[from.effect][from.step] = step
	}
	for effect, stepOf := range stepOf {
		for _, l := range effect.Later {
			var m heldMark
			if l.Kind != "released" {
				continue
			}
			if err := json.Unmarshal(l.Args, &m); err != nil {
				return err
			}
			for _, v := range m.Versions {
				if step, ours := stepOf[v.Step]; ours {
					v.Step = step
					again[v.ID] = v
				}
			}
		}
	}
	ids := make([]int32, 0, len(again))
	for id := range again {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	held, err := r.heldNow(ctx, ids)
	if err != nil {
		return err
	}
	releases, err := r.LockReleases(ctx, ids)
	if err != nil {
		return err
	}
	for id, h := range held {
		r.Block(again[id].Step, "held-already", "%s %s is held already, by the plan %s, or its files are not all back yet.", h.Crate, h.Num, h.Plan)
		releases = slices.DeleteFunc(releases, func(v change.Release) bool { return v.ID == id })
	}
	return r.takeFiles(releases, func(v change.Release) markedVersion { return again[v.ID] })
}
