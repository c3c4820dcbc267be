package change

import (
	"context"
	"time"

	"cratewarden"
	"cratewarden/pg"
)

// CrateDeletion deletes one crate.
type CrateDeletion struct {
	Step    int
	Crate   int32  // crates.id
	Message string // public, in the dump; "" for none
	// AvailableAt is until when nobody may publish the name.
	AvailableAt time.Time
	// Reserve also reserves the name.
	Reserve bool
	// Dependents are crates whose dependencies on this one vanish with it; their
	// index files are written anew.
	Dependents []Crate
}

// DeleteCrates deletes crates as the registry does (contract actions.md 2): the
// rows with all that hangs on them, a row of deleted_crates by the acting
// account, the jobs that clean index, storage and feeds. It gives the crates
// that were there.
func (t *Tx) DeleteCrates(ctx context.Context, list []CrateDeletion) (map[int32]Crate, error) {
	var lock []int32
	steps := make(map[int64]int, len(list))
	for _, d := range list {
		lock = append(lock, d.Crate)
		steps[int64(d.Crate)] = d.Step
		for _, c := range d.Dependents {
			lock = append(lock, c.ID)
		}
	}
	locked, err := t.LockCrates(ctx, lock)
	if err != nil {
		return nil, err
	}
	if err := t.watchCrates(ctx, list, locked, steps); err != nil {
		return nil, err
	}
	done := make(map[int32]Crate, len(list))
	var rows []deletedRow
	for _, d := range list {
		if c, ok := locked[d.Crate]; ok {
			done[c.ID] = c
			rows = append(rows, deletedRow{d, c})
		}
	}
	if err := t.writeDeletions(ctx, rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		t.enqueueDeletion(r)
	}
	return done, nil
}

type deletedRow struct {
	CrateDeletion
	crate Crate
}

func (t *Tx) watchCrates(ctx context.Context, list []CrateDeletion, locked map[int32]Crate, steps map[int64]int) error {
	ids, names := make([]int32, len(list)), make([]string, len(list))
	byName := make(map[string]int, len(list))
	for i, d := range list {
		ids[i], names[i] = d.Crate, locked[d.Crate].Name
		byName[cratewarden.CanonName(names[i])] = d.Step
	}
	if _, err := t.Watch(ctx, Watch{Table: "crates", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: steps, Lock: true}); err != nil {
		return err
	}
	versions, err := t.Watch(ctx, Watch{Table: "versions", Where: "t.crate_id = ANY ($1)", Args: []any{ids}, By: "crate_id", Steps: steps, Lock: true})
	if err != nil {
		return err
	}
	byVersion := make(map[int64]int, len(versions))
	for _, v := range versions {
		byVersion[v.Columns.Int("id")] = v.Step
	}
	if err := t.cascade(ctx, "crate_id", steps, "crate_downloads", "crate_owner_invitations", "crate_owners", "crates_categories", "crates_keywords",
		"default_versions", "dependencies", "follows", "trustpub_configs_github", "trustpub_configs_gitlab"); err != nil {
		return err
	}
	if err := t.cascade(ctx, "version_id", byVersion, "dependencies", "readme_renderings", "version_downloads", "version_owner_actions", "versions_published_by"); err != nil {
		return err
	}
	for _, by := range []string{"target_crate_id", "dependent_crate_id"} {
		if err := t.watchReverse(ctx, by, steps); err != nil {
			return err
		}
	}
	for _, table := range []string{"deleted_crates", "reserved_crate_names"} {
		w := Watch{Table: table, Where: "canon_crate_name(t.name) IN (SELECT canon_crate_name(n) FROM unnest($1::text[]) n)", Args: []any{names},
			Of: func(c Columns) int { return byName[cratewarden.CanonName(c.Text("name"))] }}
		if _, err := t.Watch(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// writeDeletions writes deleted_crates from the row itself, before it goes.
func (t *Tx) writeDeletions(ctx context.Context, rows []deletedRow) error {
	n := len(rows)
	ids, messages, until, reserve := make([]int32, n), make([]string, n), make([]time.Time, n), make([]bool, n)
	for i, r := range rows {
		ids[i], messages[i], until[i], reserve[i] = r.crate.ID, r.Message, r.AvailableAt, r.Reserve
	}
	if _, err := t.Exec(ctx, `
		INSERT INTO deleted_crates (name, created_at, deleted_at, deleted_by, message, available_at)
		SELECT c.name, c.created_at, now(), nullif($5::int, 0), nullif(w.message, ''), w.until
		FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::boolean[]) AS w (id, message, until, reserve) JOIN crates c ON c.id = w.id ORDER BY c.id`,
		ids, messages, until, reserve, t.Actor); err != nil {
		return pg.Map(err)
	}
	if _, err := t.Exec(ctx, `DELETE FROM crates WHERE id = ANY ($1)`, ids); err != nil {
		return pg.Map(err)
	}
	var names []string
	for _, r := range rows {
		if r.Reserve {
			names = append(names, r.crate.Name)
		}
	}
	_, err := t.Exec(ctx, `
		INSERT INTO reserved_crate_names (name) SELECT n FROM unnest($1::text[]) n
		WHERE NOT EXISTS (SELECT FROM reserved_crate_names r WHERE canon_crate_name(r.name) = canon_crate_name(n))`, names)
	return pg.Map(err)
}

func (t *Tx) enqueueDeletion(r deletedRow) {
	t.Enqueue(IndexJobs(r.Step, r.crate.Name)...)
	t.Enqueue(Job{Step: r.Step, Type: "delete_crate_from_storage", Data: payload(map[string]any{"name": r.crate.Name})},
		Job{Step: r.Step, Type: "sync_crates_feed", Data: payload(nil)}, Job{Step: r.Step, Type: "sync_updates_feed", Data: payload(nil)})
	for _, c := range r.Dependents {
		t.Enqueue(IndexJobs(r.Step, c.Name)...)
	}
}
