package registry

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg"
)

// Config says which registry a reader asks.
type Config struct {
	// Pool is a pool on the registry's database; its statement timeout bounds
	// every question.
	Pool *pgxpool.Pool
	// Dump says that the database was made from a public dump, so that private
	// columns hold defaults and private tables hold nothing (contract
	// db-dump.md section 3). Methods about private facts then give no rows;
	// the caller says "not in the public dump".
	Dump  bool
	Clock cratewarden.Clock
	// Keep is for how long a walk through the small tables without an index by
	// crate, invitations and jobs, serves all crates; zero means not at all.
	Keep time.Duration
}

// Reader asks the registry's database. Its methods may be called at the same
// time; their errors have a kind (pg.Map), NotFound for a row that is not
// there and Timeout when the database stopped the question.
type Reader struct {
	Pool  *pgxpool.Pool
	Dump  bool
	clock cratewarden.Clock
	keep  time.Duration

	invited kept[invitedPeople]
	queued  kept[jobQueue]

	mu         sync.Mutex
	followers  followerCounts
	publishers atomic.Pointer[publisherIndex]
}

// New makes a reader.
func New(cfg Config) *Reader {
	return &Reader{Pool: cfg.Pool, Dump: cfg.Dump, clock: cfg.Clock.Or(), keep: cfg.Keep}
}

// Renew has all who ask from now on read the registry's tables anew, also those
// that Keep keeps.
func (r *Reader) Renew() {
	r.invited.drop()
	r.queued.drop()
}

// Person is an account or team as it is named beside other facts.
type Person struct {
	ID int32
	// Team says that ID is of a team; Login is then like github:org:team.
	Team        bool
	Login, Name string
	// Locked says that an account is locked at this moment (contract
	// actions.md section 6).
	Locked bool
}

// collect runs one statement and gives its rows.
func collect[T any](ctx context.Context, r *Reader, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := r.Pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scan)
	return out, pg.Map(err)
}

// queue adds a statement to a batch, whose rows land in into.
func queue[T any](b *pgx.Batch, into *[]T, scan pgx.RowToFunc[T], sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, scan)
		return err
	})
}

// send runs a batch in one round trip.
func (r *Reader) send(ctx context.Context, b *pgx.Batch) error {
	return pg.Map(r.Pool.SendBatch(ctx, b).Close())
}

// moment scans a timestamptz that may be NULL or infinite: registry staff park
// jobs and block names with 'infinity', which time.Time cannot hold.
type moment struct{ pgtype.Timestamptz }

// last is shown for 'infinity' and for years that JSON cannot write.
var last = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// time gives the instant in UTC, zero for NULL and -infinity.
func (m moment) time() time.Time {
	switch {
	case !m.Valid || m.InfinityModifier == pgtype.NegativeInfinity:
		return time.Time{}
	case m.InfinityModifier == pgtype.Infinity || m.Time.After(last):
		return last
	case m.Time.Year() < 1:
		return time.Time{}
	}
	return m.Time.UTC()
}

// pointer gives nil for NULL, which for most columns means "never ends".
func (m moment) pointer() *time.Time {
	if !m.Valid {
		return nil
	}
	t := m.time()
	return &t
}

// word gives "" for NULL.
func word(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// number gives 0 for NULL.
func number[T int16 | int32 | int64](n *T) T {
	if n == nil {
		return 0
	}
	return *n
}

// bounded gives limit, or standard when it is not positive, at most most.
func bounded(limit, standard, most int) int {
	if limit <= 0 {
		limit = standard
	}
	return min(limit, most)
}
