package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// Every function of contract functions.md, with the attributes it states, and no other.
func TestFunctionsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	rows, err := database(t).Query(t.Context(), `
		SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ') ' || pg_get_function_result(p.oid)
			|| CASE WHEN p.provolatile <> 'v' THEN ' ' || p.provolatile::text ELSE '' END
			|| CASE WHEN p.proisstrict THEN ' strict' ELSE '' END
			|| CASE WHEN p.proparallel = 's' THEN ' parallel' ELSE '' END
			|| CASE WHEN p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'sql') THEN ' sql' ELSE '' END
		FROM pg_proc p
		WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d
			WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
		ORDER BY p.proname COLLATE "C"`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(`
canon_crate_name(text) text sql
canon_username(text) text i sql
compute_reverse_dependencies(dependent_crate_ids integer[]) TABLE(target_crate_id integer, dependent_crate_id integer, version_id integer, dependency_id integer, dependent_downloads bigint) s sql
diesel_manage_updated_at(target regclass) void
diesel_set_updated_at() trigger
emails_set_token_generated_at() trigger
ensure_crate_name_not_reserved() trigger
ensure_reserved_name_not_in_use() trigger
ensure_username_not_reserved() trigger
insert_crate_downloads_row() trigger
notify_background_job_inserted() trigger
random_string(n integer) text
rebuild_reverse_dependencies(dependent_crate_ids integer[]) void
reconfirm_email_on_email_change() trigger
refresh_recent_crate_downloads() void
reverse_dependencies_crate_downloads_update() trigger
reverse_dependencies_default_versions_insert() trigger
reverse_dependencies_default_versions_update() trigger
reverse_dependencies_dependencies_insert() trigger
reverse_dependencies_versions_yanked() trigger
semver_ord_num(digits text) bytea i strict parallel
semver_ord_v2(num text) bytea i strict parallel
set_category_path_to_slug() trigger
set_semver_ord_v2() trigger
set_updated_at() trigger
touch_crate() trigger
touch_crate_on_version_modified() trigger
trigger_crates_name_search() trigger
update_categories_crates_cnt() trigger
update_keywords_crates_cnt() trigger
update_num_versions_from_versions() trigger`), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
}

func TestScalarFunctions(t *testing.T) {
	t.Parallel()
	db := database(t)
	for _, row := range []struct{ sql, want string }{
		{`canon_crate_name('Foo-Bar_Baz')`, `foo_bar_baz`},
		{`canon_crate_name('--A.b')`, `__a.b`},
		{`canon_crate_name(NULL)`, `NULL`},
		{`canon_username('Foo-Bar_Baz')`, `foo_bar_baz`},
		{`length(random_string(26))`, `26`},
		{`random_string(0)`, ``},
		{`random_string(5000) ~ '^[a-zA-Z0-9]+$'`, `true`},
		{`random_string(26) = random_string(26)`, `false`},
		// The chance that one of 62 letters is missing among 5,000 is below 10^-33.
		{`(SELECT count(DISTINCT c) FROM regexp_split_to_table(random_string(5000), '') c)`, `62`},
		{`encode(digest('cio' || repeat('A', 32), 'sha256'), 'hex')`,
			`f6e24f3c4a435fc10e87191a8b9ea393e873504f66ae7f00024ca294aefa01ef`},
		{`encode(digest(repeat('A', 31), 'sha256'), 'hex')`,
			`55ee740f58335c97d42c32125218eb7c325fbe34206912f1aa7af7fd6580c9a1`},
	} {
		if got := scalar(t, db, row.sql); got != row.want {
			t.Errorf("%s = %q, want %q", row.sql, got, row.want)
		}
	}
}

// A volatile function in an index is of use only while PostgreSQL inlines it into both index and query.
func TestNameQueriesUseTheirIndexes(t *testing.T) {
	t.Parallel()
	db := database(t)
	for _, row := range []struct{ sql, index string }{
		{`SELECT id FROM crates WHERE canon_crate_name(name) = canon_crate_name('Foo-Bar')`, "index_crates_name"},
		{`SELECT id FROM crates WHERE canon_crate_name(name) LIKE '%foo%'`, "index_crates_name_tgrm"},
		{`SELECT id FROM deleted_crates WHERE canon_crate_name(name) = 'a'`, "deleted_crates_canon_crate_name_index"},
		{`SELECT id FROM users WHERE canon_username(username) = canon_username('A')`, "index_users_canon_username"},
	} {
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		exec(t, tx, `SET LOCAL enable_seqscan = off`)
		rows, err := tx.Query(t.Context(), `EXPLAIN `+row.sql)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "\n") + " "; !strings.Contains(text, row.index+" ") {
			t.Errorf("%s does not use %s:\n%s", row.sql, row.index, text)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGenericUpdatedAtHelper(t *testing.T) {
	t.Parallel()
	db := database(t)
	exec(t, db, `CREATE TABLE own (a integer, updated_at timestamptz NOT NULL DEFAULT 'epoch');
		SELECT diesel_manage_updated_at('own'); INSERT INTO own (a) VALUES (1)`)
	for _, row := range []struct{ sql, want string }{
		{`UPDATE own SET a = 1`, "true"},
		{`UPDATE own SET a = 2`, "false"},
		{`UPDATE own SET a = 3, updated_at = 'epoch'`, "true"},
	} {
		exec(t, db, row.sql)
		if got := scalar(t, db, `SELECT updated_at = 'epoch' FROM own`); got != row.want {
			t.Errorf("after %s updated_at is the epoch: %s, want %s", row.sql, got, row.want)
		}
	}
}
