package dump

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

func query[T any](tb testing.TB, url, sql string) T {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(tb.Context()) }()
	var v T
	if err := conn.QueryRow(tb.Context(), sql).Scan(&v); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	return v
}

func registryURL(tb testing.TB) string {
	return pgtest.URL(tb, pgtest.Template{Name: "registry", Build: schema.Create})
}

// csvRows counts the records of every table with a reader that has nothing to
// do with the import.
func csvRows(tb testing.TB, folder string) map[string]int64 {
	tb.Helper()
	rows := map[string]int64{}
	for _, t := range tables {
		f, err := os.Open(filepath.Join(folder, "data", t+".csv"))
		if err != nil {
			tb.Fatal(err)
		}
		r := csv.NewReader(f)
		r.ReuseRecord = true
		rows[t] = -1 // the header
		for {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				tb.Fatal(err)
			}
			rows[t]++
		}
		_ = f.Close()
	}
	return rows
}

func TestSampleImportsCompletely(t *testing.T) {
	t.Parallel()
	archive := sampleArchive(t)
	url := emptyURL(t)
	var phases []Phase
	result := mustLoad(t, Config{URL: url, Progress: func(p Progress) {
		if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
			phases = append(phases, p.Phase)
		}
		if p.Bytes > p.TotalBytes {
			t.Errorf("progress beyond its end: %+v", p)
		}
	}}, archive, nil)
	t.Logf("%d tables in %s; not validated: %v", len(result.Rows), result.Duration.Round(time.Millisecond), result.Unvalidated)

	want := csvRows(t, unpack(t, archive))
	if diff := cmp.Diff(want, result.Rows); diff != "" {
		t.Errorf("rows reported (-csv +result):\n%s", diff)
	}
	for table, n := range want {
		if got := query[int64](t, url, "SELECT count(*) FROM "+table); got != n {
			t.Errorf("%s has %d rows, its CSV %d", table, got, n)
		}
	}
	if result.Source != "dump" || result.Commit != "57fa000662f511321daa61e6769f190ea0e80771" || !result.OwnSchema || len(result.SHA256) != 64 ||
		!result.Timestamp.Equal(time.Date(2026, 11, 22, 2, 0, 26, 123456000, time.UTC)) {
		t.Errorf("result %+v", result)
	}
	for _, c := range []string{"versions.trustpub_data", "users.is_admin", "oauth_github.encrypted_token"} {
		if !slices.Contains(result.Absent, c) {
			t.Errorf("%s is not reported as absent: %v", c, result.Absent)
		}
	}
	if diff := cmp.Diff([]Phase{PhaseTables, PhaseKeys, PhaseSearch, PhaseIndexes, PhaseDerived, PhaseForeign, PhaseCommit}, phases); diff != "" {
		t.Errorf("phases:\n%s", diff)
	}
	wantDerived(t, url)
}

// wantDerived checks what an import computes (contract db-dump.md section 5).
func wantDerived(t *testing.T, url string) {
	t.Helper()
	for what, sql := range map[string]string{
		"version order is what the registry's function says": `SELECT bool_and(semver_ord_v2 = semver_ord_v2(num)) AND count(*) > 0 FROM versions`,
		"search vectors hold name and keywords": `
			SELECT count(*) > 0 AND bool_and(c.textsearchable_index_col @@ plainto_tsquery('english', k.keyword))
			FROM crates c JOIN crates_keywords ck ON ck.crate_id = c.id JOIN keywords k ON k.id = ck.keyword_id`,
		"reverse dependencies are there": `SELECT count(*) > 0 FROM reverse_dependencies`,
		"reverse dependencies are what the registry computes": `
			SELECT count(*) = 0 FROM (
				(TABLE reverse_dependencies EXCEPT SELECT * FROM compute_reverse_dependencies((SELECT array_agg(id) FROM crates)))
				UNION ALL
				(SELECT * FROM compute_reverse_dependencies((SELECT array_agg(id) FROM crates)) EXCEPT TABLE reverse_dependencies)) d`,
		"recent downloads can be read":        `SELECT count(*) >= 0 FROM recent_crate_downloads`,
		"keywords are counted":                `SELECT bool_and(crates_cnt = (SELECT count(*) FROM crates_keywords WHERE keyword_id = id)) FROM keywords`,
		"categories are counted":              `SELECT bool_and(crates_cnt = (SELECT count(*) FROM crates_categories WHERE category_id = id)) FROM categories`,
		"the next crate gets a new id":        `SELECT nextval('packages_id_seq') = (SELECT max(id) + 1 FROM crates)`,
		"the next version gets a new id":      `SELECT nextval('versions_id_seq') = (SELECT max(id) + 1 FROM versions)`,
		"an empty table's sequence is unused": `SELECT nextval('api_tokens_id_seq') = 1`,
		"one metadata row":                    `SELECT count(*) = 1 FROM metadata`,
		"statistics are there":                `SELECT reltuples > 0 FROM pg_class WHERE oid = 'versions'::regclass`,
		"no trigger of ours stayed":           `SELECT count(*) = 0 FROM pg_trigger WHERE tgname LIKE 'cratewarden%'`,
		"no function of ours stayed":          `SELECT count(*) = 0 FROM pg_proc WHERE proname LIKE 'cratewarden%' AND pronamespace = 'public'::regnamespace`,
	} {
		if !query[bool](t, url, sql) {
			t.Errorf("not true: %s", what)
		}
	}
}

// The imported database has the registry's schema to the letter, but for the
// references that the dump's filters break.
func TestSchemaIsTheRegistrys(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	result := mustLoad(t, Config{URL: url}, smallArchive, nil)
	got := strings.ReplaceAll(shape(t, url), " NOT VALID;", ";")
	want := strings.ReplaceAll(shape(t, registryURL(t)), " NOT VALID;", ";")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema (-registry +import):\n%s", diff)
	}
	broken := query[[]string](t, url, `SELECT array_agg(conname::text ORDER BY conname) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated`)
	slices.Sort(result.Unvalidated)
	if diff := cmp.Diff(broken, result.Unvalidated); diff != "" {
		t.Errorf("constraints not validated (-database +result):\n%s", diff)
	}
	if !slices.Contains(broken, "deleted_crates_users_id_fkey") && !slices.Contains(broken, "deleted_crates_users_id_fk") {
		t.Errorf("the sample names users the filter left out, yet only %v are not validated", broken)
	}
}

// content is every row of the dump's tables but the columns it leaves out,
// which hold the time of the import.
func content(tb testing.TB, url string, absent []string) map[string]string {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(tb.Context()) }()
	out := map[string]string{}
	for _, table := range append(slices.Clone(tables), "reverse_dependencies", "recent_crate_downloads") {
		var columns []string
		err := conn.QueryRow(tb.Context(), `
			SELECT array_agg(quote_ident(attname) ORDER BY attnum) FROM pg_attribute
			WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND NOT $1 || '.' || attname = ANY ($2)`, table, absent).Scan(&columns)
		if err != nil {
			tb.Fatal(err)
		}
		var sum *string
		sql := fmt.Sprintf(`SELECT md5(string_agg(t::text, E'\n' ORDER BY t::text COLLATE "C")) FROM (SELECT %s FROM %s) t`, strings.Join(columns, ", "), table)
		if err := conn.QueryRow(tb.Context(), sql).Scan(&sum); err != nil {
			tb.Fatal(err)
		}
		out[table] = fmt.Sprint(strings.Join(columns, ","), " ", deref(sum))
	}
	return out
}

func deref(s *string) string {
	if s == nil {
		return "empty"
	}
	return *s
}

// Every form of the archive, with and without a schema.sql, gives the same
// database.
func TestFormsGiveEqualDatabases(t *testing.T) {
	t.Parallel()
	files := small(t)
	pgdump := schemaScript(t)
	shuffled := slices.Clone(files)
	slices.Reverse(shuffled)
	path := func(name string, body []byte) string { return write(t, name, body) }
	type form struct {
		path  string
		stdin []byte
		own   bool
		one   bool
	}
	forms := map[string]form{
		"tar.gz":                      {path("a.tar.gz", files.tarball(t)), nil, true, false},
		"tar.gz under another name":   {path("download", files.tarball(t)), nil, true, false},
		"zip":                         {path("a.zip", files.zip(t)), nil, true, false},
		"folder":                      {files.folder(t), nil, true, false},
		"folder above":                {filepath.Dir(unpack(t, smallArchive)), nil, true, false},
		"stdin":                       {"-", files.tarball(t), true, false},
		"any order":                   {"-", shuffled.tarball(t), true, false},
		"with schema.sql":             {"-", files.first("schema.sql", pgdump).tarball(t), false, false},
		"schema.sql at the end":       {path("b.tar.gz", append(slices.Clone(files), part{name: "schema.sql", body: pgdump}).tarball(t)), nil, false, false},
		"zip with schema.sql":         {path("b.zip", append(slices.Clone(files), part{name: "schema.sql", body: pgdump}).zip(t)), nil, false, false},
		"folder with README":          {files.first("README.md", "# Dump").first("import.sql", "DROP TABLE x").folder(t), nil, true, false},
		"one transaction":             {path("c.tar.gz", files.tarball(t)), nil, true, true},
		"one transaction, any order":  {"-", shuffled.tarball(t), true, true},
		"one transaction, schema.sql": {"-", files.first("schema.sql", pgdump).tarball(t), false, true},
	}
	url := emptyURL(t)
	reference := mustLoad(t, Config{URL: url}, smallArchive, nil)
	want := content(t, url, reference.Absent)
	for _, name := range slices.Sorted(maps.Keys(forms)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, f := emptyURL(t), forms[name]
			result := mustLoad(t, Config{URL: url, OneTransaction: f.one}, f.path, f.stdin)
			if diff := cmp.Diff(want, content(t, url, result.Absent)); diff != "" {
				t.Errorf("content (-tar.gz +%s):\n%s", name, diff)
			}
			if f.stdin == nil {
				if sum, err := Digest(t.Context(), f.path); err != nil || sum != result.SHA256 {
					t.Errorf("Digest gives %q, %v; the import %q", sum, err, result.SHA256)
				}
			}
			if result.OwnSchema != f.own {
				t.Errorf("own schema: %v, want %v", result.OwnSchema, f.own)
			}
			if diff := cmp.Diff(reference.Rows, result.Rows); diff != "" {
				t.Errorf("rows:\n%s", diff)
			}
			wantDerived(t, url)
		})
	}
}

func TestOwnSchemaLeavesTheArchivesAside(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	result := mustLoad(t, Config{URL: url, OwnSchema: true}, "-", small(t).first("schema.sql", "this is no SQL").tarball(t))
	if !result.OwnSchema {
		t.Error("the result says the archive's schema was used")
	}
}

// Text goes in byte by byte: line breaks, quotes, markup, and the difference
// between nothing and an empty text.
func TestTextsArriveUnchanged(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	mustLoad(t, Config{URL: url}, smallArchive, nil)
	got := query[[]*string](t, url, `SELECT array_agg(readme ORDER BY (readme LIKE '# Title%') DESC NULLS LAST, readme = '' DESC NULLS LAST, readme) FROM crates`)
	want := []string{"# Title\r\n\nFirst, \"quoted\" line;\n\\. not the end\n\n```rust\nfn main() {}\n```\n", "", "<script>alert(1)</script> naïve 漢字"}
	for i, w := range want {
		if got[i] == nil || *got[i] != w {
			t.Errorf("README %d is %q, want %q", i, deref(got[i]), w)
		}
	}
	if len(got) < 4 || got[3] != nil {
		t.Error("a crate without README has one")
	}
}

// An older dump without some columns is taken if nobody has to invent them;
// what is not known stays NULL even where the schema has a default.
func TestOlderLayoutLeavesUnknownColumnsEmpty(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	files := small(t).with(t, "data/users.csv", func(s string) string { return dropColumn(t, s, "created_at") })
	result := mustLoad(t, Config{URL: url}, "-", files.tarball(t))
	if !slices.Contains(result.Absent, "users.created_at") {
		t.Errorf("absent: %v", result.Absent)
	}
	if n := query[int](t, url, `SELECT count(created_at) FROM users`); n != 0 {
		t.Errorf("%d users got a sign-up time nobody knows", n)
	}
	if got := query[string](t, url, `SELECT column_default FROM information_schema.columns WHERE table_name = 'users' AND column_name = 'created_at'`); got != "now()" {
		t.Errorf("the default of users.created_at is now %q", got)
	}
}

// dropColumn takes a column out of a CSV without quoted fields.
func dropColumn(tb testing.TB, text, name string) string {
	tb.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	i := slices.Index(strings.Split(lines[0], ","), name)
	if i < 0 {
		tb.Fatalf("no column %s in %s", name, lines[0])
	}
	for n, line := range lines {
		lines[n] = strings.Join(slices.Delete(strings.Split(line, ","), i, i+1), ",")
	}
	return strings.Join(lines, "\n") + "\n"
}
