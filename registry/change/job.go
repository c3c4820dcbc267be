package change

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Job is a job of the registry's own queue (contract jobs.md section 7).
type Job struct {
	Step     int             `json:"step"`
	Type     string          `json:"type"`
	Data     json.RawMessage `json:"data"` // "null" for a job without payload
	Priority int16           `json:"priority"`
	// Plain jobs are inserted without looking for an equal one that waits.
	Plain bool `json:"plain,omitempty"`
	// State is what became of it, set by Flush: "queued", "waiting" when an
	// equal job was waiting already, "woken" when that one had failed and
	// waited for its next try, which would have swallowed ours.
	State string `json:"state,omitempty"`
}

// Enqueue remembers jobs; Flush inserts them. The same job is kept once.
func (t *Tx) Enqueue(jobs ...Job) {
	if t.known == nil {
		t.known = map[string]bool{}
	}
	for _, j := range jobs {
		id := fmt.Sprintf("%s %d %s", j.Type, j.Priority, j.Data)
		if !j.Plain && t.known[id] {
			continue
		}
		t.known[id] = true
		t.jobs = append(t.jobs, j)
	}
}

// IndexJobs rewrite a crate's two index files. The name must be the stored
// spelling: with any other the registry's worker would remove the file
// (contract pitfalls.md 1).
func IndexJobs(step int, name string) []Job {
	data := payload(map[string]any{"krate": name})
	return []Job{
		{Step: step, Type: "sync_to_git_index", Data: data, Priority: 100},
		{Step: step, Type: "sync_to_sparse_index", Data: data, Priority: 100},
	}
}

// DefaultVersionJob chooses a crate's default version again.
func DefaultVersionJob(step int, crate int32) Job {
	return Job{Step: step, Type: "update_default_version", Data: payload(map[string]any{"crate_id": crate}), Priority: 80}
}

// InvalidateJob makes the caches forget paths of the static store.
func InvalidateJob(step int, paths, tags []string) Job {
	data := map[string]any{"paths": append([]string{}, paths...)}
	if len(tags) > 0 {
		data["cache_tags"] = tags
	}
	return Job{Step: step, Type: "invalidate_cdns", Data: payload(data), Plain: true}
}

// payload writes JSON; its arguments are maps of plain values, which cannot
// fail.
func payload(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// flushSQL looks for waiting jobs equal in type, payload and priority that can
// be locked, as the contract's rule says, and inserts the rest: a job that
// runs right now is locked, so ours is queued behind it. A waiting one that
// failed is woken.
const flushSQL = `
WITH wanted AS (
	SELECT n, j AS job_type, d AS data, p AS priority, plain
	FROM unnest($1::text[], $2::jsonb[], $3::smallint[], $4::boolean[]) WITH ORDINALITY AS w (j, d, p, plain, n)),
waiting AS MATERIALIZED (
	SELECT b.id, b.job_type, b.data, b.priority, b.retries
	FROM background_jobs b
	WHERE (b.job_type, b.data, b.priority) IN (SELECT job_type, data, priority FROM wanted WHERE NOT plain)
	FOR UPDATE SKIP LOCKED),
woken AS (
	UPDATE background_jobs b SET retries = 0, last_retry = 'epoch' FROM waiting w WHERE b.id = w.id AND w.retries > 0
	RETURNING b.id),
queued AS (
	INSERT INTO background_jobs (job_type, data, priority)
	SELECT job_type, data, priority FROM wanted w
	WHERE plain OR NOT EXISTS (
		SELECT FROM waiting x WHERE (x.job_type, x.data, x.priority) = (w.job_type, w.data, w.priority))
	ORDER BY n)
SELECT w.n, CASE WHEN w.plain OR max(x.id) IS NULL THEN 'queued' WHEN max(x.retries) > 0 THEN 'woken' ELSE 'waiting' END
FROM wanted w
LEFT JOIN waiting x ON (x.job_type, x.data, x.priority) = (w.job_type, w.data, w.priority)
GROUP BY w.n, w.plain`

// Flush inserts all remembered jobs in one statement and gives them with their
// states. Do it last: until the transaction ends, workers pass over the equal
// jobs that were found waiting.
func (t *Tx) Flush(ctx context.Context) ([]Job, error) {
	if len(t.jobs) == 0 {
		return nil, nil
	}
	n := len(t.jobs)
	types, data, priorities, plain := make([]string, n), make([]string, n), make([]int16, n), make([]bool, n)
	for i, j := range t.jobs {
		types[i], data[i], priorities[i], plain[i] = j.Type, string(j.Data), j.Priority, j.Plain
	}
	rows, err := t.Query(ctx, flushSQL, types, data, priorities, plain)
	if err != nil {
		return nil, pg.Map(err)
	}
	var place int64
	var state string
	_, err = pgx.ForEachRow(rows, []any{&place, &state}, func() error {
		t.jobs[place-1].State = state
		return nil
	})
	if err != nil {
		return nil, pg.Map(err)
	}
	done := t.jobs
	t.jobs, t.known = nil, nil
	return done, nil
}
