package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/pg"
	"cratewarden/registry/extract"
	"cratewarden/registry/files"
)

// Worker stands in for the background worker of a real registry, so that what
// is done in a demo is seen in its index and its storage. It takes the jobs
// that follow from administrators' acts, in the registry's order and under its
// locks (contract jobs.md section 3), and leaves all others as they were made
// up.
type Worker struct {
	Registry *pgxpool.Pool
	// Static and Index are the demo's stores.
	Static, Index blob.Store
	Logger        *slog.Logger
}

// Run works until ctx is over. A job that fails is kept for a later try, as in
// a registry.
func (w Worker) Run(ctx context.Context) error {
	for {
		worked, err := w.one(ctx)
		if err != nil && ctx.Err() == nil {
			w.Logger.Warn("the demo's worker failed", "error", err)
		}
		if worked && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// works are the jobs that the worker knows, by type.
func (w Worker) works() map[string]func(ctx context.Context, tx pgx.Tx, data []byte) error {
	nothing := func(context.Context, pgx.Tx, []byte) error { return nil } // the demo has no such place
	return map[string]func(context.Context, pgx.Tx, []byte) error{
		"sync_to_sparse_index":      w.syncIndex,
		"sync_to_git_index":         nothing,
		"invalidate_cdns":           nothing,
		"sync_crates_feed":          nothing,
		"sync_updates_feed":         nothing,
		"update_default_version":    w.defaultVersion,
		"delete_crate_from_storage": w.deleteFiles,
	}
}

// one takes the first job that is due, if any, does it and removes it.
func (w Worker) one(ctx context.Context) (worked bool, err error) {
	var types []string
	for name := range w.works() {
		types = append(types, name)
	}
	err = pg.InTx(ctx, w.Registry, func(tx pgx.Tx) error {
		var id int64
		var kind string
		var data []byte
		err := tx.QueryRow(ctx, `SELECT id, job_type, data FROM background_jobs
			WHERE job_type = ANY ($1) AND retries = 0 ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED`, types).Scan(&id, &kind, &data)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		worked = true
		err = pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return w.works()[kind](ctx, inner, data) })
		if err != nil {
			w.Logger.Warn("a job of the demo registry failed", "type", kind, "error", err)
			_, err = tx.Exec(ctx, `UPDATE background_jobs SET retries = retries + 1, last_retry = now() WHERE id = $1`, id)
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM background_jobs WHERE id = $1`, id)
		return err
	})
	return worked, err
}

// syncIndex writes a crate's file in the sparse index, or removes it.
func (w Worker) syncIndex(ctx context.Context, tx pgx.Tx, data []byte) error {
	var job struct {
		Krate string `json:"krate"`
	}
	if err := json.Unmarshal(data, &job); err != nil {
		return err
	}
	c := extract.Crate{Name: job.Krate}
	err := tx.QueryRow(ctx, `SELECT id FROM crates WHERE name = $1`, job.Krate).Scan(&c.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return w.Index.Delete(ctx, files.IndexPath(job.Krate))
	}
	if err != nil {
		return err
	}
	var out bytes.Buffer
	lines, err := extract.Index(ctx, tx, c, w.pubTime(ctx, job.Krate), &out)
	if err != nil {
		return err
	}
	if lines == 0 {
		return w.Index.Delete(ctx, files.IndexPath(job.Krate))
	}
	return w.Index.Put(ctx, files.IndexPath(job.Krate), &out, blob.PutOptions{ContentType: "text/plain", CacheControl: "public,max-age=600", Overwrite: true})
}

// pubTime says whether the stored file tells when versions were published,
// which a registry may or may not do.
func (w Worker) pubTime(ctx context.Context, name string) bool {
	body, _, err := w.Index.Get(ctx, files.IndexPath(name))
	if err != nil {
		return false
	}
	defer func() { _ = body.Close() }()
	var head [64 << 10]byte
	n, _ := body.Read(head[:])
	return bytes.Contains(head[:n], []byte(`,"pubtime":"`))
}

// defaultVersion applies the rule of contract actions.md section 14.
func (w Worker) defaultVersion(ctx context.Context, tx pgx.Tx, data []byte) error {
	var job struct {
		Crate int32 `json:"crate_id"`
	}
	if err := json.Unmarshal(data, &job); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		UPDATE default_versions d SET version_id = best.id
		FROM (SELECT id FROM versions WHERE crate_id = $1
			ORDER BY yanked, get_byte(semver_ord_v2, octet_length(semver_ord_v2) - 1) = 0, semver_ord_v2 DESC, id DESC LIMIT 1) best
		WHERE d.crate_id = $1 AND d.version_id <> best.id`, job.Crate)
	return err
}

// deleteFiles removes everything a deleted crate left in the storage.
func (w Worker) deleteFiles(ctx context.Context, _ pgx.Tx, data []byte) error {
	var job struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(data, &job); err != nil {
		return err
	}
	if !cratewarden.ValidName(job.Name) {
		return cratewarden.Errorf(cratewarden.Invalid, "%q is no crate's name", job.Name)
	}
	keys := []string{files.OGImageKey(job.Name), files.CrateFeedKey(job.Name)}
	for _, prefix := range []string{files.CratePrefix(job.Name), files.ReadmePrefix(job.Name)} {
		for info, err := range blob.All(ctx, w.Static, prefix) {
			if err != nil {
				return err
			}
			keys = append(keys, info.Key)
		}
	}
	for _, key := range keys {
		if err := w.Static.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
