package action

import (
	"strings"
	"testing"
)

func TestOwnerAdd(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	owner := `SELECT count(*) FROM crate_owners WHERE crate_id = $1 AND owner_id = $2 AND owner_kind = 0 AND NOT deleted AND email_notifications AND created_by = $3`
	effect := c.identity("owner.add", m{"crate": "CAST_Other", "account": c.mallory}) // any spelling
	if codes(effect) != "without-invitation invited-too" || len(effect.Rows) != 1 || len(effect.Jobs) != 0 {
		t.Errorf("%s %+v", codes(effect), effect.Rows)
	}
	c.applied("owner.add", m{"crate": "cast-other", "account": c.mallory})
	if c.number(owner, c.other, c.mallory, c.who.RegistryUser) != 1 {
		t.Error("no such owner")
	}
	if _, effect = c.applied("owner.add", m{"crate": "cast-other", "account": c.mallory}); codes(effect) != "nothing-to-do" || len(effect.Rows) != 0 {
		t.Error(codes(effect))
	}
	// A former owner comes back with the old beginning.
	c.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by, created_at, deleted) VALUES ($1, $2, 0, $3, '2020-01-01', true)`, c.other, c.guest, c.helper)
	c.exec(`UPDATE users SET account_lock_reason = 'x' WHERE id = $1`, c.guest)
	effect = c.identity("owner.add", m{"crate": "cast-other", "account": c.guest})
	if codes(effect) != "owner-before without-invitation locked-owner" {
		t.Error(codes(effect))
	}
	if row := effect.Rows[0]; strings.Join(row.Changed(), " ") != "deleted updated_at" {
		t.Errorf("%v", row.Changed())
	}
	for want, params := range map[string]m{
		"no-such-crate":                 {"crate": "nothing-here", "account": c.guest},
		"no-such-account":               {"crate": "cast-other", "account": 2_000_000_000},
		"no-such-crate no-such-account": {"crate": "nothing-here", "account": 2_000_000_000},
	} {
		if got := c.blocked("owner.add", params); got != want {
			t.Errorf("%s: %s", want, got)
		}
	}
	c.who.RegistryUser = 0
	if got := c.blocked("owner.add", m{"crate": "cast-other", "account": c.helper}); got != "no-account" {
		t.Error(got)
	}
}

func TestOwnerAddTeam(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	team := c.one(`INSERT INTO teams (login, github_id, org_id) VALUES ('github:cast:core', 555, 5) RETURNING id::bigint`)
	effect := c.identity("owner.add_team", m{"crate": "cast-other", "team": team})
	if codes(effect) != "team-not-asked" || len(effect.Rows) != 1 {
		t.Error(codes(effect))
	}
	c.applied("owner.add_team", m{"crate": "cast-other", "team": team})
	if effect = c.identity("owner.remove", m{"crate": "cast-other", "team": team}); len(effect.Rows) != 1 || strings.Contains(codes(effect), "last-owner") {
		t.Error(codes(effect))
	}
	if got := c.blocked("owner.add_team", m{"crate": "cast-other", "team": 2_000_000_000}); got != "no-such-team" {
		t.Error(got)
	}
	if got := c.blocked("owner.add_team", m{"crate": "nothing-here", "team": team}); got != "no-such-crate" {
		t.Error(got)
	}
	// A team alone does not keep a crate.
	if got := c.blocked("owner.remove", m{"crate": "cast-other", "account": c.helper}); got != "last-owner" {
		t.Error(got)
	}
}

func TestOwnerRemove(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	effect := c.identity("owner.remove", m{"crate": "cast-shared", "account": c.mallory})
	if codes(effect) != "publishers-stay" || len(effect.Rows) != 1 {
		t.Errorf("%s %+v", codes(effect), effect.Rows)
	}
	if !strings.Contains(text(effect), "cast-shared keeps 1 trusted publisher and 1 live publish token") {
		t.Error(text(effect))
	}
	for want, params := range map[string]m{
		"last-owner":    {"crate": "cast_sole", "account": c.mallory},
		"not-an-owner":  {"crate": "cast_sole", "account": c.guest},
		"no-such-crate": {"crate": "nothing-here", "account": c.guest},
	} {
		if got := c.blocked("owner.remove", params); got != want {
			t.Errorf("%s: %s", want, got)
		}
	}
	c.invite(c.mallory, c.helper, c.shared, "3 days")
	c.exec(`UPDATE users SET account_lock_reason = 'x' WHERE id = $1`, c.helper)
	if _, effect = c.applied("owner.remove", m{"crate": "cast-shared", "account": c.mallory}); codes(effect) != "invited-still publishers-stay only-locked-owners" {
		t.Error(codes(effect))
	}
	if _, effect = c.applied("owner.remove", m{"crate": "cast-shared", "account": c.mallory}); codes(effect) != "nothing-to-do" {
		t.Error(codes(effect))
	}
}

// All owner steps of a plan count together, in any order, as one request of
// the registry does; and so does their undo.
func TestLastOwnerIsJudgedOverTheWholePlan(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	c.identity("owner.remove", m{"crate": "cast_sole", "account": c.mallory}, "owner.add", m{"crate": "cast-sole", "account": c.guest})
	c.identity("owner.add", m{"crate": "cast_sole", "account": c.guest}, "owner.remove", m{"crate": "cast_sole", "account": c.mallory})
	c.identity("owner.add", m{"crate": "cast_sole", "account": c.guest}, "owner.add", m{"crate": "cast_sole", "account": c.helper}, "owner.remove", m{"crate": "cast_sole", "account": c.guest})
	if got := c.blocked("owner.remove", m{"crate": "cast-shared", "account": c.mallory}, "owner.remove", m{"crate": "cast_shared", "account": c.helper}); got != "last-owner" {
		t.Error(got)
	}
	if got := c.blocked("owner.remove", m{"crate": "cast_sole", "account": c.mallory}, "owner.add", m{"crate": "cast_sole", "account": c.guest}, "owner.remove", m{"crate": "cast_sole", "account": c.guest}); got != "last-owner last-owner" {
		t.Error(got)
	}
}

// Undo of an addition does not leave a crate without an owner when the others
// left since.
func TestUndoOfAddKeepsTheLastOwner(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	p, _ := c.applied("owner.add", m{"crate": "cast_sole", "account": c.guest})
	c.exec(`UPDATE crate_owners SET deleted = true WHERE crate_id = $1 AND owner_id = $2`, c.sole, c.mallory)
	u, err := c.Undo(t.Context(), c.who, p.ID, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	u, effect, err := c.Review(t.Context(), c.who, u.ID)
	if err != nil || !u.Blocked || codes(effect) != "last-owner" {
		t.Errorf("%v %s", err, codes(effect))
	}
}

func TestInviteAndCancel(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	effect := c.identity("owner.invite", m{"crate": "cast-other", "account": c.guest})
	if codes(effect) != "no-mail" || len(effect.Rows) != 1 {
		t.Error(codes(effect))
	}
	c.applied("owner.invite", m{"crate": "cast-other", "account": c.guest})
	if n := c.number(`SELECT count(*) FROM crate_owner_invitations WHERE invited_user_id = $1 AND crate_id = $2 AND invited_by_user_id = $3
		AND length(token) = 26 AND expires_at - created_at = interval '30 days'`, c.guest, c.other, c.who.RegistryUser); n != 1 {
		t.Error("no such invitation")
	}
	if _, effect = c.reviewed("owner.invite", m{"crate": "cast-other", "account": c.guest}); codes(effect) != "nothing-to-do" {
		t.Error(codes(effect))
	}
	for want, params := range map[string]m{
		"owner-already":      {"crate": "cast-other", "account": c.helper},
		"expired-invitation": {"crate": "cast-shared", "account": c.guest},
		"no-such-account":    {"crate": "cast-shared", "account": 2_000_000_000},
		"no-such-crate":      {"crate": "nothing-here", "account": c.guest},
	} {
		if got := c.blocked("owner.invite", params); got != want {
			t.Errorf("%s: %s", want, got)
		}
	}
	cancel := m{"crate": "cast-shared", "account": c.guest}
	effect = c.identity("owner.cancel_invitation", cancel, "owner.invite", cancel)
	if codes(effect) != "expired-invitation no-mail" {
		t.Error(codes(effect))
	}
	old := c.number(`SELECT hashtext(token) FROM crate_owner_invitations WHERE crate_id = $1`, c.sole)
	effect = c.identity("owner.cancel_invitation", m{"crate": "cast_sole", "account": c.guest})
	if codes(effect) != "new-invitation-links" || len(effect.Rows) != 1 || effect.Rows[0].After != nil {
		t.Error(codes(effect))
	}
	if now := c.number(`SELECT hashtext(token) FROM crate_owner_invitations WHERE crate_id = $1`, c.sole); now == old || now == 0 {
		t.Error("the old link works again")
	}
	if _, effect = c.reviewed("owner.cancel_invitation", m{"crate": "cast_sole", "account": c.helper}); codes(effect) != "nothing-to-do" {
		t.Error(codes(effect))
	}
}

// Who accepted an invitation since is an owner; undo says so and stops.
func TestUndoOfInviteThatWasAccepted(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	p, _ := c.applied("owner.invite", m{"crate": "cast-other", "account": c.guest})
	c.owns(c.other, c.guest)
	c.exec(`DELETE FROM crate_owner_invitations WHERE crate_id = $1 AND invited_user_id = $2`, c.other, c.guest)
	u, err := c.Undo(t.Context(), c.who, p.ID, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if u, effect, err := c.Review(t.Context(), c.who, u.ID); err != nil || !u.Blocked || codes(effect) != "changed-since" {
		t.Errorf("%v %s", err, codes(effect))
	}
}
