package action

import (
	"fmt"
	"strings"
	"testing"
)

func TestTokenRevoke(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	effect := c.identity("token.revoke", m{"token": c.token}, "token.revoke", m{"token": c.legacy})
	if codes(effect) != "legacy-token" || len(effect.Rows) != 2 || len(effect.Affected) != 2 || effect.Affected[0].Text != "1 API token of mallory-m stops working." {
		t.Errorf("%s %+v", codes(effect), effect.Affected)
	}
	c.applied("token.revoke", m{"token": c.token})
	if got := c.open(c.doors()); strings.Contains(got, "; API token") || !strings.Contains(got, "legacy") {
		t.Errorf("open: %s", got)
	}
	expired := c.number(`SELECT id FROM api_tokens WHERE name = 'gone' AND user_id = $1`, c.mallory)
	for _, id := range []int64{c.token, expired} {
		if _, effect := c.applied("token.revoke", m{"token": id}); codes(effect) != "nothing-to-do" || len(effect.Rows) != 0 {
			t.Error(codes(effect))
		}
	}
	if got := c.blocked("token.revoke", m{"token": 2_000_000_000}, "token.revoke", m{"token": 1_999_999_999}); got != "no-such-token no-such-token" {
		t.Error(got)
	}
	c.who.RegistryUser = int32(c.mallory)
	if _, effect := c.reviewed("token.revoke", m{"token": c.legacy}); codes(effect) != "legacy-token own-account" {
		t.Error(codes(effect))
	}
}

// Each condition is compared with the same condition said in other words.
func TestTokenRevokeWhere(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	c.exec(`UPDATE api_tokens SET last_used_at = now() - interval '10 days' WHERE id = $1`, c.token)
	c.exec(`INSERT INTO api_tokens (user_id, token, name) VALUES ($1, '\x03', 'a_b'), ($1, '\x04', 'axb')`, c.mallory)
	before := c.tables()
	const works = ` AND NOT revoked AND coalesce(expired_at > now(), true)`
	for name, row := range map[string]struct {
		params m
		want   string
	}{
		"account":       {m{"account": c.mallory}, fmt.Sprint("user_id = ", c.mallory)},
		"scope":         {m{"scope": "publish-update", "account": c.helper}, fmt.Sprint("id = ", c.foreign)},
		"scope of all":  {m{"scope": "yank"}, "endpoint_scopes @> '{yank}'"},
		"legacy":        {m{"legacy": true}, "endpoint_scopes IS NULL"},
		"crate pattern": {m{"crate_pattern": "cast*"}, fmt.Sprint("id = ", c.token)},
		"label":         {m{"name_pattern": "MY lap*"}, fmt.Sprint("id = ", c.token)},
		"label with %":  {m{"name_pattern": "*100%"}, fmt.Sprint("id = ", c.legacy)},
		"label with _":  {m{"name_pattern": "a_b"}, "name = 'a_b'"},
		"unused":        {m{"account": c.mallory, "unused_since": c.ago(20)}, fmt.Sprint("id = ", c.legacy)},
		"older":         {m{"account": c.mallory, "older_than": c.ago(20)}, fmt.Sprintf("id IN (%d, %d)", c.token, c.legacy)},
		"since":         {m{"account": c.mallory, "created_since": c.ago(20)}, "name IN ('a_b', 'axb')"},
		"nothing":       {m{"account": c.guest}, "false"},
	} {
		p, effect := c.applied("token.revoke_where", row.params)
		want := c.number(`SELECT count(*) FROM api_tokens WHERE (`+row.want+`)`+works) + int64(len(effect.Rows))
		if got := c.number(`SELECT count(*) FROM api_tokens WHERE (` + row.want + `) AND revoked AND id = ANY ('{` + strings.Join(keys(effect), ",") + `}')`); got != want || effect.Facts[0].Value != fmt.Sprint(got) {
			t.Errorf("%s: %d of %d tokens; %+v", name, got, want, effect.Facts)
		}
		if name != "nothing" && want == 0 {
			t.Errorf("%s: nothing to find", name)
		}
		if got := text(effect); strings.Contains(got, "laptop") || strings.Contains(got, "100%") {
			t.Errorf("%s: a label is shown: %s", name, got)
		}
		c.undone(p)
		after := c.tables()
		c.same(before, after)
		before = after
	}
}

// ago writes an instant some days ago by the database's clock.
func (c *cast) ago(days int) string {
	c.t.Helper()
	var s string
	if err := c.registry.QueryRow(c.t.Context(), `SELECT to_char((now() - make_interval(days => $1)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`, days).Scan(&s); err != nil {
		c.t.Fatal(err)
	}
	return s
}

func keys(f *Effect) (out []string) {
	for _, r := range f.Rows {
		out = append(out, r.Key)
	}
	return out
}

func TestTokenRevokeWhereIsBounded(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	c.exec(`INSERT INTO api_tokens (user_id, token, name) SELECT $1, int4send(n), 'many' FROM generate_series(1, 5000) n`, c.guest)
	p, effect := c.reviewed("token.revoke_where", m{"name_pattern": "many"})
	if p.Blocked || len(effect.Rows) != 5000 {
		t.Errorf("%d rows, %s", len(effect.Rows), codes(effect))
	}
	c.exec(`INSERT INTO api_tokens (user_id, token, name) VALUES ($1, '\x05', 'many')`, c.guest)
	if got := c.blocked("token.revoke_where", m{"name_pattern": "many"}); got != "too-many-tokens" {
		t.Error(got)
	}
}

// A token made since the review makes the plan stale.
func TestTokenRevokeWhereFindsNewTokens(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	p, _ := c.reviewed("token.revoke_where", m{"account": c.mallory})
	c.exec(`INSERT INTO api_tokens (user_id, token, name) VALUES ($1, '\x06', 'new')`, c.mallory)
	p, yes := c.consent(p)
	if p, err := c.Apply(t.Context(), c.who, p.ID, yes, ""); err == nil || p.State != Stale {
		t.Errorf("%v %s", err, p.State)
	}
}
