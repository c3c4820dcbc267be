package registry

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// Job is a row of the queue (contract jobs.md section 1).
type Job struct {
	ID   int64
	Type string
	// Data is the payload; one of more than 4,096 bytes is replaced by
	// {"shortened": "first 500 characters", "bytes": n}.
	Data                 json.RawMessage
	Retries              int32
	LastRetry, CreatedAt time.Time
	Priority             int16
	// Locked says that a live transaction holds the row: a worker that runs
	// the job, or for a moment somebody who enqueues the same job.
	Locked bool
	// Crate is the stored name of the crate that the payload speaks of.
	Crate string
}

// jobLocked finds row locks with SELECT alone. A worker holds FOR UPDATE on
// the row for as long as the job runs; that writes the worker's transaction
// number into xmax, and a number that the present snapshot does not see as
// finished is of a live transaction. xmax has 32 bits of the 64-bit number:
// the upper half is that of the newest number, or one less.
const jobLocked = `(j.xmax <> '0'::xid AND NOT pg_visible_in_snapshot(
    (CASE WHEN (s.next & -4294967296) + j.xmax::text::bigint >= s.next AND s.next > 4294967295
          THEN (s.next & -4294967296) + j.xmax::text::bigint - 4294967296
          ELSE (s.next & -4294967296) + j.xmax::text::bigint END)::text::xid8, s.snapshot))`

const jobSnapshot = `(SELECT pg_current_snapshot() AS snapshot, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) s`

// jobVersion and jobCrate read ids from payloads that anybody with the
// database may have written: what is no number is no id.
const (
	jobVersion = `CASE WHEN j.data ->> 'version_id' ~ '^[0-9]{1,9}$' THEN (j.data ->> 'version_id')::integer END`
	jobCrate   = `CASE WHEN j.data ->> 'crate_id' ~ '^[0-9]{1,9}$' THEN (j.data ->> 'crate_id')::integer END`
	jobName    = `COALESCE(j.data ->> 'krate', j.data ->> 'crate_name', j.data ->> 'name')`
	jobData    = `CASE WHEN octet_length(j.data::text) <= 4096 THEN j.data
        ELSE jsonb_build_object('shortened', left(j.data::text, 500), 'bytes', octet_length(j.data::text)) END`
)

const jobsSelect = `
SELECT j.id, j.job_type, ` + jobData + `, j.retries, j.last_retry, j.created_at, j.priority, ` + jobLocked + `,
       COALESCE((SELECT c.name FROM versions v JOIN crates c ON c.id = v.crate_id WHERE v.id = ` + jobVersion + `),
                (SELECT c.name FROM crates c WHERE c.id = ` + jobCrate + `),
                (SELECT c.name FROM crates c WHERE canon_crate_name(c.name) = canon_crate_name(` + jobName + `)))
FROM background_jobs j CROSS JOIN ` + jobSnapshot

// crateJobsSQL takes the crate's name, ownJobsSQL reads it.
const (
	crateJobsSQL = jobsSelect + ` CROSS JOIN (SELECT $3::text AS name) o` + crateJobsWhere
	ownJobsSQL   = jobsSelect + ` CROSS JOIN (SELECT name FROM crates WHERE id = $1) o` + crateJobsWhere
)

const crateJobsWhere = `
WHERE jsonb_typeof(j.data) = 'object' AND (
      canon_crate_name(` + jobName + `) = canon_crate_name(o.name) OR ` + jobCrate + ` = $1
   OR (jsonb_typeof(j.data -> 'crate_names') = 'array' AND j.data -> 'crate_names' ? o.name)
   OR (j.data ? 'version_id' AND EXISTS (SELECT FROM versions v WHERE v.id = ` + jobVersion + ` AND v.crate_id = $1)))
ORDER BY j.priority DESC, j.id
LIMIT $2`

// CrateJobs gives the jobs whose payload speaks of a crate by name, id or a
// version's id, in the order in which workers would take them: one more than
// limit when there are more.
func (r *Reader) CrateJobs(ctx context.Context, crateID int32, name string, limit int) ([]Job, error) {
	return collect(ctx, r, scanJob, crateJobsSQL, crateID, bounded(limit, 50, 500)+1, name)
}

// JobState is a question about the state of jobs; the states overlap: a job
// that fails may be stuck as well.
type JobState string

// The states that can be asked for.
const (
	JobAny     JobState = ""
	JobWaiting JobState = "waiting"
	JobRunning JobState = "running"
	JobFailing JobState = "failing"
	JobStuck   JobState = "stuck"
	JobParked  JobState = "parked"
	JobUnknown JobState = "unknown type"
)

// JobQuery narrows the list of jobs; zero fields do not filter.
type JobQuery struct {
	Type  string
	State JobState
	// Known are the job types somebody works on; needed for JobUnknown.
	Known []string
	// AfterPriority and AfterID are the place after which the page begins,
	// when AfterID is not zero.
	AfterPriority int16
	AfterID       int64
	Limit         int
}

// jobConditions say each state in SQL, with the time as $1; they are constants
// and never made from input.
const (
	jobParked  = `j.last_retry > $1`
	jobFailing = `j.retries > 0 AND NOT (` + jobParked + `)`
	// jobStuck is the rule by which the registry's own monitor pages
	// (contract jobs.md section 5).
	jobStuck = `j.priority >= 0 AND j.created_at < $1 - interval '15 minutes'`
)

const jobsSQL = jobsSelect + `
WHERE ($2 = '' OR j.job_type = $2)
  AND ($4::bigint = 0 OR (j.priority, -j.id) < ($3::smallint, -$4::bigint))
  AND CASE $5::text
      WHEN 'waiting' THEN j.retries = 0 AND NOT (` + jobParked + `) AND NOT ` + jobLocked + `
      WHEN 'running' THEN ` + jobLocked + `
      WHEN 'failing' THEN ` + jobFailing + ` AND NOT ` + jobLocked + `
      WHEN 'stuck' THEN ` + jobStuck + ` AND NOT ` + jobLocked + `
      WHEN 'parked' THEN ` + jobParked + `
      WHEN 'unknown type' THEN j.job_type <> ALL ($6::text[])
      ELSE true END
ORDER BY j.priority DESC, j.id
LIMIT $7`

// Jobs gives jobs in the order in which workers would take them: one more than
// limit when there are more.
func (r *Reader) Jobs(ctx context.Context, q JobQuery) ([]Job, error) {
	if q.Type != "" && !askable(q.Type) {
		return nil, nil
	}
	return collect(ctx, r, scanJob, jobsSQL, r.clock(), q.Type, q.AfterPriority, q.AfterID, string(q.State), q.Known,
		bounded(q.Limit, 100, 500)+1)
}

func scanJob(row pgx.CollectableRow) (j Job, err error) {
	var lastRetry, created moment
	var crate *string
	err = row.Scan(&j.ID, &j.Type, &j.Data, &j.Retries, &lastRetry, &created, &j.Priority, &j.Locked, &crate)
	j.LastRetry, j.CreatedAt, j.Crate = lastRetry.time(), created.time(), word(crate)
	return j, err
}

// JobCount sums the jobs of one type.
type JobCount struct {
	Type                                     string
	Total                                    int
	Waiting, Running, Failing, Stuck, Parked int
	// Poison counts rows with so many retries that the back-off overflows and
	// the selecting query of the whole queue fails (contract jobs.md section 3).
	Poison int
	Oldest time.Time
}

const jobCountsSQL = `
SELECT t.job_type, count(*),
       count(*) FILTER (WHERE NOT t.locked AND NOT t.failing AND NOT t.parked), count(*) FILTER (WHERE t.locked),
       count(*) FILTER (WHERE t.failing AND NOT t.locked), count(*) FILTER (WHERE t.stuck AND NOT t.locked),
       count(*) FILTER (WHERE t.parked AND NOT t.locked), count(*) FILTER (WHERE t.retries >= 32), min(t.created_at)
FROM (SELECT j.job_type, j.created_at, j.retries, ` + jobLocked + ` AS locked, ` + jobFailing + ` AS failing,
             ` + jobStuck + ` AS stuck, ` + jobParked + ` AS parked
      FROM background_jobs j CROSS JOIN ` + jobSnapshot + `) t
GROUP BY t.job_type
ORDER BY t.job_type COLLATE "C"
LIMIT 1000`

// JobCounts sums the queue by type.
func (r *Reader) JobCounts(ctx context.Context) ([]JobCount, error) {
	return collect(ctx, r, scanJobCount, jobCountsSQL, r.clock())
}

func scanJobCount(row pgx.CollectableRow) (c JobCount, err error) {
	var oldest moment
	err = row.Scan(&c.Type, &c.Total, &c.Waiting, &c.Running, &c.Failing, &c.Stuck, &c.Parked, &c.Poison, &oldest)
	c.Oldest = oldest.time()
	return c, err
}
