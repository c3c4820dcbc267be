package registry_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cratewarden"
	"cratewarden/registry"
)

// motley adds versions of every sort to the crate 1 of the fixture, several at
// one instant, with claims that are broken in every way that we know of.
const motley = `
INSERT INTO users (id, gh_login, gh_id, username) VALUES (8, 'Twin', 108, 'twin-one'), (9, 'tWiN', 109, 'twin-two');
INSERT INTO versions (id, crate_id, num, num_no_build, created_at, crate_size, published_by, tar_sha256, yanked, trustpub_data, features)
SELECT 100 + n, 1, '3.' || n || '.0' || x.tail, '3.' || n || '.0' || x.tail, '2023-01-01Z'::timestamptz + (n / 3) * interval '1 day', 100,
       (ARRAY[1, 2, 3, 8, 9, NULL])[1 + n % 6], decode(lpad(to_hex(n), 64, '0'), 'hex'), n % 4 = 0, x.claims, '{}'
FROM generate_series(1, 88) n,
     LATERAL (SELECT (ARRAY['', '-rc.1', '', '-beta-2'])[1 + n % 4] AS tail,
         (ARRAY[NULL, NULL, '{"provider":"github","repository":"a/b"}', '{"provider":"gitlab","project_path":"g/p","sha":null}', '[]', '"github"', 'null',
                '{"provider":7}', '{"provider":"github","run_id":7}', '{"provider":"other"}', NULL])[1 + n % 11]::jsonb AS claims) x;
INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action, time)
SELECT 100 + n, 1, CASE WHEN n % 5 < 2 THEN 1 END, (n % 2)::int * (n % 7)::int, '2023-01-01Z' FROM generate_series(1, 88) n;`

// TestFilteredPagesAreTheFilteredList pages through the versions of a crate
// with any filter and any page size; what comes must be exactly what passes,
// in the list's order, once each.
func TestFilteredPagesAreTheFilteredList(t *testing.T) {
	t.Parallel()
	pool := database(t)
	if _, err := pool.Exec(t.Context(), motley); err != nil {
		t.Fatal(err)
	}
	r := registry.New(registry.Config{Pool: pool})
	all := ok[[]registry.CrateVersion](t)(r.CrateVersions(t.Context(), 1, registry.VersionKey{}, 500))
	seen := map[cratewarden.Method]int{}
	for _, v := range all {
		seen[v.Method]++
	}
	check(t, "methods in the list", len(seen), 6)
	choice := func(t *rapid.T, label string) *bool {
		return rapid.SampledFrom([]*bool{nil, new(true), new(false)}).Draw(t, label)
	}
	rapid.Check(t, func(rt *rapid.T) {
		f := registry.VersionFilter{
			Method: rapid.SampledFrom([]cratewarden.Method{"", "token", "session", "github", "gitlab", "account", "unknown"}).Draw(rt, "method"),
			Yanked: choice(rt, "yanked"), Pre: choice(rt, "pre"),
			Publisher: rapid.SampledFrom([]string{"", "", "", "ALICE", "twin", "nobody"}).Draw(rt, "publisher"),
			Num:       rapid.SampledFrom([]string{"", "", "3.1", "3.12.", "2", "%", "_"}).Draw(rt, "num"),
		}
		var want []string
		for i, v := range all {
			if passes(f, v) {
				want = append(want, versionWord(v, i+1 < len(all) && all[i+1].Method.Trusted()))
			}
		}
		var got []string
		var key registry.VersionKey
		limit := rapid.IntRange(1, 40).Draw(rt, "limit")
		for range len(all) + 1 {
			rows, err := r.VersionsMatching(t.Context(), 1, f, key, limit)
			if err != nil {
				rt.Fatal(err)
			}
			for _, v := range rows[:min(len(rows), limit)] {
				got, key = append(got, versionWord(v.CrateVersion, v.AfterTrusted)), registry.VersionKey{CreatedAt: v.CreatedAt, ID: v.ID}
			}
			if len(rows) <= limit {
				break
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			rt.Fatalf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func versionWord(v registry.CrateVersion, afterTrusted bool) string {
	word := v.Num + " " + string(v.Method) + " " + v.TokenName
	if v.FirstBy {
		word += " first"
	}
	if afterTrusted {
		word += " after trusted publishing"
	}
	return word
}

// passes is the filter as a person would read it.
func passes(f registry.VersionFilter, v registry.CrateVersion) bool {
	core, _, _ := strings.Cut(v.Num, "+")
	by := v.Publisher != nil && strings.EqualFold(v.Publisher.Login, f.Publisher)
	return (f.Method == "" || f.Method == v.Method) && (f.Yanked == nil || *f.Yanked == v.Yanked) &&
		(f.Pre == nil || *f.Pre == strings.Contains(core, "-")) && (f.Publisher == "" || by) && strings.HasPrefix(v.Num, f.Num)
}

func TestFilterWithTextThatIsNone(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for _, f := range []registry.VersionFilter{{Num: "\x00"}, {Publisher: "\xff"}, {Publisher: strings.Repeat("x", 300)}} {
		check(t, "rows", len(ok[[]registry.FilteredVersion](t)(r.VersionsMatching(t.Context(), 1, f, registry.VersionKey{}, 5))), 0)
	}
	check(t, "dependents", len(ok[[]registry.ReverseDependency](t)(r.ReverseMatching(t.Context(), 1, registry.ReverseFilter{Prefix: "\x00"}, registry.ReverseKey{}, 5))), 0)
}

func TestReverseMatching(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for _, c := range []struct {
		f    registry.ReverseFilter
		want int
	}{{registry.ReverseFilter{}, 1}, {registry.ReverseFilter{Prefix: "USER_"}, 1}, {registry.ReverseFilter{Prefix: "ser"}, 0}, {registry.ReverseFilter{Prefix: "%"}, 0},
		{registry.ReverseFilter{Kind: new(int32(0)), Prefix: "u"}, 1}, {registry.ReverseFilter{Kind: new(int32(2))}, 0}} {
		check(t, c.f.Prefix, len(ok[[]registry.ReverseDependency](t)(r.ReverseMatching(t.Context(), 1, c.f, registry.ReverseKey{}, 5))), c.want)
	}
}

func TestDeletedByAvailability(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for _, c := range []struct {
		available *bool
		want      string
	}{{nil, "Lost"}, {new(true), "foo_bar"}, {new(false), "Lost"}} {
		rows := ok[[]registry.DeletedName](t)(r.Deleted(t.Context(), "", c.available, registry.DeletedKey{}, 5))
		check(t, "newest", rows[0].Name, c.want)
		check(t, "all pass", c.available == nil || len(rows) == 1, true)
	}
}
