package action

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cratewarden/blob"
	"cratewarden/registry/change"
	"cratewarden/registry/files"
)

// wantedHold holds one version.
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

// takeFiles marks versions held and orders their files to be taken, one
// follow-up for each crate.
func (r *Run) takeFiles(releases []change.Release, about func(change.Release) markedVersion) error {
	fixed := r.engine.immovable()
	var m heldMark
	var moves []filesArgs
	warned := map[int]bool{}
	for _, v := range releases {
		was := about(v)
		was.YankOnly = fixed != ""
		m.Versions = append(m.Versions, was)
		if fixed != "" {
			if !warned[was.Step] {
				r.Warn(was.Step, "yank-only", "%s, so files cannot be moved; held by yank alone.", fixed)
			}
			warned[was.Step] = true
			continue
		}
		moves = addFiles(moves, was.Step, v)
		for _, key := range keysOf(v) {
			r.File(was.Step, "move to the vault", key)
		}
		if !warned[was.Step] {
			r.Info(was.Step, "files-away", "Until release nobody can download the files; builds whose lock file names a held version fail.")
		}
		warned[was.Step] = true
	}
	if len(m.Versions) == 0 {
		return nil
	}
	if err := r.Later(m.Versions[0].Step, "held", m); err != nil {
		return err
	}
	if fixed != "" {
		return r.checkIndex(m)
	}
	return r.orderFiles("files.hold", moves)
}

// checkIndex orders a look at the index where no file moves and nothing else
// would.
func (r *Run) checkIndex(m heldMark) error {
	args := indexArgs{}
	for _, v := range m.Versions {
		if !slices.Contains(args.Crates, v.Crate) {
			args.Crates = append(args.Crates, v.Crate)
		}
	}
	return r.Later(m.Versions[0].Step, "index.check", args)
}

// filesArgs are the arguments of the follow-ups that move files.
type filesArgs struct {
	Crate    string        `json:"crate"` // the stored spelling
	Step     int           `json:"step"`
	Versions []fileVersion `json:"versions"`
}

type fileVersion struct {
	ID     int32    `json:"id"` // versions.id
	Num    string   `json:"num"`
	SHA256 string   `json:"sha256"` // of the archive, by the registry's row
	Keys   []string `json:"keys"`   // that exist by the registry's rows
}

// addFiles adds a version to its crate's follow-up. Versions come crate by
// crate.
func addFiles(list []filesArgs, step int, v change.Release) []filesArgs {
	if n := len(list); n == 0 || list[n-1].Crate != v.Crate.Name {
		list = append(list, filesArgs{Crate: v.Crate.Name, Step: step})
	}
	last := &list[len(list)-1]
	last.Versions = append(last.Versions, fileVersion{v.ID, v.Num, fmt.Sprintf("%x", v.SHA256), keysOf(v)})
	return list
}

func (r *Run) orderFiles(kind string, list []filesArgs) error {
	for _, a := range list {
		if err := r.Later(a.Step, kind, a); err != nil {
			return err
		}
	}
	return nil
}

// keysOf are the objects of a version that exist by the registry's rows.
func keysOf(v change.Release) []string {
	keys := []string{files.CrateKey(v.Crate.Name, v.Num)}
	if v.Zip {
		keys = append(keys, files.ZipKey(v.Crate.Name, v.Num), files.ZipManifestKey(v.Crate.Name, v.Num))
	}
	if v.Readme {
		keys = append(keys, files.ReadmeKey(v.Crate.Name, v.Num))
	}
	return keys
}

// immovable says why files of the registry's storage cannot be moved; "" if
// they can, as far as is known without asking the storage.
func (e *Engine) immovable() string {
	switch e.cfg.Static.(type) {
	case nil:
		return "No storage of the registry is configured"
	case *blob.Web:
		return "The registry's storage can only be read"
	}
	if e.cfg.Vault == nil {
		return "No evidence store is configured"
	}
	return ""
}

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
	var list []HeldVersion
	for _, step := range steps {
		from := r.origins[step]
		held, err := readHeld(ctx, r.engine.console, `plan = $1 AND step = $2 ORDER BY version_id`, from.plan, from.step)
		if err != nil {
			return err
		}
		if len(held) == 0 {
			r.nothing(step, "Nothing that this step held is held any more.")
		}
		for _, h := range held {
			ours[h.ID] = step
		}
		list = append(list, held...)
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
	for _, step := range steps {
		from := r.origins[step]
		for _, l := range from.effect.Later {
			var m heldMark
			if l.Kind != "released" {
				continue
			}
			if err := json.Unmarshal(l.Args, &m); err != nil {
				return err
			}
			for _, v := range m.Versions {
				if v.Step == from.step {
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
