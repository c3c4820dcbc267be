package change

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// Crate is a crate that the transaction has locked.
type Crate struct {
	ID   int32
	Name string // the stored spelling, which jobs and storage keys need
}

// LockCrates locks crates in the order of their ids, so that a publish waits
// until we are done (contract pitfalls.md 10) and two plans never wait for
// each other. A crate that is gone is missing from the answer.
func (t *Tx) LockCrates(ctx context.Context, ids []int32) (map[int32]Crate, error) {
	rows, err := t.Query(ctx, `SELECT id, name FROM crates WHERE id = ANY ($1) ORDER BY id FOR UPDATE`, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := make(map[int32]Crate, len(ids))
	var c Crate
	_, err = pgx.ForEachRow(rows, []any{&c.ID, &c.Name}, func() error {
		out[c.ID] = c
		return nil
	})
	return out, pg.Map(err)
}

// CrateByName finds a crate by any spelling of its name; NotFound if there is
// none.
func (t *Tx) CrateByName(ctx context.Context, name string) (c Crate, err error) {
	err = t.QueryRow(ctx, `SELECT id, name FROM crates WHERE canon_crate_name(name) = canon_crate_name($1)`, name).Scan(&c.ID, &c.Name)
	if err != nil && cratewarden.KindOf(pg.Map(err)) == cratewarden.NotFound {
		return c, missing("The crate", name)
	}
	return c, pg.Map(err)
}

// FindVersions gives versions.id for each crate and number, 0 where there is
// none. Crates go by any spelling of their names, numbers by their exact text.
func (t *Tx) FindVersions(ctx context.Context, crates, nums []string) ([]int32, error) {
	rows, err := t.Query(ctx, `
		SELECT w.n, v.id
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (crate, num, n)
		JOIN crates c ON canon_crate_name(c.name) = canon_crate_name(w.crate)
		JOIN versions v ON v.crate_id = c.id AND v.num = w.num`, crates, nums)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := make([]int32, len(crates))
	var n int64
	var id int32
	_, err = pgx.ForEachRow(rows, []any{&n, &id}, func() error {
		out[n-1] = id
		return nil
	})
	return out, pg.Map(err)
}
