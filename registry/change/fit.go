package change

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// already says that a row is as undo would make it, so that there is nothing
// to do and nothing to overwrite: somebody put it back before us.
func already(r Row, now Columns) bool {
	if r.Before == nil || now == nil {
		return false
	}
	if r.After == nil {
		drop := tables()[r.Table].volatile
		return without(now, drop).Equal(without(r.Before, drop))
	}
	set := r.columnsSet()
	return len(set) > 0 && !slices.ContainsFunc(set, func(c string) bool { return string(now[c]) != string(r.Before[c]) })
}

// yields says that a changed row of this kind is left alone while the rest is
// undone: publish tokens live half an hour, buckets move with every request,
// and who was invited again has the invitation that undo would give back.
func yields(r Row) bool {
	switch r.Table {
	case "trustpub_tokens", "publish_limit_buckets":
		return true
	case "crate_owner_invitations":
		return r.After == nil
	}
	return false
}

// unsure gives clashes, by the place in the list, that the rows' visible
// columns cannot show.
func (t *Tx) unsure(ctx context.Context, table string, list []Undo) (map[int]*Clash, error) {
	switch table {
	case "emails":
		return t.touchedSince(ctx, list)
	case "crate_owner_invitations", "trustpub_configs_github", "trustpub_configs_gitlab":
		return t.orphans(ctx, list)
	}
	return nil, nil
}

// touchedSince finds mail addresses' rows that anybody wrote since the earlier
// change. A new address keeps its row and begins unverified, and addresses are
// never in an image: to set "verified" again would vouch for an address that
// nobody ever confirmed. The row's own mark of the transaction that last wrote
// it tells without looking at the address.
func (t *Tx) touchedSince(ctx context.Context, list []Undo) (map[int]*Clash, error) {
	keys, ids := make([]string, len(list)), make([]string, len(list))
	for i, u := range list {
		keys[i], ids[i] = u.Row.Key, u.Tx
	}
	rows, err := t.Query(ctx, `
		SELECT w.n FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (key, tx, n)
		JOIN emails t ON t.id = w.key::integer
		WHERE w.tx = '' OR t.xmin <> (nullif(w.tx, '')::xid8)::xid`, keys, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int]*Clash{}
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&n}, func() error {
		u := list[n-1]
		out[int(n-1)] = &Clash{Step: u.Step, Row: u.Row, Now: u.Row.After, Touched: true}
		return nil
	})
	return out, pg.Map(err)
}

// orphans finds rows whose crate is gone, which took them along.
func (t *Tx) orphans(ctx context.Context, list []Undo) (map[int]*Clash, error) {
	crates := make([]int64, len(list))
	for i, u := range list {
		if u.Row.After == nil {
			crates[i] = u.Row.Before.Int("crate_id")
		}
	}
	rows, err := t.Query(ctx, `
		SELECT w.n FROM unnest($1::bigint[]) WITH ORDINALITY AS w (crate, n)
		WHERE w.crate <> 0 AND NOT EXISTS (SELECT FROM crates c WHERE c.id = w.crate)`, crates)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int]*Clash{}
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&n}, func() error {
		u := list[n-1]
		out[int(n-1)] = &Clash{Step: u.Step, Row: u.Row, Orphan: true, Yields: true}
		return nil
	})
	return out, pg.Map(err)
}

// mayLock says whether a watch can hold its rows. PostgreSQL lets only those
// lock rows who may update some column; where a role may only insert and
// delete, the deletion itself takes the lock.
func (t *Tx) mayLock(ctx context.Context, w Watch) (bool, error) {
	if !w.Lock {
		return false, nil
	}
	if may, known := t.lockers[w.Table]; known {
		return may, nil
	}
	var may bool
	err := t.QueryRow(ctx, `SELECT coalesce(has_any_column_privilege(to_regclass($1), 'UPDATE'), false)`, w.Table).Scan(&may)
	t.lockers[w.Table] = may
	return may, pg.Map(err)
}

// insertable gives the columns of a table that this role may set in a new row.
func (t *Tx) insertable(ctx context.Context, table string) (map[string]bool, error) {
	rows, err := t.Query(ctx, `
		SELECT a.attname::text FROM pg_attribute a
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
		  AND has_column_privilege(a.attrelid, a.attnum, 'INSERT')`, table)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[string]bool{}
	var name string
	_, err = pgx.ForEachRow(rows, []any{&name}, func() error {
		out[name] = true
		return nil
	})
	return out, pg.Map(err)
}
