// Package pg is the one place that knows how to talk to PostgreSQL: opening a
// pool with safe time limits, running a function inside a transaction, keeping
// our own schema up to date, and turning the server's errors into the kinds
// that the rest of the program understands. It knows nothing of registries.
package pg

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says how to open a pool. The zero value of every field but URL is
// safe.
type Config struct {
	// URL is a PostgreSQL connection string or key=value list.
	URL string
	// Application is the application_name other administrators see in
	// pg_stat_activity; empty means "cratewarden" (contract pitfalls.md 10).
	Application string
	// MaxConns bounds the pool; 0 means 8.
	MaxConns int32
	// StatementTimeout ends any statement that runs longer; 0 means 10 s.
	// Negative means no limit, for imports and migrations only.
	StatementTimeout time.Duration
	// LockTimeout ends waiting for a lock; 0 means 2 s, so that we never stand
	// in the way of the registry's publish path.
	LockTimeout time.Duration
	// ReadOnly makes every transaction of the pool read-only.
	ReadOnly bool
	// PlanOnce makes the server plan a statement once for all values instead of
	// anew for each. It is for pools whose statements go by keys, whatever the
	// values: there planning costs more than running.
	PlanOnce bool
}

// Open opens a pool and proves that the server answers. The error is of kind
// Invalid for a malformed URL and Unavailable when nobody answers; its
// sentence never holds the URL, which may carry a password.
func Open(ctx context.Context, cfg Config) (*pgxpool.Pool, error) {
	pc, err := poolConfig(cfg)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, Map(err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, Map(err)
	}
	return pool, nil
}

func poolConfig(cfg Config) (*pgxpool.Config, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, malformedURL()
	}
	pc.MaxConns = 8
	if cfg.MaxConns > 0 {
		pc.MaxConns = cfg.MaxConns
	}
	params := pc.ConnConfig.RuntimeParams
	params["application_name"] = orString(cfg.Application, "cratewarden")
	params["timezone"] = "UTC"
	params["statement_timeout"] = millis(cfg.StatementTimeout, 10*time.Second)
	params["lock_timeout"] = millis(cfg.LockTimeout, 2*time.Second)
	params["idle_in_transaction_session_timeout"] = "60000"
	// Compiling a plan takes 50 to 100 ms, and the server does so whenever its
	// estimate of a plan is high, right or wrong; what a page asks takes a few.
	params["jit"] = "off"
	if cfg.ReadOnly {
		params["default_transaction_read_only"] = "on"
	}
	if cfg.PlanOnce {
		params["plan_cache_mode"] = "force_generic_plan"
	}
	return pc, nil
}

func millis(d, zero time.Duration) string {
	switch {
	case d == 0:
		d = zero
	case d < 0:
		d = 0
	}
	return strconv.FormatInt(d.Milliseconds(), 10)
}

func orString(s, zero string) string {
	if s == "" {
		return zero
	}
	return s
}

// Beginner is what InTx needs: a pool or a connection.
type Beginner interface {
	BeginTx(ctx context.Context, opts pgx.TxOptions) (pgx.Tx, error)
}

// InTx runs fn in a transaction and commits it when fn returns nil; on any
// error or panic everything fn did is rolled back.
func InTx(ctx context.Context, db Beginner, fn func(pgx.Tx) error) error {
	return inTx(ctx, db, pgx.TxOptions{}, fn)
}

// Snapshot runs fn in a read-only transaction that sees one moment of the
// database from its first statement to its last.
func Snapshot(ctx context.Context, db Beginner, fn func(pgx.Tx) error) error {
	return inTx(ctx, db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, fn)
}

func inTx(ctx context.Context, db Beginner, opts pgx.TxOptions, fn func(pgx.Tx) error) error {
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return Map(err)
	}
	// After a commit this is a no-op; after an error or panic it is what keeps
	// half a change from staying. It runs even when ctx is already over.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := fn(tx); err != nil {
		return Map(err)
	}
	if err := tx.Commit(ctx); err != nil {
		return Map(fmt.Errorf("commit: %w", err))
	}
	return nil
}
