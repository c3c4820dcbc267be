package demo

import (
	"testing"

	"cratewarden/pg/pgtest"
)

// atLeast are the riches that the demo promises: a question for a number and
// the least answer.
var atLeast = []struct {
	what string
	n    int
	sql  string
}{
	{"crates", 2000, `SELECT count(*) FROM crates`},
	{"versions", 15000, `SELECT count(*) FROM versions`},
	{"dependencies", 100000, `SELECT count(*) FROM dependencies`},
	{"categories", 20, `SELECT count(*) FROM categories WHERE crates_cnt > 0`},
	{"categories with a parent", 5, `SELECT count(*) FROM categories WHERE slug LIKE '%::%' AND crates_cnt > 0`},
	{"pre-releases", 200, `SELECT count(*) FROM versions WHERE num LIKE '%-%'`},
	{"build metadata", 30, `SELECT count(*) FROM versions WHERE num LIKE '%+%'`},
	{"yanks with a message", 100, `SELECT count(*) FROM versions WHERE yanked AND yank_message IS NOT NULL`},
	{"yanks without a row", 20, `SELECT count(*) FROM versions v WHERE yanked AND NOT EXISTS (SELECT FROM version_owner_actions WHERE version_id = v.id AND action = 1)`},
	{"unyanks", 10, `SELECT count(*) FROM version_owner_actions WHERE action = 2`},
	{"acts by administrators", 5, `SELECT count(*) FROM version_owner_actions a JOIN users u ON u.id = user_id WHERE is_admin AND action = 1`},
	{"fully yanked crates", 5, `SELECT count(*) FROM (SELECT FROM versions GROUP BY crate_id HAVING bool_and(yanked)) x`},
	{"share of the top crate in percent", 20, `SELECT 100 * max(n) / (SELECT count(*) FROM crates) FROM (SELECT count(*) AS n FROM reverse_dependencies GROUP BY target_crate_id) x`},
	{"build dependencies", 500, `SELECT count(*) FROM dependencies WHERE kind = 1`},
	{"dev dependencies", 5000, `SELECT count(*) FROM dependencies WHERE kind = 2`},
	{"targets", 1000, `SELECT count(*) FROM dependencies WHERE target IS NOT NULL`},
	{"renames", 500, `SELECT count(*) FROM dependencies WHERE explicit_name IS NOT NULL`},
	{"optional ones", 5000, `SELECT count(*) FROM dependencies WHERE optional`},
	{"dep: features", 500, `SELECT count(*) FROM versions WHERE features::text LIKE '%"dep:%'`},
	{"weak features", 100, `SELECT count(*) FROM versions WHERE features::text LIKE '%?/%'`},
	{"accounts of unknown age", 20, `SELECT count(*) FROM users WHERE created_at IS NULL`},
	{"renamed accounts", 10, `SELECT count(*) FROM users u JOIN oauth_github o ON o.user_id = u.id WHERE u.gh_login <> o.login`},
	{"legacy accounts", 2, `SELECT count(*) FROM users WHERE gh_id = -1`},
	{"logins used twice", 1, `SELECT count(*) FROM (SELECT FROM users GROUP BY lower(gh_login) HAVING count(*) > 1) x`},
	{"unverified addresses", 15, `SELECT count(*) FROM emails WHERE NOT verified`},
	{"accounts without address", 10, `SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT FROM emails WHERE user_id = u.id)`},
	{"locked for ever", 2, `SELECT count(*) FROM users WHERE account_lock_reason IS NOT NULL AND account_lock_until IS NULL`},
	{"locked for now", 2, `SELECT count(*) FROM users WHERE account_lock_reason IS NOT NULL AND account_lock_until > $1`},
	{"once locked", 2, `SELECT count(*) FROM users WHERE account_lock_reason IS NOT NULL AND account_lock_until < $1`},
	{"teams", 10, `SELECT count(*) FROM teams`},
	{"crates of teams", 50, `SELECT count(*) FROM crate_owners WHERE owner_kind = 1`},
	{"co-owners", 100, `SELECT count(*) FROM (SELECT FROM crate_owners WHERE owner_kind = 0 AND NOT deleted GROUP BY crate_id HAVING count(*) > 1) x`},
	{"former owners", 50, `SELECT count(*) FROM crate_owners WHERE deleted`},
	{"open invitations", 5, `SELECT count(*) FROM crate_owner_invitations WHERE expires_at > $1`},
	{"expired invitations", 5, `SELECT count(*) FROM crate_owner_invitations WHERE expires_at <= $1`},
	{"legacy tokens", 200, `SELECT count(*) FROM api_tokens WHERE endpoint_scopes IS NULL`},
	{"scoped tokens", 100, `SELECT count(*) FROM api_tokens WHERE cardinality(endpoint_scopes) > 0 AND cardinality(crate_scopes) > 0`},
	{"tokens that may nothing", 3, `SELECT count(*) FROM api_tokens WHERE endpoint_scopes = '{}'`},
	{"empty crate scopes", 3, `SELECT count(*) FROM api_tokens WHERE crate_scopes = '{}'`},
	{"expired tokens", 100, `SELECT count(*) FROM api_tokens WHERE expired_at < $1`},
	{"revoked tokens", 50, `SELECT count(*) FROM api_tokens WHERE revoked`},
	{"tokens never used", 50, `SELECT count(*) FROM api_tokens WHERE last_used_at IS NULL`},
	{"GitHub publishers", 100, `SELECT count(*) FROM trustpub_configs_github`},
	{"GitLab publishers", 10, `SELECT count(*) FROM trustpub_configs_gitlab WHERE namespace_id IS NOT NULL`},
	{"GitLab publishers not pinned", 1, `SELECT count(*) FROM trustpub_configs_gitlab WHERE namespace_id IS NULL`},
	{"publishes from GitHub", 300, `SELECT count(*) FROM versions WHERE trustpub_data->>'provider' = 'github'`},
	{"publishes from GitLab", 20, `SELECT count(*) FROM versions WHERE trustpub_data->>'provider' = 'gitlab'`},
	{"trusted-only crates", 30, `SELECT count(*) FROM crates WHERE trustpub_only`},
	{"live publisher tokens", 2, `SELECT count(*) FROM trustpub_tokens WHERE expires_at > $1`},
	{"expired publisher tokens", 2, `SELECT count(*) FROM trustpub_tokens WHERE expires_at < $1`},
	{"used JWT ids", 5, `SELECT count(*) FROM trustpub_used_jtis`},
	{"browser publishes", 30, `SELECT count(*) FROM version_owner_actions WHERE action = 0 AND api_token_id IS NULL`},
	{"publishes before the log", 500, `SELECT count(*) FROM versions v WHERE published_by IS NOT NULL AND NOT EXISTS (SELECT FROM version_owner_actions WHERE version_id = v.id AND action = 0)`},
	{"publishes by nobody known", 20, `SELECT count(*) FROM versions WHERE published_by IS NULL AND trustpub_data IS NULL`},
	{"reserved names", 64, `SELECT count(*) FROM reserved_crate_names`},
	{"reserved logins", 2, `SELECT count(*) FROM reserved_usernames`},
	{"names blocked", 3, `SELECT count(*) FROM deleted_crates WHERE available_at > $1`},
	{"names free again", 3, `SELECT count(*) FROM deleted_crates WHERE available_at <= $1`},
	{"names deleted twice", 1, `SELECT count(*) FROM (SELECT FROM deleted_crates GROUP BY name HAVING count(*) > 1) x`},
	{"names registered again", 1, `SELECT count(*) FROM deleted_crates d JOIN crates c ON canon_crate_name(c.name) = canon_crate_name(d.name)`},
	{"overrides", 5, `SELECT count(*) FROM publish_rate_overrides`},
	{"buckets", 100, `SELECT count(*) FROM publish_limit_buckets`},
	{"own limits", 5, `SELECT count(*) FROM crates WHERE max_upload_size IS NOT NULL OR max_features IS NOT NULL`},
	{"job types", 34, `SELECT count(DISTINCT job_type) FROM background_jobs`},
	{"stuck jobs", 3, `SELECT count(*) FROM background_jobs WHERE priority >= 0 AND created_at < $1::timestamptz - interval '15 minutes'`},
	{"failing jobs", 5, `SELECT count(*) FROM background_jobs WHERE retries > 0 AND last_retry < $1`},
	{"parked jobs", 2, `SELECT count(*) FROM background_jobs WHERE last_retry = 'infinity'`},
	{"follows", 500, `SELECT count(*) FROM follows`},
	{"renderings", 5000, `SELECT count(*) FROM readme_renderings`},
	{"days with downloads", 90, `SELECT count(DISTINCT date) FROM version_downloads`},
	{"recent downloads", 2000, `SELECT count(*) FROM recent_crate_downloads`},
	{"hostile READMEs", 10, `SELECT count(*) FROM crates WHERE readme LIKE '%<script>%' OR readme LIKE '%javascript:%' OR readme LIKE '%' || chr(8238) || '%'`},
}

func TestRegistryIsRich(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	for _, x := range atLeast {
		args := []any{}
		for i := 0; i+1 < len(x.sql); i++ {
			if x.sql[i:i+2] == "$1" {
				args = []any{testNow}
			}
		}
		if n := one[int](t, pool, x.sql, args...); n < x.n {
			t.Errorf("%s: %d, want at least %d", x.what, n, x.n)
		}
	}
	if n := len(standard().PackedCrates()); n < 300 {
		t.Errorf("%d crates with archives, want at least 300", n)
	}
}
