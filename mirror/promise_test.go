package mirror

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg/pgtest"
)

// The promises of the package documentation, with the default poll of one
// second: what a poll finds is seen within pollPromise.
const pollPromise = 2 * time.Second

func TestPollPromises(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	m := w.running(Config{SweepEvery: time.Hour}) // no sweep may help
	alice := w.user("alice")
	w.within(pollPromise, "an account made", func() bool { return len(m.AccountsByLogin("Alice")) == 1 })
	token := w.token(alice, "ci")
	w.within(pollPromise, "a token made", func() bool { return len(m.Tokens(alice)) == 1 })
	crate := w.crate("brand-new", alice)
	version := w.publish(crate, "1.0.0", alice, token, 1)
	w.within(pollPromise, "a crate made", func() bool { _, ok := m.CrateByName("brand_NEW"); return ok })
	if v, ok := m.Version(version); !ok || v.Token != token || v.Method != "token" || len(m.Owners(crate)) != 1 || len(m.Dependencies(version)) != 1 {
		t.Errorf("the new version is seen without its whole content: %+v", v)
	}
	second := w.publish(crate, "1.0.1", alice, token)
	w.within(pollPromise, "a version published", func() bool { return len(m.PublishedBy(alice, 0, 10)) == 2 })
	w.yank(second, true, alice)
	w.within(pollPromise, "a yank", func() bool { v, _ := m.Version(second); return v.Yanked })
	w.yank(second, false, alice)
	w.within(pollPromise, "an unyank", func() bool { v, _ := m.Version(second); return !v.Yanked })
	w.exec(`UPDATE crates SET trustpub_only = true WHERE id = $1`, crate)
	w.within(pollPromise, "a crate touched", func() bool { c, _ := m.Crate(crate); return c.TrustpubOnly })
	w.exec(`INSERT INTO teams (login, github_id, org_id) VALUES ('github:o:t', 1, 1)`)
	w.within(pollPromise, "a team made", func() bool { _, ok := m.Team(1); return ok })
	w.deleteCrate(crate, true)
	w.within(pollPromise, "a crate deleted", func() bool { _, ok := m.Crate(crate); return !ok && len(m.DeletedNames("brand-new")) == 1 })
	if _, ok := m.Version(version); ok || len(m.PublishedBy(alice, 0, 10)) > 0 || len(m.Actions(alice, 0, 10)) > 0 {
		t.Error("content of a deleted crate is still there")
	}
}

// Sweeps run each second here, a fifteenth of the default: what they find is
// seen within the pause between sweeps and the time of a poll.
func TestSweepPromises(t *testing.T) {
	t.Parallel()
	const every = time.Second
	const promise = every + pollPromise
	w := newWorld(t)
	w.seed()
	m := w.running(Config{SweepEvery: every})
	w.exec(`UPDATE crate_owners SET deleted = true WHERE crate_id = 3`)
	w.within(promise, "an owner removed", func() bool { return m.Owners(3)[0].Deleted })
	w.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (3, 5, 0)`)
	w.within(promise, "an owner added", func() bool { return len(m.Owners(3)) == 2 })
	w.exec(`UPDATE versions SET yanked = true WHERE id = 7`)
	w.within(promise, "a yank by command line", func() bool { v, _ := m.Version(7); return v.Yanked })
	w.exec(`UPDATE versions SET yanked = false WHERE id = 7`)
	w.within(promise, "an unyank by command line", func() bool { v, _ := m.Version(7); return !v.Yanked })
	w.deleteVersion(9)
	w.within(promise, "a version deleted", func() bool { _, ok := m.Version(9); return !ok })
	w.exec(`UPDATE default_versions SET version_id = 12 WHERE crate_id = 6`)
	w.within(promise, "a default version moved", func() bool { c, _ := m.Crate(6); return c.Default == 12 })
	w.deleteCrate(20, false)
	w.within(promise, "a crate deleted without a trace", func() bool { _, ok := m.Crate(20); return !ok })
	w.exec(`UPDATE users SET account_lock_reason = 'spam' WHERE id = 2`)
	w.within(promise, "an account locked", func() bool { a, _ := m.Account(2); return a.Locked })
	w.exec(`UPDATE users SET account_lock_reason = NULL WHERE id = 2`)
	w.within(promise, "an account unlocked", func() bool { a, _ := m.Account(2); return !a.Locked })
	w.exec(`UPDATE api_tokens SET revoked = true WHERE id = 4`)
	w.within(promise, "a token revoked", func() bool { k, _ := m.Token(4); return k.Revoked })
	w.exec(`UPDATE api_tokens SET revoked = false, last_used_at = now() WHERE id = 4`)
	w.within(promise, "a token restored and used", func() bool { k, _ := m.Token(4); return !k.Revoked && !k.LastUsedAt.IsZero() })
	w.exec(`INSERT INTO reserved_crate_names (name) VALUES ('keep-out')`)
	w.within(promise, "a name reserved", func() bool { return m.Reserved("keep_out") })
}

// Whoever changes the registry and says so waits for neither pause.
func TestHurryPromise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	m := w.running(Config{PollEvery: time.Second, SweepEvery: time.Hour})
	for range 2 {
		w.exec(`UPDATE users SET account_lock_reason = 'spam' WHERE id = 2`)
		m.Hurry()
		m.Hurry() // asked twice is asked once
		w.within(2*pollPromise, "an account locked", func() bool { a, _ := m.Account(2); return a.Locked })
		w.exec(`UPDATE users SET account_lock_reason = NULL WHERE id = 2`)
		m.Hurry()
		w.within(2*pollPromise, "an account unlocked", func() bool { a, _ := m.Account(2); return !a.Locked })
	}
}

func TestFullReadPromise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	m := w.running(Config{SweepEvery: time.Hour, FullEvery: time.Second})
	w.exec(`UPDATE crate_downloads SET downloads = 77 WHERE crate_id = 1`)
	w.exec(`UPDATE users SET gh_login = 'someone-else' WHERE id = 1`)
	w.within(4*time.Second, "downloads and a rename", func() bool {
		c, _ := m.Crate(1)
		return c.Downloads == 77 && len(m.AccountsByLogin("someone-else")) == 1
	})
}

// A row whose transaction commits after rows with larger ids were seen is not
// overlooked, however long it takes.
func TestLateCommitIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	m := w.loaded(Config{})
	poll := func() {
		t.Helper()
		if err := m.poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	late := w.publishIn(tx, 1, "9.0.0", 1, 1)
	// More rows and more time than any fixed window would allow for.
	for i := range 2 * backlog {
		w.publish(2, "8.0."+string(rune('0'+i%10))+"-"+string(rune('a'+i/10%26))+string(rune('a'+i/260)), 1, 0)
	}
	for range 3 {
		poll()
		for i := range m.trail.pending {
			m.trail.pending[i].at -= time.Hour.Microseconds()
		}
	}
	m.trail.mark.Updated += time.Hour.Microseconds() // crates.updated_at may not help
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	poll()
	if _, ok := m.Version(late); !ok {
		t.Error("a version that was committed late is not seen")
	}
}

func TestRegistryRestartIsSurvived(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	m := w.running(Config{PollEvery: 20 * time.Millisecond, SweepEvery: 50 * time.Millisecond, FullEvery: time.Second})
	conn, err := pgx.Connect(t.Context(), pgtest.Server(t).URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	name := w.pool.Config().ConnConfig.Database
	admin := func(sql string) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	admin(`ALTER DATABASE ` + name + ` ALLOW_CONNECTIONS false`)
	w.within(5*time.Second, "the outage", func() bool {
		admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '` + name + `'`)
		return m.Status().Problem != ""
	})
	if _, ok := m.Crate(1); !ok {
		t.Error("during an outage the last picture is gone")
	}
	admin(`ALTER DATABASE ` + name + ` ALLOW_CONNECTIONS true`)
	w.within(15*time.Second, "the registry back", func() bool { return m.Status().Problem == "" })
	w.publish(1, "7.0.0", 1, 0)
	w.within(15*time.Second, "a version after the outage", func() bool { return len(m.Versions(1)) == 3 })
}

func TestDumpHasNoPrivateParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	// What an import of a public dump leaves (contract db-dump.md sections 3, 5).
	w.exec(`TRUNCATE version_owner_actions, api_tokens, emails, reverse_dependencies`)
	w.exec(`UPDATE versions SET trustpub_data = NULL`)
	m := w.running(Config{Dump: true, PollEvery: 10 * time.Millisecond, SweepEvery: 20 * time.Millisecond})
	for _, p := range m.Status().Parts {
		absent := p.Part == PartTokens || p.Part == PartActions
		if absent != (p.State == "absent") || absent != (p.Problem != "") {
			t.Errorf("part %s is %s %q", p.Part, p.State, p.Problem)
		}
	}
	if v, ok := m.Version(1); !ok || v.Method != "account" {
		t.Errorf("version 1 is %+v; its method should be account", v)
	}
	if a := m.Search(t.Context(), Query{Text: "token:laptop"}); len(a.Hits) > 0 || len(a.Loading) > 0 {
		t.Errorf("a search for tokens gives %+v", a)
	}
	w.publish(w.crate("later", 1), "1.0.0", 1, 0)
	w.within(pollPromise, "a crate made", func() bool {
		c, ok := m.CrateByName("later")
		v, _ := m.Version(c.Newest)
		return ok && v.Method == "account"
	})
}
