package check_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cratewarden/registry/check"
)

func TestRolesAreToldWhatTheyCan(t *testing.T) {
	t.Parallel()
	_, reader := connectAs(t, check.ReadOnly)
	if diff := cmp.Diff([]check.Capability{check.Read}, able(run(t, reader))); diff != "" {
		t.Errorf("read-only role (-want +got):\n%s", diff)
	}
	_, warden := connectAs(t, check.Acting)
	if diff := cmp.Diff(check.Capabilities(), able(run(t, warden))); diff != "" {
		t.Errorf("acting role (-want +got):\n%s", diff)
	}
	owner, nobody := connectAs(t, check.ReadOnly)
	exec(t, owner, `REVOKE SELECT ON crates FROM `+quotedRole(t, nobody))
	report := run(t, nobody)
	if report.Can(check.Read) || !slices.Contains(lines(report), "read crates name SELECT no privilege") {
		t.Errorf("without SELECT on crates: %q", lines(report))
	}
}

func quotedRole(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	var name string
	if err := conn.QueryRow(t.Context(), `SELECT quote_ident(current_user)`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

// granted reads the server's own view of what a role may do: every privilege on every column, table and sequence of
// every schema that is not the system's, and CREATE anywhere.
const granted = `
SELECT p || ' ' || c.relname || '.' || a.attname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND (a.attnum > 0 OR c.relname = 'emails' AND a.attname = 'xmin')
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND c.relnamespace = 'public'::regnamespace
    AND has_column_privilege(c.oid, a.attnum, p)
UNION ALL
SELECT p || ' ' || c.relname FROM pg_class c
CROSS JOIN unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) p
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND c.relnamespace = 'public'::regnamespace
    AND has_table_privilege(c.oid, p)
UNION ALL
SELECT p || ' ' || c.relname FROM pg_class c
CROSS JOIN unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) p
WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace AND has_sequence_privilege(c.oid, p)
UNION ALL
SELECT 'CREATE in ' || nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE')
UNION ALL
SELECT 'CREATE on the database' WHERE has_database_privilege(current_database(), 'CREATE')
UNION ALL
SELECT 'role attribute' FROM pg_roles WHERE rolname = current_user
    AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
UNION ALL
SELECT 'member of ' || roleid::regrole FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = current_user)`

// spelledOut reads GRANT statements, independently of the code that wrote them, into the words of [granted].
func spelledOut(t *testing.T, owner *pgx.Conn, statements string) map[string]bool {
	t.Helper()
	rights := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(statements), "\n") {
		what, on, _ := strings.Cut(strings.TrimPrefix(line, "GRANT "), " ON ")
		object, _, _ := strings.Cut(on, " TO ")
		kind, name, _ := strings.Cut(object, " ")
		name = strings.TrimPrefix(name, "public.")
		switch kind {
		case "SEQUENCE":
			rights[what+" "+name] = true
		case "TABLE":
			expand(t, owner, rights, what, name)
		}
	}
	return rights
}

// expand adds the rights of one table: "SELECT, UPDATE (yanked, yank_message), DELETE" on "versions".
func expand(t *testing.T, owner *pgx.Conn, rights map[string]bool, what, name string) {
	t.Helper()
	for what != "" {
		privilege := strings.FieldsFunc(what, func(r rune) bool { return r == ',' || r == ' ' })[0]
		what = strings.TrimPrefix(what, privilege)
		columns := ""
		if rest, listed := strings.CutPrefix(what, " ("); listed {
			columns, what, _ = strings.Cut(rest, ")")
		}
		what = strings.TrimPrefix(what, ", ")
		if privilege == "DELETE" {
			rights["DELETE "+name] = true
			continue
		}
		names := strings.Split(columns, ", ")
		if columns == "" {
			names = allColumns(t, owner, name)
		}
		for _, column := range names {
			rights[privilege+" "+name+"."+column] = true
		}
	}
}

func allColumns(t *testing.T, owner *pgx.Conn, table string) []string {
	t.Helper()
	return list(t, owner, fmt.Sprintf(`SELECT attname::text FROM pg_attribute
		WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped`, table))
}

func list(t *testing.T, conn *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// A role has every right its GRANT statements name, and not one more.
func TestRolesHaveNothingMore(t *testing.T) {
	t.Parallel()
	for mode, least := range map[check.Mode]int{check.ReadOnly: 150, check.Acting: 200} {
		owner, role := connectAs(t, mode)
		got := list(t, role, granted)
		slices.Sort(got)
		want := slices.Sorted(maps.Keys(spelledOut(t, owner, check.Grants("r", mode))))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mode %v: rights (-granted +held):\n%s", mode, diff)
		}
		if len(got) < least {
			t.Errorf("mode %v: only %d rights; the comparison cannot be right", mode, len(got))
		}
	}
}

// What no role of ours may do, said once more in plain SQL.
func TestRolesAreKeptFromSecretsAndSchema(t *testing.T) {
	t.Parallel()
	forbidden := []string{
		`SELECT encrypted_token FROM oauth_github`,
		`SELECT token FROM emails`,
		`SELECT token FROM crate_owner_invitations`,
		`SELECT o FROM oauth_github o`,
		`COPY emails TO STDOUT`,
		`SELECT FROM trustpub_used_jtis`,
		`SELECT FROM processed_log_files`,
		`UPDATE users SET is_admin = true`,
		`UPDATE users SET username = 'x'`,
		`UPDATE emails SET email = 'x'`,
		`UPDATE crates SET name = 'x'`,
		`UPDATE versions SET num = '1.0.0'`,
		`UPDATE versions SET tar_sha256 = ''`,
		`UPDATE api_tokens SET token = ''`,
		`UPDATE version_owner_actions SET user_id = 1`,
		`INSERT INTO versions (crate_id) VALUES (1)`,
		`INSERT INTO api_tokens (user_id, token, name) VALUES (1, '', '')`,
		`DELETE FROM users`,
		`DELETE FROM api_tokens`,
		`DELETE FROM version_owner_actions`,
		`DELETE FROM deleted_crates`,
		`DELETE FROM background_jobs`,
		`TRUNCATE crates`,
		`CREATE TABLE souvenirs (id integer)`,
		`CREATE SCHEMA ours`,
		`CREATE FUNCTION ours() RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
		`ALTER TABLE crates DISABLE TRIGGER USER`,
		`DROP TABLE crates`,
		`SELECT setval('packages_id_seq', 1)`,
		`SELECT refresh_recent_crate_downloads()`,
		`SET session_replication_role = replica`,
	}
	for _, mode := range []check.Mode{check.ReadOnly, check.Acting} {
		_, role := connectAs(t, mode)
		for _, sql := range forbidden {
			if got := code(t, role, sql); got != denied {
				t.Errorf("mode %v: %s: SQLSTATE %q, want %q", mode, sql, got, denied)
			}
		}
	}
}
