package dump

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cratewarden/pg/pgtest"
)

var update = flag.Bool("update", false, "write testdata/schema.sql anew")

// restricted are the lines of pg_dump that differ at every run.
var restricted = regexp.MustCompile(`(?m)^\\(un)?restrict .*\n`)

// state is everything a database holds, as text; shape leaves out the rows.
func state(tb testing.TB, url string) string {
	tb.Helper()
	if dumpable(tb) {
		return pgDump(tb, url)
	}
	return catalog(tb, url) + rows(tb, url)
}

func shape(tb testing.TB, url string) string {
	tb.Helper()
	if dumpable(tb) {
		return pgDump(tb, url, "--schema-only")
	}
	return catalog(tb, url)
}

var majorVersion = regexp.MustCompile(`\) (\d+)`)

// dumpable says whether the pg_dump at hand reads the server under test; it
// refuses servers that are newer than itself.
func dumpable(tb testing.TB) bool {
	tb.Helper()
	out, err := exec.Command(program(tb, pgtest.Server(tb).Bin(), "pg_dump"), "--version").Output()
	match := majorVersion.FindSubmatch(out)
	if err != nil || match == nil {
		tb.Fatalf("pg_dump --version: %q, %v", out, err)
	}
	major, _ := strconv.Atoi(string(match[1]))
	return major >= pgtest.Server(tb).Version()
}

func pgDump(tb testing.TB, url string, flags ...string) string {
	tb.Helper()
	args := append([]string{"--no-owner", "--no-acl", "-d", url}, flags...)
	cmd := exec.Command(program(tb, pgtest.Server(tb).Bin(), "pg_dump"), args...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("pg_dump: %v\n%s", err, problems.String())
	}
	return restricted.ReplaceAllString(string(out), "")
}

// catalogSQL describes every object of every schema that is not the system's
// in a line that ends as a statement of pg_dump does.
const catalogSQL = `
WITH mine AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
SELECT line || ';' FROM (
	SELECT 'schema ' || nspname FROM mine
	UNION ALL SELECT 'extension ' || extname FROM pg_extension
	UNION ALL SELECT 'relation ' || oid::regclass || ' ' || relkind::text || relpersistence::text || ' ' || coalesce(reloptions::text, '')
		|| relrowsecurity::text FROM pg_class WHERE relnamespace IN (SELECT oid FROM mine)
	UNION ALL SELECT 'column ' || attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull::text
			|| ' ' || attgenerated::text || attidentity::text || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
			|| ' ' || row_number() OVER (PARTITION BY attrelid ORDER BY attnum)::text
		FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
		WHERE attnum > 0 AND NOT attisdropped AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN (SELECT oid FROM mine))
	UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace IN (SELECT oid FROM mine)
	UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) || ' ' || indisvalid::text FROM pg_index
		WHERE indexrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN (SELECT oid FROM mine))
	UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
	UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace IN (SELECT oid FROM mine) AND prokind IN ('f', 'p')
	UNION ALL SELECT 'type ' || oid::regtype || ' ' || typtype::text FROM pg_type WHERE typnamespace IN (SELECT oid FROM mine)
	UNION ALL SELECT 'view ' || oid::regclass || ' ' || pg_get_viewdef(oid) FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace IN (SELECT oid FROM mine)
) all_objects (line) ORDER BY line COLLATE "C"`

// catalog is shape for servers that no pg_dump at hand reads.
func catalog(tb testing.TB, url string) string {
	tb.Helper()
	return strings.Join(listed(tb, url, catalogSQL), "\n") + "\n"
}

// rows is every row of every table and every sequence's place.
func rows(tb testing.TB, url string) string {
	tb.Helper()
	var all []string
	for _, relation := range listed(tb, url, `SELECT quote_ident(nspname) || '.' || quote_ident(relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE relkind IN ('r', 'S') AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`) {
		all = append(all, relation)
		all = append(all, listed(tb, url, `SELECT t::text FROM (SELECT * FROM `+relation+`) t ORDER BY t::text COLLATE "C"`)...)
	}
	return strings.Join(all, "\n")
}

func listed(tb testing.TB, url, sql string) []string {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(tb.Context()) }()
	found, err := conn.Query(tb.Context(), sql)
	if err != nil {
		tb.Fatal(err)
	}
	text, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	return text
}

// recorded is what pg_dump writes of a registry's schema, as an archive holds
// it: made on the spot where pg_dump reads the server under test, and by
// version 15 otherwise, which newer servers must read too.
var recorded = filepath.Join("testdata", "schema.sql")

func schemaScript(tb testing.TB) string {
	tb.Helper()
	if dumpable(tb) {
		return pgDump(tb, registryURL(tb), "--schema-only")
	}
	text, err := os.ReadFile(recorded)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

var dumpedFrom = regexp.MustCompile(`(?m)^-- Dumped .*\n`)

// The recorded script must be today's schema.
func TestRecordedSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	if version := pgtest.Server(t).Version(); version != 15 || !dumpable(t) {
		t.Logf("the script was recorded with PostgreSQL 15; this is %d", version)
		return
	}
	got := dumpedFrom.ReplaceAllString(pgDump(t, registryURL(t), "--schema-only"), "")
	if *update {
		if err := os.WriteFile(recorded, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-recorded +pg_dump); run with -update:\n%s", recorded, diff)
	}
}

// The script that stands in for pg_dump where that does not read the server
// must make the registry's schema on every server.
func TestRecordedSchemaMakesTheRegistry(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	url := emptyURL(t)
	result := mustLoad(t, Config{URL: url}, "-", small(t).first("schema.sql", string(text)).tarball(t))
	if result.OwnSchema {
		t.Error("the archive's schema was not used")
	}
	clean := func(s string) string { return strings.ReplaceAll(s, " NOT VALID;", ";") }
	if diff := cmp.Diff(clean(catalog(t, registryURL(t))), clean(catalog(t, url))); diff != "" {
		t.Errorf("schema (-registry +import):\n%s", diff)
	}
}
