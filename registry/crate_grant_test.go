package registry_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/registry"
	grants "cratewarden/registry/check"
)

// weakReader reads as a role with the least grants that check-registry prints.
func weakReader(t *testing.T, pool *pgxpool.Pool) *registry.Reader {
	t.Helper()
	role := fmt.Sprintf("weak_%d", time.Now().UnixNano()) // roles outlive the test's database
	if _, err := pool.Exec(t.Context(), `CREATE ROLE `+role+`; `+grants.Grants(role, grants.ReadOnly)); err != nil {
		t.Fatal(err)
	}
	cfg := pool.Config()
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `SET ROLE `+role)
		return err
	}
	weak := ok[*pgxpool.Pool](t)(pgxpool.NewWithConfig(t.Context(), cfg))
	t.Cleanup(weak.Close)
	return registry.New(registry.Config{Pool: weak})
}

func TestLeastGrantsAreEnough(t *testing.T) {
	t.Parallel()
	ctx, r := t.Context(), weakReader(t, database(t))
	c := ok[registry.Crate](t)(r.Crate(ctx, "foo-bar"))
	for what, ask := range map[string]func() error{
		"followers": func() error { _, err := r.Followers(ctx, c.ID); return err },
		"core":      func() error { _, err := r.CrateCore(ctx, c, 5); return err },
		"versions":  func() error { _, err := r.CrateVersions(ctx, c.ID, registry.VersionKey{}, 5); return err },
		"filtered": func() error {
			_, err := r.VersionsMatching(ctx, c.ID, registry.VersionFilter{Method: "token", Publisher: "x"}, registry.VersionKey{}, 5)
			return err
		},
		"filtered reverse": func() error {
			_, err := r.ReverseMatching(ctx, c.ID, registry.ReverseFilter{Prefix: "x"}, registry.ReverseKey{}, 5)
			return err
		},
		"dependencies": func() error { _, err := r.Dependencies(ctx, c.DefaultID); return err },
		"reverse":      func() error { _, err := r.ReverseDependencies(ctx, c.ID, registry.ReverseKey{}, 5); return err },
		"downloads":    func() error { _, err := r.CrateDownloads(ctx, c.ID, now, now, 5); return err },
		"facts":        func() error { _, err := r.VersionFacts(ctx, c.ID, 5, true); return err },
		"index":        func() error { _, err := r.IndexDependencies(ctx, []int32{1}, 5); return err },
		"actions":      func() error { _, err := r.CrateActions(ctx, c.ID, 5); return err },
		"crate jobs":   func() error { _, err := r.CrateJobs(ctx, c.ID, c.Name, 5); return err },
		"jobs":         func() error { _, err := r.Jobs(ctx, registry.JobQuery{}); return err },
		"job counts":   func() error { _, err := r.JobCounts(ctx); return err },
		"name":         func() error { _, err := r.Name(ctx, "lost"); return err },
		"reserved":     func() error { _, err := r.Reserved(ctx, "", "", 5); return err },
		"usernames":    func() error { _, err := r.ReservedUsernames(ctx, "", "", 5); return err },
		"deleted":      func() error { _, err := r.Deleted(ctx, "", nil, registry.DeletedKey{}, 5); return err },
	} {
		if err := ask(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestFollowersRefused: an operator may withhold follows, which must cost a
// page one count and no more.
func TestFollowersRefused(t *testing.T) {
	t.Parallel()
	pool := database(t)
	r := weakReader(t, pool)
	role := ok[string](t)(whoami(t.Context(), r.Pool))
	if _, err := pool.Exec(t.Context(), `REVOKE ALL ON follows FROM `+role); err != nil {
		t.Fatal(err)
	}
	_, first := r.Followers(t.Context(), 1)
	_, second := r.Followers(t.Context(), 2)
	check(t, "kind", cratewarden.KindOf(first), cratewarden.Refused)
	check(t, "not asked again", second, first)
}

func whoami(ctx context.Context, pool *pgxpool.Pool) (role string, err error) {
	err = pool.QueryRow(ctx, `SELECT current_user::text`).Scan(&role)
	return role, err
}

// TestRunningIsSeenWithSelectAlone: the reading role may not lock rows, and
// must still tell running jobs from waiting ones.
func TestRunningIsSeenWithSelectAlone(t *testing.T) {
	t.Parallel()
	pool := database(t)
	r := weakReader(t, pool)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `SELECT FROM background_jobs WHERE id = 4 FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Pool.Exec(t.Context(), `SELECT FROM background_jobs FOR UPDATE SKIP LOCKED`); err == nil {
		t.Fatal("the role can lock rows, so this test proves nothing")
	}
	jobs := ok[[]registry.Job](t)(r.Jobs(t.Context(), registry.JobQuery{State: registry.JobRunning}))
	check(t, "running", ids(jobs), "4")
}
