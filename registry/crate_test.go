package registry_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg/pgtest"
	"cratewarden/registry"
	"cratewarden/registry/schema"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fixture is a registry of one well-known crate with its surroundings.
const fixture = `
INSERT INTO users (id, gh_login, name, gh_id, username, created_at) VALUES
 (1, 'alice', 'Alice', 101, 'alice', '2020-01-01Z'), (2, 'bob', NULL, 102, 'bob', '2021-01-01Z'), (3, 'eve', 'Eve', 103, 'eve', '2026-11-01Z');
UPDATE users SET account_lock_reason = 'stolen' WHERE id = 3;
INSERT INTO teams (id, login, name, github_id, org_id) VALUES (1, 'github:acme:core', 'Core', 7, 8);
INSERT INTO api_tokens (id, user_id, token, name, created_at) VALUES (1, 1, decode(repeat('01', 32), 'hex'), 'laptop of alice', '2024-01-01Z');
INSERT INTO crates (id, name, created_at, updated_at, description, max_upload_size) VALUES
 (1, 'Foo-Bar', '2022-01-01Z', '2026-01-01Z', 'a <b>bold</b> crate', 5000), (2, 'helper', '2022-02-28Z', '2022-02-28Z', NULL, NULL),
 (3, 'user-one', '2023-01-01Z', '2023-01-01Z', NULL, NULL), (4, 'hollow', '2023-01-01Z', '2023-01-01Z', NULL, NULL);
INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_at, created_by, deleted, updated_at) VALUES
 (1, 1, 0, '2022-01-01Z', 1, false, '2022-01-01Z'), (1, 1, 1, '2022-05-01Z', 1, false, '2022-05-01Z'),
 (1, 3, 0, '2026-11-20Z', 1, false, '2026-11-20Z'), (1, 2, 0, '2022-03-01Z', 1, true, '2023-03-01Z'), (1, 99, 0, '2022-03-02Z', NULL, false, '2022-03-02Z');
INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, created_at, expires_at) VALUES (2, 1, 1, '2026-11-21Z', '2026-12-21Z');
INSERT INTO versions (id, crate_id, num, num_no_build, created_at, crate_size, published_by, tar_sha256, yanked, trustpub_data, license, features) VALUES
 (1, 1, '1.0.0', '1.0.0', '2022-01-01Z', 100, 1, decode(repeat('aa', 32), 'hex'), true, NULL, 'MIT', '{}'),
 (2, 1, '1.10.0', '1.10.0', '2022-03-01Z', 110, 1, decode(repeat('ab', 32), 'hex'), false, NULL, 'MIT', '{"std": ["dep:helper"]}'),
 (3, 1, '1.9.0', '1.9.0', '2022-04-01Z', 120, 3, decode(repeat('ac', 32), 'hex'), false, NULL, NULL, '{}'),
 (4, 1, '2.0.0-rc.1+x', '2.0.0-rc.1', '2022-05-01Z', 130, NULL, decode(repeat('ad', 32), 'hex'), false, '{"provider":"github","repository":"acme/foo","run_id":"77","sha":"c0ffee"}', 'MIT', '{}'),
 (5, 3, '0.1.0', '0.1.0', '2023-01-01Z', 50, 2, decode(repeat('ae', 32), 'hex'), false, NULL, 'MIT', '{}');
UPDATE default_versions SET version_id = 2 WHERE crate_id = 1;
INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action, time) VALUES
 (1, 1, 1, 0, '2022-01-01Z'), (3, 3, NULL, 0, '2022-04-01Z'), (1, 3, NULL, 1, '2026-11-21Z');
INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind, explicit_name) VALUES
 (2, 2, '^1', true, true, '{}', 0, NULL), (2, 3, '^0.1', false, true, '{a}', 2, 'renamed'), (1, 3, '^0.1', false, true, '{}', 0, NULL), (5, 1, '^1', false, true, '{}', 0, NULL);
UPDATE crate_downloads SET downloads = 5000 WHERE crate_id = 3;
UPDATE crate_downloads SET downloads = 77 WHERE crate_id = 1;
INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename, created_at) VALUES (1, 'acme', 9, 'foo', 'release.yml', '2022-04-20Z');
INSERT INTO trustpub_configs_gitlab (crate_id, namespace, project, workflow_filepath, created_at) VALUES (1, 'g/sub', 'p', '.ci.yml', '2022-04-21Z');
INSERT INTO trustpub_tokens (created_at, expires_at, hashed_token, crate_ids) VALUES
 ('2026-11-22T11:50Z', '2026-11-22T12:20Z', decode(repeat('02', 32), 'hex'), '{2,1}'), ('2026-11-22T10:50Z', '2026-11-22T11:20Z', decode(repeat('03', 32), 'hex'), '{1}');
INSERT INTO version_downloads (version_id, downloads, date) VALUES (1, 5, '2026-11-22'), (2, 9, '2026-11-22'), (3, 1, '2026-11-21'), (2, 4, '2026-01-01');
INSERT INTO follows (user_id, crate_id) VALUES (2, 1), (3, 1);
INSERT INTO reserved_crate_names (name) VALUES ('gone-ware'), ('Gone_Ware'), ('100%');
INSERT INTO deleted_crates (name, created_at, deleted_at, deleted_by, message, available_at) VALUES
 ('foo_bar', '2019-01-01Z', '2020-01-01Z', 1, 'spam', '2020-01-02Z'), ('Lost', '2019-01-01Z', '2026-11-22Z', NULL, NULL, 'infinity');
INSERT INTO background_jobs (id, job_type, data, retries, last_retry, created_at, priority) VALUES
 (1, 'sync_to_git_index', '{"krate": "foo-bar"}', 0, 'epoch', '2026-11-22T11:59Z', 100),
 (2, 'update_default_version', '{"crate_id": 1}', 3, '2026-11-22T11:58Z', '2026-11-22T11:00Z', 80),
 (3, 'analyze_crate_file', '{"version_id": 2}', 0, 'infinity', '2026-11-20Z', -5),
 (4, 'mystery', '{"crate_id": "none", "version_id": "; drop"}', 0, 'epoch', '2026-11-22T11:58Z', 0),
 (5, 'dump_db', 'null', 40, '2026-11-22T11:58Z', '2026-11-22T11:58Z', 0);
`

func database(t testing.TB) *pgxpool.Pool {
	return pgtest.Database(t, pgtest.Template{Name: "crate", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, fixture)
		return err
	}})
}

func reader(t testing.TB) *registry.Reader {
	return registry.New(registry.Config{Pool: database(t), Clock: func() time.Time { return now }})
}

func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func ok[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestCrate(t *testing.T) {
	t.Parallel()
	r := reader(t)
	c := ok[registry.Crate](t)(r.Crate(t.Context(), "FOO_bar"))
	check(t, "name", c.Name, "Foo-Bar")
	check(t, "versions", c.Versions, 4)
	check(t, "yanked", c.Yanked, 1)
	check(t, "recorded", c.Recorded, 4)
	check(t, "default", c.Default, "1.10.0")
	check(t, "best by the registry's rule", c.Best, "1.10.0")
	check(t, "downloads", c.Downloads, 77)
	check(t, "reverse rows", c.ReverseRows, 1)
	check(t, "max upload", *c.MaxUploadSize, 5000)
	check(t, "newest publish", c.LastPublish, time.Date(2022, 5, 1, 0, 0, 0, 0, time.UTC))
	hollow := ok[registry.Crate](t)(r.Crate(t.Context(), "hollow"))
	check(t, "no default", hollow.DefaultID, 0)
	check(t, "no counter", hollow.Recorded, -1)
}

func TestCrateUnaskable(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for _, name := range []string{"", "nope", "a\x00b", "\xff", string(make([]byte, 300)), "'; DROP TABLE crates; --", "ﬀ"} {
		_, err := r.Crate(t.Context(), name)
		check(t, fmt.Sprintf("kind for %q", name), cratewarden.KindOf(err), cratewarden.NotFound)
	}
}

func TestCrateCore(t *testing.T) {
	t.Parallel()
	r := reader(t)
	c := ok[registry.Crate](t)(r.Crate(t.Context(), "foo-bar"))
	core := ok[registry.CrateCore](t)(r.CrateCore(t.Context(), c, 2))
	check(t, "owner rows", len(core.Owners), 5)
	first := core.Owners[0]
	check(t, "founder", first.Login, "alice")
	check(t, "first publish", first.FirstPublish, true)
	check(t, "publishes", first.Publishes, 2)
	check(t, "dangling owner id", core.Owners[1].ID, 99)
	check(t, "dangling owner has no login", core.Owners[1].Login, "")
	check(t, "team", core.Owners[2].Team && core.Owners[2].Login == "github:acme:core", true)
	check(t, "locked owner", core.Owners[3].Locked, true)
	check(t, "former last", core.Owners[4].Former && core.Owners[4].Login == "bob", true)
	check(t, "invitation", core.Invitations[0].Invitee.Login+" by "+core.Invitations[0].Inviter.Login, "bob by alice")
	check(t, "publishers", len(core.Publishers), 2)
	check(t, "github origin", core.Publishers[0].Origin, "acme/foo")
	check(t, "gitlab not pinned", core.Publishers[1].OwnerID, "")
	check(t, "live tokens", core.LiveTokens, 1)
	check(t, "versions, one more than asked", len(core.Versions), 3)
	check(t, "dependencies", len(core.Dependencies), 2)
	check(t, "new dependency", core.Dependencies[0].New, true)
	check(t, "old dependency", core.Dependencies[1].New, false)
	check(t, "rename", core.Dependencies[1].Rename, "renamed")
	check(t, "age", core.Dependencies[0].PublishedAt.Sub(core.Dependencies[0].CrateCreatedAt), 24*time.Hour)
	check(t, "deleted twin", core.Names.Deleted[0].Name, "foo_bar")
	check(t, "deleted by", core.Names.Deleted[0].DeletedBy.Login, "alice")
}

func TestCrateVersionsPageAndMethods(t *testing.T) {
	t.Parallel()
	r := reader(t)
	all := ok[[]registry.CrateVersion](t)(r.CrateVersions(t.Context(), 1, registry.VersionKey{}, 10))
	want := []struct {
		num    string
		method cratewarden.Method
		first  bool
	}{{"2.0.0-rc.1+x", cratewarden.MethodGitHub, false}, {"1.9.0", cratewarden.MethodSession, true},
		{"1.10.0", cratewarden.MethodAccount, false}, {"1.0.0", cratewarden.MethodToken, true}}
	check(t, "versions", len(all), len(want))
	for i, w := range want {
		check(t, "num", all[i].Num, w.num)
		check(t, w.num+" method", all[i].Method, w.method)
		check(t, w.num+" first by", all[i].FirstBy, w.first)
	}
	check(t, "claims", all[0].Claims.Origin()+"#"+all[0].Claims.Run(), "acme/foo#77")
	check(t, "token", all[3].TokenName, "laptop of alice")
	rest := ok[[]registry.CrateVersion](t)(r.CrateVersions(t.Context(), 1, registry.VersionKey{CreatedAt: all[1].CreatedAt, ID: all[1].ID}, 1))
	check(t, "next page", rest[0].Num, "1.10.0")
	check(t, "there are more", len(rest), 2)
}

func TestMalformedClaims(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`[]`, `"x"`, `{"provider": 7}`, `null`} {
		c := registry.ParseClaims([]byte(data))
		check(t, data, registry.MethodOf(c, true, true, true), cratewarden.MethodUnknown)
	}
}

func TestDownloadsFollowersActions(t *testing.T) {
	t.Parallel()
	r := reader(t)
	days := ok[[]registry.DayDownloads](t)(r.CrateDownloads(t.Context(), 1, now.AddDate(0, 0, -89), now, 1))
	check(t, "days", fmt.Sprint(days[0].Num, days[0].Downloads, days[1].Num, days[1].Downloads, days[2].Num, days[2].Downloads, len(days)),
		fmt.Sprint("", 1, "", 5, "1.10.0", 9, 3))
	check(t, "followers", ok[int](t)(r.Followers(t.Context(), 1)), 2)
	check(t, "followers of none", ok[int](t)(r.Followers(t.Context(), 2)), 0)
	actions := ok[[]registry.CrateAction](t)(r.CrateActions(t.Context(), 1, 10))
	check(t, "actions", len(actions), 3)
	check(t, "newest", fmt.Sprint(actions[0].Num, actions[0].Action, actions[0].By.Login, actions[0].By.Locked), "1.0.01evetrue")
}

func TestFactsAndIndexDependencies(t *testing.T) {
	t.Parallel()
	r := reader(t)
	facts := ok[[]registry.VersionFact](t)(r.VersionFacts(t.Context(), 1, 10, true))
	check(t, "facts", len(facts), 4)
	check(t, "feature", facts[2].Line.Features["std"][0], "dep:helper")
	deps := ok[[]registry.DependencyFact](t)(r.IndexDependencies(t.Context(), []int32{2}, 10))
	check(t, "dependencies", len(deps), 2)
	bare := ok[[]registry.VersionFact](t)(r.VersionFacts(t.Context(), 1, 1, false))
	check(t, "no features asked", len(bare[0].Line.Features), 0)
	rows := ok[[]registry.ReverseDependency](t)(r.ReverseDependencies(t.Context(), 1, registry.ReverseKey{}, 5))
	check(t, "dependent", rows[0].Crate+rows[0].Requirement, "user-one^1")
}

func TestTimeoutHasAKind(t *testing.T) {
	t.Parallel()
	pool := database(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	_, err := registry.New(registry.Config{Pool: pool}).Crate(ctx, "foo-bar")
	if !errors.Is(err, context.DeadlineExceeded) || cratewarden.KindOf(err) != cratewarden.Timeout {
		t.Errorf("got %v of kind %q", err, cratewarden.KindOf(err))
	}
}

// counter counts statements, each of a batch too.
type counter struct{ statements atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.statements.Add(1)
	return ctx
}
func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (c *counter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {
	c.statements.Add(1)
}
func (c *counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func TestCoreIsOneBatchOfFive(t *testing.T) {
	t.Parallel()
	pool := database(t)
	count := &counter{}
	cfg := pool.Config()
	cfg.ConnConfig.Tracer = count
	traced := ok[*pgxpool.Pool](t)(pgxpool.NewWithConfig(t.Context(), cfg))
	defer traced.Close()
	r := registry.New(registry.Config{Pool: traced})
	c := ok[registry.Crate](t)(r.Crate(t.Context(), "foo-bar"))
	ok[registry.CrateCore](t)(r.CrateCore(t.Context(), c, 50))
	check(t, "statements", count.statements.Load(), 6)
}
