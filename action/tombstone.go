package action

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
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
