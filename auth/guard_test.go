package auth_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/team"
)

// rule gives the first rule that an error says stands in the way.
func rule(err error) string {
	if d, ok := errors.AsType[*access.Denied](err); ok {
		return d.Rule()
	}
	return ""
}

func TestMay(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	vera, bo := tn.in(3), tn.in(2)
	for _, c := range []struct {
		who  *came
		act  string
		rule string
	}{
		{vera, "look", ""}, {vera, "plan.draft", access.RuleRole}, {vera, "own.session", ""}, {vera, "own.passkey", access.RuleStepUp},
		{vera, "public", ""}, {vera, "made.up", access.RuleUnlisted}, {vera, "", access.RuleUnlisted},
		{bo, "plan.draft", access.RuleStepUp}, {bo, "look", ""}, {bo, "person.enrol", access.RuleRole}, {bo, "plan.apply", access.RuleStepUp},
	} {
		err := tn.May(t.Context(), c.who.who(), c.act)
		if rule(err) != c.rule || (err == nil) != (c.rule == "") {
			t.Errorf("%s may %q: %v, want %q", c.who.who().Person.Name, c.act, err, c.rule)
		}
		if d := tn.Would(c.who.who(), c.act); (d == nil) != (err == nil) {
			t.Errorf("%q: would %v, may %v", c.act, d, err)
		}
	}
	bo.stepped()
	for _, act := range []string{"plan.draft", "plan.apply", "own.passkey", "own.api-token"} {
		if err := tn.May(t.Context(), bo.who(), act); err != nil {
			t.Errorf("%s: %v", act, err)
		}
	}
	tn.pass(5 * time.Minute)
	if err := tn.May(t.Context(), bo.who(), "plan.draft"); rule(err) != access.RuleStepUp {
		t.Errorf("five minutes later: %v", err)
	}
	fails(t, tn.May(t.Context(), auth.Visitor{}, "look"), cratewarden.Unsigned)
	if err := tn.May(t.Context(), auth.Visitor{}, access.Public); err != nil {
		t.Error(err)
	}
}

// Refusals are entries of the ledger, which nobody fills by asking on and on.
func TestRefusalsAreRecorded(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	vera := tn.in(3)
	for range 20 {
		_ = tn.May(t.Context(), vera.who(), "plan.draft")
		_ = tn.Would(vera.who(), "plan.edit") // asking what to offer is no attempt
	}
	if n, m := tn.entries(ledger.Refusal, "plan.draft"), tn.entries(ledger.Refusal, "plan.edit"); n != 1 || m != 0 {
		t.Errorf("%d and %d entries", n, m)
	}
	tn.pass(time.Minute)
	_ = tn.May(t.Context(), vera.who(), "plan.draft")
	if n := tn.entries(ledger.Refusal, "plan.draft"); n != 2 {
		t.Errorf("%d entries a minute later", n)
	}
	var who, session, rule string
	if err := tn.db.QueryRow(t.Context(), `SELECT body::jsonb->'actor'->>'name', body::jsonb->>'session', body::jsonb->'details'->>'rule' FROM ledger_entry
		WHERE body::jsonb->>'action' = 'plan.draft' LIMIT 1`).Scan(&who, &session, &rule); err != nil {
		t.Fatal(err)
	}
	if who != "Vera" || session != vera.who().Session.ID || rule != "role, step-up" {
		t.Errorf("%q %q %q", who, session, rule)
	}
}

// A role that the list takes between review and apply is gone at the apply.
func TestRoleRemovedBetweenReviewAndApply(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada := tn.in(1)
	reviewer := ada.who().Actor
	if a, err := tn.Current(t.Context(), reviewer); err != nil || !a.Has(cratewarden.Remover) || a.Session != reviewer.Session {
		t.Fatalf("%+v, %v", a, err)
	}
	less := member(1, "Ada", cratewarden.Responder)
	less.OnCall, less.Teams = true, []int64{55}
	tn.people(less)
	a, err := tn.Current(t.Context(), reviewer)
	if err != nil || !slices.Equal(a.Roles, []cratewarden.Role{cratewarden.Responder}) || !a.OnCall || !slices.Equal(a.Teams, []int64{55}) {
		t.Errorf("%+v, %v", a, err)
	}
	if n := tn.entries(ledger.Note, "person.roles"); n != 6 { // three at first, then Ada and two who left
		t.Errorf("%d entries", n)
	}
	if err := tn.SignOut(t.Context(), ada.who()); err != nil {
		t.Fatal(err)
	}
	_, err = tn.Current(t.Context(), reviewer)
	fails(t, err, cratewarden.Unsigned)
	reviewer.ID = "somebody else"
	_, err = tn.Current(t.Context(), reviewer)
	fails(t, err, cratewarden.Unsigned)
	stranger := tn.in(1).who().Actor
	stranger.ID = "somebody else"
	_, err = tn.Current(t.Context(), stranger)
	fails(t, err, cratewarden.Unsigned)
}

// While the list cannot be read, people go on looking; changes stop after a
// while, with a reason.
func TestTeamSourceDown(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada := tn.in(1).stepped()
	actor := ada.who().Actor
	tn.broken = errors.New("connection refused")
	tn.pass(29 * time.Minute)
	ada.stepped()
	if _, refused := tn.Roster(); refused {
		t.Error("refused too early")
	}
	if _, err := tn.Current(t.Context(), actor); err != nil {
		t.Errorf("after 29 minutes: %v", err)
	}
	tn.pass(2 * time.Minute)
	ada.stepped()
	tn.list.Problem = "The team repository does not answer."
	if list, refused := tn.Roster(); !refused || len(list.Members) != 3 || list.Problem == "" {
		t.Error("not refused")
	}
	_, err := tn.Current(t.Context(), actor)
	if rule(err) != access.RuleStaleList || cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("after 31 minutes: %v", err)
	}
	if err := tn.May(t.Context(), ada.who(), "plan.draft"); rule(err) != access.RuleStaleList {
		t.Errorf("a plan: %v", err)
	}
	if err := tn.May(t.Context(), ada.who(), "look"); err != nil {
		t.Errorf("looking: %v", err)
	}
	if v := tn.in(1).who(); v.Person.Name != "Ada" { // and signing in, to look
		t.Error("no sign-in")
	}
	if err := tn.EndSession(t.Context(), ada.who(), ada.who().Session.ID); err != nil {
		t.Errorf("ending one's own session: %v", err)
	}
	tn.broken = nil
	tn.pass(0)
	if _, err := tn.Current(t.Context(), tn.in(1).who().Actor); err != nil {
		t.Errorf("read again: %v", err)
	}
}

// Before the list was read for the first time nobody gets in.
func TestListNeverRead(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.list = team.Snapshot{Members: tn.list.Members}
	tn.broken = errors.New("connection refused")
	tn.hub.Sit(authtest.Account{Number: 1})
	_, err := authtest.SignIn(t.Context(), tn.Service, "github", "/", laptop)
	fails(t, err, cratewarden.Unavailable, "list of people")
	if _, refused := tn.Roster(); !refused {
		t.Error("changes are allowed")
	}
}

// Settings that would let in more than meant are refused at the start.
func TestSettings(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	for name, change := range map[string]func(*auth.Config){
		"an address with a path":   func(c *auth.Config) { c.Origin = "https://console.example/admin" },
		"no address":               func(c *auth.Config) { c.Origin = "" },
		"an address with a user":   func(c *auth.Config) { c.Origin = "https://a:b@console.example" },
		"two of one id":            func(c *auth.Config) { c.Providers = append(c.Providers, c.Providers[0]) },
		"an id with a slash":       func(c *auth.Config) { c.Providers[0].ID = "a/b" },
		"pretend":                  func(c *auth.Config) { c.Providers[0].ID = "pretend" },
		"an issuer over http":      func(c *auth.Config) { c.Providers[1].Issuer = "http://id.example" },
		"a GitHub over http":       func(c *auth.Config) { c.Providers[0].URL = "http://github.example" },
		"a kind that is none":      func(c *auth.Config) { c.Providers[0].ID, c.Providers[0].Kind = "saml", "saml" },
		"a client without a name":  func(c *auth.Config) { c.Providers[0].ClientID = "" },
		"a GitHub of another kind": func(c *auth.Config) { c.Providers[1].ID = "github"; c.Providers = c.Providers[1:] },
	} {
		cfg := tn.cfg
		cfg.Providers = slices.Clone(cfg.Providers)
		change(&cfg)
		if _, err := auth.New(cfg); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := auth.New(auth.Config{}); err == nil {
		t.Error("no settings at all")
	}
}

// That nobody can read the list is told while there is time to do something,
// once, by whichever process sees it first, and again only the next time.
func TestUnreadableListIsToldOnce(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	other := tn.another()
	round := func() {
		t.Helper()
		for _, s := range []*auth.Service{tn.Service, other} {
			if err := errors.Join(auth.Settle(t.Context(), s), auth.TellUnreadable(t.Context(), s)); err != nil {
				t.Fatal(err)
			}
		}
	}
	told := func() []notify.Notice { return tn.notices("list.unreadable") }
	round()
	tn.broken = errors.New("connection refused")
	for _, step := range []struct {
		pass time.Duration
		want int
	}{{14 * time.Minute, 0}, {2 * time.Minute, 1}, {time.Minute, 1}, {time.Hour, 1}} {
		tn.pass(step.pass)
		round()
		if got := told(); len(got) != step.want {
			t.Fatalf("%s later: %d notices, want %d", step.pass, len(got), step.want)
		}
	}
	n := told()[0]
	if !n.Urgent || !slices.Equal(n.Roles, []cratewarden.Role{cratewarden.Platform}) || n.Path != "/people" || !strings.Contains(n.Text, "12:30:01 UTC, the console refuses every change") {
		t.Errorf("%+v", n)
	}
	if n := tn.entries(ledger.Note, "list.unreadable"); n != 1 {
		t.Errorf("%d entries", n)
	}
	tn.broken = nil
	tn.pass(time.Minute)
	tn.people(tn.list.Members...)
	round()
	tn.broken = errors.New("connection refused")
	tn.pass(20 * time.Minute)
	round()
	if got := told(); len(got) != 2 {
		t.Errorf("the second time: %d notices", len(got))
	}
}
