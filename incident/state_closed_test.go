package incident

import (
	"testing"
	"time"

	"cratewarden/action"
)

// A closed case is doubted by the round of the console itself when a number that it
// deleted is in the registry again, and cleared when that is over.
func TestRoundDoubtsClosedCases(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k := newSealing(t)
	i := k.removed("bad")
	_, err := k.db.Exec(ctx, `WITH p AS (INSERT INTO plan (id, state, title, author, incident, public_reason, internal_note, steps, changed_at)
			VALUES ('delete-bad', 'applied', 't', '{}', $1, '', '', '[]', 'yesterday') RETURNING id)
		INSERT INTO tombstone (version_id, crate, canon, num, plan) SELECT 1, 'bad', 'bad', '1.0.0', id FROM p`, i.ID)
	k.must(err)
	_, err = k.Move(ctx, k.ada, i.ID, Closed, "done")
	k.must(err)
	k.stands(i.ID, Closed, true)

	at := time.Now().UTC()
	k.engine.again = []action.Tombstone{{Crate: "bad", Num: "1.0.0", Plan: "delete-bad", SeenAgain: 9, SeenAgainAt: &at}}
	_, err = k.db.Exec(ctx, `UPDATE tombstone SET seen_again_id = 9, seen_again_at = $1`, at)
	k.must(err)
	k.stands(i.ID, Closed, false)

	k.engine.again = nil
	_, err = k.db.Exec(ctx, `UPDATE tombstone SET seen_again_id = NULL, seen_again_at = NULL`)
	k.must(err)
	k.stands(i.ID, Closed, true)
}
