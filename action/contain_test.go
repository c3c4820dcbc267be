package action

import (
	"strings"
	"testing"
	"time"

	"cratewarden"
)

// Every door that the contract names is tried by the registry's own rule
// before, after and after the undo; and the doors of others stay open.
func TestContainClosesEveryDoor(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	if got := c.open(c.doors()); got != all(c.doors()) {
		t.Fatalf("before, open are only: %s", got)
	}
	before := c.tables()
	p, effect := c.applied("account.contain", m{"account": c.mallory, "reason": "Your token was stolen."})
	if got := c.open(c.doors()); got != "" {
		t.Errorf("still open: %s", got)
	}
	if got := c.open(c.others()); got != all(c.others()) {
		t.Errorf("of others, open are only: %s", got)
	}
	facts := ""
	for _, f := range effect.Facts {
		facts += f.Name + " " + f.Value + "\n"
	}
	if want := "crates owned 2\nAPI tokens revoked 2\ntrusted publishers removed 2\npublish tokens closed 2\ninvitations deleted 2\n"; facts != want {
		t.Errorf("facts:\n%s", facts)
	}
	if len(effect.Rows) != 9 || len(effect.Jobs) != 0 || codes(effect) != "" {
		t.Errorf("%d rows, jobs %v, guards %s", len(effect.Rows), effect.Jobs, codes(effect))
	}
	if effect.Public[0].Text != "Your token was stolen." {
		t.Errorf("%+v", effect.Public)
	}
	if got := text(effect); !strings.Contains(got, "Also stops trusted publishing of cast-shared, owned with 1 other.") || strings.Contains(got, "@example.com") || strings.Contains(got, "my laptop") {
		t.Error(got)
	}
	c.undone(p)
	if got := c.open(c.doors()); got != all(c.doors()) {
		t.Errorf("after the undo, open are only: %s", got)
	}
	c.same(before, c.tables())
}

func TestContainAgainFindsNothing(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	params := m{"account": c.mallory, "reason": "stolen"}
	c.applied("account.contain", params)
	_, effect := c.applied("account.contain", params)
	if len(effect.Rows) != 0 || codes(effect) != "locked-already nothing-to-do" {
		t.Errorf("%d rows, guards %s", len(effect.Rows), codes(effect))
	}
}

// Each door can be left open, and then the review says so.
func TestContainLeavesOpenWhatIsAsked(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	before := c.tables()
	for name, row := range map[string]struct {
		keep m
		open string
		warn string
	}{
		"tokens":      {m{"keep_tokens": true}, "API token; legacy API token", "Stays open: 2 API tokens, which the lock stops while it lasts."},
		"publishers":  {m{"keep_publishers": true}, "publish token for a crate of its own; publish token for a shared crate; trusted publisher at GitHub; trusted publisher at GitLab", "Stays open: 2 trusted publishers."},
		"shared":      {m{"crates": "sole"}, "publish token for a shared crate; trusted publisher at GitLab", "Stays open: 1 live publish token."},
		"invitations": {m{"keep_invitations": true}, "invitation given; invitation received", "Stays open: 2 invitations."},
	} {
		params := m{"account": c.mallory, "reason": "stolen"}
		for k, v := range row.keep {
			params[k] = v
		}
		p, effect := c.applied("account.contain", params)
		if got := c.open(c.doors()); got != row.open {
			t.Errorf("%s: open: %s", name, got)
		}
		if !strings.Contains(text(effect), row.warn) || !strings.Contains(codes(effect), "door-left-open") {
			t.Errorf("%s: %s", name, text(effect))
		}
		c.undone(p)
		c.same(before, c.tables())
	}
}

// A door that opens between the review and the apply makes the plan stale, and
// a fresh plan closes it.
func TestContainFindsDoorsOpenedSinceTheReview(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	params := m{"account": c.mallory, "reason": "stolen"}
	for name, row := range map[string]struct {
		sql  string
		args func(*cast) []any
	}{
		"API token": {`INSERT INTO api_tokens (user_id, token, name) VALUES ($1, '\x01', 'new')`, func(c *cast) []any { return []any{c.mallory} }},
		"publisher": {`INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename) VALUES ($1, 'a', 1, 'b', 'c.yml')`,
			func(c *cast) []any { return []any{c.sole} }},
		"publish token": {`INSERT INTO trustpub_tokens (expires_at, hashed_token, crate_ids) VALUES (now() + interval '30 minutes', '\x02', ARRAY[$1::int])`,
			func(c *cast) []any { return []any{c.sole} }},
		"invitation": {`INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 day')`,
			func(c *cast) []any { return []any{c.helper, c.mallory, c.sole} }},
		"ownership": {`INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES ($1, $2, 0)`, func(c *cast) []any { return []any{c.other, c.mallory} }},
		"unlock":    {`UPDATE users SET account_lock_reason = 'other words' WHERE id = $1`, func(c *cast) []any { return []any{c.mallory} }},
	} {
		p, _ := c.reviewed("account.contain", params)
		c.exec(row.sql, row.args(c)...)
		p, yes := c.consent(p)
		p, err := c.Apply(t.Context(), c.who, p.ID, yes, "")
		if cratewarden.KindOf(err) != cratewarden.Conflict || p.State != Stale {
			t.Errorf("%s: %v %s", name, err, p.State)
		}
	}
	if effect := c.identity("account.contain", params); len(effect.Rows) != 14 { // the 9 of the cast, 4 new ones, the helper's publisher
		t.Errorf("%d rows", len(effect.Rows))
	}
}

// Two accounts that own crates together are contained in one plan: each row
// belongs to one of the two steps.
func TestContainTwoAccountsTogether(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	effect := c.identity("account.contain", m{"account": c.mallory, "reason": "a"}, "account.contain", m{"account": c.helper, "reason": "b"})
	rows := map[int]int{}
	for _, r := range effect.Rows {
		rows[r.Step]++
	}
	if rows[1] != 9 || rows[2] != 3 { // the helper's lock, token and publisher at GitHub
		t.Errorf("%v", rows)
	}
}

// What became of short-lived rows since does not stand in the way of an undo.
func TestUndoOfContainAfterTheWorldMovedOn(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	p, _ := c.applied("account.contain", m{"account": c.mallory, "reason": "stolen"})
	c.exec(`DELETE FROM trustpub_tokens`)                          // as the registry's cleanup does
	c.invite(c.guest, c.helper, c.sole, "20 days")                 // invited again by somebody else
	c.exec(`DELETE FROM crates WHERE id = $1`, c.shared)           // with its GitLab publisher
	c.exec(`UPDATE users SET name = 'M' WHERE id = $1`, c.mallory) // not ours to guard
	c.undone(p)
	if got, want := c.open(c.doors()), "session; API token; legacy API token; trusted publisher at GitHub; invitation given; invitation received"; got != want {
		t.Errorf("open: %s", got)
	}
	if n := c.number(`SELECT count(*) FROM crate_owner_invitations WHERE invited_by_user_id = $1 AND invited_user_id = $2`, c.helper, c.guest); n != 1 {
		t.Error("the new invitation was written over")
	}
}

func TestReleaseUnlocksAndLeavesTheRestClosed(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	before := c.tables()
	p, _ := c.applied("account.contain", m{"account": c.mallory, "reason": "stolen"})
	effect := c.identity("account.release", m{"account": c.mallory})
	if got := text(effect); !strings.Contains(got, "2 API tokens, 2 trusted publishers and 2 invitations") || !strings.Contains(got, p.ID) {
		t.Error(got)
	}
	c.applied("account.release", m{"account": c.mallory})
	if got := c.open(c.doors()); got != "session" {
		t.Errorf("open: %s", got)
	}
	c.undone(p) // a plan can still be undone when its lock is gone
	c.same(before, c.tables())
	if _, effect := c.reviewed("account.release", m{"account": c.mallory}); codes(effect) != "not-contained nothing-to-do" {
		t.Error(codes(effect))
	}
}

func TestReleaseRestoresAll(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	before := c.tables()
	c.applied("account.contain", m{"account": c.mallory, "reason": "stolen"})
	contained := c.tables()
	p, _ := c.applied("account.release", m{"account": c.mallory, "restore": true})
	if got := c.open(c.doors()); got != all(c.doors()) {
		t.Errorf("open are only: %s", got)
	}
	c.same(before, c.tables())
	c.undone(p)
	c.same(contained, c.tables())
}

func TestContainGuards(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	if got := c.blocked("account.contain", m{"account": 2_000_000_000, "reason": "x"}); got != "no-such-account" {
		t.Error(got)
	}
	if got := c.blocked("account.contain", m{"account": c.mallory, "reason": "x", "until": time.Now().Add(-time.Hour)}); got != "end-passed" {
		t.Error(got)
	}
	c.exec(`UPDATE users SET is_admin = true WHERE id = $1`, c.mallory)
	c.who.RegistryUser = int32(c.mallory)
	if _, effect := c.reviewed("account.contain", m{"account": c.mallory, "reason": "x"}); codes(effect) != "own-account admin-account" {
		t.Error(codes(effect))
	}
}

// A containment is seen to close what somebody opens at the same moment: a
// trusted publisher that is being added waits for us, or we for it.
func TestContainWaitsForAPublisherBeingAdded(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	tx, err := c.registry.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename) VALUES ($1, 'a', 1, 'b', 'c.yml')`, c.sole); err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(200 * time.Millisecond)
		_ = tx.Commit(t.Context())
	}()
	_, effect := c.reviewed("account.contain", m{"account": c.mallory, "reason": "stolen"})
	if !strings.Contains(text(effect), "trusted publishers removed 3") {
		t.Error(text(effect))
	}
}
