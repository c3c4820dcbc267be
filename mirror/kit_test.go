package mirror

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

// world is a registry that a test changes the way the registry would.
type world struct {
	t    testing.TB
	pool *pgxpool.Pool
	n    int
}

func newWorld(t testing.TB) *world {
	return &world{t: t, pool: pgtest.Database(t, pgtest.Template{Name: "registry", Build: schema.Create})}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// id runs a statement that gives a number, 0 for no row.
func (w *world) id(sql string, args ...any) (id int32) {
	w.t.Helper()
	err := w.pool.QueryRow(w.t.Context(), sql, args...).Scan(&id)
	if err != nil && err != pgx.ErrNoRows {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return id
}

// user makes an account with a linked login and a mail address.
func (w *world) user(login string) int32 {
	w.t.Helper()
	w.n++
	id := w.id(`INSERT INTO users (gh_login, username, name, gh_id) VALUES ($1::text, $1::text, 'Person ' || $1::text, $2) RETURNING id`, login, 1000+w.n)
	w.exec(`INSERT INTO oauth_github (account_id, user_id, encrypted_token, login) VALUES ($1, $2, '', $3)`, 1000+w.n, id, login)
	w.exec(`INSERT INTO emails (user_id, email, verified) VALUES ($1, $2, true)`, id, login+"@example.org")
	return id
}

func (w *world) token(user int32, name string) int32 {
	w.t.Helper()
	sum := sha256.Sum256([]byte(name + fmt.Sprint(w.n)))
	w.n++
	return w.id(`INSERT INTO api_tokens (user_id, token, name, endpoint_scopes) VALUES ($1, $2, $3, $4) RETURNING id`,
		user, sum[:], name, []string{"publish-new", "publish-update"})
}

// crate makes a crate with its first owner.
func (w *world) crate(name string, owner int32) int32 {
	w.t.Helper()
	id := w.id(`INSERT INTO crates (name, repository) VALUES ($1::text, 'https://example.org/Code/' || $1::text) RETURNING id`, name)
	w.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by) VALUES ($1, $2, 0, $2)`, id, owner)
	return id
}

// publish makes a version as the registry does: row, log, dependencies.
func (w *world) publish(crate int32, num string, user, token int32, on ...int32) int32 {
	w.t.Helper()
	return w.publishIn(w.pool, crate, num, user, token, on...)
}

type execer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func (w *world) publishIn(db execer, crate int32, num string, user, token int32, on ...int32) (id int32) {
	w.t.Helper()
	w.n++
	sum := sha256.Sum256(fmt.Append(nil, crate, num, w.n))
	var claims any
	var by any = user
	if user == 0 {
		claims, by = `{"provider":"github","repository":"some/repo","run_id":"1","sha":"ab"}`, nil
	}
	one := func(sql string, args ...any) {
		if err := db.QueryRow(w.t.Context(), sql, args...).Scan(&id); err != nil {
			w.t.Fatalf("%s: %v", sql, err)
		}
	}
	one(`INSERT INTO versions (crate_id, num, num_no_build, crate_size, published_by, tar_sha256, trustpub_data)
		VALUES ($1, $2, $2, 1000, $3, $4, $5::jsonb) RETURNING id`, crate, num, by, sum[:], claims)
	version := id
	if user != 0 {
		one(`INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action) VALUES ($1, $2, nullif($3, 0), 0) RETURNING id`, version, user, token)
	}
	for i, target := range on {
		one(`INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind)
			VALUES ($1, $2, $3, $4, true, '{}', $5) RETURNING id`, version, target, fmt.Sprintf("^%d.0", i), i%2 == 1, i%3)
	}
	return version
}

func (w *world) yank(version int32, yes bool, user int32) {
	w.t.Helper()
	action := 2
	if yes {
		action = 1
	}
	w.exec(`UPDATE versions SET yanked = $2 WHERE id = $1`, version, yes)
	w.exec(`INSERT INTO version_owner_actions (version_id, user_id, action) VALUES ($1, $2, $3)`, version, user, action)
}

func (w *world) deleteCrate(id int32, trace bool) {
	w.t.Helper()
	if trace {
		w.exec(`INSERT INTO deleted_crates (name, created_at, deleted_at, available_at)
			SELECT name, created_at, now(), now() + interval '1 day' FROM crates WHERE id = $1`, id)
	}
	w.exec(`DELETE FROM crates WHERE id = $1`, id)
}

// deleteVersion does what the registry's command line does.
func (w *world) deleteVersion(id int32) {
	w.t.Helper()
	w.exec(`UPDATE default_versions d SET version_id = (SELECT max(v.id) FROM versions v WHERE v.crate_id = d.crate_id AND v.id <> $1)
		WHERE version_id = $1`, id)
	w.exec(`DELETE FROM versions WHERE id = $1`, id)
}

// loaded gives a mirror that has read everything and is not running.
func (w *world) loaded(c Config) *Mirror {
	w.t.Helper()
	c.Registry, c.MailKey, c.Logger = w.pool, []byte("key of the test"), logtest.Logger(w.t)
	m := New(c)
	if err := m.begin(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if err := m.load(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return m
}

// running gives a mirror that runs until the test ends and is ready.
func (w *world) running(c Config) *Mirror {
	w.t.Helper()
	c.Registry, c.MailKey, c.Logger = w.pool, []byte("key of the test"), logtest.Logger(w.t)
	m := New(c)
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = m.Run(ctx) }()
	w.t.Cleanup(func() { stop(); <-done })
	w.within(10*time.Second, "ready", func() bool { return m.Status().Ready })
	return m
}

// within waits until a condition holds and fails when that takes too long.
func (w *world) within(limit time.Duration, what string, holds func() bool) {
	w.t.Helper()
	began := time.Now()
	for !holds() {
		if time.Since(began) > limit {
			w.t.Fatalf("%s: not seen within %v", what, limit)
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.t.Logf("%s: seen after %v", what, time.Since(began).Round(time.Millisecond))
}
