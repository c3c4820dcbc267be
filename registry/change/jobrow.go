package change

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// WaitingJob is a row of the registry's queue.
type WaitingJob struct {
	ID       int64
	Type     string
	Priority int16
	Retries  int32
	// Running says that a worker holds the row at this moment; it then cannot
	// be changed without waiting for the job's end, so it is not.
	Running bool
	// Parked says that no worker will ever take it up by itself.
	Parked bool
}

// HoldJobs finds jobs by their ids and holds those that no worker runs until
// the transaction ends. A job that is done is missing from the answer.
func (t *Tx) HoldJobs(ctx context.Context, ids []int64) (map[int64]WaitingJob, error) {
	rows, err := t.Query(ctx, `
		WITH free AS MATERIALIZED (
			SELECT id FROM background_jobs WHERE id = ANY ($1) ORDER BY id FOR UPDATE SKIP LOCKED)
		SELECT b.id, b.job_type, b.priority, b.retries, f.id IS NULL, b.last_retry = 'infinity'
		FROM background_jobs b LEFT JOIN free f ON f.id = b.id
		WHERE b.id = ANY ($1)`, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int64]WaitingJob{}
	var j WaitingJob
	_, err = pgx.ForEachRow(rows, []any{&j.ID, &j.Type, &j.Priority, &j.Retries, &j.Running, &j.Parked}, func() error {
		out[j.ID] = j
		return nil
	})
	return out, pg.Map(err)
}

// RetryJobs lets waiting jobs run at the workers' next look, within a second.
func (t *Tx) RetryJobs(ctx context.Context, steps map[int64]int) error {
	return t.setJobs(ctx, steps, `UPDATE background_jobs SET retries = 0, last_retry = 'epoch' WHERE id = ANY ($1)`)
}

// ParkJobs keeps jobs from running until somebody retries them. Large retries
// would break the whole queue (contract jobs.md section 3), so the time of the
// last try moves to infinity. The priority goes below 0, which keeps the
// registry's alarm silent, and to another value than it had, or the parked row
// would swallow every equal job enqueued later.
func (t *Tx) ParkJobs(ctx context.Context, steps map[int64]int) error {
	return t.setJobs(ctx, steps, `
		UPDATE background_jobs
		SET last_retry = 'infinity', priority = CASE WHEN priority > -100 THEN -100 ELSE greatest(priority::int - 1, -32768) END
		WHERE id = ANY ($1)`)
}

func (t *Tx) setJobs(ctx context.Context, steps map[int64]int, sql string) error {
	ids := make([]int64, 0, len(steps))
	for id := range steps {
		ids = append(ids, id)
	}
	if _, err := t.Watch(ctx, Watch{Table: "background_jobs", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: steps}); err != nil {
		return err
	}
	_, err := t.Exec(ctx, sql, ids)
	return pg.Map(err)
}

// Known gives which of the ids a table has; what is "version", "crate id" or
// "github id".
func (t *Tx) Known(ctx context.Context, what string, ids []int32) (map[int32]bool, error) {
	sql := map[string]string{
		"version":   `SELECT id FROM versions WHERE id = ANY ($1)`,
		"crate id":  `SELECT id FROM crates WHERE id = ANY ($1)`,
		"github id": `SELECT account_id::int FROM oauth_github WHERE account_id = ANY ($1)`,
	}[what]
	rows, err := t.Query(ctx, sql, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int32]bool{}
	var id int32
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		out[id] = true
		return nil
	})
	return out, pg.Map(err)
}

// JobsOfType counts the jobs of each type that are in the queue, running ones
// too.
func (t *Tx) JobsOfType(ctx context.Context, types []string) (map[string]int64, error) {
	rows, err := t.Query(ctx, `SELECT job_type, count(*) FROM background_jobs WHERE job_type = ANY ($1) GROUP BY 1`, types)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[string]int64{}
	var name string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
		out[name] = n
		return nil
	})
	return out, pg.Map(err)
}

// ArchiveRow says where a version's archive is and what it must be.
type ArchiveRow struct {
	Crate, Num string // stored spellings, which storage keys need
	SHA256     []byte
}

// ArchiveOf gives what the registry recorded of a version's archive.
func (t *Tx) ArchiveOf(ctx context.Context, version int32) (a ArchiveRow, err error) {
	err = t.QueryRow(ctx, `SELECT c.name, v.num, v.tar_sha256 FROM versions v JOIN crates c ON c.id = v.crate_id WHERE v.id = $1`, version).Scan(&a.Crate, &a.Num, &a.SHA256)
	return a, pg.Map(err)
}
