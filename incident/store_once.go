package incident

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
)

// maxKey is the longest idempotency key.
const maxKey = 200

// answer is what came of a request: a case, and the event or file in it.
type answer struct{ incident, row int64 }

// once claims a person's key for one request, and gives what came of it before.
// Another request under the same key is a Conflict. Whoever asks at the same
// time waits here.
func once(ctx context.Context, tx pgx.Tx, who action.Actor, key, operation string, order any) (a answer, known bool, err error) {
	if key == "" {
		return a, false, nil
	}
	if len(key) > maxKey {
		return a, false, cratewarden.Errorf(cratewarden.Invalid, "An idempotency key has at most %d bytes.", maxKey)
	}
	text, err := json.Marshal(order)
	if err != nil {
		return a, false, err
	}
	digest := sha256.Sum256(text)
	tag, err := tx.Exec(ctx, `INSERT INTO request (actor, key, operation, digest) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, who.ID, key, operation, digest[:])
	if err != nil || tag.RowsAffected() == 1 {
		return a, false, err
	}
	var was string
	var wasDigest []byte
	err = tx.QueryRow(ctx, `SELECT operation, digest, coalesce(incident, 0), coalesce(incident_row, 0) FROM request WHERE actor = $1 AND key = $2`, who.ID, key).
		Scan(&was, &wasDigest, &a.incident, &a.row)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return a, false, cratewarden.Wrap(err, cratewarden.Conflict, "The same request was just given up. Try again.")
	case err != nil:
		return a, false, err
	case was != operation || !bytes.Equal(wasDigest, digest[:]):
		return a, false, cratewarden.Errorf(cratewarden.Conflict, "This idempotency key was used for another request. Use a new one.")
	}
	return a, true, nil
}

// remember joins a claimed key with what came of it.
func remember(ctx context.Context, tx pgx.Tx, who action.Actor, key string, a answer) error {
	if key == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE request SET incident = $3, incident_row = nullif($4, 0) WHERE actor = $1 AND key = $2`, who.ID, key, a.incident, a.row)
	return err
}
