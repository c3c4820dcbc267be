package action

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/evidence"
	"cratewarden/pg"
)

// Vault takes objects out of the registry's storage and puts the identical
// bytes back; evidence.Vault is one. All calls can be repeated.
type Vault interface {
	Take(ctx context.Context, key string) (evidence.Taken, error)
	PutBack(ctx context.Context, t evidence.Taken) error
	// Forget ends the memory of what was taken from a key.
	Forget(ctx context.Context, key string) error
}

// HeldVersion is a version that is out of use.
type HeldVersion struct {
	ID         int32     `json:"id"` // versions.id
	Crate      string    `json:"crate"`
	Num        string    `json:"num"`
	Plan       string    `json:"plan"`
	Step       int       `json:"step"`
	WasYanked  bool      `json:"was_yanked"`
	WasMessage *string   `json:"was_message,omitempty"`
	Files      HeldState `json:"files"`
	HeldAt     time.Time `json:"held_at"`
	// Taken are the files in the vault.
	Taken []evidence.Taken `json:"taken,omitempty"`

	// begun says that a worker began to take files and has not told which. The
	// column files is null then; before it is an empty list.
	begun bool
}

// HeldState says where the files of a held version are.
type HeldState string

// The places of files.
const (
	FilesMoving    HeldState = "moving"    // on their way to the vault
	FilesHeld      HeldState = "held"      // in the vault
	FilesStay      HeldState = "yank only" // in the registry's storage, which lets nobody move them
	FilesReturning HeldState = "returning" // on their way back
)

const heldColumns = `version_id, crate, num, plan, step, was_yanked, was_message, files_state, files, files = 'null', held_at`

func scanHeld(row pgx.CollectableRow) (h HeldVersion, err error) {
	err = row.Scan(&h.ID, &h.Crate, &h.Num, &h.Plan, &h.Step, &h.WasYanked, &h.WasMessage, &h.Files, &h.Taken, &h.begun, &h.HeldAt)
	h.HeldAt = h.HeldAt.UTC()
	return h, err
}

func readHeld(ctx context.Context, db querier, where string, args ...any) ([]HeldVersion, error) {
	rows, err := db.Query(ctx, `SELECT `+heldColumns+` FROM held h WHERE `+where, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanHeld)
	return out, pg.Map(err)
}

// Held lists held versions, the newest first, at most 5000; of one crate, by
// its stored name, unless it is "".
func (e *Engine) Held(ctx context.Context, crate string) ([]HeldVersion, error) {
	return readHeld(ctx, e.console, `$1 = '' OR crate = $1 ORDER BY held_at DESC, version_id DESC LIMIT 5000`, crate)
}

// heldMark is the argument of the marks "held" and "released".
type heldMark struct {
	Versions []markedVersion `json:"versions"`
}

type markedVersion struct {
	Step       int     `json:"step"`
	ID         int32   `json:"id"`
	Crate      string  `json:"crate"`
	Num        string  `json:"num"`
	WasYanked  bool    `json:"was_yanked"`
	WasMessage *string `json:"was_message"`
	YankOnly   bool    `json:"yank_only,omitempty"`
}

// markHeld remembers held versions. Of two plans that held the same one, the
// first counts: it knows the true former state.
func markHeld(ctx context.Context, tx pgx.Tx, p Plan, l Later) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO held (version_id, crate, num, plan, step, was_yanked, was_message, files_state)
		SELECT v.id, v.crate, v.num, $1, v.step, v.was_yanked, v.was_message, CASE WHEN v.yank_only THEN 'yank only' ELSE 'moving' END
		FROM jsonb_to_recordset($2::jsonb -> 'versions') AS v (id int, crate text, num text, step int, was_yanked boolean, was_message text, yank_only boolean)
		ON CONFLICT (version_id) DO NOTHING`, p.ID, l.Args)
	return pg.Map(err)
}

// markReleased forgets versions whose files were never moved; the others are
// forgotten when their files are back.
func markReleased(ctx context.Context, tx pgx.Tx, _ Plan, l Later) error {
	const list = ` IN (SELECT v.id FROM jsonb_to_recordset($1::jsonb -> 'versions') AS v (id int))`
	if _, err := tx.Exec(ctx, `DELETE FROM held WHERE files_state = 'yank only' AND files = '[]' AND version_id`+list, l.Args); err != nil {
		return pg.Map(err)
	}
	_, err := tx.Exec(ctx, `UPDATE held SET files_state = 'returning' WHERE version_id`+list, l.Args)
	return pg.Map(err)
}

// heldNow gives the held ones of these versions, as the console knows and as
// earlier steps of this plan leave them.
func (r *Run) heldNow(ctx context.Context, ids []int32) (map[int32]HeldVersion, error) {
	list, err := readHeld(ctx, r.engine.console, `version_id = ANY ($1)`, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int32]HeldVersion, len(list))
	for _, h := range list {
		out[h.ID] = h
	}
	for _, l := range r.effect.Later {
		if l.Kind != "held" && l.Kind != "released" {
			continue
		}
		var m heldMark
		if err := json.Unmarshal(l.Args, &m); err != nil {
			return nil, err
		}
		for _, v := range m.Versions {
			delete(out, v.ID)
			if l.Kind == "held" {
				out[v.ID] = HeldVersion{ID: v.ID, Crate: v.Crate, Num: v.Num, Plan: r.Plan.ID, Step: v.Step, WasYanked: v.WasYanked, WasMessage: v.WasMessage, Files: FilesMoving}
			}
		}
	}
	return out, nil
}
