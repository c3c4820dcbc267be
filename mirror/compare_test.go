package mirror

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// describe writes down everything a mirror says, through its public methods.
func describe(t testing.TB, w *world, m *Mirror) []string {
	t.Helper()
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	crates, versions, accounts := m.Totals()
	say("totals %d %d %d", crates, versions, accounts)
	for id := int32(1); id <= w.id(`SELECT last_value::int FROM packages_id_seq`); id++ {
		c, ok := m.Crate(id)
		if !ok {
			if len(m.Versions(id))+len(m.Owners(id))+m.Dependents(id, 10).AnyVersion > 0 {
				say("crate %d is gone and still has content", id)
			}
			continue
		}
		say("crate %+v", c)
		if again, ok := m.CrateByName(strings.ToUpper(strings.ReplaceAll(c.Name, "_", "-"))); !ok || again != c {
			say("crate %d is not found by its name", id)
		}
		for _, v := range m.Versions(id) {
			say("version %+v", v)
			if one, ok := m.Version(v.ID); !ok || one != v {
				say("version %d differs by id", v.ID)
			}
			for _, d := range m.Dependencies(v.ID) {
				say("dependency %+v", d)
			}
		}
		for _, o := range m.Owners(id) {
			say("owner %+v", o)
		}
		d := m.Dependents(id, 1000)
		say("dependents of %d: %d %d", id, d.AnyVersion, d.Default)
		for _, one := range d.Top {
			say("dependent of %d: %d has %d, default %t", id, one.CrateID, one.Versions, one.Default)
		}
		n := 0
		for range m.DependentVersions(id) {
			n++
		}
		say("dependencies on %d: %d", id, n)
	}
	out = append(out, describePeople(w, m)...)
	slices.Sort(out)
	return out
}

func describePeople(w *world, m *Mirror) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for id := int32(1); id <= w.id(`SELECT last_value::int FROM users_id_seq`); id++ {
		a, ok := m.Account(id)
		if !ok {
			continue
		}
		say("account %+v", a)
		if !slices.Contains(m.AccountsByLogin(strings.ToUpper(a.Login)), a) || !slices.Contains(m.AccountsByLogin(a.Username), a) {
			say("account %d is not found by its login", id)
		}
		if by, ok := m.AccountByGitHub(a.GitHubID); !ok || by.GitHubID != a.GitHubID {
			say("account %d is not found by its GitHub id", id)
		}
		for _, k := range m.Tokens(id) {
			say("token %+v", k)
			if list := m.PublishedWithToken(k.ID, 1000); len(list) != m.PublishedWithTokenCount(k.ID) {
				say("token %d: %d publishes listed, %d counted", k.ID, len(list), m.PublishedWithTokenCount(k.ID))
			}
			for _, v := range m.PublishedWithToken(k.ID, 1000) {
				say("published with %d: %d", k.ID, v.ID)
			}
			say("actions with %d: %d", k.ID, len(m.ActionsWithToken(k.ID, 1000)))
		}
		for _, a := range m.Actions(id, 0, 1000) {
			say("action %+v", a)
		}
		for _, o := range m.Owned(id, false) {
			say("owned %+v", o)
		}
		list := m.PublishedBy(id, 0, 1000)
		for _, v := range list {
			say("published by %d: %d", id, v.ID)
		}
		if len(list) != m.PublishedByCount(id) {
			say("account %d: %d publishes listed, %d counted", id, len(list), m.PublishedByCount(id))
		}
	}
	for id := int32(1); id <= 50; id++ {
		if t, ok := m.Team(id); ok {
			say("team %+v", t)
		}
	}
	for _, r := range m.Recent(Recent{}) {
		say("recent %d", r.ID)
	}
	return out
}

// same fails when two mirrors say different things.
func same(t testing.TB, what string, want, got []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

// answers asks the registry itself, in SQL that shares nothing with the
// mirror's own, and writes its answers down as describe does.
func answers(t testing.TB, w *world) []string {
	t.Helper()
	var out []string
	ask := func(sql string) {
		t.Helper()
		rows, err := w.pool.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		out = append(out, lines...)
	}
	ask(`SELECT format('totals %s %s %s', (SELECT count(*) FROM crates), (SELECT count(*) FROM versions), (SELECT count(*) FROM users))`)
	ask(`SELECT format('crate %s %s %s %s %s %s', c.id, c.name, (SELECT count(*) FROM versions v WHERE v.crate_id = c.id),
		(SELECT count(*) FROM versions v WHERE v.crate_id = c.id AND yanked), c.trustpub_only, coalesce(d.version_id, 0))
		FROM crates c LEFT JOIN default_versions d ON d.crate_id = c.id`)
	ask(`SELECT format('version %s %s %s %s %s %s', v.id, v.crate_id, v.num, v.yanked, coalesce(v.published_by, 0), encode(tar_sha256, 'hex')) FROM versions v`)
	ask(`SELECT format('method %s %s', v.id, CASE WHEN trustpub_data IS NOT NULL THEN trustpub_data->>'provider' WHEN a.id IS NULL THEN CASE WHEN published_by IS NULL THEN 'unknown' ELSE 'account' END
		WHEN a.api_token_id IS NULL THEN 'session' ELSE 'token' END) FROM versions v LEFT JOIN version_owner_actions a ON a.version_id = v.id AND a.action = 0`)
	ask(`SELECT format('owner %s %s %s %s', crate_id, owner_id, owner_kind = 1, deleted) FROM crate_owners`)
	ask(`SELECT format('dependents of %s: %s', c.id, (SELECT count(DISTINCT v.crate_id) FROM dependencies d JOIN versions v ON v.id = d.version_id WHERE d.crate_id = c.id)) FROM crates c`)
	ask(`SELECT format('dependents by default of %s: %s', c.id, (SELECT count(*) FROM reverse_dependencies r WHERE r.target_crate_id = c.id)) FROM crates c`)
	ask(`SELECT format('account %s %s %s', id, gh_login, account_lock_reason IS NOT NULL) FROM users`)
	ask(`SELECT format('token %s %s %s', id, user_id, revoked) FROM api_tokens`)
	ask(`SELECT format('action %s %s %s %s', id, version_id, user_id, action) FROM version_owner_actions`)
	for _, sql := range graphAnswers {
		ask(sql)
	}
	slices.Sort(out)
	return out
}

// claims is what the mirror says on the same points.
func claims(w *world, m *Mirror) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	flag := func(b bool) string { return fmt.Sprint(b)[:1] }
	a, b, c := m.Totals()
	say("totals %d %d %d", a, b, c)
	for id := int32(1); id <= w.id(`SELECT last_value::int FROM packages_id_seq`); id++ {
		c, ok := m.Crate(id)
		if !ok {
			continue
		}
		say("crate %d %s %d %d %s %d", c.ID, c.Name, c.Versions, c.Yanked, flag(c.TrustpubOnly), c.Default)
		for _, v := range m.Versions(id) {
			say("version %d %d %s %s %d %x", v.ID, v.CrateID, v.Num, flag(v.Yanked), v.Publisher, v.SHA256)
			say("method %d %s", v.ID, v.Method)
		}
		for _, o := range m.Owners(id) {
			say("owner %d %d %s %s", o.CrateID, o.OwnerID, flag(o.Team), flag(o.Deleted))
		}
		d := m.Dependents(id, 0)
		say("dependents of %d: %d", id, d.AnyVersion)
		say("dependents by default of %d: %d", id, d.Default)
	}
	for id := int32(1); id <= w.id(`SELECT last_value::int FROM users_id_seq`); id++ {
		a, ok := m.Account(id)
		if !ok {
			continue
		}
		say("account %d %s %s", a.ID, a.Login, flag(a.Locked))
		for _, k := range m.Tokens(id) {
			say("token %d %d %s", k.ID, k.UserID, flag(k.Revoked))
		}
		for _, x := range m.Actions(id, 0, 10000) {
			say("action %d %d %d %d", x.ID, x.VersionID, x.UserID, x.Kind)
		}
	}
	out = append(out, graphClaims(m, w.id(`SELECT last_value::int FROM packages_id_seq`))...)
	slices.Sort(out)
	return out
}
