package registry_test

import (
	"fmt"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/registry"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	r := reader(t)
	v := ok[registry.Version](t)(r.Version(t.Context(), 1, "2.0.0-rc.1"))
	check(t, "found without build metadata", v.Num, "2.0.0-rc.1+x")
	check(t, "neighbours", fmt.Sprintf("%d %s %q", v.Earlier, v.Previous, v.Following), `3 1.9.0 ""`)
	check(t, "nobody's GitHub id", v.GitHubID, 0)
	first := ok[registry.Version](t)(r.Version(t.Context(), 1, "1.0.0"))
	check(t, "first use of its token", first.TokenFirst, true)
	check(t, "id by users.gh_id", first.GitHubID, 101)
	check(t, "features", len(ok[registry.Version](t)(r.Version(t.Context(), 1, "1.10.0")).Features), 1)
	for _, num := range []string{"", "9.9.9", "2.0.0-rc.1+y", "1.0.0\x00", "\xff", "1.0.0' OR '1'='1"} {
		_, err := r.Version(t.Context(), 1, num)
		check(t, fmt.Sprintf("kind for %q", num), cratewarden.KindOf(err), cratewarden.NotFound)
	}
}

func TestVersionCore(t *testing.T) {
	t.Parallel()
	r := reader(t)
	crate := ok[registry.Crate](t)(r.Crate(t.Context(), "foo-bar"))
	v := ok[registry.Version](t)(r.Version(t.Context(), crate.ID, "1.10.0"))
	core := ok[registry.VersionCore](t)(r.VersionCore(t.Context(), crate, v, now.AddDate(0, 0, -89), now))
	check(t, "itself first, then those before", fmt.Sprintf("%s %s %d", core.Publishes[0].Num, core.Publishes[1].Num, len(core.Publishes)), "1.10.0 1.0.0 2")
	check(t, "token of the one before", core.Tokens[core.Publishes[1].TokenID].Name, "laptop of alice")
	check(t, "dependencies", len(core.Dependencies), 2)
	check(t, "dev dependencies are not inherited", len(core.Inherited[2]), 1)
	check(t, "those before", core.Inherited[1][0].Crate, "user-one")
	check(t, "owners without invitations", len(core.Owners), 5)
	check(t, "publishers without the count of tokens", len(core.Publishers), 2)
	check(t, "downloads in the window", fmt.Sprint(len(core.Downloads), core.Downloads[0].Downloads), "1 9")
	check(t, "history beyond the ten", len(core.History), 0)
}

func TestVersionActionsOfTheHour(t *testing.T) {
	t.Parallel()
	r := reader(t)
	_, err := r.Pool.Exec(t.Context(), `INSERT INTO version_owner_actions (version_id, user_id, action, time) VALUES
		(1, 3, 1, '2022-04-01T00:59Z'), (1, 3, 1, '2022-04-01T01:01Z'), (2, 1, 1, '2022-04-01T00:30Z'), (2, 3, 2, '2022-04-01T00:30Z')`)
	if err != nil {
		t.Fatal(err)
	}
	crate := ok[registry.Crate](t)(r.Crate(t.Context(), "foo-bar"))
	v := ok[registry.Version](t)(r.Version(t.Context(), crate.ID, "1.9.0"))
	core := ok[registry.VersionCore](t)(r.VersionCore(t.Context(), crate, v, now, now))
	check(t, "its publish and the publisher's yank within the hour", len(core.Actions), 2)
	check(t, "the yank", core.Actions[0].Time, time.Date(2022, 4, 1, 0, 59, 0, 0, time.UTC))
}

func TestHistoryAndNumbers(t *testing.T) {
	t.Parallel()
	r := reader(t)
	_, err := r.Pool.Exec(t.Context(), `INSERT INTO versions (id, crate_id, num, num_no_build, created_at, crate_size, published_by, tar_sha256)
		SELECT 100 + n, 4, '0.' || n || '.0', '0.' || n || '.0', '2023-01-01Z'::timestamptz + n * interval '1 day', 1, 2, decode(repeat('aa', 32), 'hex') FROM generate_series(1, 30) n`)
	if err != nil {
		t.Fatal(err)
	}
	crate := ok[registry.Crate](t)(r.Crate(t.Context(), "hollow"))
	v := ok[registry.Version](t)(r.Version(t.Context(), crate.ID, "0.30.0"))
	core := ok[registry.VersionCore](t)(r.VersionCore(t.Context(), crate, v, now, now))
	check(t, "in detail", fmt.Sprintf("%d %s", len(core.Publishes), core.Publishes[10].Num), "11 0.20.0")
	check(t, "further ones", fmt.Sprintf("%d %s %d", len(core.History), core.History[0].Num, core.History[0].PublisherID), "19 0.19.0 2")
	check(t, "all", v.Earlier, 29)
	near := ok[[]string](t)(r.Numbers(t.Context(), crate.ID, "0.2", 4))
	check(t, "near first, newest first", fmt.Sprint(near), "[0.29.0 0.28.0 0.27.0 0.26.0]")
	born := ok[map[string]time.Time](t)(r.Births(t.Context(), []string{"FOO_BAR", "helper", "nope", "\x00"}))
	check(t, "births", fmt.Sprint(len(born), born["foo_bar"].Year()), "2 2022")
}
