package dossier_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden/registry/files"
)

func TestCrateIndexAndFiles(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	lines := indexOf(t, r, "Foo-Bar")
	r.put(t, r.index, "fo/o-/foo-bar", string(files.EncodeIndex(lines)))
	for _, v := range []struct {
		num  string
		size int
	}{{"1.0.0", 100}, {"1.10.0", 111}, {"1.9.0", 120}, {"9.9.9", 1}} {
		r.put(t, r.static, files.CrateKey("Foo-Bar", v.num), strings.Repeat("x", v.size))
	}
	r.put(t, r.static, files.ReadmeKey("Foo-Bar", "1.0.0"), "<p>")
	d := r.crate(t, "foo-bar")
	equal(t, "index equal", spaced(d.Index.Equal, d.Index.Present, d.Index.Lines, d.Index.Differences), "true true 4 []")
	equal(t, "files", spaced(d.Files.Missing, d.Files.Extra, len(d.Files.Rows)), "1 1 6")
	var states []string
	for _, f := range d.Files.Rows[:3] {
		states = append(states, f.State+" "+f.Num)
	}
	slices.Sort(states)
	equal(t, "trouble first", strings.Join(states, ", "), "extra , missing 2.0.0-rc.1+x, size differs 1.10.0")

	lines[1].Yanked, lines[1].Cksum = true, strings.Repeat("00", 32)
	lines = append(lines[:3], lines[0])
	lines = append(lines, files.Line{Name: "Foo-Bar", Vers: "6.6.6", Cksum: "00"})
	r.put(t, r.index, "fo/o-/foo-bar", string(files.EncodeIndex(lines)))
	var got []string
	for _, diff := range r.crate(t, "foo-bar").Index.Differences {
		got = append(got, diff.Num+" "+diff.Field)
	}
	equal(t, "differences", strings.Join(got, ", "), "1.0.0 line, 1.10.0 cksum, 1.10.0 yanked, 2.0.0-rc.1+x line, 6.6.6 line")

	r.put(t, r.index, "fo/o-/foo-bar", "not json\n")
	broken := r.crate(t, "foo-bar").Index
	if broken.Equal || !strings.HasPrefix(broken.Differences[0].Index, "Line 1 of the index file") {
		t.Errorf("broken index file: %+v", broken.Differences[0])
	}
}

// indexOf asks the database for the lines in a way of its own, so that the
// dossier is compared with something else than itself.
func indexOf(t *testing.T, r crateRig, crate string) []files.Line {
	t.Helper()
	rows, err := r.pool.Query(t.Context(), `
SELECT jsonb_build_object('name', c.name, 'vers', v.num, 'cksum', encode(v.tar_sha256, 'hex'), 'yanked', v.yanked,
  'features', CASE WHEN v.id = 2 THEN '{}' ELSE v.features END, 'v', CASE WHEN v.id = 2 THEN 2 ELSE 0 END,
  'features2', CASE WHEN v.id = 2 THEN v.features ELSE '{}' END,
  'deps', COALESCE((SELECT jsonb_agg(jsonb_build_object('name', e.name, 'req', d.req, 'features', d.features, 'optional', d.optional,
     'default_features', d.default_features, 'target', d.target, 'kind', 'normal')) FROM dependencies d JOIN crates e ON e.id = d.crate_id WHERE d.version_id = v.id), '[]'))::text
FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = $1 ORDER BY v.created_at, v.semver_ord_v2`, crate)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	lines, err := files.ParseIndex(strings.NewReader(strings.Join(texts, "\n")), files.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
