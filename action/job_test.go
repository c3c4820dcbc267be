package action

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cratewarden/archive/archivetest"
	"cratewarden/blob"
	"cratewarden/registry/change"
)

// queue gives the registry's jobs that are newer than id, as text.
func (k *kit) queue(after int64) []string {
	k.t.Helper()
	rows, err := k.registry.Query(k.t.Context(), `SELECT job_type, data::text, priority FROM background_jobs WHERE id > $1 ORDER BY id`, after)
	if err != nil {
		k.t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		var kind, data string
		var priority int
		if err := rows.Scan(&kind, &data, &priority); err != nil {
			k.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %s %d", kind, data, priority))
	}
	return out
}

func (k *kit) wantJobs(after int64, want ...string) {
	k.t.Helper()
	if got := strings.Join(k.queue(after), "\n"); got != strings.Join(want, "\n") {
		k.t.Errorf("queue:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func (k *kit) lastJob() int64 { return k.number(`SELECT max(id) FROM background_jobs`) }

func TestCrateJobs(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.grown("background_jobs", "crates")
	before, tables := k.lastJob(), k.tables()
	k.exec(`DELETE FROM background_jobs`) // equal ones would be found waiting
	id := k.number(`SELECT id FROM crates WHERE name = 'append-log'`)
	p, effect := k.applied("job.resync_index", m{"crate": "Append_Log"}, "job.default_version", m{"crate": "append-log"},
		"job.invalidate", m{"paths": []string{"crates/a/a-1.0.0.crate"}, "tags": []string{"crate:a"}})
	k.wantJobs(before, `sync_to_git_index {"krate": "append-log"} 100`, `sync_to_sparse_index {"krate": "append-log"} 100`,
		fmt.Sprintf(`update_default_version {"crate_id": %d} 80`, id), `invalidate_cdns {"paths": ["crates/a/a-1.0.0.crate"], "cache_tags": ["crate:a"]} 0`)
	k.same(tables, k.tables())
	if len(effect.Rows) != 0 || len(effect.Final) != 0 || p.Irreversible || p.NeedsApproval {
		t.Errorf("%+v %+v", p, effect)
	}
	if _, err := k.Undo(t.Context(), k.who, p.ID, nil, ""); err == nil {
		t.Error("a job was undone")
	}
	// Again while they wait: the dedupe rule of the queue.
	_, effect = k.applied("job.resync_index", m{"crate": "append-log"})
	if effect.Jobs[0].State != "waiting" || len(k.queue(before)) != 4 {
		t.Errorf("%+v", effect.Jobs)
	}
	if got := k.blocked("job.resync_index", m{"crate": "no-such"}, "job.default_version", m{"crate": "no-such"}); got != "no-such-crate no-such-crate" {
		t.Error(got)
	}
}

func TestRetryAndParkJobs(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	failing := k.number(`SELECT id FROM background_jobs WHERE retries = 9`)
	low := k.number(`SELECT id FROM background_jobs WHERE retries = 12`)
	_, effect := k.applied("job.retry", m{"id": failing}, "job.retry", m{"id": low})
	if n := k.number(`SELECT count(*) FROM background_jobs WHERE id IN ($1, $2) AND retries = 0 AND last_retry = 'epoch'`, failing, low); n != 2 {
		t.Errorf("%d jobs retried", n)
	}
	if len(effect.Rows) != 2 || effect.Rows[0].Before["data"] != nil {
		t.Errorf("%+v", effect.Rows)
	}
	k.applied("job.park", m{"id": failing}, "job.park", m{"id": low})
	if n := k.number(`SELECT count(*) FROM background_jobs WHERE id IN ($1, $2) AND last_retry = 'infinity' AND priority = -100 AND retries < 32`, failing, low); n != 2 {
		t.Errorf("%d jobs parked", n)
	}
	_, effect = k.reviewed("job.park", m{"id": failing})
	if effect.Guards[0].Code != "nothing-to-do" {
		t.Errorf("%+v", effect.Guards)
	}
	p, preview := k.reviewed("job.retry", m{"id": failing})
	k.exec(`UPDATE background_jobs SET retries = 1, last_retry = now() WHERE id = $1`, failing) // a worker tried meanwhile
	k.apply(p, preview)
	if got := k.blocked("job.retry", m{"id": 1}, "job.park", m{"id": 1}); got != "no-such-job no-such-job" {
		t.Error(got)
	}
}

func TestRunningJobIsLeftAlone(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.lastJob()
	tx, err := k.registry.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), `SELECT FROM background_jobs WHERE id = $1 FOR UPDATE`, id); err != nil {
		t.Fatal(err)
	}
	if got := k.blocked("job.retry", m{"id": id}, "job.park", m{"id": id}); got != "running running" {
		t.Error(got)
	}
}

// samples is a right payload for every type of job.
func samples(k *kit) map[string]string {
	version := k.number(`SELECT max(id) FROM versions`)
	return map[string]string{
		"analyze_crate_file": fmt.Sprintf(`{"version_id": %d}`, version), "archive_index_branch": `{"branch": "snapshot-2026-11-21"}`,
		"archive_version_downloads": `{"before": "2026-08-22"}`, "build_crate_zip": fmt.Sprintf(`{"version_id": %d}`, version),
		"bulk_sync_to_git_index": `{"crate_names": ["arraykit"], "commit_message": "words"}`, "check_typosquat": `{"name": "arraykit"}`,
		"delete_crate_from_storage": `{"name": "gone-for-good"}`, "docs_rs_queue_rebuild": `{"name": "arraykit", "version": "0.3.4"}`,
		"dump_db": `{"schema": null}`, "generate_og_image": `{"crate_name": "arraykit", "invalidate_cdns": true}`,
		"invalidate_cdns": `{"paths": []}`, "normalize_index": `{"dry_run": true}`,
		"process_cdn_log": `{"region": "a", "bucket": "b", "path": "c"}`, "process_cdn_log_queue": `{"max_messages": 1}`,
		"render_and_upload_readme":   fmt.Sprintf(`{"version_id": %d, "text": "x", "readme_path": "README.md", "base_url": null, "pkg_path_in_vcs": null}`, version),
		"send_publish_notifications": fmt.Sprintf(`{"version_id": %d}`, version), "sync_crate_feed": `{"name": "arraykit"}`,
		"sync_to_git_index": `{"krate": "arraykit"}`, "sync_to_sparse_index": `{"krate": "arraykit"}`,
		"update_default_version":  fmt.Sprintf(`{"crate_id": %d}`, k.number(`SELECT max(id) FROM crates`)),
		"update_user_from_github": fmt.Sprintf(`{"dry_run": true, "account_id": %d}`, k.number(`SELECT max(account_id) FROM oauth_github`)),
	}
}

// Every type of the contract can be queued, with exactly the payload it was
// given.
func TestEnqueueEveryType(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.exec(`DELETE FROM background_jobs`)
	data := samples(k)
	var pairs []any
	for _, kind := range change.JobTypes() {
		step := m{"type": kind.Name}
		if text, ok := data[kind.Name]; ok {
			step["data"] = json.RawMessage(text)
		} else if len(kind.Fields) > 0 {
			t.Fatalf("no sample for %s", kind.Name)
		}
		pairs = append(pairs, "job.enqueue", step)
	}
	k.applied(pairs...)
	if n := k.number(`SELECT count(*) FROM background_jobs`); n != int64(len(change.JobTypes())) {
		t.Errorf("%d jobs", n)
	}
	for _, kind := range change.JobTypes() {
		want := data[kind.Name]
		if want == "" {
			want = "null"
		}
		if n := k.number(`SELECT count(*) FROM background_jobs WHERE job_type = $1 AND data = $2::jsonb AND priority = $3`, kind.Name, want, kind.Priority); n != 1 {
			t.Errorf("%s: %d rows", kind.Name, n)
		}
	}
	// Once more: only the plain ones double.
	k.exec(`DELETE FROM background_jobs WHERE job_type IN ('sync_admins', 'update_downloads')`)
	k.applied(pairs...)
	for _, kind := range change.JobTypes() {
		want := int64(1)
		if kind.Plain {
			want = 2
		}
		if n := k.number(`SELECT count(*) FROM background_jobs WHERE job_type = $1`, kind.Name); n != want {
			t.Errorf("%s: %d rows, want %d", kind.Name, n, want)
		}
	}
}

func TestEnqueueGuards(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, c := range []struct{ kind, data, code string }{
		{"sync_to_git_index", `{"krate": "Append_Log"}`, "other-spelling"},
		{"bulk_sync_to_git_index", `{"crate_names": ["arraykit", "ARRAYKIT"], "commit_message": ""}`, "other-spelling"},
		{"generate_og_image", `{"crate_name": "no-such", "invalidate_cdns": false}`, "no-such-crate"},
		{"delete_crate_from_storage", `{"name": "Arraykit"}`, "crate-lives"},
		{"analyze_crate_file", `{"version_id": 2147483647}`, "no-such-version"},
		{"update_default_version", `{"crate_id": 2147483647}`, "no-such-crate"},
		{"update_user_from_github", `{"account_id": 2147483647, "dry_run": true}`, "no-such-account"},
		{"update_downloads", `null`, "job-exists"},
	} {
		if got := k.blocked("job.enqueue", m{"type": c.kind, "data": json.RawMessage(c.data)}); got != c.code {
			t.Errorf("%s: %s", c.kind, got)
		}
	}
	p, effect := k.reviewed("job.enqueue", m{"type": "sync_to_sparse_index", "data": m{"krate": "vanished"}, "priority": -5})
	if p.Blocked || effect.Guards[1].Code != "no-such-crate" || effect.Guards[1].Level != Warn || effect.Jobs[0].Priority != -5 {
		t.Errorf("%+v", effect)
	}
}

func TestBadJobParameters(t *testing.T) {
	t.Parallel()
	for _, step := range []string{
		`{"do":"job.resync_index"}`, `{"do":"job.default_version","crate":""}`, `{"do":"job.invalidate"}`, `{"do":"job.invalidate","paths":["/crates/a"]}`,
		`{"do":"job.invalidate","paths":["crates/*"]}`, `{"do":"job.invalidate","tags":["#a"]}`, `{"do":"job.invalidate","paths":"a"}`,
		`{"do":"job.retry"}`, `{"do":"job.retry","id":-1}`, `{"do":"job.retry","id":"1"}`, `{"do":"job.park","id":1.5}`,
		`{"do":"job.rerender_readme","crate":"a"}`, `{"do":"job.enqueue"}`, `{"do":"job.enqueue","type":"format_disk"}`,
		`{"do":"job.enqueue","type":"sync_admins","data":{}}`, `{"do":"job.enqueue","type":"dump_db"}`, `{"do":"job.enqueue","type":"dump_db","data":{"schema":"public"}}`,
		`{"do":"job.enqueue","type":"sync_to_git_index","data":{"krate":"a","more":1}}`, `{"do":"job.enqueue","type":"sync_to_git_index","data":{"krate":null}}`,
		`{"do":"job.enqueue","type":"sync_to_git_index","data":{"crate":"a"}}`, `{"do":"job.enqueue","type":"analyze_crate_file","data":{"version_id":"1"}}`,
		`{"do":"job.enqueue","type":"analyze_crate_file","data":{"version_id":1.0}}`, `{"do":"job.enqueue","type":"analyze_crate_file","data":{"version_id":2147483648}}`,
		`{"do":"job.enqueue","type":"normalize_index","data":{"dry_run":"yes"}}`, `{"do":"job.enqueue","type":"archive_version_downloads","data":{"before":"yesterday"}}`,
		`{"do":"job.enqueue","type":"invalidate_cdns","data":{"paths":["a",null]}}`, `{"do":"job.enqueue","type":"invalidate_cdns","data":{"cache_tags":[]}}`,
		`{"do":"job.enqueue","type":"sync_admins","priority":40000}`, `{"do":"job.enqueue","type":"sync_to_git_index","data":"a"}`,
	} {
		refused(t, step)
	}
}

func TestRenderReadmeFromTheArchive(t *testing.T) {
	t.Parallel()
	store, err := blob.Open(t.Context(), t.TempDir(), blob.Config{Scratch: true})
	if err != nil {
		t.Fatal(err)
	}
	k := newKit(t, func(c *Config) { c.Static = store })
	k.grown("versions", "background_jobs")
	keep := func(num string, files map[string]string) {
		body := archivetest.Crate("arraykit", num, files)
		sum := sha256.Sum256(body)
		if err := store.Put(t.Context(), "crates/arraykit/arraykit-"+num+".crate", bytes.NewReader(body), blob.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		k.exec(`UPDATE versions SET tar_sha256 = $2 WHERE num = $1 AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`, num, sum[:])
	}
	keep("0.3.4", map[string]string{
		"Cargo.toml":           archivetest.Manifest("arraykit", "0.3.4", "readme = \"docs/front.md\"\nrepository = \"https://code.example/arraykit\"\n"),
		"docs/front.md":        "# Words\n",
		".cargo_vcs_info.json": `{"git":{"sha1":"0123456789012345678901234567890123456789"},"path_in_vcs":"crates/arraykit"}`,
	})
	keep("0.3.3", map[string]string{"src/lib.rs": ""})
	before := k.lastJob()
	_, effect := k.applied("job.rerender_readme", m{"crate": "ARRAYKIT", "version": "0.3.4"})
	var data readmeData
	if err := json.Unmarshal(effect.Jobs[0].Data, &data); err != nil {
		t.Fatal(err)
	}
	if data.Text != "# Words\n" || data.Path != "docs/front.md" || data.Base == nil || *data.Base != "https://code.example/arraykit" || data.Folder == nil || *data.Folder != "crates/arraykit" {
		t.Errorf("%s", effect.Jobs[0].Data)
	}
	for num, code := range map[string]string{"0.3.3": "no-readme", "0.3.2": "archive-unreadable"} {
		if got := k.blocked("job.rerender_readme", m{"crate": "arraykit", "version": num}); got != code {
			t.Error(num, got)
		}
	}
	if n := k.number(`SELECT count(*) FROM background_jobs WHERE id > $1 AND job_type = 'render_and_upload_readme' AND priority = 50 AND data ->> 'text' = $2`, before, data.Text); n != 1 {
		t.Errorf("%d jobs", n)
	}
	if got := k.blocked("job.rerender_readme", m{"crate": "arraykit", "version": "9.9.9"}); got != "no-such-version" {
		t.Error(got)
	}
	k.exec(`UPDATE versions SET tar_sha256 = decode(repeat('ab', 32), 'hex') WHERE num = '0.3.4'`)
	if got := k.blocked("job.rerender_readme", m{"crate": "arraykit", "version": "0.3.4"}); got != "archive-differs" {
		t.Error(got)
	}
	bare := newKit(t)
	if got := bare.blocked("job.rerender_readme", m{"crate": "arraykit", "version": "0.3.4"}); got != "no-storage" {
		t.Error(got)
	}
}
