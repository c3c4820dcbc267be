package auth_test

import (
	"testing"
	"time"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
)

// Strangers who begin as many sign-ins of programs as may wait keep nobody who
// is signed in from confirming.
func TestAttackQuestionsOfStrangersFillTheHouse(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	ada := tn.in(1).stepped()
	program := ada.program()
	tn.exec(`INSERT INTO ask (id, secret, code, address, created_at, expires_at)
		SELECT 'k' || n, sha256(n::text::bytea), 'C' || n, '2001:db8::' || n, $1, $1::timestamptz + interval '9 minutes' FROM generate_series(1, 1000) n`, tn.clock())
	_, err := tn.BeginDevice(t.Context(), auth.From{Address: "203.0.113.77"})
	fails(t, err, cratewarden.Refused, "Too many programs")
	d, err := tn.AskStepUp(t.Context(), program.who(), auth.About{})
	if err != nil {
		t.Fatalf("a person cannot confirm: %v", err)
	}
	ada.confirm(auth.About{})
	if err := tn.AnswerAsk(t.Context(), ada.who(), d.Code, true); err != nil {
		t.Fatal(err)
	}
}

// However many sign-ins strangers begin, the table of them stays small, and the
// newest ones count.
func TestAttackSignInsBegunAndLeft(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.exec(`INSERT INTO sign_in (state, browser, provider, nonce, verifier, back, expires_at)
		SELECT sha256(n::text::bytea), '\x00', 'github', '', '', '/', $1::timestamptz + interval '9 minutes' FROM generate_series(1, 30000) n`, tn.clock())
	for range 99 {
		if _, _, err := tn.BeginSignIn(t.Context(), "github", "/"); err != nil {
			t.Fatal(err)
		}
	}
	tn.hub.Sit(authtest.Account{Number: 1})
	answer, browser := tn.begin("github", "/")
	if n := tn.count(`SELECT count(*) FROM sign_in`); n > 20_100 {
		t.Errorf("%d sign-ins under way", n)
	}
	if _, err := tn.FinishSignIn(t.Context(), "github", answer, browser, laptop); err != nil {
		t.Errorf("the newest was forgotten: %v", err)
	}
}

// What was confirmed for a plan and then dropped does not come back when the
// program's person confirms something else in the browser.
func TestAttackDroppedConsentComesBackByLending(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	browser, program := h.ada().enrol(), h.ada()
	session := func(s *seat) string { return s.who().Session.ID }
	lend := func(about auth.About) {
		t.Helper()
		ask := auth.Ask{About: about, Created: h.clock()}
		browser.must(browser.confirm(about))
		browser.must(h.Lend(t.Context(), "ada", session(browser), session(program), ask))
	}
	this := of("apply", "p1", "review")
	lend(this)
	program.must(program.consented(this))
	program.must(h.DropStepUp(t.Context(), program.who()))
	if program.consented(this) == nil {
		t.Fatal("not dropped")
	}
	h.pass(time.Second)
	lend(auth.About{})
	denied(t, program.consented(this), "exactly this review")
	lend(this)
	program.must(program.consented(this))
	h.pass(time.Second)
	lend(of("apply", "p2", "another"))
	program.must(program.consented(this)) // one does not end the other
}
