package registry_test

import (
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/registry"
	"cratewarden/registry/credential"
)

// Every question about people must be answered to a role with the least grants.
func TestLeastGrantsAreEnoughForAccounts(t *testing.T) {
	t.Parallel()
	ctx, r := t.Context(), weakReader(t, database(t))
	keys := registry.AccountKeys{Tokens: []int32{1}, Crates: []int32{1, 3}, Owned: []int32{1}, Versions: []int32{1, 4}}
	core := ok[registry.AccountCore](t)(r.AccountCore(ctx, 1, keys))
	check(t, "account", core.Account.Login, "alice")
	check(t, "rows", len(core.Tokens)*1000+len(core.Crates)*100+len(core.Versions)*10+len(core.Publishers), 1222)
	check(t, "deleted", core.Deleted[0].Name, "foo_bar")
	check(t, "invited", core.Invitations[0].Crate, "Foo-Bar")
	for what, ask := range map[string]func() error{
		"logins":   func() error { _, err := r.AccountsByLogin(ctx, "alice", nil); return err },
		"crates":   func() error { _, err := r.OwnedCrates(ctx, []int32{1}, 1, true); return err },
		"versions": func() error { _, err := r.VersionsByID(ctx, []int32{1}); return err },
		"team":     func() error { _, err := r.Team(ctx, 1); return err },
		"total":    func() error { _, err := r.TotalDownloads(ctx); return err },
		"token": func() error {
			_, err := r.TokenByHash(ctx, credential.Credential{Kind: credential.APIToken})
			return err
		},
		"publisher token": func() error {
			_, err := r.PublisherTokenByHash(ctx, credential.Credential{Kind: credential.PublisherToken})
			return err
		},
	} {
		if err := ask(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAccountRows(t *testing.T) {
	t.Parallel()
	ctx, r := t.Context(), reader(t)
	_, err := r.AccountCore(ctx, 77, registry.AccountKeys{})
	check(t, "missing", cratewarden.KindOf(err), cratewarden.NotFound)
	eve := ok[registry.AccountCore](t)(r.AccountCore(ctx, 3, registry.AccountKeys{})).Account
	check(t, "locked for ever", eve.Locked(now.AddDate(100, 0, 0)), true)
	check(t, "no address", eve.HasMail, false)
	live := ok[registry.AccountCore](t)(r.AccountCore(ctx, 1, registry.AccountKeys{Owned: []int32{1, 2}})).LiveTokens
	check(t, "live tokens", live.Count, 1)
	check(t, "until", live.Until.UTC().Format("15:04"), "12:20")
	owned := ok[[]registry.OwnedCrate](t)(r.OwnedCrates(ctx, []int32{1, 999}, 2, false))
	check(t, "only what is there", len(owned), 1)
	check(t, "former owner", owned[0].Owned && owned[0].Former, true)
	check(t, "active owners", owned[0].Owners, 4)
	check(t, "not analysed", owned[0].CodeLines, -1)
	team := ok[[]registry.OwnedCrate](t)(r.OwnedCrates(ctx, []int32{1}, 2, true))
	check(t, "a team of the same number", team[0].Owned, false)
	check(t, "odd logins", len(ok[[]registry.Person](t)(r.AccountsByLogin(ctx, strings.Repeat("x", 300), nil))), 0)
}

// A look-up must leave the row as it is, whatever its state.
func TestTokenByHashOnlyReads(t *testing.T) {
	t.Parallel()
	ctx, r := t.Context(), reader(t)
	c := credential.Credential{Kind: credential.APIToken, Hash: [32]byte([]byte(strings.Repeat("\x01", 32)))}
	for _, change := range []string{"last_used_at = NULL", "last_used_at = '2026-01-01Z', revoked = true", "expired_at = '2026-01-02Z'"} {
		if _, err := r.Pool.Exec(ctx, `UPDATE api_tokens SET `+change+` WHERE id = 1`); err != nil {
			t.Fatal(err)
		}
		var before, after *time.Time
		row := `SELECT last_used_at FROM api_tokens WHERE id = 1`
		if err := r.Pool.QueryRow(ctx, row).Scan(&before); err != nil {
			t.Fatal(err)
		}
		found := ok[*registry.Token](t)(r.TokenByHash(ctx, c))
		if found == nil || found.Owner.Login != "alice" {
			t.Fatalf("after %s: %+v", change, found)
		}
		if err := r.Pool.QueryRow(ctx, row).Scan(&after); err != nil {
			t.Fatal(err)
		}
		if (before == nil) != (after == nil) || before != nil && !before.Equal(*after) {
			t.Errorf("after %s the look-up moved last_used_at from %v to %v", change, before, after)
		}
	}
	c.Kind = credential.PublisherToken
	check(t, "the other kind's hash", ok[*registry.Token](t)(r.TokenByHash(ctx, c)) == nil, true)
}
