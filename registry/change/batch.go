package change

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Found is a crate, and one of its versions if one was asked for, as the
// registry has them; ids are 0 for what is not there.
type Found struct {
	CrateID   int32
	Crate     string // stored spelling
	VersionID int32
	Versions  int
	Yanked    bool // the version, or every version of the crate
}

// Batch finds crates by any spelling, and versions by their exact numbers where
// the number is not "". The answer goes by place.
func (t *Tx) Batch(ctx context.Context, crates, nums []string) ([]Found, error) {
	rows, err := t.Query(ctx, `
		WITH wanted AS (SELECT n, crate, num FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (crate, num, n) WHERE crate <> ''),
		known AS MATERIALIZED (
			SELECT w.n, w.num, c.id, c.name FROM wanted w JOIN crates c ON canon_crate_name(c.name) = canon_crate_name(w.crate)),
		whole AS (
			SELECT v.crate_id, count(*) AS versions, bool_and(v.yanked) AS yanked
			FROM versions v WHERE v.crate_id IN (SELECT id FROM known WHERE num = '') GROUP BY v.crate_id)
		SELECT k.n, k.id, k.name, coalesce(v.id, 0), coalesce(h.versions, 0), coalesce(v.yanked, h.yanked, false)
		FROM known k
		LEFT JOIN versions v ON k.num <> '' AND v.crate_id = k.id AND v.num = k.num
		LEFT JOIN whole h ON k.num = '' AND h.crate_id = k.id`, crates, nums)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := make([]Found, len(crates))
	var n int64
	var f Found
	_, err = pgx.ForEachRow(rows, []any{&n, &f.CrateID, &f.Crate, &f.VersionID, &f.Versions, &f.Yanked}, func() error {
		out[n-1] = f
		return nil
	})
	return out, pg.Map(err)
}

// NewestNumbers gives the numbers of each crate's versions that were published
// last.
func (t *Tx) NewestNumbers(ctx context.Context, crates []int32, most int) (map[int32][]string, error) {
	rows, err := t.Query(ctx, `
		SELECT c.id, v.num FROM unnest($1::int[]) AS c (id)
		CROSS JOIN LATERAL (SELECT num FROM versions WHERE crate_id = c.id ORDER BY created_at DESC, id DESC LIMIT $2) v`, crates, most)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int32][]string{}
	var crate int32
	var num string
	_, err = pgx.ForEachRow(rows, []any{&crate, &num}, func() error {
		if len(out[crate]) < most {
			out[crate] = append(out[crate], num)
		}
		return nil
	})
	return out, pg.Map(err)
}
