package action

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cratewarden/ledger"
	"cratewarden/pg"
)

// WatchTombstones looks whether a deleted name and number is in the registry
// again, raises an alarm in the ledger for each, once, and gives their number.
// It asks the registry by its indexes alone. Any number of processes may call
// it.
func (e *Engine) WatchTombstones(ctx context.Context) (n int, err error) {
	const page = 1000
	for after := int32(-1); ; {
		rows, err := e.console.Query(ctx, `SELECT version_id, canon, num FROM tombstone WHERE seen_again_id IS NULL AND version_id > $1 ORDER BY version_id LIMIT $2`, after, page)
		if err != nil {
			return n, pg.Map(err)
		}
		var ids []int32
		var canons, nums []string
		var id int32
		var canon, num string
		if _, err := pgx.ForEachRow(rows, []any{&id, &canon, &num}, func() error {
			ids, canons, nums = append(ids, id), append(canons, canon), append(nums, num)
			return nil
		}); err != nil {
			return n, pg.Map(err)
		}
		if len(ids) == 0 {
			return n, nil
		}
		raised, err := e.watchPage(ctx, ids, canons, nums)
		n += raised
		if err != nil || len(ids) < page {
			return n, err
		}
		after = ids[len(ids)-1]
	}
}

// risen is a version that has a deleted one's name and number.
type risen struct {
	id     int32
	sha256 string
}

func (e *Engine) watchPage(ctx context.Context, ids []int32, canons, nums []string) (n int, err error) {
	rows, err := e.registry.Query(ctx, `SELECT w.n, v.id, encode(v.tar_sha256, 'hex') FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (canon, num, n)
		JOIN crates c ON canon_crate_name(c.name) = w.canon JOIN versions v ON v.crate_id = c.id AND v.num = w.num`, canons, nums)
	if err != nil {
		return 0, pg.Map(err)
	}
	found := map[int32]risen{}
	var place int64
	var r risen
	if _, err := pgx.ForEachRow(rows, []any{&place, &r.id, &r.sha256}, func() error {
		if tomb := ids[place-1]; tomb != r.id { // the deletion itself may not have committed when it was marked
			found[tomb] = r
		}
		return nil
	}); err != nil {
		return 0, pg.Map(err)
	}
	for _, id := range ids {
		r, back := found[id]
		if !back {
			continue
		}
		raised, err := e.raise(ctx, id, r)
		if err != nil {
			return n, err
		}
		if raised {
			n++
		}
	}
	return n, nil
}

// raise writes the alarm, unless another process just did.
func (e *Engine) raise(ctx context.Context, id int32, r risen) (raised bool, err error) {
	err = pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `UPDATE tombstone SET seen_again_id = $2, seen_again_at = $3 WHERE version_id = $1 AND seen_again_id IS NULL RETURNING `+tombstoneColumns, id, r.id, e.clock())
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scanTombstone)
		if err != nil || len(list) == 0 {
			return err
		}
		t := list[0]
		content := "other content"
		if t.SHA256 == r.sha256 {
			content = "the same content"
		}
		receipt, err := e.ledger.Append(ctx, tx, ledger.Entry{
			Kind: ledger.Note, Actor: console(), Action: "tombstone.seen-again", Plan: t.Plan,
			Subjects: []ledger.Subject{CrateSubject(t.Crate), VersionSubject(t.Crate, t.Num)},
			Details:  map[string]string{"was": strconv.Itoa(int(id)), "is": strconv.Itoa(int(r.id)), "sha256": r.sha256, "content": content},
		})
		if err != nil {
			return err
		}
		raised = true
		e.log.WarnContext(ctx, "a deleted version is in the registry again", "crate", t.Crate, "num", t.Num, "content", content)
		_, err = tx.Exec(ctx, `UPDATE tombstone SET alarm = $2 WHERE version_id = $1`, id, receipt.Index)
		return err
	})
	return raised, pg.Map(err)
}
