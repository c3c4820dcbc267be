package change

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg"
)

// Options bound a transaction. The zero value is safe.
type Options struct {
	// LockTimeout ends the wait for a row that somebody else holds; 0 means
	// 2 s.
	LockTimeout time.Duration
	// Hold is the longest that the transaction may run, and with it the
	// longest that a publish of a crate in it waits for us; 0 means 2 s.
	Hold time.Duration
	// Actor is the registry's users.id of the person who acts, which
	// version_owner_actions needs; 0 when the person has none.
	Actor int32
}

// Tx is a transaction of the registry's database that keeps images. It is for
// one goroutine, and ends with Commit or Rollback.
type Tx struct {
	pgx.Tx
	// Now is the transaction's now(), which the registry's triggers use.
	Now time.Time
	// Actor is Options.Actor.
	Actor int32

	cancel  context.CancelFunc
	columns map[string][]string // readable columns by table, looked up once
	lockers map[string]bool     // whether rows can be locked, by table
	watches []*watch
	jobs    []Job
	seen    map[string]string
	made    map[string]bool // rows that this transaction made, by "table/key"
	known   map[string]bool // jobs already remembered
}

// Begin opens a transaction in which at most opts.Hold may pass. The context
// it gives ends with that time and must be used for everything in it; an error
// from a statement that it stopped has the kind Timeout.
func Begin(ctx context.Context, pool *pgxpool.Pool, opts Options) (context.Context, *Tx, error) {
	lock, hold := orDuration(opts.LockTimeout, 2*time.Second), orDuration(opts.Hold, 2*time.Second)
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return ctx, nil, pg.Map(err)
	}
	// The database's own limit is what counts: it ends the transaction's
	// statement even if this process hangs.
	t := &Tx{Tx: tx, Actor: opts.Actor, columns: map[string][]string{}, lockers: map[string]bool{}, seen: map[string]string{}, made: map[string]bool{}}
	err = tx.QueryRow(ctx, `
		SELECT now() FROM (SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
			set_config('idle_in_transaction_session_timeout', $3, true)) AS limits`,
		millis(lock), millis(hold), millis(hold+10*time.Second)).Scan(&t.Now)
	if err != nil {
		_ = tx.Rollback(context.WithoutCancel(ctx))
		return ctx, nil, pg.Map(err)
	}
	t.Now = t.Now.UTC()
	bounded, cancel := context.WithTimeout(ctx, hold)
	t.cancel = cancel
	return bounded, t, nil
}

// ID gives pg_current_xact_id(), by which pg_xact_status tells later what
// became of the transaction (design, the two-database protocol).
func (t *Tx) ID(ctx context.Context) (id string, err error) {
	err = t.QueryRow(ctx, `SELECT pg_current_xact_id()::text`).Scan(&id)
	return id, pg.Map(err)
}

// CheckDeferred makes the database check now what it would check at COMMIT,
// such as a default version that still exists, while an error can be shown
// with the step that made it.
func (t *Tx) CheckDeferred(ctx context.Context) error {
	_, err := t.Exec(ctx, `SET CONSTRAINTS ALL IMMEDIATE`)
	return pg.Map(err)
}

// Commit makes the change real. The error after which nobody knows whether it
// did has the kind Unavailable.
func (t *Tx) Commit(ctx context.Context) error {
	defer t.cancel()
	return pg.Map(t.Tx.Commit(ctx))
}

// Rollback undoes everything; after Commit it does nothing.
func (t *Tx) Rollback(ctx context.Context) {
	defer t.cancel()
	_ = t.Tx.Rollback(context.WithoutCancel(ctx))
}

// Status asks the registry what became of a transaction: "committed",
// "aborted", "in progress", or "unknown" when it is too old or another server
// answers.
func Status(ctx context.Context, pool *pgxpool.Pool, id string) (string, error) {
	var status *string
	err := pool.QueryRow(ctx, `SELECT pg_xact_status($1::text::xid8)`, id).Scan(&status)
	if err != nil {
		if pg.IsCode(err, "22023") { // "transaction ID is in the future": not this server's
			return "unknown", nil
		}
		return "", pg.Map(err)
	}
	if status == nil {
		return "unknown", nil
	}
	return *status, nil
}

func orDuration(d, zero time.Duration) time.Duration {
	if d == 0 {
		return zero
	}
	return d
}

func millis(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }

// missing is the error for rows that a step names and that are not there.
func missing(what string, key any) error {
	return cratewarden.Errorf(cratewarden.NotFound, "%s %v is not in the registry any more.", what, key)
}
