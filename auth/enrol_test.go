package auth_test

import (
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
)

func TestEnrolmentCodesWorkOnceForOneForADay(t *testing.T) {
	t.Parallel()
	const bad = "This enrolment code does not work"
	h := newHouse(t)
	ada, bo := h.ada(), h.bo()
	issue := func() string {
		t.Helper()
		code, _, err := h.IssueEnrolment(t.Context(), auth.Server(), "ada")
		ada.must(err)
		return code
	}
	replaced := issue()
	code := issue()
	denied(t, ada.add(replaced, "key"), bad)
	denied(t, bo.add(code, "key"), bad)
	last := "B"
	if code[34:] == last {
		last = "C"
	}
	denied(t, ada.add(code[:34]+last, "key"), bad)
	ada.must(ada.add(code, "key"))
	ada.key = authtest.NewAuthenticator(console)
	denied(t, ada.add(code, "again"), bad)
	old := issue()
	h.pass(24 * time.Hour)
	ada = h.ada()
	denied(t, ada.add(old, "late"), bad)
	if n := h.count(`SELECT count(*) FROM passkey`); n != 1 {
		t.Errorf("%d passkeys", n)
	}
	if n := h.count(`SELECT count(*) FROM enrolment WHERE position($1::bytea in code) > 0`, strings.ReplaceAll(code, "-", "")); n != 0 {
		t.Error("codes are kept as they are")
	}
}

// A code that ran out or was used while the authenticator was asked registers
// nothing.
func TestEnrolmentCodeIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.ada(), h.ada()
	code, _, err := h.IssueEnrolment(t.Context(), auth.Server(), "ada")
	one.must(err)
	var ids []string
	var answers [][]byte
	for _, s := range []*seat{one, two} {
		c, err := s.BeginPasskey(t.Context(), s.who(), code)
		s.must(err)
		a, err := s.key.Create(c.Options)
		s.must(err)
		ids, answers = append(ids, c.ID), append(answers, a)
	}
	one.must(one.took(h.FinishPasskey(t.Context(), one.who(), ids[0], "one", answers[0])))
	_, err = h.FinishPasskey(t.Context(), two.who(), ids[1], "two", answers[1])
	denied(t, err, "was used")
	if n := h.count(`SELECT count(*) FROM passkey`); n != 1 {
		t.Errorf("%d passkeys", n)
	}
}

// Somebody who lost all passkeys adds one under a code, and then removes the lost
// ones.
func TestLostPasskeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lost := h.ada().enrol()
	h.pass(time.Hour)
	ada := h.ada().enrol()
	list, err := h.Passkeys(t.Context(), "ada")
	ada.must(err)
	ada.must(ada.RemovePasskey(t.Context(), ada.who(), list[0].ID))
	ada.key = lost.key
	denied(t, ada.confirm(auth.About{}, authtest.With(lost.key.Passkeys()[0])), "does not fit")
}

func TestWhoIssuesEnrolmentCodes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada, bo := h.ada().enrol(), h.bo().enrol()
	if _, _, err := h.IssueEnrolment(t.Context(), ada.actor(), "bo"); err != nil {
		t.Errorf("platform, stepped up: %v", err)
	}
	token := ada.actor()
	token.Token = true
	rule := func(err error, want string) {
		t.Helper()
		if d, ok := err.(*access.Denied); !ok || d.Rule() != want {
			t.Errorf("%v, want the rule %s", err, want)
		}
	}
	_, _, err := h.IssueEnrolment(t.Context(), bo.actor(), "bo")
	rule(err, access.RuleRole)
	_, _, err = h.IssueEnrolment(t.Context(), token, "bo")
	rule(err, access.RuleToken)
	forged := auth.Server()
	forged.Session = ada.actor().Session
	_, _, err = h.IssueEnrolment(t.Context(), forged, "bo")
	rule(err, access.RuleRole)
	h.pass(6 * time.Minute)
	_, _, err = h.IssueEnrolment(t.Context(), ada.actor(), "bo")
	rule(err, access.RuleStepUp)
	_, _, err = h.IssueEnrolment(t.Context(), auth.Server(), "nobody")
	if cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("%v", err)
	}
	h.exec(`INSERT INTO person (id, name) VALUES ('eve', 'Eve')`)
	_, _, err = h.IssueEnrolment(t.Context(), auth.Server(), "eve")
	if cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("somebody who is not listed: %v", err)
	}
}
