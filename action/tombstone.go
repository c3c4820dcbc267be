package action

import (
	"context"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/registry/change"
)

// Tombstone is a version that a plan deleted.
type Tombstone struct {
	ID        int32     `json:"id"` // versions.id it had
	Crate     string    `json:"crate"`
	Num       string    `json:"num"`
	SHA256    string    `json:"sha256,omitempty"` // of its archive
	Plan      string    `json:"plan"`
	DeletedAt time.Time `json:"deleted_at"`
	// SeenAgain is versions.id of a later version with the same name and
	// number, 0 for none; Alarm is the ledger entry that says so.
	SeenAgain   int32      `json:"seen_again,omitempty"`
	SeenAgainAt *time.Time `json:"seen_again_at,omitempty"`
	Alarm       *int64     `json:"alarm,omitempty"`
}

// tombstoneMark is the argument of the mark "tombstone".
type tombstoneMark struct {
	Versions []buried `json:"versions"`
}

type buried struct {
	ID     int32  `json:"id"`
	Crate  string `json:"crate"`
	Canon  string `json:"canon"`
	Num    string `json:"num"`
	SHA256 string `json:"sha256"`
}

func bury(list []change.Release) tombstoneMark {
	var m tombstoneMark
	for _, v := range list {
		m.Versions = append(m.Versions, buried{v.ID, v.Crate.Name, cratewarden.CanonName(v.Crate.Name), v.Num, hex.EncodeToString(v.SHA256)})
	}
	return m
}

// markTombstones remembers deleted versions, which are not held any more.
func markTombstones(ctx context.Context, tx pgx.Tx, p Plan, l Later) error {
	if _, err := tx.Exec(ctx, `
		INSERT INTO tombstone (version_id, crate, canon, num, tar_sha256, plan)
		SELECT v.id, v.crate, v.canon, v.num, decode(v.sha256, 'hex'), $1
		FROM jsonb_to_recordset($2::jsonb -> 'versions') AS v (id int, crate text, canon text, num text, sha256 text)
		ON CONFLICT (version_id) DO NOTHING`, p.ID, l.Args); err != nil {
		return pg.Map(err)
	}
	_, err := tx.Exec(ctx, `DELETE FROM held WHERE version_id IN (SELECT v.id FROM jsonb_to_recordset($1::jsonb -> 'versions') AS v (id int))`, l.Args)
	return pg.Map(err)
}

const tombstoneColumns = `version_id, crate, num, coalesce(encode(tar_sha256, 'hex'), ''), plan, deleted_at, coalesce(seen_again_id, 0), seen_again_at, alarm`

func scanTombstone(row pgx.CollectableRow) (t Tombstone, err error) {
	err = row.Scan(&t.ID, &t.Crate, &t.Num, &t.SHA256, &t.Plan, &t.DeletedAt, &t.SeenAgain, &t.SeenAgainAt, &t.Alarm)
	t.DeletedAt = t.DeletedAt.UTC()
	if t.SeenAgainAt != nil {
		*t.SeenAgainAt = t.SeenAgainAt.UTC()
	}
	return t, err
}

// TombstoneFilter narrows a list of tombstones.
type TombstoneFilter struct {
	Crate     string // any spelling; "" for all
	SeenAgain bool   // only those whose number is back
	Limit     int    // 0 means 50, at most 5000
}

// Tombstones lists deleted versions, the last first; of those that are back
// the last seen first.
func (e *Engine) Tombstones(ctx context.Context, f TombstoneFilter) ([]Tombstone, error) {
	limit := 50
	if f.Limit > 0 {
		limit = min(f.Limit, 5000)
	}
	rows, err := e.console.Query(ctx, `SELECT `+tombstoneColumns+` FROM tombstone
		WHERE ($1 = '' OR canon = $1) AND (NOT $2 OR seen_again_id IS NOT NULL)
		ORDER BY CASE WHEN $2 THEN seen_again_at ELSE deleted_at END DESC, version_id DESC LIMIT $3`, cratewarden.CanonName(f.Crate), f.SeenAgain, limit)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanTombstone)
	return out, pg.Map(err)
}

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
