package change

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// small is a registry of two crates, one of which depends on the other.
func small() pgtest.Template {
	return pgtest.Template{Name: "small", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `
			INSERT INTO users (gh_login, gh_id, username) VALUES ('one', 1, 'one'), ('two', 2, 'two');
			INSERT INTO crates (name) VALUES ('Foo-Bar'), ('user');
			INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (1, 1, 0), (2, 2, 0);
			INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256)
				SELECT c, n, n, 1, sha256(n::bytea) FROM (VALUES (1, '1.0.0'), (1, '2.0.0'), (2, '1.0.0')) v (c, n);
			INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features) VALUES (3, 1, '*', false, true, '{}'), (1, 2, '*', false, true, '{}')`)
		return err
	}}
}

func begin(t *testing.T, pool *pgxpool.Pool, opts Options) (context.Context, *Tx) {
	t.Helper()
	ctx, tx, err := Begin(t.Context(), pool, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback(context.Background()) })
	return ctx, tx
}

// The contract's rule (jobs.md section 2): an equal job that waits is enough,
// one that runs is not, one that failed must be woken, and another priority is
// another job.
func TestFlushKeepsTheDedupeRule(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, small())
	exec := func(db interface {
		QueryRow(context.Context, string, ...any) pgx.Row
	}, sql string) (id int64) {
		t.Helper()
		if err := db.QueryRow(t.Context(), sql).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	exec(pool, `INSERT INTO background_jobs (job_type, data, priority) VALUES ('sync_to_git_index', '{"krate": "waiting"}', 100) RETURNING id`)
	failed := exec(pool, `INSERT INTO background_jobs (job_type, data, priority, retries, last_retry) VALUES ('sync_to_git_index', '{"krate": "failed"}', 100, 9, now()) RETURNING id`)
	exec(pool, `INSERT INTO background_jobs (job_type, data, priority) VALUES ('sync_to_git_index', '{"krate": "running"}', 100) RETURNING id`)
	exec(pool, `INSERT INTO background_jobs (job_type, data, priority) VALUES ('sync_to_git_index', '{"krate": "other"}', 0) RETURNING id`)
	worker, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec(worker, `SELECT id FROM background_jobs WHERE data ->> 'krate' = 'running' FOR UPDATE`)

	ctx, tx := begin(t, pool, Options{})
	for i, name := range []string{"waiting", "failed", "running", "other", "fresh", "fresh"} {
		tx.Enqueue(IndexJobs(i+1, name)[0])
	}
	tx.Enqueue(InvalidateJob(7, []string{"a"}, nil), InvalidateJob(7, []string{"a"}, nil))
	jobs, err := tx.Flush(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := worker.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"waiting", "woken", "queued", "queued", "queued", "queued", "queued"}
	if len(jobs) != len(want) {
		t.Fatalf("%d jobs: %+v", len(jobs), jobs)
	}
	for i, j := range jobs {
		if j.State != want[i] {
			t.Errorf("%s %s is %s, want %s", j.Type, j.Data, j.State, want[i])
		}
	}
	if n := exec(pool, `SELECT count(*) FROM background_jobs`); n != 4+5 {
		t.Errorf("%d jobs in the queue", n)
	}
	var retries int
	if err := pool.QueryRow(t.Context(), `SELECT retries FROM background_jobs WHERE id = $1 AND last_retry = 'epoch'`, failed).Scan(&retries); err != nil || retries != 0 {
		t.Errorf("the failed job was not woken: %d %v", retries, err)
	}
}

// A yank writes what the registry would: the row, one line of history, three
// jobs with the stored spelling, and the trigger takes the edges away.
func TestYankWritesWhatTheRegistryWould(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, small())
	ctx, tx := begin(t, pool, Options{Actor: 2})
	message := "bad"
	done, err := tx.SetYanked(ctx, []Yank{{Step: 1, Version: 1, Yanked: true, Message: &message}, {Step: 2, Version: 99, Yanked: true}})
	if err != nil || len(done) != 1 || !done[1].Changed || done[1].Crate.Name != "Foo-Bar" {
		t.Fatalf("%+v %v", done, err)
	}
	rows, _, err := tx.Settle(ctx)
	if err != nil {
		t.Fatal(err)
	}
	byTable := map[string]Row{}
	for _, r := range rows {
		byTable[r.Table] = r
	}
	v := byTable["versions"]
	if v.Before.Bool("yanked") || !v.After.Bool("yanked") || v.After.Text("yank_message") != "bad" || v.Step != 1 {
		t.Errorf("versions: %+v", v)
	}
	h := byTable["version_owner_actions"]
	if h.Before != nil || h.After.Int("user_id") != 2 || h.After.Int("action") != 1 || !h.After.Null("api_token_id") {
		t.Errorf("history: %+v", h)
	}
	if e := byTable["reverse_dependencies"]; e.After != nil || !e.Derived {
		t.Errorf("edges of the default version: %+v", e)
	}
	jobs, err := tx.Flush(ctx)
	if err != nil || len(jobs) != 3 || string(jobs[0].Data) != `{"krate":"Foo-Bar"}` || jobs[2].Type != "update_default_version" || jobs[2].Priority != 80 {
		t.Errorf("%+v %v", jobs, err)
	}
}

func TestYankNeedsAnAccount(t *testing.T) {
	t.Parallel()
	ctx, tx := begin(t, pgtest.Database(t, small()), Options{})
	if _, err := tx.SetYanked(ctx, []Yank{{Version: 1, Yanked: true}}); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Error(err)
	}
}

// Columns that are newer than this program are in the images; secrets never.
func TestImagesHoldNewColumnsAndNoSecrets(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, small())
	if _, err := pool.Exec(t.Context(), `ALTER TABLE users ADD COLUMN mood text DEFAULT 'fine';
		INSERT INTO api_tokens (user_id, token, name) VALUES (1, '\x01', 'laptop of one');
		INSERT INTO emails (user_id, email) VALUES (1, 'one@example.com')`); err != nil {
		t.Fatal(err)
	}
	ctx, tx := begin(t, pool, Options{})
	var all []Image
	for _, table := range []string{"users", "api_tokens", "emails"} {
		images, err := tx.Watch(ctx, Watch{Table: table, Where: "t.id = $1", Args: []any{1}, Lock: true})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, images...)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if all[0].Columns.Text("mood") != "fine" {
		t.Errorf("no new column in %s", text)
	}
	for _, secret := range []string{"example.com", "laptop of", `"token"`} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is in %s", secret, text)
		}
	}
}

// What became of a transaction is known afterwards, also when its process died.
func TestStatus(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, small())
	ids := map[string]string{}
	for _, end := range []string{"committed", "aborted", "in progress"} {
		ctx, tx := begin(t, pool, Options{})
		if _, err := tx.Exec(ctx, `UPDATE users SET account_lock_reason = 'x' WHERE id = $1`, len(ids)+1); err != nil {
			t.Fatal(err)
		}
		id, err := tx.ID(ctx)
		if err != nil {
			t.Fatal(err)
		}
		ids[end] = id
		switch end {
		case "committed":
			if err := tx.Commit(ctx); err != nil {
				t.Fatal(err)
			}
		case "aborted":
			tx.Rollback(ctx)
		}
	}
	ids["unknown"] = "99999999999"
	for want, id := range ids {
		if got, err := Status(t.Context(), pool, id); err != nil || got != want {
			t.Errorf("transaction %s is %s, %v; want %s", id, got, err, want)
		}
	}
}

// The transaction ends by itself, whatever its process does.
func TestHoldEndsATransaction(t *testing.T) {
	t.Parallel()
	ctx, tx := begin(t, pgtest.Database(t, small()), Options{Hold: 300 * time.Millisecond})
	began := time.Now()
	_, err := tx.Exec(ctx, `SELECT pg_sleep(90)`)
	if err == nil || time.Since(began) > time.Minute {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}
