package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// Config says what a ledger stands on.
type Config struct {
	// DB is the console's database. Append does not use it.
	DB *pgxpool.Pool
	// Keys sign heads; without them nothing is signed, and Head is Unavailable.
	Keys []Key
	// Clock is nil for the machine's.
	Clock cratewarden.Clock
}

// Log appends to the ledger and reads it. It may be used by many at a time and
// by many processes on one database.
type Log struct {
	db    *pgxpool.Pool
	keys  []Key
	clock cratewarden.Clock

	mu sync.Mutex
	// last is the newest head this process signed; it notices when somebody
	// puts an older database under a running program.
	last Checkpoint
}

// New makes a ledger on a migrated console database.
func New(cfg Config) *Log { return &Log{db: cfg.DB, keys: cfg.Keys, clock: cfg.Clock.Or()} }

// appendLock is the advisory lock under which entries get their numbers; the
// number has no meaning.
const appendLock = 7_310_552_042

// Append adds an entry in the caller's transaction of the console's database,
// which must be READ COMMITTED. From then on until that transaction ends, all
// other appends wait, so append late and commit soon. If the transaction rolls
// back, the number is given to the next entry: there are never gaps. The error
// is Invalid or TooLarge for an entry that cannot be written.
func (l *Log) Append(ctx context.Context, tx pgx.Tx, e Entry) (Receipt, error) {
	if err := e.check(); err != nil {
		return Receipt{}, err
	}
	e.veil()
	n, err := l.lock(ctx, tx)
	if err != nil {
		return Receipt{}, err
	}
	if e.Refers != nil && *e.Refers >= n {
		return Receipt{}, cratewarden.Errorf(cratewarden.Invalid, "A ledger entry cannot refer to entry %d, which is not there yet.", *e.Refers)
	}
	e.Index, e.At = n, l.clock().UTC().Truncate(time.Microsecond)
	e.Approvals = slices.Clone(e.Approvals)
	for i := range e.Approvals {
		e.Approvals[i].At = e.Approvals[i].At.UTC().Truncate(time.Microsecond)
	}
	var locked sealed
	if e.Personal != nil {
		if locked, err = seal(n, e.Personal); err != nil {
			return Receipt{}, err
		}
		e.Sealed = &locked.digest
	}
	body, err := encode(&e)
	if err != nil {
		return Receipt{}, err
	}
	hashes, err := tlog.StoredHashes(n, body, hashReader(ctx, tx))
	if err != nil {
		return Receipt{}, fmt.Errorf("hashes of entry %d: %w", n, err)
	}
	if err := insert(ctx, tx, n, body, hashes, locked); err != nil {
		return Receipt{}, fmt.Errorf("entry %d: %w", n, err)
	}
	return Receipt{Index: n, At: e.At, Hash: hashes[0]}, nil
}

// lock waits for its turn and gives the number of the next entry. The number
// is read in a statement of its own, whose snapshot is taken under the lock;
// with one snapshot for the whole transaction it could be an old one.
func (l *Log) lock(ctx context.Context, tx pgx.Tx) (int64, error) {
	var n int64
	var isolation string
	batch := &pgx.Batch{}
	batch.Queue(`SELECT current_setting('transaction_isolation')`).QueryRow(func(row pgx.Row) error { return row.Scan(&isolation) })
	batch.Queue(`SELECT pg_advisory_xact_lock($1)`, int64(appendLock))
	batch.Queue(`SELECT coalesce(max(index) + 1, 0) FROM ledger_entry`).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, fmt.Errorf("lock the ledger: %w", err)
	}
	if isolation != "read committed" {
		return 0, fmt.Errorf("append to the ledger in a transaction that is %s, not read committed", isolation)
	}
	return n, nil
}

func insert(ctx context.Context, tx pgx.Tx, n int64, body []byte, hashes []tlog.Hash, locked sealed) error {
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO ledger_entry (index, body, hashes) VALUES ($1, $2, $3)`, n, string(body), joinHashes(hashes))
	if locked.key != nil {
		batch.Queue(`INSERT INTO ledger_sealed (index, ciphertext) VALUES ($1, $2)`, n, locked.ciphertext)
		batch.Queue(`INSERT INTO ledger_key (index, key) VALUES ($1, $2)`, n, locked.key)
	}
	return tx.SendBatch(ctx, batch).Close()
}

func joinHashes(hashes []tlog.Hash) []byte {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		out = append(out, h[:]...)
	}
	return out
}

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

var errHole = errors.New("a hash of the tree is missing")

// place says in which entry's row, and at which byte from 1, a hash of the
// tree stands: that of the last entry below it.
func place(level int, n int64) (index, offset int64) {
	return (n+1)<<level - 1, int64(level)*tlog.HashSize + 1
}

// hashReader reads hashes of the tree, many at a time.
func hashReader(ctx context.Context, db querier) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil
		}
		rows, offsets := make([]int64, len(indexes)), make([]int64, len(indexes))
		for i, index := range indexes {
			rows[i], offsets[i] = place(tlog.SplitStoredHashIndex(index))
		}
		answer, err := db.Query(ctx, `SELECT substr(e.hashes, w.off::int, 32)
			FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS w(index, off, ord) JOIN ledger_entry e USING (index)
			ORDER BY w.ord`, rows, offsets)
		if err != nil {
			return nil, err
		}
		hashes := make([]tlog.Hash, 0, len(indexes))
		var raw []byte
		_, err = pgx.ForEachRow(answer, []any{&raw}, func() error {
			if len(raw) != tlog.HashSize {
				return errHole
			}
			hashes = append(hashes, tlog.Hash(raw))
			return nil
		})
		if err == nil && len(hashes) != len(indexes) {
			err = errHole
		}
		return hashes, err
	})
}
