package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
	"cratewarden/registry"
)

func TestParts(t *testing.T) {
	t.Parallel()
	pool := database(t)
	if _, err := pool.Exec(t.Context(), `
INSERT INTO teams (id, login, name, github_id, org_id) VALUES (2, 'github:acme:old', 'Old', 17, 8);
INSERT INTO crate_owners (crate_id, owner_id, owner_kind, deleted) VALUES (1, 2, 1, true);
INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, created_at, expires_at) VALUES
 (1, 2, 3, now() - interval '40 days', now() - interval '10 days'), (1, 2, 4, now(), now() + interval '30 days');
UPDATE crate_owner_invitations SET expires_at = now() + interval '10 days' WHERE crate_id = 1;
INSERT INTO crate_owners (crate_id, owner_id, owner_kind) SELECT c.id, 3, 0 FROM crates c WHERE c.id <> 1`); err != nil {
		t.Fatal(err)
	}
	every := registry.Subjects{Crates: []string{"foo_bar", "helper", "USER_one", "hollow", "nowhere"}}
	for name, c := range map[string]struct {
		who   []registry.Stake
		about registry.Subjects
		want  string
	}{
		"owner":              {[]registry.Stake{{Account: 1}}, registry.Subjects{Crates: []string{"FOO_bar"}}, "0 owns the crate Foo-Bar (1)"},
		"former and invited": {[]registry.Stake{{Account: 2}}, registry.Subjects{Crates: []string{"foo-bar", "foo_bar"}}, "0 owned the crate Foo-Bar (2), 0 is invited to own the crate Foo-Bar (2)"},
		"run out and open":   {[]registry.Stake{{Account: 1}}, registry.Subjects{Crates: []string{"user-one", "hollow"}}, "0 is invited to own the crate hollow (1)"},
		"team":               {[]registry.Stake{{Account: 0, Teams: []int64{7}}}, every, "0 is in a team that owns the crate Foo-Bar (1)"},
		"former team":        {[]registry.Stake{{Teams: []int64{17, 4_000_000_000}}}, every, "0 is in a team that owned the crate Foo-Bar (1)"},
		"team's own id":      {[]registry.Stake{{Teams: []int64{1}}}, every, ""},
		"account":            {[]registry.Stake{{Account: 2}, {Account: 1}}, registry.Subjects{Accounts: []int32{1}}, "1 is the account 1 (1)"},
		"token":              {[]registry.Stake{{Account: 1}}, registry.Subjects{Tokens: []int32{1}}, "0 is the account 1 (1)"},
		"by number":          {[]registry.Stake{{Account: 1}}, registry.Subjects{CrateIDs: []int32{1, 1}, Crates: []string{"foo-bar"}}, "0 owns the crate Foo-Bar (1)"},
		"GitHub publisher":   {[]registry.Stake{{Account: 1}}, registry.Subjects{GitHub: []int32{1, 999}}, "0 owns the crate Foo-Bar (1)"},
		"GitLab publisher":   {[]registry.Stake{{Account: 1}}, registry.Subjects{GitLab: []int32{1}}, "0 owns the crate Foo-Bar (1)"},
		"publish token":      {[]registry.Stake{{Account: 1}}, registry.Subjects{PublishTokens: []int64{1, 4_000_000_000}}, "0 owns the crate Foo-Bar (1)"},
		"many":               {[]registry.Stake{{Account: 3}}, every, "0 owns the crate Foo-Bar (4), 0 owns the crate helper (4), 0 owns the crate hollow (4)"},
		"another's":          {[]registry.Stake{{Account: 1}}, registry.Subjects{Crates: []string{"helper"}, Accounts: []int32{2}}, ""},
		"nobody":             {[]registry.Stake{{}}, every, ""},
		"two, the rest not hidden by many": {[]registry.Stake{{Account: 3}, {Account: 1}}, registry.Subjects{Crates: []string{"foo-bar"}},
			"0 owns the crate Foo-Bar (1), 1 owns the crate Foo-Bar (1)"},
	} {
		var got []string
		err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			parts, err := registry.Parts(t.Context(), tx, c.who, c.about)
			for _, p := range parts {
				got = append(got, fmt.Sprintf("%d %s %s (%d)", p.Who, p.How, p.What, p.All))
			}
			return err
		})
		if err != nil {
			t.Fatal(name, err)
		}
		check(t, name, strings.Join(got, ", "), c.want)
	}
}

// A crate counts once whatever else of it is named; of others only the versions
// that are.
func TestDownloadsOf(t *testing.T) {
	t.Parallel()
	pool := database(t)
	if _, err := pool.Exec(t.Context(), `UPDATE versions SET downloads = id * 10`); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		crates, nums []string
		want         int64
	}{
		"nothing":          {nil, nil, 0},
		"crate":            {[]string{"foo_bar"}, []string{""}, 77},
		"version":          {[]string{"foo_bar"}, []string{"1.10.0"}, 20},
		"both":             {[]string{"foo_bar", "Foo-Bar"}, []string{"1.10.0", ""}, 77},
		"crate and others": {[]string{"user-one", "foo-bar", "foo-bar", "foo_bar"}, []string{"", "1.0.0", "1.9.0", "1.9.0"}, 5040},
		"not there":        {[]string{"nowhere", "foo-bar"}, []string{"", "9.9.9"}, 0},
	} {
		err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			n, err := registry.DownloadsOf(t.Context(), tx, c.crates, c.nums)
			check(t, name, n, c.want)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The least grants are enough for both.
func TestPartsWithLeastGrants(t *testing.T) {
	t.Parallel()
	weak := weakReader(t, database(t))
	err := pg.InTx(t.Context(), weak.Pool, func(tx pgx.Tx) error {
		ctx := t.Context()
		if _, err := registry.Parts(ctx, tx, []registry.Stake{{Account: 1, Teams: []int64{7}}}, registry.Subjects{Crates: []string{"foo-bar"}, Accounts: []int32{1}, Tokens: []int32{1}}); err != nil {
			return err
		}
		_, err := registry.DownloadsOf(ctx, tx, []string{"foo-bar"}, []string{"1.0.0"})
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
