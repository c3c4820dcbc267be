package change

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// table says how the rows of one table become images.
type table struct {
	key []string
	// hidden columns are never in an image: secrets, personal data, and what
	// is large and can be made again.
	hidden []string
	// volatile columns change without anybody deciding it (counters, times of
	// use, what workers compute), so a review is not stale when they differ.
	volatile []string
	// wide columns describe what was published and never change afterwards; a
	// brief watch leaves them out.
	wide []string
	// given columns get their value from the database at INSERT, so they differ
	// between a review and its apply.
	given []string
}

// tables are the tables whose rows a change may touch (contract
// schema/columns.csv and constraints.csv for the keys).
func tables() map[string]table {
	id := []string{"id"}
	return map[string]table{
		"api_tokens":              {key: id, hidden: []string{"token", "name"}, volatile: []string{"last_used_at", "expiry_notification_at"}},
		"background_jobs":         {key: id, hidden: []string{"data"}, volatile: []string{"retries", "last_retry", "priority"}},
		"crate_downloads":         {key: []string{"crate_id"}, volatile: []string{"downloads"}},
		"crate_owner_invitations": {key: []string{"invited_user_id", "crate_id"}, hidden: []string{"token"}, given: []string{"created_at", "expires_at"}},
		"crate_owners":            {key: []string{"crate_id", "owner_id", "owner_kind"}, hidden: []string{"email_notifications"}, volatile: []string{"updated_at"}, given: []string{"created_at"}},
		"crates":                  {key: id, hidden: []string{"readme", "textsearchable_index_col"}, volatile: []string{"updated_at"}},
		"crates_categories":       {key: []string{"crate_id", "category_id"}},
		"crates_keywords":         {key: []string{"crate_id", "keyword_id"}},
		"default_versions":        {key: []string{"crate_id"}},
		"deleted_crates":          {key: id, given: []string{"id", "deleted_at", "available_at"}},
		"dependencies":            {key: id},
		"emails":                  {key: id, hidden: []string{"email", "token"}, volatile: []string{"token_generated_at"}},
		"follows":                 {key: []string{"user_id", "crate_id"}},
		"publish_limit_buckets":   {key: []string{"user_id", "action"}, volatile: []string{"tokens", "last_refill"}},
		"publish_rate_overrides":  {key: []string{"user_id", "action"}},
		"readme_renderings":       {key: []string{"version_id"}, volatile: []string{"rendered_at"}},
		"reserved_crate_names":    {key: []string{"name"}},
		"reserved_usernames":      {key: []string{"username"}},
		"reverse_dependencies":    {key: []string{"target_crate_id", "dependent_crate_id"}, volatile: []string{"dependent_downloads"}},
		"teams":                   {key: id, hidden: []string{"avatar"}},
		"trustpub_configs_github": {key: id},
		"trustpub_configs_gitlab": {key: id, volatile: []string{"namespace_id"}},
		"trustpub_tokens":         {key: id, hidden: []string{"hashed_token"}},
		"users":                   {key: id, hidden: []string{"publish_notifications"}},
		"version_downloads":       {key: []string{"version_id", "date"}, volatile: []string{"downloads", "counted", "processed"}},
		"version_owner_actions":   {key: id, given: []string{"id", "time"}},
		"versions": {key: id, volatile: []string{"downloads", "updated_at", "linecounts", "has_lib", "bin_names", "zip_sha256", "zip_json_sha256"},
			wide: []string{
				"bin_names", "categories", "description", "documentation", "edition", "features", "has_lib", "homepage", "keywords", "lib_name",
				"license", "linecounts", "links", "num_no_build", "repository", "rust_version", "semver_ord_v2", "zip_json_sha256", "zip_sha256",
			}},
		"versions_published_by": {key: []string{"version_id"}, hidden: []string{"email"}},
	}
}

// columnsOf gives the columns of a table that belong in an image: all that the
// database has and this role may read, without the hidden ones.
func (t *Tx) columnsOf(ctx context.Context, name string) ([]string, error) {
	if known, ok := t.columns[name]; ok {
		return known, nil
	}
	rows, err := t.Query(ctx, `
		SELECT a.attname::text
		FROM pg_attribute a
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
		  AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
		ORDER BY a.attnum`, name)
	if err != nil {
		return nil, pg.Map(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, pg.Map(err)
	}
	spec := tables()[name]
	shown := slices.DeleteFunc(all, func(c string) bool { return slices.Contains(spec.hidden, c) })
	for _, k := range spec.key {
		if !slices.Contains(shown, k) {
			return nil, cratewarden.Errorf(cratewarden.Unavailable, "The registry's table %s has no column %s that this console may read. Run: cratewarden check-registry.", name, k)
		}
	}
	t.columns[name] = shown
	return shown, nil
}

// columnList quotes columns for a statement, with a prefix such as "t.".
func columnList(prefix string, columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = prefix + pgx.Identifier{c}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

// keyExpression is SQL for the key of a row as text, its parts joined by "/".
func keyExpression(spec table) string {
	parts := make([]string, len(spec.key))
	for i, k := range spec.key {
		parts[i] = "t." + pgx.Identifier{k}.Sanitize() + "::text"
	}
	return strings.Join(parts, " || '/' || ")
}
