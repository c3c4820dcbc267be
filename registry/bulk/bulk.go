// Package bulk reads large parts of a registry fast and gently: whole tables
// as a stream of rows, and the little that changed since a moment. It writes
// nothing, takes no locks, sets its own time limits, and shows itself to the
// registry's administrators under its own application name. Every read that
// repeats each second uses an index (contract pitfalls.md 12 says which
// columns have none); the few that scan a table say so.
//
// Rows are handed to a function one at a time. Byte slices in a row belong to
// the reader and change with the next row: copy what you keep. Instants are
// microseconds since 1970 in UTC, 0 when the registry does not know.
package bulk

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/pg"
)

// Application is the application_name of every connection while it reads.
const Application = "cratewarden mirror"

// Limits of a statement: a whole table of the largest registry is read in a
// fraction of loadLimit; a poll that takes longer than pollLimit is stuck.
const (
	loadLimit = 10 * time.Minute
	pollLimit = 15 * time.Second
	lockLimit = time.Second
)

// Source reads one registry. A value is ready to use and may be shared.
type Source struct {
	// Pool is the registry or a replica of it.
	Pool *pgxpool.Pool
}

// load streams a query by binary COPY, which costs server and reader about
// half of what rows of the ordinary protocol cost.
func (s Source) load(ctx context.Context, query string, each func(*row)) error {
	return s.read(ctx, loadLimit, func(tx pgx.Tx) error {
		d := &copyDecoder{each: each}
		_, err := tx.Conn().PgConn().CopyTo(ctx, d, "COPY ("+query+") TO STDOUT (FORMAT binary)")
		if d.err != nil {
			return d.err
		}
		return err
	})
}

// read runs fn in a transaction that sees one moment and may not write. Scans
// begin at the start of a table, so that rows come in about the order of their
// ids, which readers need not sort then.
func (s Source) read(ctx context.Context, limit time.Duration, fn func(pgx.Tx) error) error {
	return pg.Snapshot(ctx, s.Pool, func(tx pgx.Tx) error {
		set := fmt.Sprintf(`SET LOCAL application_name = '%s'; SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = %d; SET LOCAL idle_in_transaction_session_timeout = 60000; SET LOCAL synchronize_seqscans = off`,
			Application, limit.Milliseconds(), lockLimit.Milliseconds())
		if _, err := tx.Conn().PgConn().Exec(ctx, set).ReadAll(); err != nil {
			return err
		}
		return fn(tx)
	})
}

// binaryRows asks for every column in binary form, the form COPY uses too, so
// that one decoder reads both.
var binaryRows = pgx.QueryResultFormats{pgx.BinaryFormatCode}

// query runs a statement with arguments and decodes its rows like load does.
func query(ctx context.Context, tx pgx.Tx, each func(*row), sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql, append([]any{binaryRows}, args...)...)
	if err != nil {
		return err
	}
	return drain(rows, each)
}

func drain(rows pgx.Rows, each func(*row)) error {
	defer rows.Close()
	var r row
	for rows.Next() {
		r.fields, r.next = rows.RawValues(), 0
		each(&r)
		if r.err != nil {
			return r.err
		}
	}
	return rows.Err()
}
