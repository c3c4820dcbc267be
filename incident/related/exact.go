package related

import (
	"context"
	"slices"

	"cratewarden/registry"
)

// exact reads the versions found from the registry, and drops what is not there
// any more. The mirror may be some seconds behind, or have missed a deletion.
func exact(ctx context.Context, r *registry.Reader, a *Answer) error {
	var ids []int32
	for _, s := range a.Subjects {
		if s.VersionID != 0 {
			ids = append(ids, s.VersionID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := r.VersionsByID(ctx, ids)
	if err != nil {
		return err
	}
	now := map[int32]registry.CrateVersion{}
	for _, v := range rows {
		now[v.ID] = v
	}
	a.Subjects = slices.DeleteFunc(a.Subjects, func(s Subject) bool {
		_, there := now[s.VersionID]
		return s.VersionID != 0 && !there
	})
	for i := range a.Subjects {
		s := &a.Subjects[i]
		if v, ok := now[s.VersionID]; ok {
			s.Yanked, s.At = v.Yanked, v.CreatedAt
			s.Reasons = append(s.Reasons, Reason{Rule: "registry", Text: "As the registry has it now.", Facts: []Fact{
				fact("published", v.CreatedAt), fact("yanked", v.Yanked), fact("SHA-256", hexOf(v.SHA256))}})
		}
	}
	a.Subjects = slices.DeleteFunc(a.Subjects, func(s Subject) bool { return s.Restore && !s.Yanked })
	return nil
}
