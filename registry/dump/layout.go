package dump

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// tables are the tables of the public dump, in its order (contract db-dump.md
// section 3).
var tables = []string{
	"categories", "crate_downloads", "crates", "keywords", "metadata", "oauth_github", "reserved_crate_names", "reserved_usernames", "teams",
	"users", "crates_categories", "crates_keywords", "crate_owners", "deleted_crates", "versions", "default_versions", "dependencies", "version_downloads",
}

// private are the tables a public dump never holds. An archive that has one is
// something else, and its secrets are not ours to load.
var private = []string{
	"api_tokens", "background_jobs", "cloudfront_invalidation_queue", "crate_owner_invitations", "emails", "follows", "processed_log_files",
	"publish_limit_buckets", "publish_rate_overrides", "readme_renderings", "reverse_dependencies", "trustpub_configs_github", "trustpub_configs_gitlab",
	"trustpub_tokens", "trustpub_used_jtis", "version_owner_actions", "versions_published_by", "__diesel_schema_migrations", "recent_crate_downloads",
}

// rank is a table's place in the dump; unknown ones come last.
func rank(table string) int {
	if i := slices.Index(tables, table); i >= 0 {
		return i
	}
	return len(tables)
}

// column is one column of a table of the target.
type column struct {
	name string
	// filled says that a row may leave it out: it may be NULL, has a default,
	// or the server makes it.
	filled bool
	// guess is the default of a column that may be NULL. A row without the
	// column means "not known", and now() would be a lie.
	guess string
}

// layout is the target's tables as its schema made them.
type layout map[string][]column

// readLayout asks the target itself, so that an archive's own schema decides
// what its files may hold.
func readLayout(ctx context.Context, tx pgx.Tx) (layout, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.relname::text, a.attname::text,
		       NOT a.attnotnull OR a.atthasdef OR a.attidentity <> '' AS filled,
		       CASE WHEN NOT a.attnotnull AND a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), '') ELSE '' END AS guess
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
		  AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY c.relname, a.attnum`)
	if err != nil {
		return nil, err
	}
	l := layout{}
	var table string
	var c column
	_, err = pgx.ForEachRow(rows, []any{&table, &c.name, &c.filled, &c.guess}, func() error {
		l[table] = append(l[table], c)
		return nil
	})
	return l, err
}

// derived are the columns without default that the dump leaves out and an
// import fills by itself (contract db-dump.md section 2, import.sql).
var derived = map[string]map[string]string{
	"oauth_github": {"encrypted_token": `''::bytea`},
	"crates":       {"textsearchable_index_col": `''::tsvector`},
	"versions":     {"semver_ord_v2": byTrigger},
}

// byTrigger marks a derived column that is no constant, see semverTrigger.
const byTrigger = "trigger"

// check compares a file's header with its table and gives the columns the file
// does not have. It refuses tables and columns the target does not know, and
// files that lack a column nobody could fill.
func (l layout) check(table string, header []string) (absent []string, err error) {
	if slices.Contains(private, table) {
		return nil, cratewarden.Errorf(cratewarden.Refused, "The archive holds the private table %q. A public dump never does; this import takes nothing else.", table)
	}
	columns, ok := l[table]
	if !ok {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The archive holds the table %q, which this registry schema does not know. Use an archive with its own schema.sql.", table)
	}
	for _, name := range header {
		if !slices.ContainsFunc(columns, func(c column) bool { return c.name == name }) {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "%s.csv has the column %q, which this registry schema does not know. Use an archive with its own schema.sql.", table, name)
		}
	}
	for _, c := range columns {
		if slices.Contains(header, c.name) {
			continue
		}
		if _, ok := derived[table][c.name]; !ok && !c.filled {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "%s.csv lacks the column %q, without which its rows cannot be stored.", table, c.name)
		}
		absent = append(absent, c.name)
	}
	return absent, nil
}

// guess gives the default of a column that should be NULL instead.
func (l layout) guess(table, name string) string {
	i := slices.IndexFunc(l[table], func(c column) bool { return c.name == name })
	return l[table][i].guess
}

// missing names the first table of the public dump that the schema has and the
// archive did not bring.
func (l layout) missing(loaded map[string]int64) error {
	for _, table := range tables {
		_, known := l[table]
		if _, ok := loaded[table]; known && !ok {
			return cratewarden.Errorf(cratewarden.Invalid, "The archive has no data/%s.csv. It is incomplete, or no public dump.", table)
		}
	}
	if _, ok := loaded["crates"]; !ok {
		return cratewarden.Errorf(cratewarden.Invalid, "The archive's schema has no table of crates. It is no registry dump.")
	}
	return nil
}

// copyStatement is the COPY that takes a file with this header as it is.
// FREEZE writes the rows as already seen by everybody, which nobody can tell
// from otherwise because the table itself is not visible before the commit.
func copyStatement(table string, header []string) string {
	quoted := make([]string, len(header))
	for i, c := range header {
		quoted[i] = pgx.Identifier{c}.Sanitize()
	}
	return fmt.Sprintf(`COPY public.%s (%s) FROM STDIN (FORMAT csv, HEADER true, FREEZE true, ENCODING 'UTF8')`,
		pgx.Identifier{table}.Sanitize(), strings.Join(quoted, ", "))
}
