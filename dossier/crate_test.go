package dossier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/dossier"
	"cratewarden/mirror"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

var crateNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// crateFixture is a small registry with one crate of everything: people,
// teams, a locked owner, trusted publishing, yanks, jobs, names.
const crateFixture = `
INSERT INTO users (id, gh_login, name, gh_id, username, created_at) VALUES
 (1, 'alice', 'Alice', 101, 'alice', '2020-01-01Z'), (2, 'bob', NULL, 102, 'bob', '2021-01-01Z'), (3, 'eve', 'Eve', 103, 'eve', '2026-11-01Z');
INSERT INTO emails (user_id, email, verified) VALUES (1, 'alice@secret.example', true);
INSERT INTO teams (id, login, name, github_id, org_id) VALUES (1, 'github:acme:core', 'Core', 7, 8);
INSERT INTO api_tokens (id, user_id, token, name) VALUES (1, 1, decode(repeat('01', 32), 'hex'), 'laptop of alice');
INSERT INTO crates (id, name, created_at, updated_at, description, homepage) VALUES
 (1, 'Foo-Bar', '2022-01-01Z', '2026-01-01Z', '<script>alert(1)</script>', 'javascript:alert(1)'),
 (2, 'helper', '2022-02-28Z', '2022-02-28Z', NULL, NULL), (3, 'user-one', '2023-01-01Z', '2023-01-01Z', NULL, NULL),
 (4, 'hollow', '2026-11-20Z', '2026-11-20Z', NULL, NULL), (5, 'all-yanked', '2023-01-01Z', '2023-01-01Z', NULL, NULL);
INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_at, created_by, deleted, updated_at) VALUES
 (1, 1, 0, '2022-01-01Z', 1, false, '2022-01-01Z'), (1, 1, 1, '2022-05-01Z', 1, false, '2022-05-01Z'),
 (1, 3, 0, '2026-11-01Z', 1, false, '2026-11-20Z'), (1, 2, 0, '2022-03-01Z', 1, true, '2023-03-01Z'), (5, 2, 0, '2023-01-01Z', NULL, false, '2023-01-01Z');
INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, created_at, expires_at) VALUES (2, 1, 1, '2026-11-21Z', '2026-12-21Z');
INSERT INTO versions (id, crate_id, num, num_no_build, created_at, updated_at, crate_size, published_by, tar_sha256, yanked, trustpub_data, features) VALUES
 (1, 1, '1.0.0', '1.0.0', '2022-01-01Z', '2022-01-02Z', 100, 1, decode(repeat('aa', 32), 'hex'), true, NULL, '{}'),
 (2, 1, '1.10.0', '1.10.0', '2022-03-01Z', '2022-03-01Z', 110, 1, decode(repeat('ab', 32), 'hex'), false, NULL, '{"std": ["dep:helper"]}'),
 (3, 1, '1.9.0', '1.9.0', '2022-04-01Z', '2022-04-01Z', 120, NULL, decode(repeat('ac', 32), 'hex'), false, '{"provider":"github","repository":"acme/foo","run_id":"77","sha":"c0ffee"}', '{}'),
 (4, 1, '2.0.0-rc.1+x', '2.0.0-rc.1', '2022-05-01Z', '2022-05-01Z', 130, 1, decode(repeat('ad', 32), 'hex'), false, NULL, '{}'),
 (5, 3, '0.1.0', '0.1.0', '2023-01-01Z', '2023-01-01Z', 50, 2, decode(repeat('ae', 32), 'hex'), false, NULL, '{}'),
 (6, 5, '0.1.0', '0.1.0', '2023-01-01Z', '2023-01-01Z', 50, 2, decode(repeat('af', 32), 'hex'), true, NULL, '{}');
UPDATE default_versions SET version_id = 2 WHERE crate_id = 1;
INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action, time) VALUES
 (4, 1, 1, 0, '2022-05-01Z'), (1, 3, NULL, 1, '2026-11-21Z');
INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind) VALUES
 (2, 2, '^1', true, true, '{}', 0), (5, 1, '^1', false, true, '{}', 1);
INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename, created_at) VALUES (1, 'acme', 9, 'foo', 'release.yml', '2022-03-20Z');
INSERT INTO version_downloads (version_id, downloads, date) VALUES (1, 5, '2026-11-22'), (2, 9, '2026-11-22'), (3, 1, '2026-11-21'), (2, 4, '2026-01-01');
INSERT INTO reserved_crate_names (name) VALUES ('gone-ware'), ('Gone_Ware');
INSERT INTO deleted_crates (name, created_at, deleted_at, deleted_by, message, available_at) VALUES
 ('foo_bar', '2019-01-01Z', '2020-01-01Z', 1, 'spam', '2020-01-02Z'), ('Lost', '2019-01-01Z', '2026-11-22Z', NULL, NULL, 'infinity'),
 ('later', '2019-01-01Z', '2026-11-22Z', 2, NULL, '2026-11-23Z');
INSERT INTO background_jobs (id, job_type, data, retries, last_retry, created_at, priority) VALUES
 (1, 'sync_to_git_index', '{"krate": "foo-bar"}', 0, 'epoch', '2026-11-22T11:59Z', 100),
 (2, 'update_default_version', '{"crate_id": 1}', 3, '2026-11-22T11:58Z', '2026-11-22T11:00Z', 80),
 (3, 'analyze_crate_file', '{"version_id": 2}', 0, 'infinity', '2026-11-20Z', -5),
 (4, 'mystery', 'null', 0, 'epoch', '2026-11-22T11:58Z', 0), (5, 'dump_db', 'null', 40, '2026-11-22T11:58Z', '2026-11-22T11:58Z', 0),
 (6, 'delete_crate_from_storage', '{"name": "Lost"}', 0, 'epoch', '2026-11-22T11:58Z', 0);
`

func crateDatabase(t testing.TB) *pgxpool.Pool {
	return pgtest.Database(t, pgtest.Template{Name: "crate", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, crateFixture)
		return err
	}})
}

// statements counts what goes to the database, each statement of a batch too.
type statements struct{ n atomic.Int64 }

func (c *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (c *statements) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) { c.n.Add(1) }
func (c *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// crateRig is a service on the fixture with storage in a folder.
type crateRig struct {
	*dossier.Service
	pool          *pgxpool.Pool
	static, index *blob.Folder
	count         *statements
}

func newCrateRig(t testing.TB, change func(*dossier.Config)) crateRig {
	t.Helper()
	pool := crateDatabase(t)
	rig := crateRig{pool: pool, count: &statements{}}
	cfg := pool.Config()
	cfg.ConnConfig.Tracer = rig.count
	traced := must(pgxpool.NewWithConfig(t.Context(), cfg))
	t.Cleanup(traced.Close)
	rig.static, rig.index = must(blob.OpenFolder(t.TempDir(), true)), must(blob.OpenFolder(t.TempDir(), true))
	t.Cleanup(func() { _, _ = rig.static.Close(), rig.index.Close() })
	clock := func() time.Time { return crateNow }
	config := dossier.Config{Registry: traced, Mirror: mirror.New(mirror.Config{Registry: pool}), Static: rig.static, Index: rig.index, Clock: clock}
	if change != nil {
		change(&config)
	}
	rig.Service = dossier.New(config)
	return rig
}

// must is for what cannot fail but by the machine's fault.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (r crateRig) put(t testing.TB, store blob.Store, key, content string) {
	t.Helper()
	if err := store.Put(t.Context(), key, strings.NewReader(content), blob.PutOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
}

func (r crateRig) crate(t testing.TB, name string) *dossier.Crate {
	t.Helper()
	d, err := r.Crate(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// spaced puts values in a line.
func spaced(values ...any) string { return strings.TrimSpace(fmt.Sprintln(values...)) }

func marks(list []dossier.Mark) string {
	var out []string
	for _, m := range list {
		out = append(out, m.Text)
	}
	return strings.Join(out, ", ")
}

func TestCrateFacts(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	d := r.crate(t, "FOO_BAR")
	equal(t, "statements", r.count.n.Load(), 12)
	equal(t, "name", d.Name+" "+d.Canonical, "Foo-Bar foo_bar")
	equal(t, "counts", spaced(d.VersionCount, d.YankedCount, d.Default, d.Downloads90), "4 1 1.10.0 15")
	equal(t, "chart", spaced(len(d.Chart.Days), d.Chart.Series[0].Name, d.Chart.Series[0].Sum, d.Chart.Days[89].Format("01-02")), "90 1.10.0 9 11-22")
	equal(t, "dependency", spaced(d.Dependencies.Rows[0].Crate, d.Dependencies.Rows[0].Young, d.Dependencies.Rows[0].New, d.Dependencies.Rows[0].AgeAtPublish), "helper true true 24h0m0s")
	equal(t, "dependents from the table", spaced(d.Dependents.AnyVersion, d.Dependents.Default, d.Dependents.Top[0].Crate, d.Dependents.Top[0].Kind), "-1 1 user-one build")
	equal(t, "publisher", d.Publishers.Configs[0].Origin, "acme/foo")
	equal(t, "followers while the mirror loads", d.FollowersAbsent, "still loading")
	equal(t, "badges", marks(d.Marks), "young new dependency, not by trusted publishing, name was deleted before, index differs, archives missing")
	equal(t, "tone", d.Tone, "bad")
	const truth = "4 versions since 2022-01-01, owned by 2 accounts and 1 team; the newest, 2.0.0-rc.1+x, was published 4 years ago by alice (API token). "
	if !strings.HasPrefix(d.Truth, truth) {
		t.Errorf("truth: %s", d.Truth)
	}
}

func TestCrateOwners(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	o := r.crate(t, "foo-bar").Owners
	var how []string
	for _, owner := range slices.Concat(o.Active, o.Former) {
		how = append(how, owner.Login+": "+owner.How)
	}
	want := "alice: first publish\ngithub:acme:core: team added by alice\n" +
		"eve: invited by alice and accepted; changed on 2026-11-20, so perhaps removed and added again\nbob: invited by alice and accepted"
	equal(t, "how", strings.Join(how, "\n"), want)
	equal(t, "removed", o.Former[0].RemovedAt.Format(time.DateOnly), "2023-03-01")
	equal(t, "invitation", spaced(o.Invitations.Rows[0].Invitee.Login, o.Invitations.Rows[0].Open), "bob true")
	old := r.crate(t, "all-yanked").Owners.Active[0]
	equal(t, "founder without a record", old.How, "first publish")
	young := "INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_at, updated_at) VALUES (3, 3, 0, $1, $1)"
	must(r.pool.Exec(t.Context(), young, crateNow.Add(-2*time.Hour)))
	equal(t, "two hours old", r.crate(t, "user-one").Owners.Active[0].How, "who added them is not recorded")
}

func TestCrateVersionsPages(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	var seen []string
	for key := ""; ; {
		page, err := r.CrateVersions(t.Context(), "foo-bar", dossier.VersionFilter{After: key, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Rows {
			seen = append(seen, fmt.Sprintf("%s %s %q %s", v.Num, v.Method, v.Credential, marks(v.Marks)))
		}
		equal(t, "total", page.Total, 4)
		if key = page.Next; key == "" {
			break
		}
	}
	want := `2.0.0-rc.1+x token "token 1 l••••••••••••••" pre-release, not by trusted publishing, as the one before was
1.9.0 github "acme/foo run 77" 
1.10.0 account "" default
1.0.0 account "" yanked`
	equal(t, "versions", strings.Join(seen, "\n"), want)
	_, err := r.CrateVersions(t.Context(), "foo-bar", dossier.VersionFilter{After: "x"})
	equal(t, "foreign key", cratewarden.KindOf(err), cratewarden.Invalid)
}

func TestCrateTimeline(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	var got []string
	for _, e := range r.crate(t, "foo-bar").Timeline.Events {
		got = append(got, e.At.Format(time.DateOnly)+" "+e.Kind+" "+e.Num)
		if e.Source == "" || strings.Contains(e.Text, "%!") {
			t.Errorf("event without a source or with a broken text: %+v", e)
		}
	}
	want := []string{"2026-11-21 yanked 1.0.0", "2026-11-21 invited ", "2026-11-01 owner_added ", "2023-03-01 owner_removed ",
		"2022-05-01 published 2.0.0-rc.1+x", "2022-05-01 owner_added ", "2022-04-01 published 1.9.0", "2022-03-20 publisher_added ",
		"2022-03-01 published 1.10.0", "2022-03-01 owner_added ", "2022-01-01 published 1.0.0", "2022-01-01 owner_added ", "2022-01-01 created ",
		"2020-01-01 deleted ", "2019-01-01 created "}
	equal(t, "events", strings.Join(got, "\n"), strings.Join(want, "\n"))
	unexplained := r.crate(t, "all-yanked")
	equal(t, "badges", marks(unexplained.Marks), "all versions yanked, index differs, archives missing")
	first := unexplained.Timeline.Events[0]
	equal(t, "yank without a record", first.Text, "0.1.0 is yanked since this time or earlier; the registry recorded nobody.")
}

func TestCrateWithoutVersions(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	d := r.crate(t, "hollow")
	equal(t, "truth", d.Truth, "A crate without versions, owned by 0 accounts. It has no entry in the index and nothing can be downloaded. "+
		"The crate is 2 days old. No account owns it, although the registry always leaves one.")
	equal(t, "dependencies", d.Dependencies.Absent, "The crate has no default version.")
	equal(t, "an index without the crate is right", d.Index.Equal, true)
	equal(t, "badges", marks(d.Marks), "no versions, young crate, nobody owns it")
}

func TestCrateHostileTextIsData(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	d := r.crate(t, "foo-bar")
	equal(t, "description", d.Description, "<script>alert(1)</script>")
	equal(t, "homepage", d.Homepage, "javascript:alert(1)")
	text := must(json.Marshal(d))
	for _, secret := range []string{"laptop", "secret.example"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the dossier gives away %q", secret)
		}
	}
}

func TestCrateNotFoundSaysWhy(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	for name, want := range map[string]string{
		"nope":      "There is no crate nope. Anybody could publish the name now.",
		"GONE-ware": "There is no crate GONE-ware, and nobody may publish one: the name is reserved (as ",
		"lost":      "There is no crate lost any more: it was deleted on 2026-11-22, and the name is blocked for ever.",
		"LATER":     "There is no crate LATER any more: it was deleted on 2026-11-22; the name can be published again from 2026-11-23 00:00 UTC.",
		"a b":       "No crate can have this name: ",
		"\x00":      "No crate can have this name: ",
	} {
		_, err := r.Crate(t.Context(), name)
		if cratewarden.KindOf(err) != cratewarden.NotFound || !strings.HasPrefix(cratewarden.MessageOf(err), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestCrateInDump(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, func(c *dossier.Config) { c.Dump = &dossier.DumpSource{} })
	d := r.crate(t, "foo-bar")
	if n := r.count.n.Load(); n > 12 {
		t.Errorf("%d statements", n)
	}
	absent := []string{d.Owners.FormerAbsent, d.Owners.Invitations.Absent, d.Publishers.Absent, d.Jobs.Absent, d.FollowersAbsent, d.Versions.Rows[0].MethodLabel}
	equal(t, "absent", strings.Join(slices.Compact(absent), "|"), cratewarden.NotInDump)
	if !slices.ContainsFunc(d.Timeline.Gaps, func(g string) bool { return strings.Contains(g, cratewarden.NotInDump) }) {
		t.Errorf("gaps: %q", d.Timeline.Gaps)
	}
	jobs := must(r.Jobs(t.Context(), dossier.JobFilter{}))
	equal(t, "jobs", jobs.Absent, cratewarden.NotInDump)
}

func TestCrateSectionsFailAlone(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	for _, table := range []string{"version_downloads", "background_jobs", "version_owner_actions"} {
		if table == "version_owner_actions" {
			continue // also read with the versions, without which there is no page
		}
		must(r.pool.Exec(t.Context(), `ALTER TABLE `+table+` RENAME TO gone_`+table))
	}
	_ = r.index.Close()
	d := r.crate(t, "foo-bar")
	for section, absent := range map[string]string{"chart": d.Chart.Absent, "jobs": d.Jobs.Absent, "index": d.Index.Absent} {
		if absent == "" || strings.Contains(absent, "SELECT") || strings.Contains(absent, "relation") {
			t.Errorf("%s: %q", section, absent)
		}
	}
	equal(t, "the rest is there", d.Owners.Active[0].Login, "alice")
}

func TestCrateWithoutStorage(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, func(c *dossier.Config) { c.Static, c.Index = nil, nil })
	d := r.crate(t, "foo-bar")
	equal(t, "index", d.Index.Absent, "No storage is configured for the index.")
	equal(t, "files", d.Files.Absent, "No storage is configured for archives.")
}

func TestCrateOfManyVersions(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	must(r.pool.Exec(t.Context(), `
INSERT INTO versions (id, crate_id, num, num_no_build, created_at, crate_size, tar_sha256)
SELECT 100 + n, 4, '0.' || n || '.0', '0.' || n || '.0', '2024-01-01Z'::timestamptz + n * interval '1 hour', n, decode(repeat('00', 32), 'hex') FROM generate_series(1, 3000) n`))
	began := time.Now()
	d := r.crate(t, "hollow")
	t.Logf("3,000 versions: %s, %d statements", time.Since(began), r.count.n.Load())
	equal(t, "first page", spaced(len(d.Versions.Rows), d.Versions.Rows[0].Num, d.Versions.Total), "50 0.3000.0 3000")
	equal(t, "bounded index", d.Index.Note, "Only the newest 2,000 versions are compared. 1,900 further differences are not listed.")
	equal(t, "bounded files", spaced(d.Files.Missing, len(d.Files.Rows), d.Files.Truncated), "2000 300 true")
	equal(t, "stale default", strings.Contains(marks(d.Marks), "stale default version"), true)
	equal(t, "statements", r.count.n.Load(), 12)
	if len(d.Timeline.Gaps) < 5 {
		t.Errorf("gaps: %q", d.Timeline.Gaps)
	}
}
