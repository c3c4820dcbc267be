package action

import (
	"context"
	"slices"

	"cratewarden/registry/change"
)

// DeleteVersion destroys a version: its rows, its files, its place in the index.
type DeleteVersion struct{ VersionRef }

// Sentence says it.
func (d DeleteVersion) Sentence() string { return "Delete " + d.VersionRef.String() }

func deleteVersionKind() Kind {
	return define(Kind{
		Name: "version.delete", Title: "Delete a version", NeedsAccount: true,
		About:  "Destroys the version's rows and files. Holding it takes it out of use as well and can be undone.",
		Final:  "The version's rows, its downloads by day and its history of publish and yanks are gone for good; the number becomes free and anybody who may publish the crate can publish other content under it.",
		Params: versionParams(),
	}, runDeleteVersion)
}

func runDeleteVersion(ctx context.Context, r *Run, items []Item[DeleteVersion]) error {
	found, err := resolve(ctx, r, items, func(d DeleteVersion) VersionRef { return d.VersionRef })
	if err != nil {
		return err
	}
	ids := make([]int32, 0, len(found))
	steps := make(map[int32]int, len(found))
	for step, id := range found {
		ids = append(ids, id)
		steps[id] = step
	}
	releases, err := r.LockReleases(ctx, ids)
	if err != nil {
		return err
	}
	releases, err = r.guardDeletions(ctx, releases, steps)
	if err != nil || len(releases) == 0 {
		return err
	}
	list := make([]change.VersionDeletion, len(releases))
	for i, v := range releases {
		list[i] = change.VersionDeletion{Step: steps[v.ID], Version: v.ID}
	}
	if err := r.DeleteVersions(ctx, list); err != nil {
		return err
	}
	return r.removeFiles(releases, steps)
}

// removeFiles remembers deleted versions and orders their files to be removed.
// No job of the registry does that for a single version.
func (r *Run) removeFiles(releases []change.Release, steps map[int32]int) error {
	first := steps[releases[0].ID]
	if err := r.Later(first, "tombstone", bury(releases)); err != nil {
		return err
	}
	fixed := r.engine.immovable()
	var moves []filesArgs
	index := indexArgs{}
	for _, v := range releases {
		step := steps[v.ID]
		if fixed != "" {
			r.Warn(step, "files-stay", "%s, so the files of %s %s stay where they are and can still be downloaded by those who know the address.", fixed, v.Crate.Name, v.Num)
			if !slices.Contains(index.Crates, v.Crate.Name) {
				index.Crates = append(index.Crates, v.Crate.Name)
			}
			continue
		}
		moves = addFiles(moves, step, v)
		for _, key := range keysOf(v) {
			r.File(step, "delete", key)
		}
	}
	if fixed != "" {
		return r.Later(first, "index.check", index)
	}
	return r.orderFiles("files.delete", moves)
}
