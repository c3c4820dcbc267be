package demo

import (
	"encoding/json"
	"fmt"

	"cratewarden/registry/files"
)

func (r *Registry) writeRenderings(w *rows) {
	for i := range r.versions {
		v := &r.versions[i]
		d := r.throw(streamVersion, uint64(i), 3)
		if r.packages[int32(i)] == nil && !d.chance(0.5) {
			continue
		}
		w.id(int32(i))
		w.time(min(v.at+instant(d.between(3, 90))*second, r.now-second))
		if !w.end() {
			return
		}
	}
}

func (r *Registry) writeInvalidations(w *rows) {
	id := int64(0)
	add := func(path, distribution string, ago instant) {
		id++
		w.int(id)
		w.text(path)
		w.time(r.ago(ago))
		w.raw(distribution)
		w.end()
	}
	for i := range 6 {
		v := &r.versions[len(r.versions)-1-i]
		c := &r.crates[v.crate]
		add(files.IndexPath(c.name), "index", instant(20-i)*second)
		add("/"+files.CrateFeedKey(c.name), "static", instant(19-i)*second)
	}
	add("#"+files.CrateTag(r.crates[r.versions[len(r.versions)-1].crate].name), "static", 4*second)
}

func (r *Registry) writeLogFiles(w *rows) {
	d := r.throw(streamService, 5)
	for i := range 7 * 24 {
		t := r.ago(instant(i)*hour + instant(d.below(int(20*minute))))
		w.raw(fmt.Sprintf("cdn/%s-%s.log.zst", t.time().Format("2006-01-02T15"), d.hex(12)))
		w.time(t)
		w.end()
	}
}

// job is one row of background_jobs.
type job struct {
	kind     string
	data     string
	priority int
	retries  int
	age      instant
	parked   bool
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "null" // only maps of strings and numbers come here
	}
	return string(b)
}

type object = map[string]any

// jobs has the queue in every state: waiting, failing and backing off, stuck,
// parked for ever, and of a type that no worker knows.
func (r *Registry) jobs() []job {
	last := len(r.versions) - 1
	version := func(back int) int { return last - back + 1 }
	name := func(back int) string { return r.crates[r.versions[last-back].crate].name }
	crateID := func(back int) int32 { return r.crates[r.versions[last-back].crate].id }
	null := "null"
	return append([]job{
		{kind: "sync_to_git_index", data: jsonOf(object{"krate": name(0)}), priority: 100, age: 3 * second},
		{kind: "sync_to_sparse_index", data: jsonOf(object{"krate": name(0)}), priority: 100, age: 3 * second},
		{kind: "sync_to_git_index", data: jsonOf(object{"krate": name(6)}), priority: 100, retries: 3, age: 17 * minute},
		{kind: "sync_to_git_index", data: jsonOf(object{"krate": name(9)}), priority: 100, retries: 7, age: 5 * hour},
		{kind: "update_default_version", data: jsonOf(object{"crate_id": crateID(0)}), priority: 80, age: 3 * second},
		{kind: "render_and_upload_readme", data: jsonOf(object{"version_id": version(0), "text": "# A readme\n", "readme_path": "README.md", "base_url": nil, "pkg_path_in_vcs": nil}), priority: 50, age: 2 * second},
		{kind: "render_and_upload_readme", data: jsonOf(object{"version_id": version(14), "text": "# Broken \x01", "readme_path": "docs/README.md", "base_url": "https://code.example/a/b", "pkg_path_in_vcs": "crates/b"}), priority: 50, retries: 9, age: 26 * hour},
		{kind: "send_publish_notifications", data: jsonOf(object{"version_id": version(1)}), retries: 2, age: 8 * minute},
		{kind: "check_typosquat", data: jsonOf(object{"name": name(3)}), age: 22 * minute},
		{kind: "analyze_crate_file", data: jsonOf(object{"version_id": version(2)}), age: 5 * second},
		{kind: "analyze_crate_file", data: jsonOf(object{"version_id": version(200)}), priority: -20, age: 3 * day},
		{kind: "build_crate_zip", data: jsonOf(object{"version_id": version(2)}), age: 5 * second},
		{kind: "generate_og_image", data: jsonOf(object{"crate_name": name(2), "invalidate_cdns": true}), retries: 1, age: 4 * minute},
		{kind: "sync_crate_feed", data: jsonOf(object{"name": name(1)}), age: 6 * second},
		{kind: "sync_crates_feed", data: null, age: 40 * second}, {kind: "sync_updates_feed", data: null, age: 6 * second},
		{kind: "update_downloads", data: null, age: 131 * minute}, {kind: "dump_db", data: `{"schema": null}`, age: 48 * minute},
		{kind: "delete_crate_from_storage", data: jsonOf(object{"name": "test-upload-please-ignore"}), retries: 8, age: 9 * hour},
		{kind: "invalidate_cdns", data: jsonOf(object{"paths": []string{files.CrateKey(name(4), r.versions[last-4].num.String())}, "cache_tags": []string{files.CrateTag(name(4))}}), age: 9 * second},
		{kind: "process_cloudfront_invalidation_queue", data: null, age: 4 * second},
		{kind: "update_user_from_github", data: jsonOf(object{"dry_run": false, "account_id": r.people[70].ghID}), priority: -15, retries: 12, age: 9 * day},
		{kind: "update_user_from_github", data: jsonOf(object{"dry_run": false, "account_id": r.people[71].ghID}), priority: -15, age: 3 * hour},
	}, r.plainJobs()...)
}

func (r *Registry) plainJobs() []job {
	null := "null"
	return []job{
		{kind: "trustpub::delete_expired_tokens", data: null, age: 12 * second}, {kind: "trustpub::delete_expired_jtis", data: null, age: 12 * second},
		{kind: "sync_admins", data: null, age: 30 * second}, {kind: "send_token_expiry_notifications", data: null, retries: 1, age: 3 * minute},
		{kind: "clean_processed_log_files", data: null, age: 50 * second}, {kind: "daily_db_maintenance", data: null, age: 20 * second},
		{kind: "process_cdn_log_queue", data: `{"max_messages": 10}`, age: 15 * second},
		{kind: "process_cdn_log", data: jsonOf(object{"region": "us-west-1", "bucket": "demo-cdn-logs", "path": "cdn/broken.log.zst"}), retries: 5, age: 70 * minute},
		{kind: "archive_version_downloads", data: jsonOf(object{"before": r.ago(window * day).time().Format("2006-01-02")}), age: 2 * minute},
		{kind: "index_version_downloads_archive", data: null, age: 2 * minute},
		{kind: "archive_index_branch", data: jsonOf(object{"branch": "snapshot-" + r.ago(60*day).time().Format("2006-01-02")}), priority: -100, age: 60 * day, parked: true},
		{kind: "squash_index", data: null, priority: -100, retries: 4, age: 21 * day, parked: true},
		{kind: "normalize_index", data: `{"dry_run": true}`, age: 90 * second},
		{kind: "bulk_sync_to_git_index", data: jsonOf(object{"crate_names": []string{"arraykit", "bitgrid"}, "commit_message": "Normalise two entries"}), age: 70 * second},
		{kind: "docs_rs_queue_rebuild", data: jsonOf(object{"name": "arraykit", "version": "0.3.9"}), retries: 1, age: 6 * minute},
		{kind: "warm_partner_mirror", data: `{"region": "nowhere"}`, priority: -50, age: 33 * day},
	}
}

func (r *Registry) writeJobs(w *rows) {
	for i, j := range r.jobs() {
		w.int(int64(1_000_000 + i))
		w.text(j.kind)
		w.text(j.data)
		w.int(int64(j.retries))
		switch {
		case j.parked:
			w.raw("infinity")
		case j.retries > 0:
			w.time(max(r.ago(j.age)+minute, r.ago(minute<<j.retries)+30*second))
		default:
			w.raw("1970-01-01 00:00:00+00")
		}
		w.time(r.ago(j.age))
		w.int(int64(j.priority))
		w.end()
	}
}
