package demo

import (
	"crypto/sha256"
	"fmt"
	"strconv"
)

func serviceTables() []table {
	return []table{
		{"crate_owners", "crate_id, owner_id, created_at, created_by, deleted, updated_at, owner_kind, email_notifications", (*Registry).writeOwners},
		{"crate_owner_invitations", "invited_user_id, invited_by_user_id, crate_id, created_at, token, expires_at", (*Registry).writeInvitations},
		{"follows", "user_id, crate_id", (*Registry).writeFollows},
		{"trustpub_configs_github", "id, created_at, crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename, environment", (*Registry).writeGitHub},
		{"trustpub_configs_gitlab", "id, created_at, crate_id, namespace, namespace_id, project, workflow_filepath, environment", (*Registry).writeGitLab},
		{"trustpub_tokens", "id, created_at, expires_at, hashed_token, crate_ids, trustpub_data", (*Registry).writePublisherTokens},
		{"trustpub_used_jtis", "id, jti, used_at, expires_at", (*Registry).writeUsedIDs},
		{"deleted_crates", "id, name, created_at, deleted_at, deleted_by, message, available_at", (*Registry).writeDeleted},
		{"publish_rate_overrides", "user_id, burst, expires_at, action", (*Registry).writeOverrides},
		{"publish_limit_buckets", "user_id, tokens, last_refill, action", (*Registry).writeBuckets},
		{"readme_renderings", "version_id, rendered_at", (*Registry).writeRenderings},
		{"cloudfront_invalidation_queue", "id, path, created_at, distribution", (*Registry).writeInvalidations},
		{"processed_log_files", "path, time", (*Registry).writeLogFiles},
		{"background_jobs", "id, job_type, data, retries, last_retry, created_at, priority", (*Registry).writeJobs},
	}
}

func (r *Registry) writeGitHub(w *rows) {
	id := int64(0)
	for i := range r.publishers {
		p := &r.publishers[i]
		if p.gitlab {
			continue
		}
		id++
		w.int(id)
		w.time(p.created)
		w.int(int64(r.crates[p.crate].id))
		w.text(p.house)
		w.int(int64(p.houseID))
		w.text(p.repo)
		w.text(p.workflow)
		w.textOrNull(p.environment)
		w.end()
	}
}

func (r *Registry) writeGitLab(w *rows) {
	id := int64(0)
	for i := range r.publishers {
		p := &r.publishers[i]
		if !p.gitlab {
			continue
		}
		id++
		w.int(id)
		w.time(p.created)
		w.int(int64(r.crates[p.crate].id))
		w.text(p.house)
		if p.houseID == 0 {
			w.null()
		} else {
			w.text(strconv.Itoa(int(p.houseID)))
		}
		w.text(p.repo)
		w.text(p.workflow)
		w.textOrNull(p.environment)
		w.end()
	}
}

// writePublisherTokens leaves some alive and some expired that the cleanup job
// has not met yet. The first living one is DemoPublisherToken.
func (r *Registry) writePublisherTokens(w *rows) {
	d := r.throw(streamService, 2)
	for i := range min(len(r.publishers), 9) {
		p := &r.publishers[(i*5)%len(r.publishers)]
		c := &r.crates[p.crate]
		hash := sha256.Sum256([]byte(d.secret(31)))
		made := r.ago(instant(i*9)*minute + instant(d.below(int(minute))))
		if i == 0 {
			hash, made = sha256.Sum256([]byte(demoPublisherSecret)), r.ago(30*second)
		}
		w.int(int64(i + 1))
		w.time(made)
		w.time(made + 30*minute)
		w.bytes(hash[:])
		if i == 4 { // a config for several crates
			w.ints(int64(c.id), int64(r.crates[(int(p.crate)+1)%len(r.crates)].id))
		} else {
			w.ints(int64(c.id))
		}
		if i == 7 {
			w.null() // leads to versions with neither user nor claims
		} else {
			w.raw(string(claimsOf(p.gitlab, r.house(c), p.repo, strconv.Itoa(17_000_000+i*131), d.hex(40))))
		}
		w.end()
	}
}

func (r *Registry) writeUsedIDs(w *rows) {
	d := r.throw(streamService, 3)
	for i := range 12 {
		used := r.ago(instant(i*7)*minute + second)
		w.int(int64(i + 1))
		w.raw(fmt.Sprintf("%s-%s-%s-%s-%s", d.hex(8), d.hex(4), d.hex(4), d.hex(4), d.hex(12)))
		w.time(used)
		w.time(used + 6*minute)
		w.end()
	}
}

// deletion is one row of deleted_crates.
type deletion struct {
	name    string
	age     instant // when deleted
	life    instant
	by      int32
	message string
	free    instant // after the deletion
}

// deletions has names that are free again, blocked for a day, blocked for
// years, deleted twice, and taken again since.
func (r *Registry) deletions() []deletion {
	owner := int32(30)
	return []deletion{
		{"quilson-derive", 3*year + 4*day, 2 * day, 20, "removed for malicious code", 24 * hour},
		{"tide-pool-runtime", 2 * year, 5 * hour, 20, "removed for malicious code", 24 * hour},
		{"my-first-crate", 400 * day, 20 * minute, owner, "", 24 * hour},
		{"my-first-crate", 90 * day, 3 * hour, owner, "published by accident", 24 * hour},
		{"test-upload-please-ignore", 9 * hour, 11 * minute, owner + 1, "", 24 * hour},
		{"internal-company-sdk", 15 * hour, 2 * hour, owner + 2, "was not meant to be public", 24 * hour},
		{"logfern-pro", 30 * day, 40 * day, 21, "removed: imitates logfern", 3650 * day},
		{"wallet-keys-helper", 12 * day, 6 * hour, 21, "removed for malicious code", 1825 * day},
		{"bitgrid", 6*year + 40*day, 100 * day, -1, "", 24 * hour}, // registered again since
		{"amber_kit", 700 * day, 300 * day, owner + 3, "merged into another crate", 24 * hour},
		{"fast-jsn", 45 * day, day, 20, "", 24 * hour},
		{"rust-helper-utils", 5 * day, 30 * day, 21, "name squatting", 30 * day},
	}
}

func (r *Registry) writeDeleted(w *rows) {
	list := r.deletions()
	for i := range list {
		x := &list[i]
		gone := r.ago(x.age)
		w.int(int64(i + 1))
		w.text(x.name)
		w.time(gone - x.life)
		w.time(gone)
		r.user(w, x.by)
		w.textOrNull(x.message)
		w.time(gone + x.free)
		w.end()
	}
}

func (r *Registry) writeOverrides(w *rows) {
	for _, x := range []struct {
		person int32
		burst  int64
		ends   instant
		action int64
	}{
		{0, 300, 0, 1}, {2, 60, r.now + 20*day, 0}, {5, 100, r.ago(200 * day), 1}, {8, 500, 0, 1}, {8, 1000, 0, 2},
		{42, 0, r.now + 4*day, 0}, {43, 0, 0, 0}, {r.person(squatterName), 200, r.ago(6 * day), 0}, {60, 30, r.ago(day), 0},
	} {
		r.user(w, x.person)
		w.int(x.burst)
		w.time(x.ends)
		w.int(x.action)
		w.end()
	}
}

func (r *Registry) writeBuckets(w *rows) {
	for i := range r.people {
		p := &r.people[i]
		d := r.throw(streamService, 4, uint64(i))
		if p.crates == 0 {
			continue
		}
		for action, burst := range []int{5, 30, 100} {
			if !d.chance(0.3) && !p.cast {
				continue
			}
			w.int(int64(p.id))
			left := burst - min(burst, int(d.skewed(1, 1)))
			if p.login == squatterName && action == 0 {
				left = 0
			}
			w.int(int64(left))
			w.time(max(p.joined, r.ago(instant(d.part()*200*float64(day)))))
			w.int(int64(action))
			w.end()
		}
	}
}
