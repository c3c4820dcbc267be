package action

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/registry/check"
)

// cast is a small scene put into the demo registry: mallory owns sole alone and
// shared together with helper, who also owns other.
type cast struct {
	*kit
	mallory, helper, guest int64
	sole, shared, other    int64 // crates.id
	names                  map[int64]string
	token, legacy, foreign int64 // api_tokens.id; foreign is helper's
	github, gitlab, away   int64 // publishers of sole, shared and other
	both, ended            int64 // trustpub_tokens.id: of sole and other; one that has ended
}

const (
	plainToken   = "cioAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	plainLegacy  = "cioBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	plainForeign = "cioCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
	secretBoth   = "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD"
	secretShared = "EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"
)

func hashed(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}

func newCast(t testing.TB, change ...func(*Config)) *cast {
	t.Helper()
	c := &cast{kit: newKit(t, change...), names: map[int64]string{}}
	for i, to := range []*int64{&c.mallory, &c.helper, &c.guest} {
		login := []string{"mallory-m", "helper-h", "guest-g"}[i]
		*to = c.one(`INSERT INTO users (gh_login, username, gh_id) VALUES ($1::text, $1, $2) RETURNING id::bigint`, login, 900_000_000+i)
		c.exec(`INSERT INTO emails (user_id, email, verified) VALUES ($1, $2, true)`, *to, login+"@example.com")
	}
	for i, to := range []*int64{&c.sole, &c.shared, &c.other} {
		name := []string{"cast_sole", "cast-shared", "cast-other"}[i]
		*to = c.one(`INSERT INTO crates (name, description) VALUES ($1, '') RETURNING id::bigint`, name)
		c.names[*to] = name
	}
	c.owns(c.sole, c.mallory)
	c.owns(c.shared, c.mallory)
	c.owns(c.shared, c.helper)
	c.owns(c.other, c.helper)
	insert := `INSERT INTO api_tokens (user_id, token, name, endpoint_scopes, crate_scopes, created_at) VALUES ($1, $2, $3, $4, $5, now() - interval '40 days') RETURNING id::bigint`
	c.token = c.one(insert, c.mallory, hashed(plainToken), "my laptop", []string{"publish-update"}, []string{"cast*"})
	c.legacy = c.one(insert, c.mallory, hashed(plainLegacy), "old 100%", nil, nil)
	c.foreign = c.one(insert, c.helper, hashed(plainForeign), "ci", []string{"publish-update"}, nil)
	c.exec(`INSERT INTO api_tokens (user_id, token, name, expired_at) VALUES ($1, $2, 'gone', now() - interval '1 day')`, c.mallory, hashed("expired"))
	config := `INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename) VALUES ($1, $2, $3, $4, 'release.yml') RETURNING id::bigint`
	c.github = c.one(config, c.sole, "Mallory-M", 77, "tools")
	c.away = c.one(config, c.other, "helper-h", 78, "other")
	c.gitlab = c.one(`INSERT INTO trustpub_configs_gitlab (crate_id, namespace, project, workflow_filepath) VALUES ($1, 'group', 'shared', '.gitlab-ci.yml') RETURNING id::bigint`, c.shared)
	publish := `INSERT INTO trustpub_tokens (expires_at, hashed_token, crate_ids) VALUES (now() + $1::interval, $2, $3) RETURNING id::bigint`
	c.both = c.one(publish, "20 minutes", hashed(secretBoth), []int64{c.sole, c.other})
	c.one(publish, "20 minutes", hashed(secretShared), []int64{c.shared})
	c.ended = c.one(publish, "-1 minutes", hashed("ended"), []int64{c.sole})
	c.invite(c.guest, c.mallory, c.sole, "10 days")
	c.invite(c.mallory, c.helper, c.other, "10 days")
	c.invite(c.guest, c.mallory, c.shared, "-1 days")
	return c
}

// one runs a statement that gives one number.
func (c *cast) one(sql string, args ...any) (n int64) {
	c.t.Helper()
	if err := c.registry.QueryRow(c.t.Context(), sql, args...).Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func (c *cast) owns(crate, account int64) {
	c.t.Helper()
	c.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES ($1, $2, 0)`, crate, account)
}

func (c *cast) invite(invited, inviter, crate int64, ends string) {
	c.t.Helper()
	c.exec(`INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at) VALUES ($1, $2, $3, now() + $4::interval)`, invited, inviter, crate, ends)
}

// door tells, by the registry's own rule, whether somebody can come in.
type door struct {
	name string
	sql  string
	args []any
}

// Rules of the registry, each from the contract: actions.md 5, 6, 8 and 9.
const (
	sessionRule = `SELECT count(*) FROM users WHERE id = $1
		AND NOT (account_lock_reason IS NOT NULL AND (account_lock_until IS NULL OR account_lock_until > now()))`
	tokenRule = `SELECT count(*) FROM api_tokens WHERE token = digest($1, 'sha256') AND revoked = false AND (expired_at IS NULL OR expired_at > now())`
	// A publish with the plain token "cio_tp_" + secret + checksum.
	publishRule = `SELECT count(*) FROM trustpub_tokens WHERE hashed_token = $1 AND expires_at > now() AND $2::int = ANY (crate_ids)`
	githubRule  = `SELECT count(*) FROM trustpub_configs_github WHERE lower(repository_owner) = lower($1) AND lower(repository_name) = lower($2)
		AND repository_owner_id = $3 AND workflow_filename = 'release.yml' AND (environment IS NULL OR lower(environment) = 'production')`
	gitlabRule = `SELECT count(*) FROM trustpub_configs_gitlab WHERE lower(namespace) = 'group' AND lower(project) = 'shared'
		AND (namespace_id IS NULL OR namespace_id = '5') AND workflow_filepath = '.gitlab-ci.yml' AND environment IS NULL`
	// Accepting by token needs no login and asks for no lock, only for a
	// verified address of the invited person.
	acceptRule = `SELECT count(*) FROM crate_owner_invitations i JOIN emails e ON e.user_id = i.invited_user_id AND e.verified
		WHERE i.token = (SELECT token FROM crate_owner_invitations WHERE invited_user_id = $1 AND crate_id = $2) AND i.expires_at > now()`
)

// doors are all that belong to mallory.
func (c *cast) doors() []door {
	return []door{
		{"session", sessionRule, []any{c.mallory}},
		{"API token", tokenRule, []any{plainToken}},
		{"legacy API token", tokenRule, []any{plainLegacy}},
		{"publish token for a crate of its own", publishRule, []any{hashed(secretBoth), c.sole}},
		{"publish token for a shared crate", publishRule, []any{hashed(secretShared), c.shared}},
		{"trusted publisher at GitHub", githubRule, []any{"mallory-m", "TOOLS", 77}},
		{"trusted publisher at GitLab", gitlabRule, nil},
		{"invitation given", acceptRule, []any{c.guest, c.sole}},
		{"invitation received", acceptRule, []any{c.mallory, c.other}},
	}
}

// others are doors of others, which nothing may close.
func (c *cast) others() []door {
	return []door{
		{"the helper's session", sessionRule, []any{c.helper}},
		{"the helper's token", tokenRule, []any{plainForeign}},
		{"the publish token for the helper's crate", publishRule, []any{hashed(secretBoth), c.other}},
		{"the helper's trusted publisher", githubRule, []any{"helper-h", "other", 78}},
	}
}

// open gives the names of the doors that are open.
func (c *cast) open(doors []door) string {
	c.t.Helper()
	var names []string
	for _, d := range doors {
		if c.number(d.sql, d.args...) > 0 {
			names = append(names, d.name)
		}
	}
	return strings.Join(names, "; ")
}

func all(doors []door) string {
	var names []string
	for _, d := range doors {
		names = append(names, d.name)
	}
	return strings.Join(names, "; ")
}

// codes gives the guards of an effect, sorted by nothing: as they were raised.
func codes(f *Effect) string {
	var out []string
	for _, g := range f.Guards {
		out = append(out, g.Code)
	}
	return strings.Join(out, " ")
}

// text is everything that people read of an effect.
func text(f *Effect) string {
	var b strings.Builder
	for _, g := range f.Guards {
		fmt.Fprintln(&b, g.Text)
	}
	for _, a := range f.Affected {
		fmt.Fprintln(&b, a.Text)
	}
	for _, fact := range f.Facts {
		fmt.Fprintln(&b, fact.Name, fact.Value)
	}
	for _, r := range f.Rows {
		fmt.Fprintf(&b, "%s %s\n", r.Before, r.After)
	}
	return b.String()
}

// asActingRole lets the engine act with exactly the rights that
// check-registry prints for the acting role.
func asActingRole(t testing.TB, role string) func(*Config) {
	return func(cfg *Config) {
		owner := cfg.Registry
		quoted := pgx.Identifier{role}.Sanitize()
		for _, sql := range []string{`CREATE ROLE ` + quoted, check.Grants(role, check.Acting)} {
			if _, err := owner.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatal(err)
			}
		}
		poolConfig := owner.Config()
		then := poolConfig.AfterConnect
		poolConfig.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			if then != nil {
				if err := then(ctx, conn); err != nil {
					return err
				}
			}
			_, err := conn.Exec(ctx, `SET SESSION AUTHORIZATION `+quoted)
			return err
		}
		pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		cfg.Registry = pool
	}
}
