package demo

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden/pg/pgtest"
	"cratewarden/registry/credential"
)

// TestAugustHasItsShape asks the database for the shape of the attack, as a
// responder would see it.
func TestAugustHasItsShape(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	a := standard().Situations.August
	if age := testNow.Sub(a.Started); age < 50*time.Minute || age > 75*time.Minute {
		t.Errorf("it started %v ago", age)
	}
	if d := a.Armed.At.Sub(a.Clean.At); d != 5*time.Hour {
		t.Errorf("the helper was clean for %v", d)
	}
	if one[bool](t, pool, `SELECT EXISTS (SELECT FROM dependencies WHERE version_id = ANY($1))`, []int32{a.Clean.VersionID, a.Armed.VersionID}) {
		t.Error("the helper has dependencies")
	}
	for i, want := range []time.Duration{4 * time.Minute, 23 * time.Minute, 26 * time.Minute} {
		bad := a.Republished[i]
		if got := bad.At.Sub(a.Started); got < want-time.Minute || got > want+time.Minute {
			t.Errorf("%s was republished after %v, want about %v", bad.Crate, got, want)
		}
		if n := one[int](t, pool, `SELECT count(*) FROM version_owner_actions WHERE version_id = $1 AND action = 0 AND user_id = $2 AND api_token_id = $3`, bad.VersionID, a.Owner.UserID, a.Stolen.TokenID); n != 1 {
			t.Errorf("%s was not published with the stolen token", bad.Crate)
		}
		if n := one[int](t, pool, `SELECT count(*) FROM version_owner_actions o JOIN versions v ON v.id = version_id WHERE api_token_id = $2 AND action = 0
			AND crate_id = (SELECT crate_id FROM versions WHERE id = $1)`, bad.VersionID, a.Usual.TokenID); n < 5 {
			t.Errorf("%s has only %d publishes with the usual token", bad.Crate, n)
		}
		if d := one[string](t, pool, `SELECT string_agg(c.name, ' ') FROM dependencies d JOIN crates c ON c.id = d.crate_id WHERE version_id = $1`, bad.VersionID); d != a.Helper {
			t.Errorf("%s depends on %q", bad.Crate, d)
		}
		if !one[bool](t, pool, `SELECT EXISTS (SELECT FROM default_versions WHERE version_id = $1)`, bad.VersionID) {
			t.Errorf("%s %s is not the default version", bad.Crate, bad.Version)
		}
		if quiet := one[float64](t, pool, `SELECT extract(epoch FROM $2 - max(created_at))::float8 / 86400 FROM versions WHERE id <> $1
			AND crate_id = (SELECT crate_id FROM versions WHERE id = $1)`, bad.VersionID, bad.At); quiet < 700 {
			t.Errorf("%s was quiet for only %.0f days", bad.Crate, quiet)
		}
		if hours := one[float64](t, pool, `SELECT min(least(d, 24 - d)) FROM (SELECT abs(extract(hour FROM created_at AT TIME ZONE 'UTC') - extract(hour FROM $2::timestamptz AT TIME ZONE 'UTC'))::float8 AS d
			FROM versions WHERE published_by = $1 AND created_at < $2::timestamptz - interval '1 day') x`, a.Owner.UserID, a.Started); hours < 4 {
			t.Errorf("the owner has published within %.0f hours of that hour before", hours)
		}
	}
	testYanks(t, a)
	if n := one[int](t, pool, `SELECT count(*) FROM reverse_dependencies WHERE target_crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`); n < 50 {
		t.Errorf("arraykit has only %d dependents", n)
	}
	if len(a.Advisories) != 9 || len(a.Hold) != 15 || len(a.Carriers) != 5 || len(a.SideAccounts) != 2 || len(a.Contain) != 4 {
		t.Errorf("%d advisories, %d to hold, %d carriers, %d side accounts, %d to contain", len(a.Advisories), len(a.Hold), len(a.Carriers), len(a.SideAccounts), len(a.Contain))
	}
	for _, c := range a.Carriers {
		if d := c.At.Sub(a.Started); d <= 0 || d > 5*time.Minute {
			t.Errorf("%s gained the dependency after %v", c.Crate, d)
		}
	}
	if everything := one[int](t, pool, `SELECT count(DISTINCT version_id) FROM dependencies WHERE crate_id = (SELECT id FROM crates WHERE name = $1)`, a.Helper); everything != 8 {
		t.Errorf("%d versions depend on the helper, want 8", everything)
	}
}

func testYanks(t *testing.T, a August) {
	t.Helper()
	pool := pgtest.Database(t, loaded)
	var numbers []string
	for _, good := range a.Restore {
		numbers = append(numbers, good.Version)
		if after := one[float64](t, pool, `SELECT extract(epoch FROM time - $2)::float8 FROM version_owner_actions WHERE version_id = $1 AND action = 1 AND api_token_id = $3`,
			good.VersionID, a.Republished[0].At, a.Stolen.TokenID); after < 9 || after > 15 {
			t.Errorf("%s was yanked %.1f s after the publish", good.Version, after)
		}
		if !one[bool](t, pool, `SELECT yanked FROM versions WHERE id = $1`, good.VersionID) {
			t.Errorf("%s is not yanked", good.Version)
		}
	}
	if !slices.Equal(numbers, []string{"0.3.5", "0.3.6", "0.3.7", "0.3.8", "0.3.9"}) {
		t.Errorf("to restore: %v", numbers)
	}
	old := a.StayYanked[0]
	if !one[bool](t, pool, `SELECT yanked AND time < $2::timestamptz - interval '1 year' AND user_id = $3 FROM versions v JOIN version_owner_actions a ON a.version_id = v.id AND action = 1 WHERE v.id = $1`,
		old.VersionID, a.Started, a.Owner.UserID) {
		t.Errorf("%s %s is not an old yank", old.Crate, old.Version)
	}
}

func TestTyposquatsAreOneEditAway(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	s := standard().Situations.Typosquats
	if len(s.Accounts) != 4 || len(s.Target) != 12 {
		t.Errorf("%d accounts, %d crates", len(s.Accounts), len(s.Target))
	}
	for name, target := range s.Target {
		if d := one[int](t, pool, `SELECT count(*) FROM crates WHERE name IN ($1, $2)`, name, target); d != 2 {
			t.Errorf("%s or %s is missing", name, target)
		}
		if !oneEdit(name, target) {
			t.Errorf("%s is not one edit from %s", name, target)
		}
	}
	r := standard()
	files := map[string]int{}
	for _, rel := range s.Hold {
		files[strings.Join(r.packages[rel.VersionID-1].Files, " ")]++
	}
	if len(files) > 6 { // two payloads, with and without, and what a release adds
		t.Errorf("the campaign's %d archives have %d different lists of files", len(s.Hold), len(files))
	}
	for _, a := range s.Accounts {
		if !one[bool](t, pool, `SELECT u.created_at > $2::timestamptz - interval '8 days' AND split_part(email, '@', 2) = $3 FROM users u JOIN emails e ON e.user_id = u.id WHERE u.id = $1`, a.UserID, testNow, s.Domain) {
			t.Errorf("%s is not a young account of %s", a.Login, s.Domain)
		}
	}
}

// oneEdit says whether one letter was added, dropped, replaced or swapped with
// its neighbour.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) == len(b):
		return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	case len(a)+1 == len(b):
		return a[i:] == b[i+1:]
	}
	return false
}

func TestSquatterTookManyNamesInTwoDays(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	s := standard().Situations.Squatter
	if len(s.Crates) != 120 || s.To.Sub(s.From) > 48*time.Hour || len(s.Yanked) == 0 {
		t.Errorf("%d crates in %v, %d yanked", len(s.Crates), s.To.Sub(s.From), len(s.Yanked))
	}
	if n := one[int](t, pool, `SELECT count(*) FROM crate_owners o JOIN crates c ON c.id = crate_id WHERE owner_id = $1 AND owner_kind = 0 AND name = ANY($2)`, s.Account.UserID, s.Crates); n != 120 {
		t.Errorf("the squatter owns %d of them", n)
	}
}

func TestDemoTokensAreFound(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	checkToken(t, DemoAPIToken, func(hash []byte) bool {
		return one[bool](t, pool, `SELECT EXISTS (SELECT FROM api_tokens t JOIN users u ON u.id = user_id WHERE token = $1 AND NOT revoked AND expired_at > $2 AND gh_login = 'saltmarsh')`, hash, testNow)
	})
	checkToken(t, DemoPublisherToken, func(hash []byte) bool {
		return one[bool](t, pool, `SELECT EXISTS (SELECT FROM trustpub_tokens WHERE hashed_token = $1 AND expires_at > $2)`, hash, testNow)
	})
}

func checkToken(t *testing.T, plain string, found func(hash []byte) bool) {
	t.Helper()
	c, err := credential.Parse(plain)
	if err != nil {
		t.Fatal(err)
	}
	if !found(c.Hash[:]) {
		t.Errorf("the demo's %s is not in the registry", c.Kind)
	}
}
