package schema_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func registry() pgtest.Template {
	return pgtest.Template{Name: "registry", Build: schema.Create}
}

func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return pgtest.Database(t, registry())
}

func TestDatabaseEqualsContract(t *testing.T) {
	t.Parallel()
	differences, err := schema.Compare(t.Context(), database(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		t.Error(d)
	}
}

// How many rows each contract file has; a file cut short would make the comparison above easier than it looks.
func TestContractIsWhole(t *testing.T) {
	t.Parallel()
	want := map[string]int{"tables": 36, "columns": 208, "constraints": 82, "indexes": 84, "triggers": 25,
		"sequences": 17, "extensions": 4, "views": 1}
	for name, rows := range schema.Contract() {
		if len(rows) != want[name] {
			t.Errorf("%s.csv has %d rows, want %d", name, len(rows), want[name])
		}
	}
}

// Every fact of every row of every file is altered in turn: each must show, alone. A row taken away or added must too.
func TestEveryAlterationShows(t *testing.T) {
	t.Parallel()
	got, err := schema.Introspect(t.Context(), database(t))
	if err != nil {
		t.Fatal(err)
	}
	// On other servers than the contract's the versions of extensions are left out; as the wanted side they would differ.
	for i, row := range got["extensions"] {
		if row["version"] == "" {
			k := slices.IndexFunc(schema.Contract()["extensions"], func(r schema.Row) bool { return r["name"] == row["name"] })
			got["extensions"][i]["version"] = schema.Contract()["extensions"][k]["version"]
		}
	}
	facts := map[string][]string{
		"tables":  {"kind", "column_count", "primary_key"},
		"columns": {"ordinal", "type", "nullable", "default_expression", "generated"},
		"constraints": {"kind", "columns", "referenced_table", "referenced_columns", "on_delete", "on_update",
			"deferrability", "validated", "check_expression"},
		"indexes": {"unique", "primary", "method", "columns_or_expressions", "predicate", "storage_options",
			"backs_constraint"},
		"triggers": {"timing", "events", "update_of_columns", "level", "function", "old_transition_table",
			"new_transition_table", "when_condition"},
		"sequences":  {"type", "owned_by_table", "owned_by_column", "start", "increment", "cache"},
		"extensions": {"schema"},
		"views":      {"kind", "columns", "source_tables"},
	}
	for name, rows := range schema.Contract() {
		for i, row := range rows {
			for _, fact := range facts[name] {
				want := schema.Contract()
				want[name][i][fact] += " altered"
				if n := len(schema.Diff(want, got)); n != 1 {
					t.Fatalf("%s %v: altering %s gave %d differences, want 1", name, row, fact, n)
				}
			}
			want := schema.Contract()
			want[name] = slices.Delete(want[name], i, i+1)
			if n := len(schema.Diff(want, got)); n != 1 {
				t.Fatalf("%s: removing row %d gave %d differences, want 1", name, i, n)
			}
			if n := len(schema.Diff(got, want)); n != 1 {
				t.Fatalf("%s: row %d beyond what is wanted gave %d differences, want 1", name, i, n)
			}
		}
	}
}

// The other direction: real changes in a database, each of which must be found by the catalogs queries themselves.
func TestEveryDriftShows(t *testing.T) {
	t.Parallel()
	for _, drift := range []struct{ sql, want string }{
		{`ALTER TABLE crates ADD COLUMN mascot text`, `columns crates.mascot: unexpected`},
		{`CREATE TABLE souvenirs (id integer)`, `tables souvenirs: unexpected`},
		{`ALTER TABLE crates ALTER COLUMN trustpub_only DROP NOT NULL`, `columns crates.trustpub_only: nullable is "YES", want "NO"`},
		{`ALTER TABLE users ALTER COLUMN created_at SET DEFAULT 'epoch'`,
			`columns users.created_at: default_expression is "'1970-01-01 00:00:00+00'::timestamp with time zone", want "now()"`},
		{`ALTER TABLE follows DROP CONSTRAINT fk_follows_user_id`, `constraints follows.fk_follows_user_id: missing`},
		{`ALTER TABLE default_versions ALTER CONSTRAINT default_versions_versions_id_fk NOT DEFERRABLE`,
			`constraints default_versions.default_versions_versions_id_fk: deferrability is "NOT DEFERRABLE", want "DEFERRABLE INITIALLY DEFERRED"`},
		{`ALTER TABLE versions VALIDATE CONSTRAINT versions_num_max_length`,
			`constraints versions.versions_num_max_length: validated is "YES", want "NO (NOT VALID: existing rows unchecked, new/updated rows checked)"`},
		{`DROP INDEX index_crates_name_tgrm`, `indexes crates.index_crates_name_tgrm: missing`},
		{`DROP INDEX users_gh_id; CREATE UNIQUE INDEX users_gh_id ON users (gh_id) INCLUDE (name) WHERE gh_id > 0`,
			`indexes users.users_gh_id: columns_or_expressions is "gh_id INCLUDE (name)", want "gh_id"`},
		{`DROP TRIGGER touch_crate ON versions`, `triggers versions.touch_crate: missing`},
		{`ALTER SEQUENCE packages_id_seq OWNED BY NONE`, `sequences packages_id_seq: owned_by_column is "", want "id"`},
		{`CREATE EXTENSION hstore`, `extensions hstore: unexpected`},
		{`DROP MATERIALIZED VIEW recent_crate_downloads`, `views recent_crate_downloads: missing`},
	} {
		t.Run(drift.sql, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			if _, err := db.Exec(t.Context(), drift.sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatal(err)
			}
			differences, err := schema.Compare(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(differences, func(d schema.Difference) bool { return d.String() == drift.want }) {
				t.Errorf("differences %v do not hold %q", differences, drift.want)
			}
		})
	}
}

// The copy of the contract beside this test must be the contract.
func TestContractCopyIsCurrent(t *testing.T) {
	t.Parallel()
	const shared = "../../../shared/contract/schema"
	theirs, err := filepath.Glob(filepath.Join(shared, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(theirs) == 0 {
		t.Logf("%s is not here; the copy in testdata stands alone", shared)
		return
	}
	ours, err := filepath.Glob("testdata/contract/*.csv")
	if err != nil {
		t.Fatal(err)
	}
	if len(ours) != len(theirs) {
		t.Errorf("%d files in testdata, %d in the contract", len(ours), len(theirs))
	}
	for _, path := range theirs {
		if read(t, path) != read(t, filepath.Join("testdata/contract", filepath.Base(path))) {
			t.Errorf("testdata/contract/%s differs from the contract", filepath.Base(path))
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The halves must be usable apart, as a bulk load uses them, and end in the same shape.
func TestHalvesMakeTheWhole(t *testing.T) {
	t.Parallel()
	db := pgtest.Database(t, pgtest.Template{Name: "empty"})
	conn, err := db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, half := range []string{schema.PreData(), `INSERT INTO keywords (keyword) VALUES ('between')`, schema.PostData()} {
		if _, err := conn.Exec(t.Context(), half, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	}
	differences, err := schema.Compare(t.Context(), conn)
	if err != nil || len(differences) > 0 {
		t.Errorf("differences = %v, %v", differences, err)
	}
}

func TestSeedAndBookkeeping(t *testing.T) {
	t.Parallel()
	var rows, names int
	var newest string
	err := database(t).QueryRow(t.Context(), `SELECT (SELECT count(*) FROM metadata WHERE total_downloads = 0),
		(SELECT count(*) FROM reserved_crate_names), (SELECT max(version) FROM __diesel_schema_migrations)`).
		Scan(&rows, &names, &newest)
	if err != nil || rows != 1 || names != 62 || newest != schema.NewestMigration {
		t.Errorf("metadata rows %d, reserved names %d, newest migration %q, %v", rows, names, newest, err)
	}
}

// A failure in the middle must leave nothing behind.
func TestCreateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.Database(t, pgtest.Template{Name: "empty"})
	exec(t, db, `CREATE TABLE versions (id integer)`)
	conn, err := db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if err := schema.Create(t.Context(), conn.Conn()); err == nil {
		t.Fatal("Create built over an existing table")
	}
	if n := number(t, conn, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`); n != 1 {
		t.Errorf("%d relations remain, want the 1 that was there", n)
	}
}
