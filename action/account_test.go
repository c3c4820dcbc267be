package action

import (
	"strings"
	"testing"
	"time"

	"cratewarden"
)

func TestLockAndUnlock(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	before := c.tables()
	reason := `Somebody else <b>&</b> "you" – ask us.`
	p, effect := c.applied("account.lock", m{"account": c.mallory, "reason": reason, "until": "2027-01-01T00:00:00Z"})
	if len(effect.Rows) != 1 || len(effect.Jobs) != 0 || effect.Public[0].Text != reason || codes(effect) != "lock-leaves-open" {
		t.Errorf("%+v", effect)
	}
	if got := text(effect); !strings.Contains(got, "2 trusted publishers, 2 live publish tokens and 2 invitations") {
		t.Error(got)
	}
	if got := c.open(c.doors()); strings.Contains(got, "session") || !strings.Contains(got, "publish token") {
		t.Errorf("open: %s", got)
	}
	_, effect = c.reviewed("account.lock", m{"account": c.mallory, "reason": "x", "until": "2026-12-24T00:00:00Z"})
	if codes(effect) != "shortens-lock lock-leaves-open" || !strings.Contains(text(effect), "until 2027-01-01 00:00 UTC already, for the reason: "+reason) {
		t.Error(text(effect))
	}
	_, effect = c.reviewed("account.lock", m{"account": c.mallory, "reason": "x"})
	if codes(effect) != "locked-already lock-leaves-open" {
		t.Error(codes(effect))
	}
	effect = c.identity("account.unlock", m{"account": c.mallory})
	if codes(effect) != "locked-before" || len(effect.Rows) != 1 {
		t.Error(codes(effect))
	}
	c.undone(p)
	c.same(before, c.tables())
	if _, effect = c.applied("account.unlock", m{"account": c.mallory}); codes(effect) != "nothing-to-do" || len(effect.Rows) != 0 {
		t.Error(codes(effect))
	}
	c.exec(`UPDATE users SET account_lock_reason = '', account_lock_until = now() - interval '1 day' WHERE id = $1`, c.guest)
	if effect = c.identity("account.unlock", m{"account": c.guest}); codes(effect) != "lock-ended" {
		t.Error(codes(effect))
	}
}

// Whoever changed a lock after us keeps the change.
func TestUndoOfLockRefusesToWriteOverAnotherLock(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	p, _ := c.applied("account.lock", m{"account": c.mallory, "reason": "a"})
	c.exec(`UPDATE users SET account_lock_reason = 'by hand' WHERE id = $1`, c.mallory)
	u, err := c.Undo(t.Context(), c.who, p.ID, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	u, effect, err := c.Review(t.Context(), c.who, u.ID)
	if err != nil || !u.Blocked || codes(effect) != "changed-since" || !strings.Contains(text(effect), `account_lock_reason is "by hand" and this plan left "a"`) {
		t.Errorf("%v %s", err, text(effect))
	}
}

func TestAccountGuards(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	nobody := 2_000_000_000
	past := time.Now().Add(-time.Minute)
	for _, row := range []struct {
		kind   string
		params m
		want   string
	}{
		{"account.lock", m{"account": nobody, "reason": "x"}, "no-such-account"},
		{"account.lock", m{"account": c.mallory, "reason": "x", "until": past}, "end-passed"},
		{"account.unlock", m{"account": nobody}, "no-such-account"},
		{"account.release", m{"account": nobody}, "no-such-account"},
		{"account.unverify_email", m{"account": nobody}, "no-such-account"},
		{"account.rate_limit", m{"account": nobody, "action": "new", "burst": 1}, "no-such-account"},
		{"account.rate_limit", m{"account": c.mallory, "action": "new", "burst": 1, "until": past}, "end-passed"},
		{"account.rate_limit_clear", m{"account": nobody, "action": "new"}, "no-such-account"},
	} {
		if got := c.blocked(row.kind, row.params); got != row.want {
			t.Errorf("%s: %s", row.kind, got)
		}
	}
	c.exec(`UPDATE users SET is_admin = true WHERE id = $1`, c.guest)
	c.who.RegistryUser = int32(c.guest)
	for _, kind := range []string{"account.lock", "account.unlock", "account.unverify_email", "account.rate_limit", "owner.add", "owner.invite"} {
		params := m{"account": c.guest}
		switch kind {
		case "account.lock":
			params["reason"] = "x"
		case "account.rate_limit":
			params["action"], params["burst"] = "yank", 5
		case "owner.add", "owner.invite":
			params["crate"] = "cast-other"
		}
		if _, effect := c.reviewed(kind, params); !strings.HasPrefix(codes(effect), "own-account admin-account") {
			t.Errorf("%s: %s", kind, codes(effect))
		}
	}
}

func TestUnverifyEmail(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	effect := c.identity("account.unverify_email", m{"account": c.mallory})
	if len(effect.Rows) != 1 || effect.Rows[0].Table != "emails" || codes(effect) != "old-link-works" || strings.Contains(text(effect), "@") {
		t.Error(text(effect))
	}
	c.exec(`DELETE FROM emails WHERE user_id = $1`, c.guest)
	c.exec(`UPDATE emails SET verified = false WHERE user_id = $1`, c.helper)
	for _, id := range []int64{c.guest, c.helper} {
		if _, effect = c.reviewed("account.unverify_email", m{"account": id}); codes(effect) != "nothing-to-do" || len(effect.Rows) != 0 {
			t.Error(codes(effect))
		}
	}
}

// An address that the person changed since was confirmed by nobody; undo must
// not vouch for it, though nothing that it may look at differs.
func TestUndoOfUnverifyDoesNotVouchForAnotherAddress(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	p, _ := c.applied("account.unverify_email", m{"account": c.mallory})
	c.exec(`UPDATE emails SET email = 'thief@example.com' WHERE user_id = $1`, c.mallory)
	u, err := c.Undo(t.Context(), c.who, p.ID, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	u, effect, err := c.Review(t.Context(), c.who, u.ID)
	if err != nil || !u.Blocked || codes(effect) != "changed-since" || strings.Contains(text(effect), "thief") {
		t.Errorf("%v %s", err, text(effect))
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	c.exec(`INSERT INTO publish_limit_buckets (user_id, action, tokens) VALUES ($1, 1, 2)`, c.mallory)
	limit := func(action string, burst int, more m) m {
		params := m{"account": c.mallory, "action": action, "burst": burst}
		for k, v := range more {
			params[k] = v
		}
		return params
	}
	effect := c.identity("account.rate_limit", limit("new", 0, nil))
	if codes(effect) != "first-limit stops-requests" || len(effect.Rows) != 1 {
		t.Error(codes(effect))
	}
	effect = c.identity("account.rate_limit", limit("update", 500, m{"refill": true, "until": "2027-01-01T00:00:00Z"}))
	if codes(effect) != "first-limit refill" || len(effect.Rows) != 2 {
		t.Errorf("%s %+v", codes(effect), effect.Rows)
	}
	p, _ := c.applied("account.rate_limit", limit("update", 500, m{"refill": true}))
	if n := c.number(`SELECT tokens FROM publish_limit_buckets WHERE user_id = $1 AND action = 1`, c.mallory); n != 500 {
		t.Errorf("%d tokens", n)
	}
	effect = c.identity("account.rate_limit", limit("update", 10, nil))
	if codes(effect) != "former-limit no-refill" || !strings.Contains(text(effect), "was 500 requests at once, without an end") {
		t.Error(text(effect))
	}
	if effect = c.identity("account.rate_limit_clear", m{"account": c.mallory, "action": "update"}); codes(effect) != "former-limit" || len(effect.Rows) != 1 {
		t.Error(codes(effect))
	}
	if _, effect = c.reviewed("account.rate_limit_clear", m{"account": c.mallory, "action": "yank"}); codes(effect) != "nothing-to-do" {
		t.Error(codes(effect))
	}
	// A request since then used the bucket: the limit goes, the bucket stays.
	c.exec(`UPDATE publish_limit_buckets SET tokens = 499 WHERE user_id = $1`, c.mallory)
	c.undone(p)
	if n := c.number(`SELECT tokens FROM publish_limit_buckets WHERE user_id = $1 AND action = 1`, c.mallory); n != 499 {
		t.Errorf("%d tokens", n)
	}
	if n := c.number(`SELECT count(*) FROM publish_rate_overrides WHERE user_id = $1`, c.mallory); n != 0 {
		t.Errorf("%d overrides", n)
	}
}

// Parameters that can never be right are refused before anything is looked at.
func TestPeopleFamiliesRefuseBadParameters(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLockReason+1)
	bad := map[string][]m{
		"account.lock": {{}, {"account": 0, "reason": "x"}, {"account": -1, "reason": "x"}, {"account": 1}, {"account": 1, "reason": " \n"}, {"account": 1, "reason": long},
			{"account": 1, "reason": "a\x00b"}, {"account": 1, "reason": "x", "until": "tomorrow"}, {"account": "1", "reason": "x"}, {"account": 1 << 40, "reason": "x"}, {"account": 1, "reason": "x", "more": 1}},
		"account.unlock":           {{}, {"account": 0}},
		"account.contain":          {{}, {"account": 1}, {"account": 1, "reason": "x", "crates": "some"}, {"account": 1, "reason": "x", "keep_tokens": "yes"}},
		"account.release":          {{}, {"account": 0}},
		"account.unverify_email":   {{}, {"account": -5}},
		"account.rate_limit":       {{}, {"account": 1, "action": "all", "burst": 1}, {"account": 1, "action": "new", "burst": -1}, {"account": 1, "action": "new", "burst": maxBurst + 1}, {"account": 1, "burst": 1}, {"account": 1, "action": "new"}},
		"account.rate_limit_clear": {{}, {"account": 1}, {"account": 1, "action": "new", "burst": 1}},
		"owner.add":                {{}, {"crate": "x"}, {"account": 1}, {"crate": " ", "account": 1}, {"crate": strings.Repeat("x", 300), "account": 1}},
		"owner.invite":             {{}, {"crate": "x"}, {"account": 1}},
		"owner.add_team":           {{}, {"crate": "x"}, {"team": 1}, {"crate": "x", "team": -1}},
		"owner.remove":             {{}, {"crate": "x"}, {"account": 1}, {"crate": "x", "account": 1, "team": 1}, {"crate": "x", "account": -1}},
		"owner.cancel_invitation":  {{}, {"crate": "x"}, {"account": 1}},
		"token.revoke":             {{}, {"token": 0}, {"token": "cioSECRET"}},
		"token.revoke_where":       {{}, {"scope": "root"}, {"legacy": true, "scope": "yank"}, {"legacy": true, "crate_pattern": "a*"}, {"account": -1}, {"name_pattern": "**"}, {"name_pattern": "\x00"}, {"crate_pattern": long}, {"older_than": "x"}},
		"publisher.suspend":        {{}, {"provider": "github"}, {"id": 1}, {"provider": "bitbucket", "id": 1}, {"provider": "github", "id": 0}},
		"publisher.revoke_token":   {{}, {"id": 0}, {"id": "x"}},
	}
	catalogue := NewCatalogue()
	for kind, list := range bad {
		for _, params := range list {
			_, err := catalogue.Decode(steps(t, kind, params))
			if k := cratewarden.KindOf(err); k != cratewarden.Invalid && k != cratewarden.TooLarge {
				t.Errorf("%s %v: %v", kind, params, err)
			}
		}
	}
	for _, k := range catalogue.Kinds() {
		family, _, _ := strings.Cut(k.Name, ".")
		if _, tried := bad[k.Name]; !tried && strings.Contains(" account owner token publisher ", " "+family+" ") {
			t.Errorf("no bad parameters of %s are tried", k.Name)
		}
	}
}
