package dossier_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/mirror"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/telemetry/logtest"
)

// peopleFixture is a registry of people: one with everything, one locked with
// every door open, ones with the same login, a squatter, a look-alike.
const peopleFixture = `
INSERT INTO users (id, gh_login, name, gh_id, username, created_at) VALUES
 (1, 'alice', 'Alice Example', 101, 'alice', '2020-01-01Z'), (2, 'Bob', NULL, 102, 'Bob', '2021-01-01Z'),
 (3, 'eve', 'Eve', 103, 'eve', '2026-11-01Z'), (4, 'bob', NULL, -1, 'bob', NULL),
 (5, 'hoarder', NULL, 105, 'hoarder', '2026-07-01Z'), (6, 'al1ce', 'alice example', 106, 'al1ce', '2026-11-20Z'),
 (7, 'al1ce2', NULL, 107, 'al1ce2', '2026-11-20T00:12:00Z'), (8, 'new-name', NULL, 108, 'old-name', '2022-01-01Z');
UPDATE users SET account_lock_reason = 'stolen token', account_lock_until = '2026-12-01Z' WHERE id = 3;
UPDATE users SET account_lock_reason = 'spam', account_lock_until = '2026-10-01Z' WHERE id = 5;
UPDATE users SET is_admin = true WHERE id = 1;
INSERT INTO oauth_github (account_id, user_id, encrypted_token, login, last_sync) VALUES
 (101, 1, '', 'alice', '2026-11-21Z'), (102, 2, '', 'Bob', '2026-11-21Z'), (103, 3, '', 'eve', 'epoch'), (108, 8, '', 'new-name', '2026-11-21Z');
INSERT INTO emails (user_id, email, verified) VALUES
 (1, 'alice.private@hidden-host.example', true), (3, 'eve.private@mailcove.example', false), (6, 'al.private@mailcove.example', true), (7, 'seven.private@mailcove.example', true);
INSERT INTO teams (id, login, name, github_id, org_id) VALUES (1, 'github:acme:core', 'Core', 7, 8);
INSERT INTO api_tokens (id, user_id, token, name, created_at, last_used_at, expired_at, revoked, endpoint_scopes, crate_scopes) VALUES
 (1, 1, digest('cioAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'sha256'), 'secret laptop of alice', '2024-01-01Z', '2026-11-01Z', NULL, false, NULL, NULL),
 (2, 1, decode(repeat('02', 32), 'hex'), 'ci', '2025-01-01Z', NULL, '2026-01-01Z', false, '{publish-update,yank}', '{foo,bar-*}'),
 (3, 1, decode(repeat('03', 32), 'hex'), 'old', '2023-01-01Z', NULL, NULL, true, '{}', '{}'),
 (4, 3, digest('cioBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB', 'sha256'), 'x', '2026-11-02Z', NULL, NULL, false, '{publish-new}', NULL);
INSERT INTO crates (id, name, created_at, updated_at, description, repository) VALUES
 (1, 'foo', '2022-01-01Z', '2022-01-01Z', 'a foo', 'https://git.example/foo'), (2, 'gone-bad', '2023-01-01Z', '2023-01-01Z', NULL, NULL),
 (3, 'evil', '2026-11-05Z', '2026-11-05Z', NULL, NULL), (4, 'teamwork', '2024-01-01Z', '2024-01-01Z', NULL, NULL);
INSERT INTO crates (id, name, created_at, updated_at) SELECT 100 + i, 'grab-' || i, '2026-07-02Z'::timestamptz + i * interval '1 minute', '2026-07-02Z' FROM generate_series(1, 12) i;
INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_at, created_by, deleted, updated_at) VALUES
 (1, 1, 0, '2022-01-01Z', 1, false, '2022-01-01Z'), (1, 3, 0, '2026-11-03Z', 1, false, '2026-11-03Z'), (1, 1, 1, '2022-05-01Z', 1, false, '2022-05-01Z'),
 (2, 1, 0, '2023-01-01Z', 1, false, '2023-01-01Z'), (3, 3, 0, '2026-11-05Z', 3, false, '2026-11-05Z'),
 (4, 1, 0, '2024-01-01Z', 2, true, '2025-01-01Z'), (4, 2, 0, '2024-01-01Z', NULL, false, '2024-01-01Z'), (4, 1, 1, '2024-02-01Z', 2, true, '2024-03-01Z');
INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_at, created_by, updated_at) SELECT 100 + i, 5, 0, '2026-07-02Z'::timestamptz + i * interval '1 minute', 5, '2026-07-02Z' FROM generate_series(1, 12) i;
INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, created_at, expires_at) VALUES
 (2, 3, 3, '2026-11-21Z', '2026-12-21Z'), (3, 1, 2, '2026-11-20Z', '2026-12-20Z'), (2, 1, 1, '2026-01-01Z', '2026-02-01Z');
INSERT INTO versions (id, crate_id, num, num_no_build, created_at, updated_at, crate_size, published_by, tar_sha256, yanked, trustpub_data, features, linecounts, bin_names, license) VALUES
 (1, 1, '1.0.0', '1.0.0', '2022-01-01Z', '2022-01-01Z', 9000, 1, decode(repeat('a1', 32), 'hex'), true, NULL, '{}', NULL, NULL, 'MIT'),
 (4, 1, '1.1.0', '1.1.0', '2024-02-01Z', '2024-02-01Z', 9100, 1, decode(repeat('a2', 32), 'hex'), false, NULL, '{}', '{"languages": {}, "total_code_lines": 321, "total_comment_lines": 1}', '{foo-cli}', 'MIT'),
 (2, 2, '0.1.0', '0.1.0', '2023-01-01Z', '2023-01-01Z', 500, 1, decode(repeat('a3', 32), 'hex'), true, NULL, '{}', NULL, NULL, NULL),
 (40, 3, '0.1.0', '0.1.0', '2026-11-05Z', '2026-11-05Z', 5000, 3, decode(repeat('a4', 32), 'hex'), false, NULL, '{}', NULL, NULL, NULL),
 (41, 1, '1.2.0', '1.2.0', '2026-11-21Z', '2026-11-21Z', 9200, 3, decode(repeat('a5', 32), 'hex'), false, NULL, '{}', NULL, NULL, 'MIT'),
 (3, 4, '1.0.0', '1.0.0', '2024-01-01Z', '2024-01-01Z', 9200, NULL, decode(repeat('a6', 32), 'hex'), false, '{"provider":"github","repository":"acme/teamwork","run_id":"77","sha":"c0ffee"}', '{}', NULL, NULL, NULL);
INSERT INTO versions (id, crate_id, num, num_no_build, created_at, crate_size, published_by, tar_sha256, features)
 SELECT 20 + i, 100 + i, '0.0.1', '0.0.1', '2026-07-02Z'::timestamptz + i * interval '1 minute', 700, 5, decode(repeat('b0', 31) || lpad(to_hex(i), 2, '0'), 'hex'), '{}' FROM generate_series(1, 12) i;
UPDATE default_versions SET version_id = 4 WHERE crate_id = 1;
UPDATE crate_downloads SET downloads = 50000 WHERE crate_id = 1;
INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind) VALUES (40, 1, '^1', false, true, '{}', 0), (2, 1, '^1', false, true, '{}', 0);
INSERT INTO version_downloads (version_id, downloads, date) VALUES (4, 40, CURRENT_DATE);
REFRESH MATERIALIZED VIEW recent_crate_downloads;
INSERT INTO version_owner_actions (id, version_id, user_id, api_token_id, action, time) VALUES
 (1, 4, 1, 1, 0, '2024-02-01Z'), (2, 40, 3, NULL, 0, '2026-11-05Z'), (3, 41, 3, 4, 0, '2026-11-21Z'), (4, 1, 3, 4, 1, '2026-11-21T01:00Z'), (5, 2, 1, 1, 1, '2026-10-01Z');
INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename, created_at) VALUES (3, 'acme', 9, 'evil', 'release.yml', '2026-11-06Z');
INSERT INTO trustpub_tokens (id, created_at, expires_at, hashed_token, crate_ids, trustpub_data) VALUES
 (1, '2026-11-22T11:50Z', '2026-11-22T12:20Z', digest(repeat('A', 31), 'sha256'), '{3,4,999}', '{"provider":"github","repository":"acme/teamwork","run_id":"77","sha":"c0ffee"}');
INSERT INTO deleted_crates (name, created_at, deleted_at, deleted_by, message, available_at) VALUES ('mistake', '2026-11-04Z', '2026-11-04T01:00Z', 3, NULL, '2026-11-05Z');
INSERT INTO publish_limit_buckets (user_id, tokens, last_refill, action) VALUES (1, 3, '2026-11-22T11:45Z', 0), (1, 0, '2026-11-22T11:59:30Z', 1);
INSERT INTO publish_rate_overrides (user_id, burst, expires_at, action) VALUES (1, 500, NULL, 1), (1, 7, '2026-01-01Z', 0), (3, 0, '2027-01-01Z', 1);
`

// peopleRig is a service on the fixture, counting statements.
func peopleRig(t testing.TB, change func(*dossier.Config)) crateRig {
	t.Helper()
	pool := pgtest.Database(t, pgtest.Template{Name: "people", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, peopleFixture)
		return err
	}})
	rig := crateRig{pool: pool, count: &statements{}}
	cfg := pool.Config()
	cfg.ConnConfig.Tracer = rig.count
	traced := must(pgxpool.NewWithConfig(t.Context(), cfg))
	t.Cleanup(traced.Close)
	config := dossier.Config{Registry: traced, Clock: func() time.Time { return crateNow }, Label: "test registry", Logger: logtest.Logger(t)}
	if change != nil {
		change(&config)
	}
	if config.Mirror == nil {
		config.Mirror = readyMirror(t, pool)
	}
	rig.Service = dossier.New(config)
	return rig
}

func (r crateRig) account(t testing.TB, id int32) *dossier.Account {
	t.Helper()
	d, err := r.Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// secrets may stand in no answer: addresses, names of tokens, plain text.
var secrets = []string{"private", "hidden-host", "mailcove", "secret laptop", "cioAAAA", "cioBBBB", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}

func hides(t testing.TB, what string, v any) {
	t.Helper()
	text := string(must(json.Marshal(v)))
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows %q", what, secret)
		}
	}
}

func events(d *dossier.Account, kind string) string {
	var out []string
	for _, e := range d.Timeline.Events {
		if kind == "" || e.Kind == kind {
			out = append(out, e.At.Format("06-01-02 ")+e.Text)
		}
	}
	return strings.Join(out, "\n")
}

func TestAccountFacts(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	d := r.account(t, 1)
	equal(t, "statements", r.count.n.Load(), 9)
	hides(t, "account", d)
	equal(t, "truth", d.Truth, "alice (Alice Example), an account since 2020-01-01, owns 2 crates with 50,000 downloads and published 3 versions, "+
		"the last 2 y 9 mo ago. Of its crates 1 is fully yanked.")
	equal(t, "badges", marks(d.Marks), "administrator, token for everything, crates fully yanked")
	equal(t, "mail", spaced(d.Mail.Masked, d.Mail.Verified, d.Mail.SameDomain, d.Mail.CommonDomain), "a••••@•••••.example true 0 false")
	equal(t, "admin", *d.Admin, true)
	equal(t, "crates", spaced(d.Crates.Total, d.Crates.Rows[0].Name, d.Crates.Rows[1].Name), "2 gone-bad foo")
	bad, foo := d.Crates.Rows[0], d.Crates.Rows[1]
	equal(t, "yanked crate", spaced(bad.AllYanked, bad.Versions, bad.Yanked, bad.Empty, bad.CodeLines, bad.Dependents), "true 1 1 true -1 0")
	equal(t, "crate", spaced(foo.AllYanked, foo.Versions, foo.Yanked, foo.Default, foo.Owners, foo.Downloads, foo.Recent, foo.Dependents),
		"false 3 1 1.1.0 3 50000 40 2")
	equal(t, "code", spaced(foo.Size, foo.CodeLines, foo.Bins, foo.Empty, foo.Repository, foo.LastPublish.Format(time.DateOnly)),
		"9100 321 [foo-cli] false https://git.example/foo 2026-11-21")
	equal(t, "former", spaced(d.Former.Total, d.Former.Rows[0].Name, d.Former.Rows[0].Until.Format(time.DateOnly)), "1 teamwork 2025-01-01")
	newest := d.Publishes.Rows[0]
	equal(t, "publishes", spaced(d.Publishes.Total, newest.Crate, newest.Num, newest.MethodLabel, newest.Credential),
		"3 foo 1.1.0 API token token 1 s•••••••••••••••••••••")
	equal(t, "marks", marks(newest.Marks), "first by this method, first with this token, first in 2 y 1 mo, default")
	equal(t, "invitations", spaced(len(d.Invitations.Rows), d.Invitations.Rows[0].Invitee.Login, d.Invitations.Rows[0].Open, d.Invitations.Rows[1].Open), "2 eve true false")
}

func TestAccountTokens(t *testing.T) {
	t.Parallel()
	d := peopleRig(t, nil).account(t, 1)
	var got []string
	for _, k := range d.Tokens.Rows {
		got = append(got, spaced(k.ID, k.MaskedName, k.State, k.Legacy, k.Endpoints, "on", k.Crates, k.Publishes))
	}
	equal(t, "tokens", strings.Join(got, "\n"), "3 o•• revoked false do nothing on every crate 0\n"+
		"2 c• expired false publish new versions, yank and unyank on foo, bar-* 0\n1 s••••••••••••••••••••• live true do everything on every crate 1")
	equal(t, "locked owner", peopleRig(t, nil).account(t, 3).Tokens.Rows[0].State, "owner locked")
}

func TestAccountLimits(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	var got []string
	for _, l := range r.account(t, 1).Limits.Rows {
		got = append(got, spaced(l.Action, l.Burst, l.Default, l.Refill, l.Override, l.Expired, l.Left))
	}
	// New crates: 3 were left, one refilled since. New versions: the last
	// request was refused half a minute ago, and the override fills nothing.
	equal(t, "limits", strings.Join(got, "\n"), "publish new crate 5 5 1 every 10 min false true 3\n"+
		"publish new version 500 30 1 every 1 min true false 0\nyank or unyank 100 100 1 every 1 min false false -1")
	barred := r.account(t, 3).Limits.Rows[1]
	equal(t, "burst of nothing", spaced(barred.Burst, barred.Left, barred.Note), "0 -1 Every such request is refused. Trusted publishing is not bound by it.")
}

func TestLockedAccount(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	d := r.account(t, 3)
	hides(t, "account", d)
	equal(t, "lock", spaced(d.Lock.Locked, d.Lock.Reason, d.Lock.Until.Format(time.DateOnly)), "true stolen token 2026-12-01")
	want := "Trusted publishing goes on: 1 configuration of its crates.\n" +
		"1 trusted-publishing token already issued for its crates can publish until 12:20 UTC.\n" +
		"1 invitation to it can be accepted with the mailed link, without a login.\n1 invitation that it gave can be accepted.\n" +
		"1 of its crates has other owners, who may publish.\n1 API token is not revoked: refused while the lock lasts, good again after it.\n" +
		"Its mail address can be confirmed with the mailed link, without a login.\nThe lock ends by itself on 2026-12-01 00:00 UTC."
	equal(t, "doors", strings.Join(d.Lock.Open, "\n"), want)
	equal(t, "badges", marks(d.Marks), "locked, young account, mail not confirmed")
	equal(t, "tone", d.Tone, "bad")
	equal(t, "publisher", d.Publishers.Configs[0].Crate+" "+d.Publishers.Configs[0].Origin, "evil acme/evil")
	expired := r.account(t, 5)
	equal(t, "expired lock", spaced(expired.Lock.Locked, expired.Lock.Expired, expired.Lock.Open), "false true []")
	equal(t, "badges", marks(expired.Marks), "lock ran out, no GitHub link, no mail address, squatting pattern, many crates at once")
}

func TestAccountTimeline(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	eve := r.account(t, 3)
	var kinds []string
	for _, e := range eve.Timeline.Events {
		if e.Kind != "mail" {
			kinds = append(kinds, e.At.Format("01-02 ")+e.Kind+" "+strings.TrimSpace(e.Crate+" "+e.Num))
		}
	}
	equal(t, "eve", strings.Join(kinds, "\n"), "11-21 yanked foo 1.0.0\n11-21 published foo 1.2.0\n11-21 invited evil\n11-20 invited gone-bad\n"+
		"11-05 published evil 0.1.0\n11-05 created evil\n11-04 deleted \n11-03 owner_added foo\n11-02 token_created \n11-01 created ")
	alice := r.account(t, 1)
	equal(t, "owners", events(alice, "owner_added"), "26-11-03 Made eve an owner of foo.\n24-01-01 Became an owner of teamwork, invited by Bob.\n22-05-01 Made github:acme:core an owner of foo.")
	equal(t, "removed", events(alice, "owner_removed"), "25-01-01 Stopped being an owner of teamwork; who did that is not recorded.")
	equal(t, "published", events(alice, "published"), "24-02-01 Published foo 1.1.0 with API token 1.\n23-01-01 Published gone-bad 0.1.0.\n22-01-01 Published foo 1.0.0.")
	equal(t, "created", events(alice, "created"), "23-01-01 Created the crate gone-bad with its first publish.\n22-01-01 Created the crate foo with its first publish.\n"+
		"20-01-01 Its GitHub account was made; the sign-up here is not recorded.")
	if !strings.Contains(strings.Join(alice.Timeline.Gaps, " "), "team") {
		t.Error("nothing is said of teams")
	}
}

func TestAccountsWithOneLogin(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	people := must(r.AccountsByLogin(t.Context(), "BOB"))
	equal(t, "candidates, the registry's choice first", spaced(len(people), people[0].ID, people[1].ID), "2 2 4")
	legacy := r.account(t, 4)
	equal(t, "others", spaced(len(legacy.Others), legacy.Others[0].ID), "1 2")
	equal(t, "badges", marks(legacy.Marks), "legacy account, no GitHub link, login used more than once, no mail address")
	equal(t, "by a name that only one table kept", must(r.AccountsByLogin(t.Context(), "old_name"))[0].ID, 8)
	equal(t, "renamed", marks(r.account(t, 8).Marks), "renamed, no mail address")
	equal(t, "nobody", len(must(r.AccountsByLogin(t.Context(), "nul\x00"))), 0)
	for _, id := range []int32{0, -1, 99} {
		_, err := r.Account(t.Context(), id)
		equal(t, "missing account", cratewarden.KindOf(err), cratewarden.NotFound)
		_, err = r.AccountPublishes(t.Context(), id, dossier.AccountPublishFilter{})
		equal(t, "missing publisher", cratewarden.KindOf(err), cratewarden.NotFound)
		_, err = r.AccountCrates(t.Context(), id, dossier.OwnedFilter{})
		equal(t, "missing owner", cratewarden.KindOf(err), cratewarden.NotFound)
	}
}

func TestResemblance(t *testing.T) {
	t.Parallel()
	d := peopleRig(t, nil).account(t, 6)
	got := map[string]string{}
	for _, n := range d.Resembles.Rows {
		got[n.Login] = n.Reason
	}
	for login, want := range map[string]string{"alice": "same display name", "eve": "same mail domain, not confirmed by both", "al1ce2": "same mail domain; signed up 12 min apart"} {
		if !strings.Contains(got[login], want) {
			t.Errorf("%s: %q, want %q in it", login, got[login], want)
		}
	}
	if !strings.Contains(got["alice"], "login: ") || !strings.Contains(got["alice"], "50,000 downloads") {
		t.Errorf("alice: %q", got["alice"])
	}
	equal(t, "badges", marks(d.Marks), "young account, no GitHub link, looks like alice")
	equal(t, "domain", d.Mail.SameDomain, 2)
}

func TestAccountInDump(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, func(c *dossier.Config) { c.Dump = &dossier.DumpSource{} })
	d := r.account(t, 3)
	equal(t, "statements", r.count.n.Load(), 4)
	for what, absent := range map[string]string{
		"mail": d.Mail.Absent, "lock": d.Lock.Absent, "tokens": d.Tokens.Absent, "invitations": d.Invitations.Absent, "publishers": d.Publishers.Absent,
		"limits": d.Limits.Absent, "former": d.Former.Absent, "sync": d.Identity.SyncAbsent, "method": d.Publishes.Rows[0].MethodLabel,
	} {
		equal(t, what, absent, cratewarden.NotInDump)
	}
	equal(t, "nothing private", spaced(d.Admin == nil, d.Lock.Reason == "", d.Mail.Masked == "", d.Mail.Set, len(d.Tokens.Rows)), "true true true false 0")
	if strings.Contains(string(must(json.Marshal(d))), "stolen token") {
		t.Error("the reason of the lock is shown")
	}
}

func TestAccountWhileLoading(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, func(c *dossier.Config) { c.Mirror = mirror.New(mirror.Config{Registry: c.Registry}) })
	d := r.account(t, 3)
	equal(t, "crates", d.Crates.Absent, "still loading: owners")
	equal(t, "publishes", d.Publishes.Absent, "still loading: versions, actions")
	equal(t, "tokens", d.Tokens.Absent, "still loading: tokens")
	equal(t, "resembles", d.Resembles.Absent, "still loading: crates, accounts, owners")
	equal(t, "timeline", d.Timeline.Absent, "still loading: accounts, owners, versions, actions")
	equal(t, "the rows that need no mirror", spaced(d.Lock.Locked, d.Mail.Set, len(d.Invitations.Rows), d.Limits.Rows[1].Burst), "true true 2 0")
	people := must(r.AccountsByLogin(t.Context(), "bob"))
	equal(t, "logins", len(people), 2)
	feed := must(r.Publishes(t.Context(), dossier.PublishFilter{}))
	equal(t, "feed", feed.Rows.Absent, "still loading: crates, versions, actions")
}

// Pages must neither repeat nor lose a row when rows come in between.
func TestAccountPagesAreStable(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	var crates, versions []string
	for after, page := "", 0; page == 0 || after != ""; page++ {
		p := must(r.AccountCrates(t.Context(), 5, dossier.OwnedFilter{After: after, Limit: 5}))
		for _, c := range p.Rows {
			crates = append(crates, c.Name)
		}
		after = p.Next
		insert(t, r, 200+page, 5)
	}
	for after, page := "", 0; page == 0 || after != ""; page++ {
		p := must(r.AccountPublishes(t.Context(), 5, dossier.AccountPublishFilter{After: after, Limit: 5}))
		for _, v := range p.Rows {
			versions = append(versions, v.Crate)
		}
		after = p.Next
		insert(t, r, 300+page, 5)
	}
	want := "grab-12 grab-11 grab-10 grab-9 grab-8 grab-7 grab-6 grab-5 grab-4 grab-3 grab-2 grab-1"
	equal(t, "crates", strings.Join(crates, " "), want)
	if got := strings.Join(versions, " "); !strings.HasSuffix(got, want) || strings.Count(got, "grab-1 ") > 1 {
		t.Errorf("versions: %s", got)
	}
	for _, key := range []string{"x", "1", "1.x", "f1", "-3"} {
		if _, err := r.AccountCrates(t.Context(), 5, dossier.OwnedFilter{After: key}); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("crates: key %q gives %v", key, err)
		}
	}
	_, err := r.AccountPublishes(t.Context(), 5, dossier.AccountPublishFilter{After: "9x"})
	equal(t, "foreign key", cratewarden.KindOf(err), cratewarden.Invalid)
}

// insert publishes a new crate and waits until the mirror has it.
func insert(t testing.TB, r crateRig, id int, account int32) {
	t.Helper()
	before := must(r.AccountCrates(t.Context(), account, dossier.OwnedFilter{Limit: 1})).Total
	_, err := r.pool.Exec(t.Context(), fmt.Sprintf(`WITH c AS (INSERT INTO crates (id, name) VALUES (%[1]d, 'new-%[1]d')),
 o AS (INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by) VALUES (%[1]d, %[2]d, 0, %[2]d))
INSERT INTO versions (id, crate_id, num, num_no_build, crate_size, published_by, tar_sha256) VALUES (%[1]d, %[1]d, '0.1.0', '0.1.0', 9, %[2]d, decode(repeat('cc', 32), 'hex'))`, id, account))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); must(r.AccountCrates(t.Context(), account, dossier.OwnedFilter{Limit: 1})).Total == before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the mirror does not see a new crate")
		}
	}
}

func TestTeam(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	d := must(r.Team(t.Context(), 1))
	equal(t, "team", spaced(d.Login, d.OrgID, len(d.Crates.Rows), d.Crates.Rows[0].Name, d.Crates.Rows[0].Via), "github:acme:core 8 1 foo github:acme:core")
	equal(t, "former", spaced(len(d.Former.Rows), d.Former.Rows[0].Name, d.Former.Rows[0].Until.Format(time.DateOnly)), "1 teamwork 2024-03-01")
	_, err := r.Team(t.Context(), 9)
	equal(t, "missing", cratewarden.KindOf(err), cratewarden.NotFound)
	dump := peopleRig(t, func(c *dossier.Config) { c.Dump = &dossier.DumpSource{} })
	equal(t, "former in a dump", must(dump.Team(t.Context(), 1)).Former.Absent, cratewarden.NotInDump)
}
