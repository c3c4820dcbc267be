package schema_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/semver"
	"pgregory.net/rapid"
)

// The vectors of contract functions.md, and the edges around them.
func TestSemverKeys(t *testing.T) {
	t.Parallel()
	db := database(t)
	for _, row := range []struct{ num, want string }{
		{"1.0.0", "01310130013003"},
		{"1.0.0+b", "01310130013003"},
		{"10.0.0", "0231300130013003"},
		{"1.0.0-alpha", "01310130013002616c70686100"},
		{"1.0.0-alpha.1", "01310130013002616c70686101013100"},
		{"1.0.0-beta.11", "01310130013002626574610102313100"},
		{"1.0.0-beta.11+x.y", "01310130013002626574610102313100"},
		{"1.0.0-01", "013101300130" + "02" + "3031" + "00"},
		{"1.0.0--", "013101300130" + "02" + "2d" + "00"},
		{"1.0", "NULL"}, {"01.0.0", "NULL"}, {"1.0.0-", "NULL"}, {"", "NULL"}, {"1.0.0.0", "NULL"},
		{"v1.0.0", "NULL"}, {"1.0.0-a_b", "NULL"}, {"1.0.0 ", "NULL"}, {" 1.0.0", "NULL"}, {"1.0.0\n", "NULL"},
		{"1.0.0-é", "NULL"}, {"١.0.0", "NULL"}, {"1.-1.0", "NULL"},
	} {
		if got := scalar(t, db, `SELECT encode(semver_ord_v2($1), 'hex')`, row.num); got != row.want {
			t.Errorf("key of %q = %s, want %s", row.num, got, row.want)
		}
	}
	if got := scalar(t, db, `SELECT semver_ord_v2(NULL)`); got != "NULL" {
		t.Errorf("key of NULL = %s", got)
	}
}

// Keys must sort exactly as the semantic versioning rules say, for any pair of versions.
func TestSemverKeysSortLikeVersions(t *testing.T) {
	t.Parallel()
	db := database(t)
	digits := rapid.StringMatching(`0|[1-9][0-9]{0,2}|[1-9][0-9]{0,24}`)
	label := rapid.OneOf(digits, rapid.StringMatching(`[a-bA-B-][0-9a-bA-B-]{0,3}`),
		rapid.StringMatching(`[0-9]{0,2}[a-b-]`))
	version := rapid.Custom(func(t *rapid.T) string {
		num := strings.Join(rapid.SliceOfN(digits, 3, 3).Draw(t, "numbers"), ".")
		if pre := rapid.SliceOfN(label, 0, 4).Draw(t, "prerelease"); len(pre) > 0 {
			num += "-" + strings.Join(pre, ".")
		}
		return num + rapid.SampledFrom([]string{"", "+1", "+build.7"}).Draw(t, "build")
	})
	rapid.Check(t, func(rt *rapid.T) {
		nums := rapid.SliceOfN(version, 2, 24).Draw(rt, "versions")
		// Neighbours that differ late are the hard cases: give each draw a sibling.
		for _, num := range nums[:2] {
			base, _, _ := strings.Cut(num, "+")
			nums = append(nums, base, base+map[bool]string{true: ".0", false: "-0"}[strings.Contains(base, "-")])
		}
		rows, err := db.Query(t.Context(), `SELECT semver_ord_v2(n) FROM unnest($1::text[]) WITH ORDINALITY AS u(n, i) ORDER BY i`, nums)
		if err != nil {
			rt.Fatal(err)
		}
		keys, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err != nil {
			rt.Fatal(err)
		}
		for i := range nums {
			if keys[i] == nil {
				rt.Fatalf("%s has no key", nums[i])
			}
			if release := keys[i][len(keys[i])-1] == 3; release != (semver.Prerelease("v"+nums[i]) == "") {
				rt.Fatalf("%s: last byte of %x tells release %v", nums[i], keys[i], release)
			}
			for j := range nums {
				want := semver.Compare("v"+nums[i], "v"+nums[j])
				if got := bytes.Compare(keys[i], keys[j]); got != want {
					rt.Fatalf("%s against %s: keys say %d, rules say %d", nums[i], nums[j], got, want)
				}
			}
		}
	})
}

func TestSemverKeyIsSetOnInsertOnly(t *testing.T) {
	t.Parallel()
	db := database(t)
	crate := addCrate(t, db, "alpha")
	version := addVersion(t, db, crate, "1.0.0")
	exec(t, db, `UPDATE versions SET num = '2.0.0', num_no_build = '2.0.0' WHERE id = $1`, version)
	if got := scalar(t, db, `SELECT semver_ord_v2 = semver_ord_v2('1.0.0') FROM versions`); got != "true" {
		t.Error("an UPDATE of num rebuilt the key; in the registry it goes stale")
	}
	got := code(t, db, `INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256)
		VALUES ($1, 'one', 'one', 1, decode(repeat('00', 32), 'hex'))`, crate)
	if got != notNull {
		t.Errorf("a number that is not semver gave %q, want %q", got, notNull)
	}
}
