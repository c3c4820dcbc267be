package change

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Release is one version with what acts on its files need to know.
type Release struct {
	ID      int32 // versions.id
	Crate   Crate
	Num     string
	Yanked  bool
	Message *string
	// Zip and Readme say that the rows tell of a source zip with its manifest,
	// and of a rendered README, in the storage.
	Zip, Readme bool
	SHA256      []byte // of the archive
	CreatedAt   time.Time
	Downloads   int64
}

// LockReleases locks the versions, after their crates, and gives them ordered by
// crate and id. One that is gone is missing from the answer.
func (t *Tx) LockReleases(ctx context.Context, ids []int32) ([]Release, error) {
	crates, err := t.lockCratesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows, err := t.Query(ctx, `
		SELECT v.id, v.crate_id, v.num, v.yanked, v.yank_message, v.zip_sha256 IS NOT NULL,
			EXISTS (SELECT FROM readme_renderings r WHERE r.version_id = v.id), v.tar_sha256, v.created_at, v.downloads
		FROM versions v WHERE v.id = ANY ($1) ORDER BY v.crate_id, v.id FOR UPDATE OF v`, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Release, err error) {
		err = row.Scan(&r.ID, &r.Crate.ID, &r.Num, &r.Yanked, &r.Message, &r.Zip, &r.Readme, &r.SHA256, &r.CreatedAt, &r.Downloads)
		r.Crate, r.CreatedAt = crates[r.Crate.ID], r.CreatedAt.UTC()
		return r, err
	})
	return out, pg.Map(err)
}

// VersionIDs gives versions.id of all versions of crates, by crate.
func (t *Tx) VersionIDs(ctx context.Context, crates []int32) (map[int32][]int32, error) {
	rows, err := t.Query(ctx, `SELECT crate_id, id FROM versions WHERE crate_id = ANY ($1) ORDER BY id`, crates)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int32][]int32{}
	var crate, id int32
	_, err = pgx.ForEachRow(rows, []any{&crate, &id}, func() error {
		out[crate] = append(out[crate], id)
		return nil
	})
	return out, pg.Map(err)
}

// FindCrates gives crates by any spelling of their names, in the order of the
// names; one that is not there has the id 0.
func (t *Tx) FindCrates(ctx context.Context, names []string) ([]Crate, error) {
	rows, err := t.Query(ctx, `SELECT w.n, c.id, c.name FROM unnest($1::text[]) WITH ORDINALITY AS w (name, n)
		JOIN crates c ON canon_crate_name(c.name) = canon_crate_name(w.name)`, names)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := make([]Crate, len(names))
	var n int64
	var c Crate
	_, err = pgx.ForEachRow(rows, []any{&n, &c.ID, &c.Name}, func() error {
		out[n-1] = c
		return nil
	})
	return out, pg.Map(err)
}
