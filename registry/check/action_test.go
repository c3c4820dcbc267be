package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg/pgtest"
	"cratewarden/registry/check"
	"cratewarden/registry/schema"
)

const fixture = `
INSERT INTO users (gh_login, gh_id, username) VALUES ('one', 1, 'one'), ('two', 2, 'two');
INSERT INTO emails (user_id, email, verified) VALUES (1, 'one@example.com', true);
INSERT INTO api_tokens (user_id, token, name) VALUES (1, '\x01', 'laptop');
INSERT INTO publish_limit_buckets (user_id, tokens) VALUES (1, 0);
INSERT INTO keywords (keyword) VALUES ('k');
INSERT INTO categories (category, slug) VALUES ('C', 'c');
INSERT INTO crates (name) VALUES ('target'), ('user');
INSERT INTO crates_keywords (crate_id, keyword_id) VALUES (1, 1);
INSERT INTO crates_categories (crate_id, category_id) VALUES (1, 1);
INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (1, 1, 0);
INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at) VALUES (2, 1, 1, 'infinity');
INSERT INTO follows (user_id, crate_id) VALUES (1, 1);
INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256)
	SELECT c, n, n, 1, decode(repeat('00', 32), 'hex') FROM (VALUES (1, '1.0.0'), (1, '2.0.0'), (2, '1.0.0')) v (c, n);
INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features) VALUES (3, 1, '*', false, true, '{}'), (1, 2, '*', false, true, '{}');
INSERT INTO version_downloads (version_id) VALUES (1), (2);
INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename) VALUES (1, 'o', 1, 'r', 'w.yml');
INSERT INTO trustpub_configs_gitlab (crate_id, namespace, project, workflow_filepath) VALUES (1, 'n', 'p', 'w.yml');
INSERT INTO trustpub_tokens (expires_at, hashed_token, crate_ids) VALUES ('infinity', '\x02', '{1,2}');
INSERT INTO deleted_crates (name, created_at, deleted_at, available_at) VALUES ('gone', now(), now(), now());
INSERT INTO background_jobs (job_type, data, retries) VALUES ('stuck', 'null', 9);
REFRESH MATERIALIZED VIEW recent_crate_downloads;`

const enqueue = `INSERT INTO background_jobs (job_type, data, priority)
	SELECT 'sync_to_git_index', '{"krate": "target"}'::jsonb, 100
	WHERE NOT EXISTS (SELECT 1 FROM background_jobs b
		WHERE b.job_type = 'sync_to_git_index' AND b.data = '{"krate": "target"}' AND b.priority = 100
		FOR UPDATE SKIP LOCKED) RETURNING id;`

// act is one representative change of a family of the action catalogue, as statements in one transaction.
type act struct {
	capability check.Capability
	name, sql  string
}

func acts() []act {
	return []act{
		{check.Version, "yank the default version", `SELECT id FROM crates WHERE id = 1 FOR UPDATE;
			UPDATE versions SET yanked = true, yank_message = 'bad' WHERE id = 1;
			INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action) VALUES (1, 1, NULL, 1) RETURNING id, time;` + enqueue},
		{check.Version, "unyank", `UPDATE versions SET yanked = true WHERE id = 1; UPDATE versions SET yanked = false, yank_message = NULL WHERE id = 1`},
		{check.Version, "delete the default version", `DELETE FROM versions WHERE id = 1;
			UPDATE default_versions SET version_id = 2 WHERE crate_id = 1; SET CONSTRAINTS ALL IMMEDIATE`},
		{check.Crate, "trusted publishing only", `UPDATE crates SET trustpub_only = true WHERE id = 1`},
		{check.Crate, "limits", `UPDATE crates SET max_upload_size = 0, max_features = 1 WHERE id = 1`},
		{check.Crate, "delete", `SELECT id FROM crates WHERE id = 1 FOR UPDATE; SELECT user_id FROM follows WHERE crate_id = 1;
			DELETE FROM crates WHERE id = 1;
			INSERT INTO deleted_crates (name, created_at, deleted_at, deleted_by, message, available_at)
				VALUES ('target', now(), now(), 1, 'malware', 'infinity') RETURNING id;
			SELECT rebuild_reverse_dependencies(ARRAY[2]);` + enqueue},
		{check.Crate, "delete and reserve", `DELETE FROM crates WHERE id = 1; INSERT INTO reserved_crate_names (name) VALUES ('target')`},
		{check.Owner, "add user", `INSERT INTO crate_owners (crate_id, owner_id, created_by, owner_kind) VALUES (1, 2, 1, 0)
			ON CONFLICT (crate_id, owner_id, owner_kind) DO UPDATE SET deleted = false`},
		{check.Owner, "take an added owner back", `DELETE FROM crate_owners t WHERE (t.crate_id, t.owner_id, t.owner_kind) IN (SELECT 1, 1, 0)`},
		{check.Owner, "remove", `UPDATE crate_owners SET deleted = true WHERE crate_id = 1 AND owner_id = 1 AND owner_kind = 0`},
		{check.Owner, "cancel an invitation and put it back", `DELETE FROM crate_owner_invitations WHERE invited_user_id = 2 AND crate_id = 1
				RETURNING invited_user_id, invited_by_user_id, crate_id, created_at, expires_at;
			INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, created_at, expires_at)
				VALUES (2, 1, 1, now(), 'infinity')`},
		{check.Account, "lock", `UPDATE users SET account_lock_reason = 'stolen', account_lock_until = NULL WHERE id = 1`},
		{check.Account, "unlock", `UPDATE users SET account_lock_reason = NULL, account_lock_until = NULL WHERE id = 1`},
		{check.Account, "unverify", `UPDATE emails SET verified = false WHERE user_id = 1; SELECT xmin FROM emails WHERE user_id = 1`},
		{check.Account, "raise the rate limit", `INSERT INTO publish_rate_overrides (user_id, burst, expires_at, action) VALUES (1, 500, NULL, 1)
				ON CONFLICT (user_id, action) DO UPDATE SET burst = excluded.burst, expires_at = excluded.expires_at;
			UPDATE publish_limit_buckets SET tokens = 500, last_refill = now() WHERE user_id = 1 AND action = 0;
			DELETE FROM publish_rate_overrides WHERE user_id = 1 AND action = 1`},
		{check.Account, "contain", `UPDATE users SET account_lock_reason = 'stolen' WHERE id = 1; UPDATE api_tokens SET revoked = true WHERE user_id = 1;
			DELETE FROM trustpub_tokens WHERE 1 = ANY (crate_ids); DELETE FROM trustpub_configs_github WHERE crate_id = 1;
			DELETE FROM crate_owner_invitations WHERE 1 IN (invited_user_id, invited_by_user_id);
			UPDATE versions SET yanked = true WHERE id = 2;` + enqueue},
		{check.Token, "revoke", `UPDATE api_tokens SET revoked = true WHERE token = '\x01' RETURNING id, user_id`},
		{check.Publisher, "suspend and put back", `DELETE FROM trustpub_configs_github WHERE id = 1;
			INSERT INTO trustpub_configs_github (id, created_at, crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename, environment)
				VALUES (1, now(), 1, 'o', 1, 'r', 'w.yml', NULL);
			DELETE FROM trustpub_configs_gitlab WHERE id = 1;
			INSERT INTO trustpub_configs_gitlab (id, created_at, crate_id, namespace, namespace_id, project, workflow_filepath, environment)
				VALUES (1, now(), 1, 'n', NULL, 'p', 'w.yml', NULL)`},
		{check.Publisher, "revoke a live token", `UPDATE trustpub_tokens SET crate_ids = array_remove(crate_ids, 1) WHERE 1 = ANY (crate_ids);
			DELETE FROM trustpub_tokens WHERE hashed_token = '\x02'`},
		{check.Name, "reserve and free", `INSERT INTO reserved_crate_names (name) VALUES ('nope'); DELETE FROM reserved_crate_names WHERE name = 'nope'`},
		{check.Name, "reserve and free a user name", `INSERT INTO reserved_usernames (username) VALUES ('nope'); DELETE FROM reserved_usernames WHERE username = 'nope'`},
		{check.Name, "block a deleted name", `UPDATE deleted_crates SET available_at = 'infinity' WHERE name = 'gone'`},
		{check.Window, "take back", `UPDATE versions SET yanked = false WHERE id = 1; UPDATE crate_owners SET deleted = true WHERE crate_id = 1;
			UPDATE api_tokens SET revoked = true WHERE id = 1; DELETE FROM trustpub_configs_gitlab WHERE crate_id = 1;` + enqueue},
		{check.Jobs, "enqueue", enqueue},
		{check.Jobs, "retry", `UPDATE background_jobs SET retries = 0, last_retry = 'epoch' WHERE id = 1`},
		{check.Jobs, "park", `UPDATE background_jobs SET last_retry = 'infinity', priority = -100 WHERE id = 1`},
	}
}

func TestActingRoleCanActAndReaderCannot(t *testing.T) {
	t.Parallel()
	for _, row := range acts() {
		t.Run(string(row.capability)+": "+row.name, func(t *testing.T) {
			t.Parallel()
			owner, warden := connectAs(t, check.Acting)
			exec(t, owner, fixture)
			exec(t, warden, row.sql)
			owner, reader := connectAs(t, check.ReadOnly)
			exec(t, owner, fixture)
			if got := code(t, reader, row.sql); got != denied {
				t.Errorf("the read-only role: SQLSTATE %q, want %q", got, denied)
			}
		})
	}
}

// A right that no act needs is a right too many: each write right is taken away in turn, and some act must then fail.
func TestEveryWriteRightIsNeeded(t *testing.T) {
	t.Parallel()
	owner, warden := connectAs(t, check.Acting)
	exec(t, owner, fixture)
	role := quotedRole(t, warden)
	for right := range spelledOut(t, owner, check.Grants("r", check.Acting)) {
		privilege, object, _ := strings.Cut(right, " ")
		table, column, listed := strings.Cut(object, ".")
		if privilege == "SELECT" {
			continue
		}
		// From version 18 on a trigger that a cascade sets off runs as the tables' owner; up to 17 the deletion of a
		// crate needs this right, and the grants are the same for all.
		if right == "UPDATE crates.updated_at" && pgtest.Server(t).Version() >= 18 {
			continue
		}
		what := privilege + " ON TABLE " + table
		if listed {
			what = privilege + " (" + column + ") ON TABLE " + table
		} else if privilege == "USAGE" {
			what = "USAGE ON SEQUENCE " + table
		}
		exec(t, owner, `BEGIN; REVOKE `+what+` FROM `+role+`; SET LOCAL SESSION AUTHORIZATION `+role)
		if !slices.ContainsFunc(acts(), func(a act) bool { return refused(t, owner, a.sql) }) {
			t.Errorf("no act needs %s", right)
		}
		exec(t, owner, `ROLLBACK`)
	}
}

// refused runs statements inside an open transaction, undoes them, and says whether a right was missing.
func refused(t *testing.T, conn *pgx.Conn, sql string) bool {
	t.Helper()
	exec(t, conn, `SAVEPOINT before`)
	got := code(t, conn, sql)
	exec(t, conn, `ROLLBACK TO before`)
	if got != "" && got != denied {
		t.Errorf("SQLSTATE %q: %s", got, sql)
	}
	return got == denied
}

// Every column of every table that is no secret can be selected by both roles, also from the empty private tables of
// a database that came from the public dump.
func TestRolesCanReadEverythingElse(t *testing.T) {
	t.Parallel()
	hidden := map[string]bool{
		"oauth_github.encrypted_token": true, "emails.token": true, "crate_owner_invitations.token": true,
		"follows.user_id":                  true,
		"cloudfront_invalidation_queue.id": true, "cloudfront_invalidation_queue.path": true,
		"cloudfront_invalidation_queue.created_at": true, "cloudfront_invalidation_queue.distribution": true,
		"processed_log_files.path": true, "processed_log_files.time": true,
		"trustpub_used_jtis.id": true, "trustpub_used_jtis.jti": true,
		"trustpub_used_jtis.used_at": true, "trustpub_used_jtis.expires_at": true,
	}
	_, reader := connectAs(t, check.ReadOnly)
	for _, row := range schema.Contract()["columns"] {
		column := row["table"] + "." + row["column"]
		want := ""
		if hidden[column] {
			want = denied
		}
		if got := code(t, reader, `SELECT `+column+` FROM `+row["table"]); got != want {
			t.Errorf("SELECT %s: SQLSTATE %q, want %q", column, got, want)
		}
	}
}
