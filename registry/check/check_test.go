package check_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cratewarden"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/check"
)

func TestOwnerOfARegistryCanDoEverything(t *testing.T) {
	t.Parallel()
	report := run(t, connect(t))
	if diff := cmp.Diff(check.Capabilities(), able(report)); diff != "" {
		t.Errorf("usable (-want +got):\n%s", diff)
	}
	for _, row := range report.Rows {
		if row.State != check.OK {
			t.Errorf("%+v", row)
		}
	}
}

// An alteration of a whole registry, the capabilities it costs, and one row that says why.
func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	every := check.Capabilities()
	for _, row := range []struct {
		sql   string
		loses []check.Capability
		why   string
	}{
		{`ALTER TABLE crates ADD COLUMN mascot text; CREATE TABLE souvenirs (id integer)`, nil, ""},
		{`ALTER TABLE background_jobs ADD COLUMN worker text NOT NULL DEFAULT ''`, nil, ""},
		{`ALTER TABLE background_jobs ADD COLUMN worker bigint NOT NULL GENERATED ALWAYS AS IDENTITY`, nil, ""},
		{`ALTER TABLE crate_owners DROP COLUMN email_notifications`, nil, ""},
		{`ALTER TABLE teams ALTER COLUMN name TYPE text`, nil, ""},
		{`DROP TABLE follows`, every, "read follows  SELECT missing"},
		{`DROP TABLE processed_log_files`, nil, ""},
		{`DROP TABLE trustpub_tokens`, every, "read trustpub_tokens  SELECT missing"},
		{`ALTER TABLE users DROP COLUMN account_lock_until`, every, "account users account_lock_until UPDATE missing"},
		{`ALTER TABLE crates ALTER COLUMN max_upload_size TYPE bigint`, every,
			"read crates max_upload_size SELECT wrong type bigint instead of integer"},
		{`ALTER TABLE background_jobs ADD COLUMN worker text NOT NULL`,
			[]check.Capability{check.Version, check.Crate, check.Account, check.Window, check.Jobs},
			"registry jobs background_jobs worker INSERT unknown it has no default and we do not know what belongs there"},
		{`DROP INDEX index_crates_name_tgrm`, nil, "read index index_crates_name_tgrm  speed slow missing or not valid"},
		{`DROP TRIGGER reverse_dependencies_versions_yanked ON versions`,
			[]check.Capability{check.Version, check.Crate, check.Account, check.Window},
			"version versions  trigger reverse_dependencies_versions_yanked missing"},
		{`ALTER TABLE emails DISABLE TRIGGER trigger_emails_reconfirm`, []check.Capability{check.Account},
			"account emails  trigger trigger_emails_reconfirm disabled"},
		{`REFRESH MATERIALIZED VIEW recent_crate_downloads WITH NO DATA`, every,
			"read recent_crate_downloads  SELECT never refreshed refresh it once"},
		{`DROP FUNCTION rebuild_reverse_dependencies(integer[])`,
			[]check.Capability{check.Version, check.Crate, check.Account, check.Window},
			"crate function rebuild_reverse_dependencies(integer[])  EXECUTE missing"},
		{`DROP EXTENSION pgcrypto`, []check.Capability{check.Owner, check.Account, check.Window},
			"owner extension pgcrypto  installed missing"},
		{`SET default_transaction_read_only = on`, every[1:], ""},
	} {
		t.Run(row.sql, func(t *testing.T) {
			t.Parallel()
			conn := connect(t)
			exec(t, conn, row.sql)
			report := run(t, conn)
			want := slices.DeleteFunc(check.Capabilities(), func(c check.Capability) bool { return slices.Contains(row.loses, c) })
			if diff := cmp.Diff(want, able(report)); diff != "" {
				t.Errorf("usable (-want +got):\n%s", diff)
			}
			if lacks := lines(report); row.why == "" && len(lacks) > 0 || row.why != "" && !slices.Contains(lacks, row.why) {
				t.Errorf("lacks %q, want %q among them", lacks, row.why)
			}
		})
	}
}

// lines gives everything a report says is not as it should be.
func lines(r check.Report) []string {
	var all []string
	for _, c := range check.Capabilities() {
		for _, l := range r.Lacks(c) {
			line := strings.Join([]string{string(c), l.Table, l.Column, l.Need, string(l.State), l.Detail}, " ")
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

// A database that is no registry at all, or has a foreign idea of it, gets a report and not an error.
func TestNotARegistry(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.URL(t, pgtest.Template{Name: "empty"}))
	exec(t, conn, `CREATE VIEW crates AS SELECT 1 AS id`)
	report := run(t, conn)
	if got := able(report); len(got) > 0 {
		t.Errorf("an empty database can %v", got)
	}
	if !slices.Contains(lines(report), "read crates name SELECT missing") {
		t.Errorf("the report does not name crates.name: %q", lines(report))
	}
	exec(t, conn, `DROP SCHEMA public CASCADE`)
	if _, err := check.Run(t.Context(), conn); cratewarden.KindOf(err) != cratewarden.Unavailable {
		t.Errorf("without the schema public: %v", err)
	}
}

func TestClosedConnection(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := check.Run(t.Context(), conn)
	if cratewarden.KindOf(err) != cratewarden.Unavailable || strings.Contains(cratewarden.MessageOf(err), "SELECT") {
		t.Errorf("error %v, sentence %q", err, cratewarden.MessageOf(err))
	}
}

func TestReportForPeopleAndPrograms(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	exec(t, conn, `ALTER TABLE users DROP COLUMN account_lock_until; DROP INDEX index_crates_name`)
	report := run(t, conn)
	text, err := report.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var again check.Report
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report, again); diff != "" {
		t.Errorf("JSON there and back (-want +got):\n%s", diff)
	}
	// What depends on the machine is replaced before the comparison.
	report.Database, report.Role, report.Server, report.Collation = "registry", "reader", "15.0", "de_DE.UTF-8"
	for i := range report.Extensions {
		report.Extensions[i].Version = "1.0"
	}
	report.Extensions[0].Version = ""
	report.Notes = []string{"One note."}
	var b strings.Builder
	if err := report.Write(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.golden", b.String())
}

// The server itself is judged by notes only.
func TestNotes(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t)
	admin := open(t, server.URL("postgres"))
	exec(t, admin, `CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`)
	conn := open(t, server.URL("latin"))
	exec(t, conn, `REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
	report := run(t, conn)
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "UTF8") {
		t.Errorf("notes %q, want one on the encoding", report.Notes)
	}
	exec(t, conn, `GRANT CREATE ON SCHEMA public TO PUBLIC`)
	report = run(t, conn)
	if len(report.Notes) != 2 || !strings.Contains(report.Notes[1], "REVOKE CREATE") {
		t.Errorf("notes %q, want one on the right of everybody too", report.Notes)
	}
}
