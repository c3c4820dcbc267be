package ledger

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// Head signs the present head, stores it, and gives it; if nothing was
// appended since, it gives the one it signed before. It refuses, with
// Conflict, to sign a log that does not continue the last signed head, so that
// nobody can make us vouch for a rewritten one. Unavailable means that there is
// no key.
//
// How soon after an append Head is called bounds how long somebody with full
// power over the database could still change that append unnoticed.
func (l *Log) Head(ctx context.Context) (Checkpoint, error) {
	if len(l.keys) == 0 {
		return Checkpoint{}, cratewarden.Errorf(cratewarden.Unavailable, "This console has no key to sign the ledger with. Make one with: cratewarden ledger key.")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var head Checkpoint
	err := pgx.BeginTxFunc(ctx, l.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) (err error) {
		head, err = l.signHead(ctx, tx)
		return err
	})
	if err == nil {
		l.last = head
	}
	return head, err
}

func (l *Log) signHead(ctx context.Context, tx pgx.Tx) (Checkpoint, error) {
	size, err := logSize(ctx, tx)
	if err != nil {
		return Checkpoint{}, err
	}
	before, err := lastHead(ctx, tx, l.keys)
	if err != nil {
		return Checkpoint{}, err
	}
	reader := hashReader(ctx, tx)
	for _, old := range []Checkpoint{before, l.last} {
		if err := continues(old, size, reader); err != nil {
			return Checkpoint{}, err
		}
	}
	root, err := treeHash(size, reader)
	if err != nil {
		return Checkpoint{}, err
	}
	head, err := sign(size, root, l.keys)
	if err != nil || string(head.Note) == string(before.Note) {
		return head, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO ledger_checkpoint (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING`, size, string(head.Note))
	return head, err
}

func logSize(ctx context.Context, db querier) (n int64, err error) {
	err = db.QueryRow(ctx, `SELECT coalesce(max(index) + 1, 0) FROM ledger_entry`).Scan(&n)
	return n, err
}

// lastHead gives the largest stored head, zero if there is none. With keys, it
// must bear the name of their log. Its signatures are not checked, because it
// may be of a former key: a forged one can only make us refuse.
func lastHead(ctx context.Context, db querier, keys []Key) (Checkpoint, error) {
	var text string
	err := db.QueryRow(ctx, `SELECT note FROM ledger_checkpoint ORDER BY size DESC, note LIMIT 1`).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := ParseCheckpoint([]byte(text), nil)
	if err != nil {
		return Checkpoint{}, forked(err)
	}
	if len(keys) > 0 && c.Origin != keys[0].Name() {
		return Checkpoint{}, cratewarden.Errorf(cratewarden.Conflict, "This ledger is called %q; the key is for %q. A log keeps its name when its keys change.", c.Origin, keys[0].Name())
	}
	return c, nil
}

// continues proves to ourselves that the log of this size has an older head as
// its beginning.
func continues(old Checkpoint, size int64, reader tlog.HashReader) error {
	if old.Note == nil {
		return nil
	}
	if old.Size > size {
		return forked(errors.New("the log is shorter than a signed head"))
	}
	root, err := treeHash(old.Size, reader)
	if err != nil {
		return err
	}
	if root != old.Root {
		return forked(errors.New("another root for the size of a signed head"))
	}
	return nil
}

func treeHash(size int64, reader tlog.HashReader) (tlog.Hash, error) {
	root, err := tlog.TreeHash(size, reader)
	if errors.Is(err, errHole) {
		err = forked(err)
	}
	return root, err
}

func forked(cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Conflict, "The ledger in this database does not continue its last signed head, so it is not signed. Run: cratewarden ledger verify.")
}
