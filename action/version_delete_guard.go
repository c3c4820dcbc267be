package action

import (
	"context"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/blast"
	"cratewarden/registry/change"
)

// mostDependencies is how many rows of dependencies a guard looks at. Who has
// more dependents than that is not deleted in a hurry.
const mostDependencies = 50_000

// guardDeletions looks at who needs the versions, and gives those that may be
// deleted.
func (r *Run) guardDeletions(ctx context.Context, releases []change.Release, steps map[int32]int) ([]change.Release, error) {
	var crates []int32
	doomed := map[int32]bool{}
	for _, v := range releases {
		doomed[v.ID] = true
		if !slices.Contains(crates, v.Crate.ID) {
			crates = append(crates, v.Crate.ID)
		}
	}
	numbers, err := r.Numbers(ctx, crates)
	if err != nil {
		return nil, err
	}
	kept := releases[:0:0]
	for _, v := range releases {
		left, usable := 0, 0
		for _, other := range numbers[v.Crate.ID] {
			if !doomed[other.ID] {
				left++
				if !other.Yanked {
					usable++
				}
			}
		}
		switch {
		case left == 0:
			r.Block(steps[v.ID], "only-version", "%s would have no version left. Delete the crate instead, with crate.delete, or hold it.", v.Crate.Name)
			continue
		case usable == 0:
			r.Warn(steps[v.ID], "last-usable", "%s has no other version that is not yanked.", v.Crate.Name)
		}
		r.guardDownloads(v, steps[v.ID])
		kept = append(kept, v)
	}
	return kept, r.guardRequirements(ctx, kept, steps, crates, numbers, doomed)
}

// guardDownloads compares with the limit that the registry sets to owners who
// delete a crate; it has none for versions.
func (r *Run) guardDownloads(v change.Release, step int) {
	limit := downloadLimit(int64(r.Now.Sub(v.CreatedAt).Hours()))
	if v.Downloads > limit {
		r.Warn(step, "downloads", "%s %s was downloaded %s; by the registry's rule for owners who delete crates, %s would be the most for its age.", v.Crate.Name, v.Num, cratewarden.Amount(v.Downloads, "time", "times"), cratewarden.Thousands(limit))
	}
}

// downloadLimit is 1000 for each 30 days begun (contract actions.md 2.1).
func downloadLimit(ageHours int64) int64 {
	days := ageHours / 24
	return 1000 * ((days + 29) / 30)
}

// guardRequirements finds crates with a requirement that no other usable
// version meets.
func (r *Run) guardRequirements(ctx context.Context, releases []change.Release, steps map[int32]int, crates []int32, numbers map[int32][]change.Numbered, doomed map[int32]bool) error {
	if len(releases) == 0 {
		return nil
	}
	list, more, err := r.Requirements(ctx, crates, mostDependencies)
	if err != nil {
		return err
	}
	targets := map[int32][]candidate{}
	for crate, all := range numbers {
		targets[crate] = candidates(all, doomed)
	}
	stranded := map[int32][]string{} // by version: who would be without
	for _, q := range list {
		req, ok := blast.ParseRequirement(q.Req)
		if !ok {
			continue
		}
		for _, id := range soleMatches(req, targets[q.Target]) {
			stranded[id] = append(stranded[id], q.Crates...)
		}
	}
	for _, v := range releases {
		who := stranded[v.ID]
		slices.Sort(who)
		who = slices.Compact(who)
		if more {
			r.Warn(steps[v.ID], "many-dependents", "More than %s rows of dependencies name %s; not all were looked at.", cratewarden.Thousands(mostDependencies), v.Crate.Name)
		} else {
			r.Fact(steps[v.ID], "crates that only this version satisfies", len(who))
		}
		if len(who) > 0 {
			r.Warn(steps[v.ID], "only-match", "%s a version whose requirement no other usable version of %s meets: %s.", cratewarden.Amount(len(who), "crate has", "crates have"), v.Crate.Name, some(who))
		}
	}
	return nil
}

// candidate is a version that a requirement may choose, now or until it is
// deleted.
type candidate struct {
	id     int32
	num    blast.Version
	doomed bool
}

// candidates leaves out yanked versions that stay: nothing new chooses them.
func candidates(all []change.Numbered, doomed map[int32]bool) (list []candidate) {
	for _, v := range all {
		if num, ok := blast.ParseVersion(v.Num); ok && (doomed[v.ID] || !v.Yanked) {
			list = append(list, candidate{v.ID, num, doomed[v.ID]})
		}
	}
	return list
}

// soleMatches gives the doomed versions that a requirement takes when it takes no
// other.
func soleMatches(req blast.Requirement, list []candidate) (only []int32) {
	for _, c := range list {
		switch {
		case !req.Takes(c.num):
		case c.doomed:
			only = append(only, c.id)
		default:
			return nil
		}
	}
	return only
}

// some names the first of many.
func some(names []string) string {
	if len(names) > 10 {
		return strings.Join(names[:10], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
