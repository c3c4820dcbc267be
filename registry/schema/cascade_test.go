package schema_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cratewarden/registry/schema"
)

// full fills every table of the registry. Crate 1 "victim" has versions 1 and 2; version 2 depends on crate 2. Crate 2
// "user" has versions 3 and 4, both of which depend on crate 1; it has everything else a crate can have too.
const full = `
INSERT INTO users (gh_login, gh_id, username) VALUES ('one', 1, 'one'), ('two', 2, 'two');
INSERT INTO emails (user_id, email) VALUES (1, 'one@example.com');
INSERT INTO oauth_github (account_id, user_id, encrypted_token, login) VALUES (1, 1, '', 'one');
INSERT INTO teams (login, github_id, org_id) VALUES ('github:a:b', 1, 1);
INSERT INTO reserved_usernames (username) VALUES ('nobody');
INSERT INTO publish_limit_buckets (user_id, tokens) VALUES (1, 1);
INSERT INTO publish_rate_overrides (user_id, burst) VALUES (1, 1);
INSERT INTO api_tokens (user_id, token, name) VALUES (1, '\x01', 'laptop');
INSERT INTO keywords (keyword) VALUES ('k');
INSERT INTO categories (category, slug) VALUES ('C', 'c');
INSERT INTO crates (name) VALUES ('victim'), ('user');
INSERT INTO crates_keywords (crate_id, keyword_id) VALUES (1, 1), (2, 1);
INSERT INTO crates_categories (crate_id, category_id) VALUES (1, 1), (2, 1);
INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (1, 1, 0), (2, 1, 0);
INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at) VALUES (2, 1, 1, 'infinity'), (2, 1, 2, 'infinity');
INSERT INTO follows (user_id, crate_id) VALUES (1, 1), (1, 2);
INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256)
	SELECT c, n, n, 1, decode(repeat('00', 32), 'hex') FROM (VALUES (1, '1.0.0'), (1, '2.0.0'), (2, '1.0.0'), (2, '2.0.0')) v (c, n);
INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features)
	SELECT v, c, '*', false, true, '{}' FROM (VALUES (3, 1), (4, 1), (2, 2)) d (v, c);
INSERT INTO version_downloads (version_id) SELECT generate_series(1, 4);
INSERT INTO readme_renderings (version_id) SELECT generate_series(1, 4);
INSERT INTO versions_published_by (version_id, email) SELECT generate_series(1, 4), 'one@example.com';
INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action) SELECT generate_series(1, 4), 1, 1, 0;
INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename) SELECT generate_series(1, 2), 'o', 1, 'r', 'w.yml';
INSERT INTO trustpub_configs_gitlab (crate_id, namespace, project, workflow_filepath) SELECT generate_series(1, 2), 'n', 'p', 'w.yml';
INSERT INTO trustpub_tokens (expires_at, hashed_token, crate_ids) VALUES ('infinity', '\x02', '{1,2}');
INSERT INTO trustpub_used_jtis (jti, expires_at) VALUES ('j', 'infinity');
INSERT INTO deleted_crates (name, created_at, deleted_at, deleted_by, available_at) VALUES ('victim', now(), now(), 2, now());
INSERT INTO background_jobs (job_type, data) VALUES ('a', 'null');
INSERT INTO cloudfront_invalidation_queue (path) VALUES ('/a');
INSERT INTO processed_log_files (path) VALUES ('a');
REFRESH MATERIALIZED VIEW recent_crate_downloads;`

// counts gives the number of rows of every table of the contract.
func counts(t *testing.T, db querier) map[string]int64 {
	t.Helper()
	rows := map[string]int64{}
	for _, table := range schema.Contract()["tables"] {
		rows[table["table"]] = number(t, db, `SELECT count(*) FROM `+table["table"])
	}
	return rows
}

// lost gives what a statement took away, as "table -n" for each table that changed.
func lost(t *testing.T, sql string) []string {
	t.Helper()
	db := database(t)
	exec(t, db, full)
	before := counts(t, db)
	for table, n := range before {
		if n == 0 {
			t.Errorf("the fixture leaves %s empty: its cascade is not tested", table)
		}
	}
	exec(t, db, sql)
	after := counts(t, db)
	changed := []string{}
	for _, table := range slices.Sorted(maps.Keys(before)) {
		if n := after[table] - before[table]; n != 0 {
			changed = append(changed, fmt.Sprintf("%s %+d", table, n))
		}
	}
	return changed
}

// Contract pitfalls.md section 3. Note dependencies: all three rows go, also the two that crate 2 declared on crate 1.
func TestCascades(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ sql, want string }{
		{`DELETE FROM crates WHERE id = 1`, `crate_downloads -1, crate_owner_invitations -1, crate_owners -1, crates -1,
			crates_categories -1, crates_keywords -1, default_versions -1, dependencies -3, follows -1, readme_renderings -2,
			reverse_dependencies -1, trustpub_configs_github -1, trustpub_configs_gitlab -1, version_downloads -2,
			version_owner_actions -2, versions -2, versions_published_by -2`},
		{`DELETE FROM versions WHERE id = 4`, `dependencies -1, readme_renderings -1, version_downloads -1,
			version_owner_actions -1, versions -1, versions_published_by -1`},
		{`DELETE FROM versions WHERE id = 3; UPDATE default_versions SET version_id = 4 WHERE crate_id = 2`,
			`dependencies -1, readme_renderings -1, version_downloads -1, version_owner_actions -1, versions -1, versions_published_by -1`},
		{`DELETE FROM categories`, `categories -1, crates_categories -2`},
	} {
		t.Run(row.sql, func(t *testing.T) {
			t.Parallel()
			want := strings.Join(strings.Fields(row.want), " ")
			if diff := cmp.Diff(strings.Split(want, ", "), lost(t, row.sql)); diff != "" {
				t.Errorf("rows lost (-want +got):\n%s", diff)
			}
		})
	}
}

// What a deletion leaves behind although it speaks of the crate.
func TestDeletedCrateLeavesTraces(t *testing.T) {
	t.Parallel()
	db := database(t)
	exec(t, db, full+`DELETE FROM crates WHERE id = 1`)
	if got := scalar(t, db, `SELECT crate_ids FROM trustpub_tokens`); got != "{1,2}" {
		t.Errorf("trustpub_tokens.crate_ids = %s, want the id of the deleted crate kept", got)
	}
	if id := addCrate(t, db, "victim"); id != 3 {
		t.Errorf("the name came back with id %d, want 3: ids are never used again", id)
	}
}

// Each row is a user's only trace; may the user be deleted, and what goes along?
func TestDeleteUser(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, trace, code, check, want string }{
		{"no trace", ``, "", ``, ""},
		{"token", `INSERT INTO api_tokens (user_id, token, name) VALUES (9, '\x09', 'x')`, foreignKey, ``, ""},
		{"made somebody owner", `INSERT INTO crate_owners (crate_id, owner_id, created_by, owner_kind) VALUES (1, 2, 9, 0)`, foreignKey, ``, ""},
		{"e-mail", `INSERT INTO emails (user_id, email) VALUES (9, 'x')`, foreignKey, ``, ""},
		{"follow", `INSERT INTO follows (user_id, crate_id) VALUES (9, 1)`, foreignKey, ``, ""},
		{"rate bucket", `INSERT INTO publish_limit_buckets (user_id, tokens) VALUES (9, 1)`, foreignKey, ``, ""},
		{"rate override", `INSERT INTO publish_rate_overrides (user_id, burst) VALUES (9, 1)`, foreignKey, ``, ""},
		{"action", `INSERT INTO version_owner_actions (version_id, user_id, action) VALUES (1, 9, 1)`, foreignKey, ``, ""},
		{"published", `UPDATE versions SET published_by = 9 WHERE id = 1`, foreignKey, ``, ""},
		{"GitHub account", `INSERT INTO oauth_github (account_id, user_id, encrypted_token, login) VALUES (9, 9, '', 'x')`, "",
			`SELECT count(*) FROM oauth_github WHERE user_id = 9`, "0"},
		{"invited", `INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at) VALUES (9, 1, 1, now())`, "",
			`SELECT count(*) FROM crate_owner_invitations WHERE invited_user_id = 9`, "0"},
		{"inviting", `INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at) VALUES (1, 9, 1, now())`, "",
			`SELECT count(*) FROM crate_owner_invitations WHERE invited_by_user_id = 9`, "0"},
		{"deleted a crate", `UPDATE deleted_crates SET deleted_by = 9`, "",
			`SELECT concat(count(*), count(deleted_by)) FROM deleted_crates`, "10"},
		{"owner: not protected", `INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (1, 9, 0)`, "",
			`SELECT count(*) FROM crate_owners WHERE owner_id = 9`, "1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			exec(t, db, full+`INSERT INTO users (id, gh_login, gh_id, username) VALUES (9, 'nine', 9, 'nine');`+row.trace)
			if got := code(t, db, `DELETE FROM users WHERE id = 9`); got != row.code {
				t.Errorf("SQLSTATE %q, want %q", got, row.code)
			}
			if row.check != "" {
				if got := scalar(t, db, row.check); got != row.want {
					t.Errorf("%s = %s, want %s", row.check, got, row.want)
				}
			}
		})
	}
}

// A token's row is evidence as long as an action refers to it.
func TestTokenInUseCannotBeDeleted(t *testing.T) {
	t.Parallel()
	db := database(t)
	exec(t, db, full)
	if got := code(t, db, `DELETE FROM api_tokens`); got != foreignKey {
		t.Errorf("SQLSTATE %q, want %q", got, foreignKey)
	}
}
