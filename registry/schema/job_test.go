package schema_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg/pgtest"
)

const (
	// enqueue is the deduplicating INSERT of contract jobs.md section 2.
	enqueue = `INSERT INTO background_jobs (job_type, data, priority)
		SELECT $1, $2::jsonb, $3::smallint
		WHERE NOT EXISTS (
			SELECT 1 FROM background_jobs b
			WHERE b.job_type = $1 AND b.data = $2::jsonb AND b.priority = $3::smallint
			FOR UPDATE SKIP LOCKED)`
	// pick is how a worker takes a job, section 3.
	pick = `SELECT id FROM background_jobs
		WHERE last_retry < now() - interval '1 minute' * power(2, retries)
		ORDER BY priority DESC, id FOR UPDATE SKIP LOCKED LIMIT 1`
)

// One job {"krate": "serde"} of priority 100 waits; how many more rows does another enqueue make?
func TestEnqueueOnce(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, change, job, data string
		priority                int
		added                   int64
	}{
		{"same", ``, "sync", `{"krate": "serde"}`, 100, 0},
		{"same, spelled otherwise", ``, "sync", `{"krate":"serde"}`, 100, 0},
		{"other crate", ``, "sync", `{"krate": "Serde"}`, 100, 1},
		{"extra key", ``, "sync", `{"krate": "serde", "x": 1}`, 100, 1},
		{"other priority", ``, "sync", `{"krate": "serde"}`, 0, 1},
		{"other type", ``, "feed", `{"krate": "serde"}`, 100, 1},
		{"failed and backing off", `UPDATE background_jobs SET retries = 5, last_retry = now()`, "sync", `{"krate": "serde"}`, 100, 0},
		{"done", `DELETE FROM background_jobs`, "sync", `{"krate": "serde"}`, 100, 1},
		{"no payload is JSON null", `UPDATE background_jobs SET data = 'null'`, "sync", `null`, 100, 0},
		{"empty object is not JSON null", `UPDATE background_jobs SET data = 'null'`, "sync", `{}`, 100, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			exec(t, db, enqueue, "sync", `{"krate": "serde"}`, 100)
			if row.change != "" {
				exec(t, db, row.change)
			}
			tag, err := db.Exec(t.Context(), enqueue, row.job, row.data, row.priority)
			if err != nil || tag.RowsAffected() != row.added {
				t.Errorf("added %d rows, want %d (%v)", tag.RowsAffected(), row.added, err)
			}
		})
	}
}

// A running job is locked by its worker, so a change made meanwhile queues it again; the worker skips it too.
func TestRunningJobIsQueuedAgain(t *testing.T) {
	t.Parallel()
	db := database(t)
	exec(t, db, enqueue, "sync", `{"krate": "serde"}`, 100)
	worker, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = worker.Rollback(context.Background()) }()
	if id := number(t, worker, pick); id != 1 {
		t.Fatalf("the worker took job %d", id)
	}
	exec(t, db, enqueue, "sync", `{"krate": "serde"}`, 100)
	if n := number(t, db, `SELECT count(*) FROM background_jobs`); n != 2 {
		t.Fatalf("%d rows, want the running one and a new one", n)
	}
	if id := number(t, db, pick); id != 2 {
		t.Errorf("a second worker took job %d, want 2", id)
	}
	exec(t, db, enqueue, "sync", `{"krate": "serde"}`, 100)
	if n := number(t, db, `SELECT count(*) FROM background_jobs`); n != 2 {
		t.Errorf("%d rows, want still 2: the waiting one suppresses a third", n)
	}
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	exec(t, tx, `SET LOCAL lock_timeout = '20ms'`)
	if got := code(t, tx, `DELETE FROM background_jobs WHERE id = 1`); got != lockUnavailable {
		t.Errorf("cancelling a running job gave %q, want %q: it waits for the worker", got, lockUnavailable)
	}
}

// Two transactions do not see each other's rows; both queue the job, which is harmless.
func TestConcurrentEnqueuesBothInsert(t *testing.T) {
	t.Parallel()
	db := database(t)
	err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		exec(t, tx, enqueue, "sync", `null`, 0)
		exec(t, db, enqueue, "sync", `null`, 0)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := number(t, db, `SELECT count(*) FROM background_jobs`); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

// What a worker finds when two jobs wait, the first of them in the given state.
func TestPicking(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, first, want, code string }{
		{"fresh", ``, "1", ""},
		{"lower priority", `priority = -1`, "2", ""},
		{"just failed", `retries = 1, last_retry = now()`, "2", ""},
		{"failed once, 121 seconds ago", `retries = 1, last_retry = now() - interval '121 seconds'`, "1", ""},
		{"failed thrice, 7 minutes ago", `retries = 3, last_retry = now() - interval '7 minutes'`, "2", ""},
		{"parked", `last_retry = 'infinity'`, "2", ""},
		{"31 retries", `retries = 31, last_retry = now()`, "2", ""},
		{"32 retries stop the queue", `retries = 32, last_retry = now()`, "", outOfRange},
		{"38 retries stop the queue", `retries = 38, last_retry = now()`, "", outOfRange},
		{"32 retries behind others", `retries = 32, last_retry = now(), priority = -1`, "2", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			exec(t, db, `INSERT INTO background_jobs (job_type, data) VALUES ('a', 'null'), ('b', 'null')`)
			if row.first != "" {
				exec(t, db, `UPDATE background_jobs SET `+row.first+` WHERE id = 1`)
			}
			if row.code != "" {
				if got := code(t, db, pick); got != row.code {
					t.Errorf("SQLSTATE %q, want %q", got, row.code)
				}
				return
			}
			if got := scalar(t, db, `WITH p AS (`+pick+`) SELECT id FROM p`); got != row.want {
				t.Errorf("picked %s, want %s", got, row.want)
			}
		})
	}
}

// NOTIFY arrives with the COMMIT, not before; an INSERT of no rows sends it too, an UPDATE or ROLLBACK does not.
func TestNotification(t *testing.T) {
	t.Parallel()
	db := database(t)
	exec(t, db, `INSERT INTO background_jobs (job_type, data) VALUES ('a', 'null')`)
	listener, err := db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Release()
	exec(t, listener, `LISTEN background_jobs`)
	heard := func(wait time.Duration) bool {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		n, err := listener.Conn().WaitForNotification(ctx)
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if n != nil && (n.Channel != "background_jobs" || n.Payload != "") {
			t.Errorf("notification on %q with payload %q", n.Channel, n.Payload)
		}
		return n != nil
	}
	for _, row := range []struct {
		sql    string
		commit bool
		want   bool
	}{
		{`INSERT INTO background_jobs (job_type, data) VALUES ('b', 'null')`, true, true},
		{`INSERT INTO background_jobs (job_type, data) SELECT 'c', 'null' WHERE false`, true, true},
		{`INSERT INTO background_jobs (job_type, data) VALUES ('d', 'null')`, false, false},
		{`UPDATE background_jobs SET retries = 0, last_retry = 'epoch'`, true, false},
		{`DELETE FROM background_jobs`, true, false},
	} {
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		exec(t, tx, row.sql)
		if heard(30 * time.Millisecond) {
			t.Errorf("%s: heard before the transaction ended", row.sql)
		}
		end := tx.Rollback
		if row.commit {
			end = tx.Commit
		}
		if err := end(t.Context()); err != nil {
			t.Fatal(err)
		}
		wait := 50 * time.Millisecond
		if row.want {
			wait = 10 * time.Second
		}
		if got := heard(wait); got != row.want {
			t.Errorf("%s, commit %v: heard %v, want %v", row.sql, row.commit, got, row.want)
		}
	}
}

// The default of last_retry has no zone: it is midnight in the zone of the session that enqueues.
func TestLastRetryDefault(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.URL(t, registry()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, row := range []struct{ zone, want string }{{"UTC", "0"}, {"America/New_York", "18000"}} {
		exec(t, conn, `SET timezone = '`+row.zone+`'`)
		exec(t, conn, `TRUNCATE background_jobs; INSERT INTO background_jobs (job_type, data) VALUES ('a', 'null')`)
		if got := scalar(t, conn, `SELECT extract(epoch FROM last_retry)::integer FROM background_jobs`); got != row.want {
			t.Errorf("in %s: %s seconds after the epoch, want %s", row.zone, got, row.want)
		}
	}
}
