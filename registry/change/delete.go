package change

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// VersionDeletion deletes one version.
type VersionDeletion struct {
	Step    int
	Version int32 // versions.id
}

// cascade watches rows that vanish with their parents (contract pitfalls.md 3).
// Downloads are counted, because there is one row for each version and day.
func (t *Tx) cascade(ctx context.Context, by string, steps map[int64]int, tables ...string) error {
	ids := make([]int64, 0, len(steps))
	for id := range steps {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, name := range tables {
		count := name == "version_downloads" || name == "follows"
		w := Watch{Table: name, Where: "t." + pgx.Identifier{by}.Sanitize() + " = ANY ($1)", Args: []any{ids}, By: by, Steps: steps, Count: count}
		if _, err := t.Watch(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// DeleteVersions deletes versions as the registry's own command does (contract
// actions.md 3): the rows with all that hangs on them, the crate's default
// version chosen anew, the two index jobs. Files are not touched. The caller
// makes sure that each crate keeps a version; if not, the error is Refused.
func (t *Tx) DeleteVersions(ctx context.Context, list []VersionDeletion) error {
	ids, steps := make([]int32, len(list)), make(map[int64]int, len(list))
	for i, d := range list {
		ids[i], steps[int64(d.Version)] = d.Version, d.Step
	}
	locked, err := t.lockCratesOf(ctx, ids)
	if err != nil {
		return err
	}
	images, err := t.Watch(ctx, Watch{Table: "versions", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: steps, Lock: true})
	if err != nil {
		return err
	}
	if err := t.cascade(ctx, "version_id", steps, "dependencies", "readme_renderings", "version_downloads", "version_owner_actions", "versions_published_by"); err != nil {
		return err
	}
	byCrate := map[int64]int{}
	var crates []Crate
	for _, i := range images {
		id := i.Columns.Int("crate_id")
		if _, known := byCrate[id]; !known {
			byCrate[id] = i.Step
			crates = append(crates, locked[int32(id)])
		}
	}
	slices.SortFunc(crates, func(a, b Crate) int { return cmp.Compare(a.ID, b.ID) })
	if err := t.cascade(ctx, "crate_id", byCrate, "default_versions"); err != nil {
		return err
	}
	if err := t.watchReverse(ctx, "dependent_crate_id", byCrate); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `DELETE FROM versions WHERE id = ANY ($1)`, ids); err != nil {
		return pg.Map(err)
	}
	if err := t.chooseDefaults(ctx, crates); err != nil {
		return err
	}
	for _, c := range crates {
		t.Enqueue(IndexJobs(byCrate[int64(c.ID)], c.Name)...)
	}
	return nil
}

func (t *Tx) watchReverse(ctx context.Context, by string, steps map[int64]int) error {
	ids := make([]int64, 0, len(steps))
	for id := range steps {
		ids = append(ids, id)
	}
	_, err := t.Watch(ctx, Watch{Table: "reverse_dependencies", Where: "t." + by + " = ANY ($1)", Args: []any{ids}, By: by, Steps: steps, Derived: true})
	return err
}

// chooseDefaults sets each crate's default version by the registry's rule
// (contract actions.md 14).
func (t *Tx) chooseDefaults(ctx context.Context, crates []Crate) error {
	ids := make([]int32, len(crates))
	for i, c := range crates {
		ids[i] = c.ID
	}
	var left int
	err := t.QueryRow(ctx, `
		WITH best AS MATERIALIZED (
			SELECT DISTINCT ON (v.crate_id) v.crate_id, v.id FROM versions v WHERE v.crate_id = ANY ($1)
			ORDER BY v.crate_id, v.yanked, split_part(v.num, '+', 1) LIKE '%-%', v.semver_ord_v2 DESC, v.id DESC),
		moved AS (
			UPDATE default_versions d SET version_id = best.id FROM best
			WHERE d.crate_id = best.crate_id AND d.version_id IS DISTINCT FROM best.id)
		SELECT count(*) FROM best`, ids).Scan(&left)
	if err == nil && left < len(ids) {
		return cratewarden.Errorf(cratewarden.Refused, "A crate cannot be left without any version. Delete the crate instead.")
	}
	return pg.Map(err)
}
