package mirror

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// changes are all the ways in which a registry changes, each with whether a
// poll and a sweep are enough to see it.
var changes = []struct {
	name string
	seen bool
	do   func(w *world, r *rapid.T)
}{
	{"new crate", true, func(w *world, r *rapid.T) {
		id := w.crate(fmt.Sprintf("crate-%d", w.n), w.some(r, "users"))
		w.publish(id, "1.0.0", w.some(r, "users"), 0, w.some(r, "crates"))
		w.n++
	}},
	{"publish with token", true, func(w *world, r *rapid.T) {
		token := w.some(r, "api_tokens")
		user := w.id(`SELECT user_id FROM api_tokens WHERE id = $1`, token)
		w.publish(w.some(r, "crates"), fmt.Sprintf("1.%d.0", w.n), user, token, w.some(r, "crates"), w.some(r, "crates"))
	}},
	{"publish by trusted publishing", true, func(w *world, r *rapid.T) {
		w.publish(w.some(r, "crates"), fmt.Sprintf("2.%d.0", w.n), 0, 0)
	}},
	{"yank", true, func(w *world, r *rapid.T) { w.yank(w.some(r, "versions"), true, w.some(r, "users")) }},
	{"unyank", true, func(w *world, r *rapid.T) { w.yank(w.some(r, "versions"), false, w.some(r, "users")) }},
	{"yank by command line", true, func(w *world, r *rapid.T) {
		w.exec(`UPDATE versions SET yanked = NOT yanked WHERE id = $1`, w.some(r, "versions"))
	}},
	{"delete a crate", true, func(w *world, r *rapid.T) { w.deleteCrate(w.some(r, "crates"), true) }},
	{"delete a crate without a trace", true, func(w *world, r *rapid.T) { w.deleteCrate(w.some(r, "crates"), false) }},
	{"publish a deleted name again", true, func(w *world, r *rapid.T) {
		id := w.some(r, "crates")
		var name string
		if err := w.pool.QueryRow(w.t.Context(), `SELECT name FROM crates WHERE id = $1`, id).Scan(&name); err != nil {
			w.t.Fatal(err)
		}
		w.deleteCrate(id, true)
		w.publish(w.crate(name, w.some(r, "users")), "0.1.0", w.some(r, "users"), 0)
	}},
	{"delete a version", true, func(w *world, r *rapid.T) {
		if id := w.id(`SELECT max(id) FROM versions GROUP BY crate_id HAVING count(*) > 1 ORDER BY random() LIMIT 1`); id != 0 {
			w.deleteVersion(id)
		}
	}},
	{"move a default version", true, func(w *world, r *rapid.T) {
		w.exec(`UPDATE default_versions d SET version_id = (SELECT max(id) FROM versions v WHERE v.crate_id = d.crate_id) WHERE crate_id = $1`, w.some(r, "crates"))
	}},
	{"trusted publishing only", true, func(w *world, r *rapid.T) {
		w.exec(`UPDATE crates SET trustpub_only = NOT trustpub_only WHERE id = $1`, w.some(r, "crates"))
	}},
	{"add an owner", true, func(w *world, r *rapid.T) {
		w.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES ($1, $2, 0)
			ON CONFLICT (crate_id, owner_id, owner_kind) DO UPDATE SET deleted = false`, w.some(r, "crates"), w.some(r, "users"))
	}},
	{"remove an owner", true, func(w *world, r *rapid.T) {
		w.exec(`UPDATE crate_owners SET deleted = true WHERE crate_id = $1`, w.some(r, "crates"))
	}},
	{"new account", true, func(w *world, r *rapid.T) { w.user(fmt.Sprintf("login-%d", w.n)) }},
	{"lock", true, func(w *world, r *rapid.T) {
		w.exec(`UPDATE users SET account_lock_reason = 'x', account_lock_until = now() + interval '1 day' WHERE id = $1`, w.some(r, "users"))
	}},
	{"unlock", true, func(w *world, r *rapid.T) {
		w.exec(`UPDATE users SET account_lock_reason = NULL, account_lock_until = NULL WHERE id = $1`, w.some(r, "users"))
	}},
	{"new token", true, func(w *world, r *rapid.T) { w.token(w.some(r, "users"), fmt.Sprintf("token-%d", w.n)) }},
	{"revoke", true, func(w *world, r *rapid.T) {
		w.exec(`UPDATE api_tokens SET revoked = NOT revoked WHERE id = $1`, w.some(r, "api_tokens"))
	}},
	{"use a token", true, func(w *world, r *rapid.T) {
		w.exec(`UPDATE api_tokens SET last_used_at = now() WHERE id = $1`, w.some(r, "api_tokens"))
	}},
	{"new team", true, func(w *world, r *rapid.T) {
		w.n++
		w.exec(`INSERT INTO teams (login, github_id, org_id, name) VALUES ($1, $2, 1, 'Team')`, fmt.Sprintf("github:org:team-%d", w.n), w.n)
	}},
	{"downloads", false, func(w *world, r *rapid.T) {
		w.exec(`UPDATE crate_downloads SET downloads = downloads + 10 WHERE crate_id = $1`, w.some(r, "crates"))
	}},
	{"rename", false, func(w *world, r *rapid.T) {
		w.n++
		w.exec(`UPDATE users SET gh_login = 'renamed-' || ($2::int)::text WHERE id = $1`, w.some(r, "users"), w.n)
	}},
	{"new address", false, func(w *world, r *rapid.T) {
		w.exec(`UPDATE emails SET email = 'new@example.net' WHERE user_id = $1`, w.some(r, "users"))
	}},
}

// some draws the id of a row; there is always one.
func (w *world) some(r *rapid.T, table string) int32 {
	n := w.id(`SELECT count(*)::int FROM ` + table)
	skip := rapid.IntRange(0, int(n)-1).Draw(r, table)
	return w.id(`SELECT id FROM `+table+` ORDER BY id OFFSET $1 LIMIT 1`, skip)
}

// seed makes enough that deletions never empty a table.
func (w *world) seed() {
	var users, crates []int32
	for i := range 6 {
		users = append(users, w.user(fmt.Sprintf("person-%d", i)))
		w.token(users[i], "laptop")
	}
	for i := range 60 {
		id := w.crate(fmt.Sprintf("seed-%d", i), users[i%6])
		on := crates[max(0, len(crates)-3):]
		w.publish(id, "0.1.0", users[i%6], int32(i%2)*(1+int32(i%6)), on...)
		w.publish(id, "0.2.0", users[(i+1)%6], 0, on...)
		crates = append(crates, id)
	}
}

// After changes of every kind the picture equals both a freshly loaded one and
// what the registry answers itself.
func TestPictureEqualsRegistryAfterChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	m := w.loaded(Config{})
	rapid.Check(t, func(r *rapid.T) {
		enough := true
		for range rapid.IntRange(1, 6).Draw(r, "changes") {
			c := changes[rapid.IntRange(0, len(changes)-1).Draw(r, "change")]
			c.do(w, r)
			enough = enough && c.seen
		}
		if !enough {
			if err := m.load(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := m.sweepOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, "registry against mirror", answers(t, w), claims(w, m))
		if w.n%5 == 0 {
			same(t, "fresh against followed mirror", describe(t, w, w.loaded(Config{})), describe(t, w, m))
		}
	})
	same(t, "fresh against followed mirror", describe(t, w, w.loaded(Config{})), describe(t, w, m))
}
