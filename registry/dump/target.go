package dump

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// patience is how long an import waits for another one's end before it gives
// up: a connection that was just cut still holds its locks for a moment.
const patience = 3 * time.Second

// prepare sets the session and refuses a target that is not ours to fill.
func (im *importer) prepare(ctx context.Context) error {
	if err := im.configure(ctx, im.tx); err != nil {
		return err
	}
	// The key is an arbitrary constant of this program; it keeps a second
	// import from waiting on the first one's half-made tables.
	for deadline := time.Now().Add(patience); ; {
		var mine bool
		if err := im.tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(7235417001)`).Scan(&mine); err != nil {
			return err
		}
		if mine {
			return vacant(ctx, im.tx)
		}
		if time.Now().After(deadline) {
			return errBusy()
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func errBusy() error {
	return cratewarden.Errorf(cratewarden.Conflict, "Another import into this database is running. Wait for it or cancel it.")
}

// configure sets a session for the load: for its transaction, or for good
// where the session is of a database of our own and has many transactions.
func (im *importer) configure(ctx context.Context, q querier) error {
	memory, workers, local := im.cfg.IndexMemory, "2", true
	if memory == "" {
		memory = "256MB"
	}
	if im.crew != nil {
		// Two connections already keep two cores busy.
		workers, local = "1", false
	}
	settings := [][2]string{
		{"maintenance_work_mem", memory}, {"work_mem", "64MB"}, {"max_parallel_maintenance_workers", workers},
		{"statement_timeout", "0"}, {"lock_timeout", "10s"}, {"idle_in_transaction_session_timeout", "0"},
		{"search_path", "public"}, {"check_function_bodies", "off"}, {"standard_conforming_strings", "on"},
		{"timezone", "UTC"}, {"datestyle", "ISO, YMD"}, {"client_min_messages", "error"}, {"default_tablespace", ""},
	}
	if im.crew != nil {
		// What counts is on disk at the latest when the database takes the
		// target's name. Waits for each other's locks are ours alone.
		settings = append(settings, [2]string{"synchronous_commit", "off"}, [2]string{"lock_timeout", "0"})
	}
	for _, setting := range settings {
		if _, err := q.Exec(ctx, `SELECT set_config($1, $2, $3)`, setting[0], setting[1], local); err != nil {
			return err
		}
	}
	return nil
}

// vacant refuses a database that holds anything but extensions.
func vacant(ctx context.Context, q querier) error {
	var name string
	err := q.QueryRow(ctx, `
		SELECT c.relname::text
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		ORDER BY c.relname = 'crates' DESC, c.relname LIMIT 1`).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return cratewarden.Errorf(cratewarden.Conflict, "The target database is not empty: it has %q. Import into an empty database; nothing was changed.", name)
}
