package action

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/demo"
)

// told gives the ticked steps of one kind as "crate@version".
func told(t *testing.T, list []StepText, kind string) (out []string) {
	t.Helper()
	for _, text := range list {
		var s struct{ Do, Crate, Version string }
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		if s.Do == kind {
			out = append(out, s.Crate+"@"+s.Version)
		}
	}
	return out
}

func releases(list []demo.Release) (out []string) {
	for _, r := range list {
		out = append(out, r.Crate+"@"+r.Version)
	}
	return out
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func suspects(a demo.August) (ids []int32) {
	for _, x := range a.Contain {
		ids = append(ids, x.UserID)
	}
	return ids
}

// The evening of the attack: one order contains the four accounts and holds
// exactly the fifteen versions, the helper first.
func TestContainTheAttack(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	august := made().Situations.August
	since := august.Clean.At
	o, err := k.ContainPlan(t.Context(), ContainOrder{Accounts: suspects(august), LockTerms: LockTerms{Reason: "stolen credentials"}, HoldSince: &since})
	if err != nil {
		t.Fatal(err)
	}
	holds := told(t, o.Steps, "version.hold")
	if got, want := sorted(holds), sorted(releases(august.Hold)); !slices.Equal(got, want) || len(got) != 15 {
		t.Errorf("holds %v\nwant %v", got, want)
	}
	if len(o.Steps) != 19 || !strings.HasPrefix(holds[0], august.Helper) || !strings.HasPrefix(holds[1], august.Helper) {
		t.Errorf("%d steps, %v", len(o.Steps), holds)
	}
	for i := range 4 {
		if !strings.Contains(string(o.Steps[i]), "account.contain") {
			t.Errorf("step %d: %s", i+1, o.Steps[i])
		}
	}
	p, err := k.Draft(t.Context(), k.who, o, "")
	if err != nil {
		t.Fatal(err)
	}
	p, effect, err := k.Review(t.Context(), k.who, p.ID)
	if err != nil || p.Blocked {
		t.Fatal(err, effect.Blocks())
	}
	k.apply(p, effect)
	for _, r := range august.Hold {
		if n := k.number(`SELECT count(*) FROM versions WHERE id = $1 AND yanked`, r.VersionID); n != 1 {
			t.Errorf("%s %s is not yanked", r.Crate, r.Version)
		}
	}
	// Asked again, what is held already is not ticked.
	again, err := k.Contain(t.Context(), ContainOrder{Accounts: suspects(august), LockTerms: LockTerms{Reason: "again"}, HoldSince: &since})
	if err != nil || len(told(t, again.Order().Steps, "version.hold")) != 0 {
		t.Error(err, again)
	}
}

// Undoing what the four did holds the same fifteen and gives back exactly the
// five good versions that the attacker yanked.
func TestUndoSinceTheAttack(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	august := made().Situations.August
	p, err := k.UndoSince(t.Context(), UndoSinceOrder{Accounts: suspects(august), From: august.Clean.At})
	if err != nil {
		t.Fatal(err)
	}
	o := p.Order()
	if got, want := sorted(told(t, o.Steps, "version.hold")), sorted(releases(august.Hold)); !slices.Equal(got, want) {
		t.Errorf("holds %v\nwant %v", got, want)
	}
	if got, want := sorted(told(t, o.Steps, "version.unyank")), sorted(releases(august.Restore)); !slices.Equal(got, want) || len(got) != 5 {
		t.Errorf("unyanks %v\nwant %v", got, want)
	}
	if yanks := told(t, o.Steps, "version.yank"); len(yanks) != 0 {
		t.Error(yanks)
	}
	firstUnyank := slices.IndexFunc(o.Steps, func(s StepText) bool { return strings.Contains(string(s), "unyank") })
	if firstUnyank != 15 {
		t.Errorf("the first unyank is step %d", firstUnyank+1)
	}
	if len(p.Notes) == 0 {
		t.Error("nothing is said of what the registry does not record")
	}
}

// By the stolen token alone: its three publishes, its five yanks, and itself.
func TestUndoSinceByToken(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	august := made().Situations.August
	p, err := k.UndoSince(t.Context(), UndoSinceOrder{Token: august.Stolen.TokenID, From: august.Started})
	if err != nil {
		t.Fatal(err)
	}
	o := p.Order()
	if got, want := sorted(told(t, o.Steps, "version.hold")), sorted(releases(august.Republished)); !slices.Equal(got, want) {
		t.Errorf("holds %v\nwant %v", got, want)
	}
	if got, want := sorted(told(t, o.Steps, "version.unyank")), sorted(releases(august.Restore)); !slices.Equal(got, want) {
		t.Errorf("unyanks %v\nwant %v", got, want)
	}
	if last := string(o.Steps[len(o.Steps)-1]); last != fmt.Sprintf(`{"do":"token.revoke","token":%d}`, august.Stolen.TokenID) {
		t.Error(last)
	}
}

// Everything else that one account can do, and what others did since.
func TestUndoSinceSeesOwnersInvitationsAndTokens(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	owner := made().Situations.August.Owner.UserID
	other := int32(k.number(`SELECT max(id) FROM users`))
	crate := k.number(`SELECT id FROM crates WHERE name = 'bitgrid'`)
	from := time.Now().UTC()
	k.exec(`INSERT INTO crate_owners (crate_id, owner_id, created_by, owner_kind) VALUES ($1, $2, $3, 0)`, crate, other, owner)
	k.exec(`INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at) VALUES ($1, $2, $3, now() + interval '30 days')`, other-1, owner, crate)
	k.exec(`INSERT INTO api_tokens (user_id, token, name) VALUES ($1, '\x01', 'n')`, owner)
	k.exec(`INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename) VALUES ($1, 'o', 1, 'r', 'w.yml')`, crate)
	act := func(num string, user int32, kind int) {
		k.exec(`UPDATE versions SET yanked = $2 WHERE crate_id = $1 AND num = $3`, crate, kind == 1, num)
		k.exec(`INSERT INTO version_owner_actions (version_id, user_id, action) SELECT id, $2, $3 FROM versions WHERE crate_id = $1 AND num = $4`, crate, user, kind, num)
	}
	act("0.1.0", owner, 1)
	act("0.1.0", owner, 2) // back again: nothing to undo
	act("0.1.1", owner, 1)
	act("0.1.1", other, 2)
	act("0.1.1", other, 1) // somebody else's word since
	act("0.2.0", other, 1)
	act("0.2.0", owner, 2)
	p, err := k.UndoSince(t.Context(), UndoSinceOrder{Account: owner, From: from.Add(-time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Steps {
		got = append(got, fmt.Sprintf("%v %s", s.Ticked, s.Sentence))
	}
	want := []string{
		"false Unyank bitgrid 0.1.1", "true Yank bitgrid 0.2.0",
		fmt.Sprintf("true Remove account %d from the owners of bitgrid", other), fmt.Sprintf("true Cancel the invitation of account %d to own bitgrid", other-1),
		fmt.Sprintf("true Revoke API token %d", k.number(`SELECT max(id) FROM api_tokens`)),
		fmt.Sprintf("false Suspend trusted publisher github/%d", k.number(`SELECT max(id) FROM trustpub_configs_github`)),
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, err := k.UndoSince(t.Context(), UndoSinceOrder{Account: 2147483647, From: from}); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Error(err)
	}
	for _, bad := range []UndoSinceOrder{{}, {Account: owner}, {Account: owner, Token: 1, From: from}, {Account: owner, From: from, Until: from}} {
		if _, err := k.UndoSince(t.Context(), bad); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestResolveABatch(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	b, err := k.Resolve(t.Context(), "ARRAYKIT\n# a comment\n\narraykit@0.3.9\n- bitgrid v0.1.0\nno-such-crate\narraykit 99.0.0\nhttps://host.example/crates/arraykit\narraykit  # again\na b c\n")
	if err != nil {
		t.Fatal(err)
	}
	if b.Lines != 8 || len(b.Resolved) != 3 || len(b.Unresolved) != 4 {
		t.Fatalf("%+v", b)
	}
	r := b.Resolved
	if r[0].Crate != "arraykit" || r[0].Versions != 14 || r[0].Again != 1 || r[1].VersionID == 0 || !r[1].Yanked || r[2].Crate != "bitgrid" || r[2].Version != "0.1.0" {
		t.Errorf("%+v", r)
	}
	if u := b.Unresolved[1]; u.Line != 7 || len(u.Near) != nearNumbers || u.Near[0] != "0.3.10" {
		t.Errorf("%+v", u)
	}
	o, err := k.BatchOrder(t.Context(), "version.yank", b.Resolved, map[string]string{"message": "bad"})
	if err != nil || len(o.Steps) != 15 {
		t.Errorf("%d steps, %v", len(o.Steps), err)
	}
	if _, err := k.BatchOrder(t.Context(), "crate.hold", b.Resolved, nil); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Error(err)
	}
	for text, kind := range map[string]cratewarden.Kind{"": cratewarden.Invalid, "# only\n": cratewarden.Invalid, strings.Repeat("a\n", maxLines+1): cratewarden.TooLarge} {
		if _, err := k.Resolve(t.Context(), text); cratewarden.KindOf(err) != kind {
			t.Errorf("%.10q: %v", text, err)
		}
	}
}
