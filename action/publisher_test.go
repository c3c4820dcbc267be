package action

import (
	"strings"
	"testing"
)

func TestPublisherSuspend(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	effect := c.identity("publisher.suspend", m{"provider": "github", "id": c.github}, "publisher.suspend", m{"provider": "gitlab", "id": c.gitlab})
	if codes(effect) != "publish-tokens-live publish-tokens-live" || len(effect.Rows) != 2 || len(effect.Jobs) != 0 {
		t.Errorf("%s %+v", codes(effect), effect.Rows)
	}
	if got := text(effect); !strings.Contains(got, "cast-shared can no longer be published by group/shared, .gitlab-ci.yml (gitlab). It has 2 owners.") || !strings.Contains(got, "1 publish token already issued can still publish cast_sole") {
		t.Error(got)
	}
	c.applied("publisher.suspend", m{"provider": "github", "id": c.github})
	if got := c.open(c.doors()); strings.Contains(got, "publisher at GitHub") || !strings.Contains(got, "publish token for a crate of its own") {
		t.Errorf("open: %s", got)
	}
	if got := c.blocked("publisher.suspend", m{"provider": "github", "id": c.github}, "publisher.suspend", m{"provider": "gitlab", "id": 2_000_000_000}); got != "no-such-publisher no-such-publisher" {
		t.Error(got)
	}
	c.exec(`UPDATE crates SET trustpub_only = true WHERE id = $1`, c.shared)
	if _, effect := c.reviewed("publisher.suspend", m{"provider": "gitlab", "id": c.gitlab}); codes(effect) != "publish-tokens-live nobody-can-publish" {
		t.Error(codes(effect))
	}
}

func TestPublisherRevokeToken(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	p, effect := c.reviewed("publisher.revoke_token", m{"id": c.both})
	if p.NeedsApproval || !p.Irreversible || p.Confirm == "" || len(effect.Final) != 1 || len(effect.Affected) != 2 {
		t.Errorf("%+v %+v", p, effect)
	}
	if len(effect.Rows) != 1 || effect.Rows[0].After != nil || strings.Contains(text(effect), "hashed_token") {
		t.Errorf("%+v", effect.Rows)
	}
	if _, err := c.Apply(t.Context(), c.who, p.ID, Consent{Digest: *p.Digest}, ""); err == nil {
		t.Error("applied without the typed confirmation")
	}
	c.apply(p, effect)
	if got := c.open(c.doors()); strings.Contains(got, "crate of its own") {
		t.Errorf("open: %s", got)
	}
	if _, err := c.Undo(t.Context(), c.who, p.ID, nil, ""); err == nil {
		t.Error("a deleted token can be undone")
	}
	if _, effect := c.reviewed("publisher.revoke_token", m{"id": c.ended}); codes(effect) != "publish-token-ended" || len(effect.Rows) != 1 {
		t.Error(codes(effect))
	}
	if got := c.blocked("publisher.revoke_token", m{"id": 2_000_000_000}); got != "no-such-publish-token" {
		t.Error(got)
	}
}
