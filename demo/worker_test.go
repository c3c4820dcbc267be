package demo

import (
	"bytes"
	"context"
	"testing"
	"time"

	"cratewarden/pg/pgtest"
	"cratewarden/registry/files"
	"cratewarden/telemetry/logtest"
)

// After a yank the demo's index and default version follow, as they would in a
// registry, and made-up jobs that are none of its business stay.
func TestWorkerFollowsAnAct(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	static, index := folder(t), folder(t)
	if err := standard().Store(t.Context(), static, index); err != nil {
		t.Fatal(err)
	}
	before := read(t, index, files.IndexPath("arraykit"))
	var others int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM background_jobs WHERE retries > 0`).Scan(&others); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `
		UPDATE versions SET yanked = NOT yanked WHERE num = '0.3.10' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit');
		INSERT INTO background_jobs (job_type, data, priority) VALUES ('sync_to_sparse_index', '{"krate": "arraykit"}', 100), ('delete_crate_from_storage', '{"name": "internkit"}', 0)`); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- Worker{Registry: pool, Static: static, Index: index, Logger: logtest.Logger(t)}.Run(ctx)
	}()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var left int
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM background_jobs WHERE retries = 0 AND job_type IN ('sync_to_sparse_index', 'delete_crate_from_storage')`).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			break
		}
	}
	stop()
	<-ended
	if after := read(t, index, files.IndexPath("arraykit")); bytes.Equal(before, after) || bytes.Count(before, []byte("\n")) != bytes.Count(after, []byte("\n")) {
		t.Errorf("the index file did not follow:\n%s\n%s", before, after)
	}
	if left, err := static.List(t.Context(), files.CratePrefix("internkit"), "", 10); err != nil || len(left) != 0 {
		t.Errorf("files of a deleted crate: %v %v", left, err)
	}
	var now int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM background_jobs WHERE retries > 0`).Scan(&now); err != nil || now != others {
		t.Errorf("%d jobs that failed, %d before, %v", now, others, err)
	}
}
