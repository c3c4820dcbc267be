package demo

import (
	"testing"

	"cratewarden/pg/pgtest"
)

// nothing are questions whose answer must be no row: what the registry must be
// able to decode (contract pitfalls.md section 4), and what its triggers and
// jobs would have made.
var nothing = map[string]string{
	"action numbers":        `SELECT FROM version_owner_actions WHERE action NOT IN (0, 1, 2)`,
	"dependency kinds":      `SELECT FROM dependencies WHERE kind NOT IN (0, 1, 2)`,
	"version numbers":       `SELECT FROM versions WHERE semver_ord_v2(num) IS NULL`,
	"version order":         `SELECT FROM versions WHERE semver_ord_v2 <> semver_ord_v2(num)`,
	"number without build":  `SELECT FROM versions WHERE num_no_build <> split_part(num, '+', 1)`,
	"equal but for build":   `SELECT FROM versions GROUP BY crate_id, num_no_build HAVING count(*) > 1`,
	"feature tables":        `SELECT FROM versions WHERE jsonb_typeof(features) <> 'object'`,
	"feature lists":         `SELECT FROM versions, jsonb_each(features) f WHERE jsonb_typeof(f.value) <> 'array'`,
	"feature values":        `SELECT FROM versions, jsonb_each(features) f, jsonb_array_elements(f.value) x WHERE jsonb_typeof(x) <> 'string'`,
	"claims":                `SELECT FROM versions WHERE NOT ` + claimsHold,
	"token claims":          `SELECT FROM trustpub_tokens WHERE NOT ` + claimsHold,
	"claims as JSON null":   `SELECT FROM versions WHERE trustpub_data = 'null'`,
	"claims and publisher":  `SELECT FROM versions WHERE trustpub_data IS NOT NULL AND published_by IS NOT NULL`,
	"endpoint scopes":       `SELECT FROM api_tokens WHERE NOT endpoint_scopes <@ ARRAY['publish-new','publish-update','trusted-publishing','yank','change-owners']`,
	"crate scopes":          `SELECT FROM api_tokens, unnest(crate_scopes) p WHERE p IS NULL OR p !~ '^([A-Za-z][A-Za-z0-9_-]*)?[*]?$' OR p = ''`,
	"token hashes":          `SELECT FROM api_tokens WHERE octet_length(token) <> 32`,
	"publisher hashes":      `SELECT FROM trustpub_tokens WHERE octet_length(hashed_token) <> 32`,
	"dependency features":   `SELECT FROM dependencies WHERE array_position(features, NULL) IS NOT NULL`,
	"archive hashes":        `SELECT FROM versions WHERE octet_length(tar_sha256) <> 32`,
	"team logins":           `SELECT FROM teams WHERE login <> lower(login) OR login !~ '^github:[^:]+:[^:]+$'`,
	"job payloads":          `SELECT FROM background_jobs WHERE data IN ('{}', '[]')`,
	"job retries":           `SELECT FROM background_jobs WHERE retries > 30`,
	"unknown jobs":          `SELECT FROM background_jobs WHERE job_type = 'warm_partner_mirror' AND priority >= 0`,
	"job crates":            `SELECT FROM background_jobs b WHERE data ? 'krate' AND NOT EXISTS (SELECT FROM crates WHERE name = data->>'krate')`,
	"job versions":          `SELECT FROM background_jobs b WHERE data ? 'version_id' AND NOT EXISTS (SELECT FROM versions WHERE id = (data->>'version_id')::int)`,
	"distributions":         `SELECT FROM cloudfront_invalidation_queue WHERE distribution NOT IN ('index', 'static')`,
	"one metadata row":      `SELECT WHERE (SELECT count(*) FROM metadata) <> 1`,
	"total downloads":       `SELECT FROM metadata WHERE total_downloads <> (SELECT sum(downloads) FROM crate_downloads)`,
	"crate names":           `SELECT FROM crates WHERE name !~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'`,
	"numbered names":        `SELECT FROM crates WHERE name ~ '^crate'`,
	"canonical twins":       `SELECT FROM crates GROUP BY canon_crate_name(name) HAVING count(*) > 1`,
	"category slugs":        `SELECT FROM versions, unnest(categories) s WHERE NOT EXISTS (SELECT FROM categories WHERE slug = s)`,
	"category paths":        `SELECT FROM categories WHERE path::text <> 'root.' || replace(replace(slug, '-', '_'), '::', '.')`,
	"category counts":       `SELECT FROM categories k WHERE crates_cnt <> (SELECT count(*) FROM crates_categories WHERE category_id = k.id)`,
	"keyword counts":        `SELECT FROM keywords k WHERE crates_cnt <> (SELECT count(*) FROM crates_keywords WHERE keyword_id = k.id)`,
	"keyword rules":         `SELECT FROM versions, unnest(keywords) k WHERE cardinality(keywords) > 5 OR length(k) > 20`,
	"search vectors":        `SELECT FROM crates WHERE NOT textsearchable_index_col @@ plainto_tsquery('english', name)`,
	"crates unversioned":    `SELECT FROM crates c WHERE NOT EXISTS (SELECT FROM versions WHERE crate_id = c.id)`,
	"downloads missing":     `SELECT FROM crates c WHERE NOT EXISTS (SELECT FROM crate_downloads WHERE crate_id = c.id)`,
	"downloads add up":      `SELECT FROM crate_downloads d WHERE downloads < (SELECT sum(downloads) FROM versions v WHERE v.crate_id = d.crate_id)`,
	"days add up":           `SELECT FROM (SELECT version_id, sum(downloads) AS n FROM version_downloads GROUP BY 1) d JOIN versions v ON v.id = version_id WHERE v.downloads < n`,
	"days before a publish": `SELECT FROM version_downloads d JOIN versions v ON v.id = version_id WHERE date < (v.created_at AT TIME ZONE 'UTC')::date`,
	"default versions": `SELECT FROM default_versions d JOIN LATERAL (SELECT id, count(*) OVER () AS n FROM versions v WHERE v.crate_id = d.crate_id
		ORDER BY yanked, (get_byte(semver_ord_v2, octet_length(semver_ord_v2) - 1) <> 3), semver_ord_v2 DESC, id DESC LIMIT 1) b ON true
		WHERE b.id <> d.version_id OR b.n <> d.num_versions`,
	"reverse dependencies": `(SELECT * FROM compute_reverse_dependencies((SELECT array_agg(id) FROM crates)) EXCEPT TABLE reverse_dependencies)
		UNION ALL (TABLE reverse_dependencies EXCEPT SELECT * FROM compute_reverse_dependencies((SELECT array_agg(id) FROM crates)))`,
	"ids follow time":           `SELECT FROM (SELECT created_at, lag(created_at) OVER (ORDER BY id) AS before FROM versions) v WHERE created_at < before`,
	"published in future":       `SELECT FROM versions WHERE created_at > $1 OR updated_at > $1`,
	"first publish":             `SELECT FROM crates c WHERE created_at <> (SELECT min(created_at) FROM versions WHERE crate_id = c.id)`,
	"depends on the future":     `SELECT FROM dependencies d JOIN versions v ON v.id = d.version_id JOIN crates c ON c.id = d.crate_id WHERE c.created_at > v.created_at`,
	"used before it was made":   `SELECT FROM version_owner_actions a JOIN api_tokens t ON t.id = api_token_id WHERE a.time < t.created_at OR a.time > t.expired_at OR a.user_id <> t.user_id`,
	"used after last use":       `SELECT FROM version_owner_actions a JOIN api_tokens t ON t.id = api_token_id WHERE a.time > coalesce(t.last_used_at, '-infinity')`,
	"joined after a publish":    `SELECT FROM versions v JOIN users u ON u.id = published_by WHERE u.created_at > v.created_at`,
	"publish and its row":       `SELECT FROM version_owner_actions a JOIN versions v ON v.id = a.version_id WHERE action = 0 AND (a.time <> v.created_at OR a.user_id <> v.published_by)`,
	"owners who are nobody":     `SELECT FROM crate_owners o WHERE owner_kind = 0 AND NOT EXISTS (SELECT FROM users WHERE id = owner_id) OR owner_kind = 1 AND NOT EXISTS (SELECT FROM teams WHERE id = owner_id)`,
	"trusted-only by token":     `SELECT FROM versions v JOIN crates c ON c.id = crate_id WHERE c.trustpub_only AND published_by IS NOT NULL AND v.created_at > (SELECT max(created_at) FROM versions WHERE crate_id = c.id AND trustpub_data IS NOT NULL)`,
	"real domains":              `SELECT FROM emails WHERE email !~ '@([a-z0-9-]+[.])*(example|example[.](org|net|com))$'`,
	"reserved names in use":     `SELECT FROM crates c JOIN reserved_crate_names r ON canon_crate_name(r.name) = canon_crate_name(c.name)`,
	"a dependency of its own":   `SELECT FROM dependencies d JOIN versions v ON v.id = version_id WHERE v.crate_id = d.crate_id`,
	"requirement left unpicked": `SELECT FROM dependencies WHERE req = '' OR req = '*'`,
}

const claimsHold = `(trustpub_data IS NULL OR jsonb_typeof(trustpub_data) = 'object'
	AND (SELECT bool_and(jsonb_typeof(value) = 'string') FROM jsonb_each(trustpub_data))
	AND (SELECT array_agg(key ORDER BY key COLLATE "C") FROM jsonb_each(trustpub_data)) = CASE trustpub_data->>'provider'
		WHEN 'github' THEN ARRAY['provider','repository','run_id','sha'] WHEN 'gitlab' THEN ARRAY['job_id','project_path','provider','sha'] END)`

func TestRegistryObeysTheContract(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	for name, sql := range nothing {
		args := []any{}
		if name == "published in future" {
			args = append(args, testNow)
		}
		if n := one[int](t, pool, `SELECT count(*) FROM (`+sql+`) x`, args...); n != 0 {
			t.Errorf("%s: %d rows break the rule", name, n)
		}
	}
}

// TestForeignKeysHold asks every foreign key, since loading puts them to sleep.
func TestForeignKeysHold(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	asks := column(t, pool, `SELECT format('SELECT count(*) FROM %s a WHERE a.%I IS NOT NULL AND NOT EXISTS (SELECT FROM %s b WHERE b.%I = a.%I)',
			k.conrelid::regclass, f.attname, k.confrelid::regclass, g.attname, f.attname)
		FROM pg_constraint k JOIN pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = k.conkey[1]
		JOIN pg_attribute g ON g.attrelid = k.confrelid AND g.attnum = k.confkey[1] WHERE k.contype = 'f'`)
	if len(asks) < 30 {
		t.Fatalf("only %d foreign keys", len(asks))
	}
	for _, sql := range asks {
		if n := one[int](t, pool, sql); n != 0 {
			t.Errorf("%d rows dangle: %s", n, sql)
		}
	}
}
