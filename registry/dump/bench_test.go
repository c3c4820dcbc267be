package dump

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg/pgtemp"
	"cratewarden/registry/schema"
)

// BenchmarkImport loads one dump twice into the same server: with this package
// from its tar.gz, and with psql from the unpacked files by a script equivalent
// to the dump's own (contract db-dump.md section 2, import.sql) into our schema.
// psql's time leaves out unpacking and everything the script leaves undone
// (reverse dependencies, materialized view, keywords in search vectors,
// statistics), all of which ours includes; a second figure adds these steps to
// psql's time. The medians of all rounds (-benchtime 3x) are reported;
// CRATEWARDEN_BENCH_ONE_TRANSACTION measures the way of roles that may not make
// databases, CRATEWARDEN_BENCH_WAL=default a server that logs as usual. The dump is
// CRATEWARDEN_BENCH_DUMP, or the sample laid beside itself
// CRATEWARDEN_BENCH_COPIES (10) times: 30,000 crates.
func BenchmarkImport(b *testing.B) {
	work := b.TempDir()
	folder, archive := benchDump(b, work)
	// Without a log of the rows both are fastest.
	settings := map[string]string{"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
	if os.Getenv("CRATEWARDEN_BENCH_WAL") == "default" {
		settings = nil
	}
	server, err := pgtemp.Start(b.Context(), pgtemp.Config{Settings: settings})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Stop()
	var ratios, same, imports, peers []float64
	for i := 0; b.Loop(); i++ {
		ours := timeImport(b, server, fmt.Sprintf("ours_%d", i), archive)
		peer, usable := timePsql(b, server, fmt.Sprintf("psql_%d", i), folder)
		ratios, same = append(ratios, ours.Seconds()/peer.Seconds()), append(same, ours.Seconds()/usable.Seconds())
		imports, peers = append(imports, ours.Seconds()), append(peers, peer.Seconds())
	}
	b.ReportMetric(median(imports), "s/import")
	b.ReportMetric(median(peers), "s/psql")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(same), "ratio-same-end")
	b.Logf("import %.1f s; psql %.1f s; ratios %.2f (goal: at most 0.50); against psql until the database is as complete %.2f", imports, peers, ratios, same)
}

// benchDump gives the dump unpacked and packed.
func benchDump(b *testing.B, work string) (folder, archive string) {
	if given := os.Getenv("CRATEWARDEN_BENCH_DUMP"); given != "" {
		command(b, "tar", "xzf", given, "-C", work)
		found, _ := filepath.Glob(filepath.Join(work, "*", "data"))
		if len(found) != 1 {
			b.Fatalf("%s holds no data folder", given)
		}
		return filepath.Dir(found[0]), given
	}
	copies, _ := strconv.Atoi(os.Getenv("CRATEWARDEN_BENCH_COPIES"))
	if copies == 0 {
		copies = 10
	}
	sample := unpack(b, sampleArchive(b))
	folder, archive = filepath.Join(work, "scaled"), filepath.Join(work, "scaled.tar.gz")
	writeScaled(b, sample, folder, copies)
	pack(b, folder, archive, dumpOrder())
	return folder, archive
}

func median(of []float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

func timeImport(b *testing.B, server *pgtemp.Server, database, archive string) time.Duration {
	createDatabase(b, server, database)
	began := time.Now()
	a, err := Open(b.Context(), archive, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	cfg := Config{URL: server.URL(database), OneTransaction: os.Getenv("CRATEWARDEN_BENCH_ONE_TRANSACTION") != ""}
	if _, err = Import(b.Context(), cfg, a); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func timePsql(b *testing.B, server *pgtemp.Server, database, folder string) (script, usable time.Duration) {
	createDatabase(b, server, database)
	text := importScript(b, folder)
	began := time.Now()
	conn, err := pgx.Connect(b.Context(), server.URL(database))
	if err != nil {
		b.Fatal(err)
	}
	if err := schema.Create(b.Context(), conn); err != nil {
		b.Fatal(err)
	}
	_ = conn.Close(b.Context())
	runPsql(b, server, database, folder, text)
	script = time.Since(began)
	runPsql(b, server, database, folder, `
		ANALYZE;
		SELECT rebuild_reverse_dependencies(array_agg(id)) FROM crates;
		REFRESH MATERIALIZED VIEW recent_crate_downloads;
		UPDATE crates SET updated_at = updated_at WHERE id IN (SELECT crate_id FROM crates_keywords);`)
	return script, time.Since(began)
}

func runPsql(b *testing.B, server *pgtemp.Server, database, folder, text string) {
	run := exec.Command(program(b, server.Bin(), "psql"), "--no-psqlrc", "-q", "-o", os.DevNull, "-v", "ON_ERROR_STOP=1", "-d", server.URL(database))
	run.Dir, run.Stdin = folder, strings.NewReader(text)
	if out, err := run.CombinedOutput(); err != nil {
		b.Fatalf("psql: %v\n%s", err, out)
	}
}

// importScript is the dump's import.sql in our words.
func importScript(b *testing.B, folder string) string {
	var s strings.Builder
	s.WriteString("BEGIN;\n")
	for _, t := range tables {
		fmt.Fprintf(&s, "ALTER TABLE %s DISABLE TRIGGER ALL;\n", t)
	}
	s.WriteString("ALTER TABLE oauth_github ALTER COLUMN encrypted_token SET DEFAULT '';\n")
	for _, t := range tables {
		fmt.Fprintf(&s, "TRUNCATE %s RESTART IDENTITY CASCADE;\n", t)
	}
	s.WriteString("ALTER TABLE crates ENABLE TRIGGER trigger_crates_tsvector_update;\nALTER TABLE versions ENABLE TRIGGER trigger_set_semver_ord_v2;\n")
	for _, t := range tables {
		text, err := os.ReadFile(filepath.Join(folder, "data", t+".csv"))
		if err != nil {
			b.Fatal(err)
		}
		header, _, _ := bytes.Cut(text, []byte("\n"))
		fmt.Fprintf(&s, "\\copy %s (%s) FROM 'data/%s.csv' WITH CSV HEADER\n", t, header, t)
	}
	s.WriteString("ALTER TABLE oauth_github ALTER COLUMN encrypted_token DROP DEFAULT;\n")
	for _, t := range tables {
		fmt.Fprintf(&s, "ALTER TABLE %s ENABLE TRIGGER ALL;\n", t)
	}
	s.WriteString("COMMIT;\n")
	return s.String()
}

func createDatabase(tb testing.TB, server *pgtemp.Server, name string) {
	tb.Helper()
	conn, err := pgx.Connect(context.Background(), server.URL("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(context.Background(), "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		tb.Fatal(err)
	}
}
