package action

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// maxKey is the longest idempotency key.
const maxKey = 200

// once claims an actor's key for one request. If the key was used before for
// the same request, it gives the plan that came of it; for another request the
// answer is Conflict. A second process with the same key waits here until the
// first is done.
func once(ctx context.Context, tx pgx.Tx, who Actor, key, operation string, digest ledger.Digest) (plan string, err error) {
	if key == "" {
		return "", nil
	}
	if len(key) > maxKey {
		return "", cratewarden.Errorf(cratewarden.Invalid, "An idempotency key has at most %d bytes.", maxKey)
	}
	tag, err := tx.Exec(ctx, `INSERT INTO request (actor, key, operation, digest) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, who.ID, key, operation, digest[:])
	if err != nil || tag.RowsAffected() == 1 {
		return "", pg.Map(err)
	}
	var was string
	var wasDigest []byte
	var known *string
	err = tx.QueryRow(ctx, `SELECT operation, digest, plan FROM request WHERE actor = $1 AND key = $2`, who.ID, key).Scan(&was, &wasDigest, &known)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", cratewarden.Wrap(err, cratewarden.Conflict, "The same request was just given up. Try again.")
	}
	if err != nil {
		return "", pg.Map(err)
	}
	if was != operation || !bytes.Equal(wasDigest, digest[:]) {
		return "", cratewarden.Errorf(cratewarden.Conflict, "This idempotency key was used for another request. Use a new one.")
	}
	if known == nil {
		return "", cratewarden.Errorf(cratewarden.Conflict, "The same request is being worked on. Ask again in a moment.")
	}
	return *known, nil
}

// remember joins a claimed key with the plan that came of it.
func remember(ctx context.Context, tx pgx.Tx, who Actor, key, plan string) error {
	if key == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE request SET plan = $3 WHERE actor = $1 AND key = $2`, who.ID, key, plan)
	return pg.Map(err)
}
