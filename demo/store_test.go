package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/blob"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/files"
)

func folder(t *testing.T) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestFilesAgreeWithRows compares everything stored with the database: the
// sum and size of every archive, and for every crate the index file with the
// lines built from its rows.
func TestFilesAgreeWithRows(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	static, index := folder(t), folder(t)
	if err := standard().Store(t.Context(), static, index); err != nil {
		t.Fatal(err)
	}
	names := map[int32]string{}
	eachRow(t, pool, `SELECT id, name FROM crates`, func(row pgx.CollectableRow) error {
		var id int32
		var name string
		err := row.Scan(&id, &name)
		names[id] = name
		return err
	})
	lines := indexLines(t, pool, names)
	for id, name := range names {
		body := read(t, index, files.IndexPath(name))
		got, err := files.ParseIndex(bytes.NewReader(body), files.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := lines[id]
		if len(got) != len(want) {
			t.Fatalf("%s: %d lines, %d rows", name, len(got), len(want))
		}
		for i := range got {
			if diff := files.CompareLine(got[i], want[i]); len(diff) > 0 {
				t.Errorf("%s %s: %s", name, want[i].Vers, diff[0].Sentence("the index", "the database"))
			}
		}
		if !bytes.Equal(body, files.EncodeIndex(want)) {
			t.Errorf("%s: the index file differs in its bytes", name)
		}
	}
	sizes := map[string]int{}
	eachRow(t, pool, `SELECT name || ' ' || num, crate_size FROM versions v JOIN crates c ON c.id = crate_id`, func(row pgx.CollectableRow) error {
		var key string
		var size int
		err := row.Scan(&key, &size)
		sizes[key] = size
		return err
	})
	archives := 0
	for _, name := range standard().PackedCrates() {
		for _, line := range lines[crateID(names, name)] {
			archives++
			body := read(t, static, files.CrateKey(name, line.Vers))
			if sum := sha256.Sum256(body); hexOf(sum[:]) != line.Cksum {
				t.Errorf("%s %s: the archive has another sum", name, line.Vers)
			}
			if size := sizes[name+" "+line.Vers]; size != len(body) {
				t.Errorf("%s %s: %d bytes, the row says %d", name, line.Vers, len(body), size)
			}
		}
	}
	t.Logf("%d index files and %d archives compared", len(names), archives)
}

func crateID(names map[int32]string, name string) int32 {
	for id, n := range names {
		if n == name {
			return id
		}
	}
	return 0
}

func read(t *testing.T, s blob.Store, key string) []byte {
	t.Helper()
	body, _, err := s.Get(context.WithoutCancel(t.Context()), key)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	defer body.Close()
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func eachRow(t *testing.T, pool *pgxpool.Pool, sql string, each func(pgx.CollectableRow) error) {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) { return struct{}{}, each(row) }); err != nil {
		t.Fatal(err)
	}
}

// indexLines builds the lines of every crate from nothing but rows.
func indexLines(t *testing.T, pool *pgxpool.Pool, names map[int32]string) map[int32][]files.Line {
	t.Helper()
	deps := map[int32][]files.DependencyFacts{}
	eachRow(t, pool, `SELECT version_id, crate_id, explicit_name, req, features, optional, default_features, target, kind::int2 FROM dependencies ORDER BY id`, func(row pgx.CollectableRow) error {
		var version, crate int32
		var d files.DependencyFacts
		err := row.Scan(&version, &crate, &d.ExplicitName, &d.Req, &d.Features, &d.Optional, &d.DefaultFeatures, &d.Target, &d.Kind)
		d.Crate = names[crate]
		deps[version] = append(deps[version], d)
		return err
	})
	lines := map[int32][]files.Line{}
	eachRow(t, pool, `SELECT id, crate_id, num, tar_sha256, features::text, yanked, links, rust_version, created_at FROM versions
		ORDER BY crate_id, created_at, semver_ord_v2`, func(row pgx.CollectableRow) error {
		var id, crate int32
		var features string
		var v files.VersionFacts
		var created time.Time
		if err := row.Scan(&id, &crate, &v.Num, &v.SHA256, &features, &v.Yanked, &v.Links, &v.RustVersion, &created); err != nil {
			return err
		}
		v.CreatedAt = created
		if err := json.Unmarshal([]byte(features), &v.Features); err != nil {
			return err
		}
		lines[crate] = append(lines[crate], files.BuildLine(names[crate], v, deps[id]))
		return nil
	})
	return lines
}
