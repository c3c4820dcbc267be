package dump

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cratewarden"
)

func replace(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

// line changes one line of a text, counted from 1.
func line(n int, change func(string) string) func(string) string {
	return func(s string) string {
		lines := strings.SplitAfter(s, "\n")
		lines[n-1] = change(lines[n-1])
		return strings.Join(lines, "")
	}
}

// broken are archives that must be refused, each with the kind and words of its
// refusal.
func broken(t *testing.T) map[string]struct {
	body []byte
	kind cratewarden.Kind
	says []string
} {
	type row = struct {
		body []byte
		kind cratewarden.Kind
		says []string
	}
	files := small(t)
	whole := files.tarball(t)
	changed := func(name string, change func(string) string) []byte { return files.with(t, name, change).tarball(t) }
	flip := func(at int) []byte {
		out := bytes.Clone(whole)
		out[at] ^= 0x55
		return out
	}
	says := func(s ...string) []string { return s }
	many := slices.Clone(files)
	for i := range maxEntries {
		many = append(many, part{name: fmt.Sprintf("note-%d.txt", i)})
	}
	schema := func(sql string) []byte { return files.first("schema.sql", sql).tarball(t) }
	return map[string]row{
		"cut in the middle":        {whole[:len(whole)/2], cratewarden.Invalid, says("damaged")},
		"cut before the checksum":  {whole[:len(whole)-6], cratewarden.Invalid, says("damaged")},
		"wrong checksum":           {flip(len(whole) - 6), cratewarden.Invalid, says("damaged")},
		"not an archive":           {[]byte("<html>404 not found</html>"), cratewarden.Invalid, says("not an archive")},
		"empty input":              {nil, cratewarden.Invalid, says("empty")},
		"gzip of something else":   {gzipped(t, "hello, I am no tar file"), cratewarden.Invalid, says("damaged")},
		"empty archive":            {packed{}.tarball(t), cratewarden.Invalid, says("no tables")},
		"zip on standard input":    {files.zip(t), cratewarden.Invalid, says("zip", "standard input")},
		"missing table":            {changed("data/teams.csv", nil), cratewarden.Invalid, says("data/teams.csv")},
		"missing metadata":         {changed("metadata.json", nil), cratewarden.Invalid, says("metadata.json")},
		"metadata is no JSON":      {changed("metadata.json", func(string) string { return "[]" }), cratewarden.Invalid, says("metadata.json")},
		"unknown column":           {changed("data/users.csv", replace("gh_login", "gh_logout")), cratewarden.Invalid, says("users.csv", `"gh_logout"`)},
		"column twice":             {changed("data/users.csv", replace("gh_login", "gh_id")), cratewarden.Invalid, says("users.csv", `"gh_id"`, "twice")},
		"missing column":           {changed("data/teams.csv", func(s string) string { return dropColumn(t, s, "login") }), cratewarden.Invalid, says("teams.csv", `"login"`)},
		"no header":                {changed("data/teams.csv", func(string) string { return "" }), cratewarden.Invalid, says("teams.csv", "first line")},
		"unknown table":            {files.first("data/secrets.csv", "id\n1\n").tarball(t), cratewarden.Invalid, says(`"secrets"`)},
		"private table":            {files.first("data/emails.csv", "id,user_id,email\n").tarball(t), cratewarden.Refused, says(`"emails"`)},
		"other file in data":       {files.first("data/users.json", "{}").tarball(t), cratewarden.Invalid, says("data/users.json")},
		"bad value":                {changed("data/teams.csv", line(7, replace("900006", "many"))), cratewarden.Invalid, says("teams.csv", "line 7", `"github_id"`)},
		"row too long":             {changed("data/teams.csv", line(5, replace("\n", ",more\n"))), cratewarden.Invalid, says("teams.csv", "line 5")},
		"row cut short":            {changed("data/teams.csv", func(s string) string { return s[:len(s)-20] }), cratewarden.Invalid, says("teams.csv", "line 41")},
		"quote never closed":       {changed("data/teams.csv", line(9, replace("Team", `"Team`))), cratewarden.Invalid, says("teams.csv", "line")},
		"not UTF-8":                {changed("data/teams.csv", line(3, replace("Team", "\xff\xfe"))), cratewarden.Invalid, says("teams.csv", "line 3")},
		"key twice":                {changed("data/teams.csv", func(s string) string { return s + "," + "999999,1,github:x:y,X,1\n" }), cratewarden.Invalid, says("teams.csv", "teams_pkey")},
		"version is no semver":     {changed("data/versions.csv", line(2, replace(",0.0.1,", ",zero,"))), cratewarden.Invalid, says("versions.csv", "line 2")},
		"path out of the archive":  {append(packed{{name: "../../etc/cron.d/x", body: "x"}}, files...).tarball(t), cratewarden.Refused, says("unsafe")},
		"absolute path":            {append(packed{{name: "//etc/x", body: "x"}}, files...).tarball(t), cratewarden.Refused, says("unsafe")},
		"symbolic link":            {append(packed{{name: "data/users.csv", flag: tar.TypeSymlink}}, files...).tarball(t), cratewarden.Refused, says("link")},
		"hard link":                {append(packed{{name: "data/users.csv", flag: tar.TypeLink}}, files...).tarball(t), cratewarden.Refused, says("link")},
		"table twice":              {append(slices.Clone(files), part{name: "data/teams.csv", body: "id\n"}).tarball(t), cratewarden.Invalid, says("data/teams.csv", "twice")},
		"two dumps":                {append(slices.Clone(files), part{name: "/2020-01-01/metadata.json", body: "{}"}).tarball(t), cratewarden.Invalid, says("mixes two dumps")},
		"too many files":           {many.tarball(t), cratewarden.TooLarge, says("1000")},
		"schema runs a program":    {schema("CREATE TABLE x ();\n\nCOPY x FROM PROGRAM 'id';"), cratewarden.Refused, says("line 3", "COPY")},
		"schema runs a block":      {schema("DO $$ BEGIN END $$;"), cratewarden.Refused, says("line 1", "DO")},
		"schema drops":             {schema("DROP TABLE crates;"), cratewarden.Refused, says("DROP")},
		"schema never ends":        {schema("CREATE TABLE x (a text DEFAULT 'oops);"), cratewarden.Invalid, says("line 1", "never ends")},
		"schema is broken":         {schema("CREATE TABLE crates (id integr);"), cratewarden.Invalid, says("schema")},
		"schema of something else": {schema("CREATE TABLE apples (id integer);"), cratewarden.Invalid, says("does not know")},
		"schema too large":         {schema(strings.Repeat("-", maxSchema+1)), cratewarden.TooLarge, says("schema.sql")},
		"the disk is full": {schema(strings.Replace(schemaScript(t), "CREATE FUNCTION public.trigger_crates_name_search() RETURNS trigger\n    LANGUAGE plpgsql\n    AS $$",
			"CREATE FUNCTION public.trigger_crates_name_search() RETURNS trigger\n    LANGUAGE plpgsql\n    AS $$ BEGIN RAISE 'no space' USING ERRCODE = 'disk_full'; END $$;\nCREATE FUNCTION public.unused() RETURNS trigger\n    LANGUAGE plpgsql\n    AS $$", 1)),
			cratewarden.Unavailable, says("disk is full")},
	}
}

func gzipped(t *testing.T, text string) []byte {
	path := write(t, "x", []byte(text))
	command(t, "gzip", path)
	out, err := os.ReadFile(path + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBrokenArchivesLeaveTheTargetAsItWas(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	before := state(t, url)
	cases := broken(t)
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		t.Run(name, func(t *testing.T) {
			c := cases[name]
			_, err := load(t, Config{URL: url}, "-", c.body)
			wantFault(t, err, c.kind, c.says...)
			if diff := cmp.Diff(before, state(t, url)); diff != "" {
				t.Errorf("the target changed:\n%s", diff)
			}
		})
	}
	// After all that, the same database still takes a good archive.
	mustLoad(t, Config{URL: url}, smallArchive, nil)
}

func TestBrokenFilesAndFolders(t *testing.T) {
	t.Parallel()
	files := small(t)
	zipped := files.zip(t)
	torn := bytes.Clone(zipped)
	torn[len(torn)/3] ^= 0x55
	linked := files.folder(t)
	if err := os.Symlink("/etc/passwd", filepath.Join(linked, "data", "extra.csv")); err != nil {
		t.Fatal(err)
	}
	url := emptyURL(t)
	before := state(t, url)
	for _, c := range []struct {
		name, path string
		kind       cratewarden.Kind
		says       string
	}{
		{"no such file", filepath.Join(t.TempDir(), "none"), cratewarden.NotFound, "no such archive"},
		{"text file", write(t, "dump.tar.gz", []byte("hello")), cratewarden.Invalid, "not an archive"},
		{"empty file", write(t, "dump.tar.gz", nil), cratewarden.Invalid, "not an archive"},
		{"zip cut short", write(t, "a.zip", zipped[:len(zipped)-100]), cratewarden.Invalid, "damaged"},
		{"zip with a flipped bit", write(t, "a.zip", torn), cratewarden.Invalid, ""},
		{"zip that escapes", write(t, "a.zip", files.first("../x", "x").zip(t)), cratewarden.Refused, "unsafe"},
		{"empty folder", t.TempDir(), cratewarden.Invalid, "no tables"},
		{"folder with a link", linked, cratewarden.Refused, "link"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, Config{URL: url}, c.path, nil)
			wantFault(t, err, c.kind, c.says)
			if diff := cmp.Diff(before, state(t, url)); diff != "" {
				t.Errorf("the target changed:\n%s", diff)
			}
		})
	}
}

func TestTargetWithDataIsRefused(t *testing.T) {
	t.Parallel()
	full := emptyURL(t)
	mustLoad(t, Config{URL: full}, smallArchive, nil)
	foreign := emptyURL(t)
	execute(t, foreign, `CREATE TABLE apples (id integer); INSERT INTO apples VALUES (1)`)
	half := emptyURL(t)
	execute(t, half, `CREATE FUNCTION canon_crate_name(text) RETURNS text LANGUAGE sql AS 'SELECT $1'`)
	for name, target := range map[string]struct{ url, says string }{
		"an imported dump":   {full, `"crates"`},
		"somebody's table":   {foreign, `"apples"`},
		"a function of ours": {half, "not empty"},
	} {
		t.Run(name, func(t *testing.T) {
			before := state(t, target.url)
			_, err := load(t, Config{URL: target.url}, smallArchive, nil)
			wantFault(t, err, cratewarden.Conflict, target.says)
			if diff := cmp.Diff(before, state(t, target.url)); diff != "" {
				t.Errorf("the target changed:\n%s", diff)
			}
		})
	}
}

func TestTargetsThatCannotTakeIt(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	execute(t, url, `DROP ROLE IF EXISTS dump_visitor; CREATE ROLE dump_visitor LOGIN`)
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	address := func(extra string) string {
		return fmt.Sprintf("host=%s port=%d dbname=%s sslmode=disable %s", config.Host, config.Port, config.Database, extra)
	}
	before := state(t, url)
	for name, c := range map[string]struct {
		url  string
		kind cratewarden.Kind
		says string
	}{
		"no rights":      {address("user=dump_visitor"), cratewarden.Refused, "may not create"},
		"read-only":      {address("user=" + config.User + " default_transaction_read_only=on"), cratewarden.Refused, "read-only"},
		"no database":    {address("user=" + config.User + " dbname=nobody_made_this"), cratewarden.Unavailable, ""},
		"nobody answers": {"postgres://127.0.0.1:1/x", cratewarden.Unavailable, ""},
		"no URL":         {"postgres://user:secret@host:port:/x", cratewarden.Invalid, "not a valid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, Config{URL: c.url}, smallArchive, nil)
			wantFault(t, err, c.kind, c.says)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the password: %v", err)
			}
			if diff := cmp.Diff(before, state(t, url)); diff != "" {
				t.Errorf("the target changed:\n%s", diff)
			}
		})
	}
	execute(t, url, `DROP ROLE dump_visitor`)
}

// Whenever an import ends early, by Ctrl-C or by the loss of its connections,
// nothing of it stays and the next one works.
func TestStoppedMidWayLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, phase := range []Phase{PhaseTables, PhaseKeys, PhaseSearch, PhaseIndexes, PhaseDerived, PhaseForeign, PhaseCommit} {
		for _, way := range []string{"beside the target", "in one transaction"} {
			t.Run(string(phase)+" "+way, func(t *testing.T) {
				t.Parallel()
				cfg := Config{URL: emptyURL(t), OneTransaction: way == "in one transaction"}
				before := state(t, cfg.URL)

				ctx, cancel := context.WithCancel(t.Context())
				err := importUntil(ctx, t, cfg, phase, cancel)
				wantFault(t, err, cratewarden.Canceled, "cancelled")
				wantUntouched(t, cfg.URL, before)

				err = importUntil(t.Context(), t, cfg, phase, func() {
					execute(t, cfg.URL, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
						WHERE (datid = `+oid+` OR datname = `+copyName+`) AND application_name = 'cratewarden import'`)
				})
				wantFault(t, err, cratewarden.Unavailable)
				wantUntouched(t, cfg.URL, before)
				mustLoad(t, cfg, smallArchive, nil)
			})
		}
	}
}

const (
	oid      = `(SELECT oid FROM pg_database WHERE datname = current_database())`
	copyName = `'cratewarden_import_' || ` + oid
)

// wantUntouched checks a target and that no copy of it stayed.
func wantUntouched(t *testing.T, url, before string) {
	t.Helper()
	if diff := cmp.Diff(before, state(t, url)); diff != "" {
		t.Fatalf("the target changed:\n%s", diff)
	}
	if left := query[int](t, url, `SELECT count(*)::integer FROM pg_database WHERE datname LIKE `+copyName+` || '%'`); left > 0 {
		t.Fatalf("%d copies of the target stayed", left)
	}
}

func importUntil(ctx context.Context, t *testing.T, cfg Config, phase Phase, stop func()) error {
	a, err := Open(ctx, smallArchive, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	cfg.Progress = func(p Progress) {
		// In the first phase wait until rows are on their way.
		if stop != nil && p.Phase == phase && (phase != PhaseTables || p.Table == "versions") {
			stop()
			stop = nil
		}
	}
	_, err = Import(ctx, cfg, a)
	return err
}

// An input that never comes does not hold a cancelled import up.
func TestCancelDoesNotWaitForTheInput(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	before := state(t, url)
	whole := small(t).tarball(t)
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = w.Write(whole[:len(whole)/2])
		cancel() // half is taken; the rest never comes
	}()
	a, err := Open(ctx, "-", r)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Import(ctx, Config{URL: url}, a)
	wantFault(t, err, cratewarden.Canceled, "cancelled")
	if diff := cmp.Diff(before, state(t, url)); diff != "" {
		t.Errorf("the target changed:\n%s", diff)
	}
}

func TestTwoImportsAtOnce(t *testing.T) {
	t.Parallel()
	for _, one := range []bool{false, true} {
		cfg := Config{URL: emptyURL(t), OneTransaction: one}
		var second error
		err := importUntil(t.Context(), t, cfg, PhaseKeys, func() { _, second = load(t, Config{URL: cfg.URL}, smallArchive, nil) })
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, second, cratewarden.Conflict, "Another import")
	}
}

func execute(tb testing.TB, url, sql string) {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(tb.Context()) }()
	if _, err := conn.Exec(tb.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

// Half a gigabyte through standard input must not show in memory.
func TestMemoryStaysSmall(t *testing.T) {
	url := emptyURL(t)
	const rows, each = 400_000, 1200 // bytes
	files := small(t)
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(streamLarge(w, files, rows, each)) }()
	a, err := Open(t.Context(), "-", r)
	if err != nil {
		t.Fatal(err)
	}
	var peak atomic.Uint64
	runtime.GC()
	result, err := Import(t.Context(), Config{URL: url, Progress: func(Progress) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak.Store(max(peak.Load(), m.Sys-m.HeapReleased))
	}}, a)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MiB of CSV: at most %d MiB of memory", rows*each>>20, peak.Load()>>20)
	if got := result.Rows["deleted_crates"]; got != rows {
		t.Errorf("%d rows, want %d", got, rows)
	}
	if peak.Load() > 128<<20 {
		t.Errorf("memory reached %d MiB", peak.Load()>>20)
	}
}
