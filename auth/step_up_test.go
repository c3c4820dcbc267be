package auth_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
)

func TestStepUpAllowsChangesForMinutes(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	ada.pass(time.Hour)
	if ada.who().SteppedUp(ada.clock()) {
		t.Fatal("still stepped up")
	}
	ada.must(ada.confirm(auth.About{}))
	ada.pass(4*time.Minute + 59*time.Second)
	if !ada.who().SteppedUp(ada.clock()) {
		t.Error("not stepped up")
	}
	ada.pass(time.Second)
	if ada.who().SteppedUp(ada.clock()) {
		t.Error("stepped up for longer")
	}
	ada.must(ada.confirm(auth.About{}))
	ada.must(ada.DropStepUp(t.Context(), ada.who()))
	if ada.who().SteppedUp(ada.clock()) {
		t.Error("dropped in vain")
	}
	if n := ada.count(`SELECT count(*) FROM ledger_entry WHERE body::jsonb->>'action' = 'session.step-up'`); n != 2 {
		t.Errorf("%d entries", n)
	}
}

// What was confirmed for one plan, purpose, session or person counts for no other.
func TestStepUpReplayOnAnotherPlan(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada, bo := h.ada().enrol(), h.bo().enrol()
	this := of("apply", "p1", "review of p1")
	denied(t, ada.consented(this), "confirmation of exactly this review")
	ada.must(ada.confirm(this))
	ada.must(ada.consented(this))
	ada.must(ada.consented(this)) // the door asks, and the last moment again
	denied(t, ada.consented(of("apply", "p2", "review of p2")), "confirmed something else")
	denied(t, ada.consented(of("apply", "p1", "review of p1, reviewed again")), "or an earlier review")
	denied(t, ada.consented(of("approve", "p1", "review of p1")), "confirmed something else")
	denied(t, bo.consented(this), "exactly this review")
	denied(t, h.ada().consented(this), "given in this session")
	mixed := bo.actor()
	mixed.Session = ada.actor().Session
	denied(t, h.Consented(t.Context(), mixed, this.Purpose, *this.Digest), "exactly this review")
	token := ada.actor()
	token.Token = true
	if err := h.Consented(t.Context(), token, this.Purpose, *this.Digest); err == nil {
		t.Error("a token consented")
	}
}

func TestStepUpOfNothingInParticularIsNoConsent(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	ada.must(ada.confirm(auth.About{}))
	denied(t, ada.consented(of("apply", "p1", "review")), "exactly this review")
}

func TestConsentEnds(t *testing.T) {
	t.Parallel()
	this := of("approve", "p1", "review")
	for name, end := range map[string]func(*seat){
		"after five minutes":     func(s *seat) { s.pass(5 * time.Minute) },
		"with the step-up":       func(s *seat) { s.must(s.DropStepUp(t.Context(), s.who())) },
		"and stays so":           func(s *seat) { s.must(s.DropStepUp(t.Context(), s.who())); s.must(s.confirm(auth.About{})) },
		"with another plan then": func(s *seat) { s.pass(5 * time.Minute); s.must(s.confirm(of("approve", "p2", "other"))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ada := newHouse(t).ada().enrol()
			ada.must(ada.confirm(this))
			ada.must(ada.consented(this))
			end(ada)
			if err := ada.consented(this); err == nil {
				t.Error("still consented")
			}
		})
	}
	t.Run("with the session", func(t *testing.T) {
		t.Parallel()
		ada := newHouse(t).ada().enrol()
		ada.must(ada.confirm(this))
		v := ada.who()
		ada.must(ada.SignOut(t.Context(), v))
		denied(t, ada.Consented(t.Context(), v.Actor, this.Purpose, *this.Digest), "exactly this review")
		_, err := ada.BeginStepUp(t.Context(), v, this)
		if cratewarden.KindOf(err) != cratewarden.Unsigned {
			t.Errorf("an ended session begins a step-up: %v", err)
		}
	})
	t.Run("but not with another plan", func(t *testing.T) {
		t.Parallel()
		ada := newHouse(t).ada().enrol()
		ada.must(ada.confirm(this))
		ada.must(ada.confirm(of("apply", "p2", "other")))
		ada.must(ada.consented(this))
	})
}

// Every way for an assertion to be wrong is refused, uses the question up and
// steps nothing up.
func TestWrongAssertions(t *testing.T) {
	t.Parallel()
	other := strings.Repeat("A", 86)
	for name, trick := range map[string]authtest.Trick{
		"no user verification": authtest.Unverified(),
		"nobody there":         authtest.Absent(),
		"another origin":       authtest.OnPage("https://console.example.evil.example"),
		"another port":         authtest.OnPage("https://console.example:8443"),
		"another party":        authtest.ForParty("example"),
		"another challenge":    authtest.ToChallenge(other),
		"another kind":         authtest.OfKind("webauthn.create"),
		"in a frame":           authtest.InFrame(),
		"another id":           authtest.Claiming(other[:43]),
		"another user":         authtest.OfUser([]byte("somebody")),
		"signed wrongly":       authtest.Spoiled(),
		"suddenly copyable":    authtest.Copyable(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ada := newHouse(t).ada().enrol()
			ada.pass(time.Hour)
			this := of("apply", "p1", "review")
			c, err := ada.BeginStepUp(t.Context(), ada.who(), this)
			ada.must(err)
			wrong, err := ada.key.Get(c.Options, trick)
			ada.must(err)
			_, err = ada.FinishStepUp(t.Context(), ada.who(), c.ID, wrong)
			denied(t, err, "What the passkey answered does not fit the question.")
			right, err := ada.key.Get(c.Options)
			ada.must(err)
			_, err = ada.FinishStepUp(t.Context(), ada.who(), c.ID, right)
			denied(t, err, "not open any more")
			if ada.who().SteppedUp(ada.clock()) || ada.consented(this) == nil {
				t.Error("stepped up")
			}
			if got := ada.entries(); got[len(got)-1] != "!own.step-up" {
				t.Errorf("ledger %v", got)
			}
			ada.must(ada.confirm(this))
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	for text, want := range map[string]cratewarden.Kind{
		"": cratewarden.Invalid, "{}": cratewarden.Refused, "null": cratewarden.Refused, "[1]": cratewarden.Refused, "\x00": cratewarden.Refused,
		strings.Repeat(" ", 65<<10): cratewarden.TooLarge,
		`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}`: cratewarden.Refused,
	} {
		c, err := ada.BeginStepUp(t.Context(), ada.who(), auth.About{})
		ada.must(err)
		if _, err := ada.FinishStepUp(t.Context(), ada.who(), c.ID, []byte(text)); cratewarden.KindOf(err) != want {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

// A passkey of Bo's answers no question to Ada, whatever the browser sends.
func TestSomebodyElsesPasskey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada, bo := h.ada().enrol(), h.bo().enrol()
	c, err := ada.BeginStepUp(t.Context(), ada.who(), auth.About{})
	ada.must(err)
	answer, err := bo.key.Get(c.Options, authtest.With(bo.key.Passkeys()[0]))
	ada.must(err)
	_, err = h.FinishStepUp(t.Context(), ada.who(), c.ID, answer)
	denied(t, err, "does not fit")
}

func TestQuestionsExpire(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	c, err := ada.BeginStepUp(t.Context(), ada.who(), auth.About{})
	ada.must(err)
	answer, err := ada.key.Get(c.Options)
	ada.must(err)
	ada.pass(5 * time.Minute)
	_, err = ada.FinishStepUp(t.Context(), ada.who(), c.ID, answer)
	denied(t, err, "older than 5 minutes")
}

// Of many answers to one question at the same time, one counts.
func TestQuestionIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	c, err := ada.BeginStepUp(t.Context(), ada.who(), auth.About{})
	ada.must(err)
	var answers [][]byte
	for range 8 {
		a, err := ada.key.Get(c.Options)
		ada.must(err)
		answers = append(answers, a)
	}
	v := ada.who()
	var all sync.WaitGroup
	results := make([]error, len(answers))
	for i, a := range answers {
		all.Go(func() { _, results[i] = ada.FinishStepUp(t.Context(), v, c.ID, a) })
	}
	all.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		denied(t, err, "not open any more")
	}
	if won != 1 {
		t.Errorf("%d answers counted", won)
	}
}

func TestFewQuestionsStayOpen(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	first, err := ada.BeginStepUp(t.Context(), ada.who(), auth.About{})
	ada.must(err)
	for range 30 {
		ada.pass(time.Second)
		_, err := ada.BeginStepUp(t.Context(), ada.who(), auth.About{})
		ada.must(err)
	}
	if n := ada.count(`SELECT count(*) FROM ceremony WHERE answered_at IS NULL`); n != 10 {
		t.Errorf("%d questions are open", n)
	}
	answer, err := ada.key.Get(first.Options)
	ada.must(err)
	_, err = ada.FinishStepUp(t.Context(), ada.who(), first.ID, answer)
	denied(t, err, "not open any more")
}

// Two copies of a key count apart; the one that is behind gives the theft away.
func TestCopiedPasskeyIsOutOfUse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.ada().enrol()
	spare := authtest.NewAuthenticator(console)
	copied := ada.key
	ada.key = spare
	ada.must(ada.add("", "spare"))
	ada.key = copied
	thief := h.ada()
	thief.key = copied.Clone()
	this := of("apply", "p1", "review")
	thief.must(thief.confirm(this))
	foothold, err := thief.BeginPasskey(t.Context(), thief.who(), "")
	thief.must(err)
	denied(t, ada.confirm(auth.About{}), "somebody may have copied it")

	// Nothing that it confirmed counts any more, anywhere.
	if ada.who().SteppedUp(h.clock()) || thief.who().SteppedUp(h.clock()) {
		t.Error("still stepped up")
	}
	own, err := authtest.NewAuthenticator(console).Create(foothold.Options)
	thief.must(err)
	_, err = thief.FinishPasskey(t.Context(), thief.who(), foothold.ID, "mine now", own)
	denied(t, err, "within the last minutes")
	denied(t, thief.consented(this), "exactly this review")
	denied(t, thief.confirm(auth.About{}, authtest.With(copied.Passkeys()[0]), authtest.Counting(1000)), "does not fit")
	list, err := h.Passkeys(t.Context(), "ada")
	ada.must(err)
	if !list[0].Cloned || list[1].Cloned {
		t.Errorf("%+v", list)
	}
	if got := h.entries(); !slices.Contains(got, "passkey.cloned") || !slices.Contains(got, "!own.step-up") {
		t.Errorf("ledger %v", got)
	}
	if i := slices.Index(h.notices(), "passkey.cloned"); i < 0 || !h.told[i].Urgent {
		t.Errorf("notices %v", h.notices())
	}
	ada.key = spare
	ada.must(ada.confirm(auth.About{}))
	ada.must(ada.RemovePasskey(t.Context(), ada.who(), list[0].ID))
	ada.key = copied // may be registered anew
	ada.must(ada.add("", "anew"))
}

// The counter of a synced passkey stays 0, which says nothing.
func TestSyncedPasskeysDoNotCount(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada()
	ada.key.Synced = true
	ada.enrol()
	for range 3 {
		ada.must(ada.confirm(auth.About{}))
	}
	denied(t, func() error {
		ada.must(ada.confirm(auth.About{}, authtest.Counting(7)))
		return ada.confirm(auth.About{})
	}(), "somebody may have copied it")
}

func TestRemovedPasskeyConfirmsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.ada().enrol()
	other := h.ada()
	other.key = ada.key
	this := of("apply", "p1", "review")
	other.must(other.confirm(this))
	c, err := other.BeginStepUp(t.Context(), other.who(), auth.About{})
	ada.must(err)
	answer, err := other.key.Get(c.Options)
	ada.must(err)
	list, err := h.Passkeys(t.Context(), "ada")
	ada.must(err)
	ada.must(ada.RemovePasskey(t.Context(), ada.who(), list[0].ID))
	_, err = h.FinishStepUp(t.Context(), other.who(), c.ID, answer)
	denied(t, err, "does not fit")
	denied(t, other.consented(this), "exactly this review")
	if other.who().SteppedUp(h.clock()) || !ada.who().SteppedUp(h.clock()) {
		t.Error("who removes a passkey goes on; other sessions do not")
	}
}

// What the authenticator signed says what was agreed to, for whoever reads the
// kept answer later.
func TestAssertionNamesWhatWasAgreed(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	this := of("approve", "p1", "review")
	ada.must(ada.confirm(this))
	var answer []byte
	ada.must(ada.db.QueryRow(t.Context(), `SELECT answer FROM ceremony WHERE purpose = 'approve'`).Scan(&answer))
	var got struct {
		Response struct{ ClientDataJSON string }
	}
	ada.must(json.Unmarshal(answer, &got))
	var client struct{ Challenge string }
	ada.must(json.Unmarshal(decode(t, got.Response.ClientDataJSON), &client))
	// Written out from docs/passkeys.md, not with the code's own help.
	h := sha256.New()
	fmt.Fprintf(h, "cratewarden consent\n\x00\x00\x00\x07approve\x00\x00\x00\x02p1\x00\x00\x00\x20%s", this.Digest[:])
	if c := decode(t, client.Challenge); len(c) != 64 || !bytes.Equal(c[32:], h.Sum(nil)) {
		t.Errorf("challenge %x", c)
	}
	sum := sha256.Sum256(answer)
	if n := ada.count(`SELECT count(*) FROM ledger_entry WHERE position($1 in body) > 0
		AND position($2 in body) > 0`, hex.EncodeToString(sum[:]), hex.EncodeToString(this.Digest[:])); n != 1 {
		t.Errorf("%d entries name the assertion and the digest", n)
	}
}

func TestAboutIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	whole := of("apply", "p1", "review")
	for _, about := range []auth.About{
		{Purpose: "apply"}, {Plan: "p1"}, {Digest: whole.Digest}, {Purpose: "Apply!", Digest: whole.Digest}, {Purpose: "apply", Plan: strings.Repeat("p", 61), Digest: whole.Digest},
	} {
		if _, err := ada.BeginStepUp(t.Context(), ada.who(), about); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%+v: %v", about, err)
		}
	}
}

// A program's person confirms in the browser: one answer goes to one session.
func TestConsentLentToAProgram(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	browser, program, other := h.ada().enrol(), h.ada(), h.ada()
	session := func(s *seat) string { return s.who().Session.ID }
	this := of("apply", "p1", "review")
	browser.must(browser.confirm(this))
	h.pass(time.Second)
	ask := auth.Ask{About: this, Created: h.clock()}
	lend := func(person string, from, to *seat) error {
		return h.Lend(t.Context(), person, session(from), session(to), ask)
	}
	denied(t, lend("ada", browser, program), "exactly what the program asks for") // confirmed before it was asked
	browser.must(browser.confirm(of("apply", "p2", "another")))
	denied(t, lend("ada", browser, program), "exactly what the program asks for")
	browser.must(browser.confirm(this))
	denied(t, lend("bo", browser, program), "exactly what the program asks for")
	browser.must(lend("ada", browser, program))
	program.must(program.consented(this))
	if !program.who().SteppedUp(h.clock()) {
		t.Error("not stepped up")
	}
	denied(t, lend("ada", browser, other), "exactly what the program asks for")
	ask = auth.Ask{Created: h.clock()}
	browser.must(browser.confirm(auth.About{}))
	browser.must(lend("ada", browser, other))
	denied(t, other.consented(this), "exactly this review")

	// When the passkey goes, all that it confirmed goes, wherever it moved to.
	list, err := h.Passkeys(t.Context(), "ada")
	browser.must(err)
	keeper := h.ada()
	keeper.key = browser.key
	keeper.must(keeper.confirm(auth.About{}))
	keeper.must(keeper.RemovePasskey(t.Context(), keeper.who(), list[0].ID))
	for i, s := range []*seat{browser, program, other} {
		if s.who().SteppedUp(h.clock()) || program.consented(this) == nil {
			t.Errorf("session %d still changes things", i)
		}
	}
}

func TestPretendedStepUp(t *testing.T) {
	t.Parallel()
	if ada := newHouse(t).ada(); cratewarden.KindOf(ada.took(ada.PretendStepUp(t.Context(), ada.who(), auth.About{}))) != cratewarden.Refused {
		t.Error("a real console pretends")
	}
	ada := newHouse(t, func(c *auth.Config) { c.Pretend, c.Origin = true, "http://127.0.0.1:8080" }).ada()
	this := of("apply", "p1", "review")
	ada.must(ada.took(ada.PretendStepUp(t.Context(), ada.who(), this)))
	ada.must(ada.consented(this))
	denied(t, ada.consented(of("apply", "p2", "other")), "confirmed something else")
	if n := ada.count(`SELECT count(*) FROM ledger_entry WHERE body::jsonb->'details'->>'pretended' = 'yes'`); n != 1 {
		t.Error("the ledger does not say that it was pretended")
	}
}
