package auth_test

import (
	"crypto/sha256"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/ledger"
)

var terminal = auth.From{Address: "198.51.100.4", Agent: "cratewarden on a server"}

// pretending is a town where a click is as good as a passkey, so that these
// tests need none.
func pretending(t *testing.T) *town {
	t.Helper()
	return newTown(t, func(c *auth.Config) { c.Origin, c.Pretend = "http://localhost:8080", true })
}

// confirm steps the visitor's session up for something.
func (c *came) confirm(about auth.About) {
	c.t.Helper()
	in, err := c.PretendStepUp(c.t.Context(), c.who(), about)
	if err != nil {
		c.t.Fatal(err)
	}
	c.token = in.Token
}

func (tn *town) device() auth.Device {
	tn.t.Helper()
	d, err := tn.BeginDevice(tn.t.Context(), terminal)
	if err != nil {
		tn.t.Fatal(err)
	}
	return d
}

// poll asks as a well-behaved program does.
func (tn *town) poll(d auth.Device) (auth.SignedIn, error) {
	tn.pass(5 * time.Second)
	return tn.PollAsk(tn.t.Context(), d.Secret, terminal)
}

// program signs a program in that Ada said yes to.
func (c *came) program() *came {
	c.t.Helper()
	d := c.device()
	c.confirm(auth.About{})
	if err := c.AnswerAsk(c.t.Context(), c.who(), d.Code, true); err != nil {
		c.t.Fatal(err)
	}
	in, err := c.poll(d)
	if err != nil {
		c.t.Fatal(err)
	}
	return &came{town: c.town, token: in.Token, bearer: true}
}

func TestProgramSignsIn(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	ada := tn.in(1)
	d := tn.device()
	if len(d.Code) != 9 || d.Code[4] != '-' || strings.ContainsAny(d.Code, "AEIOUY01") || d.URL != "http://localhost:8080/device" ||
		d.Interval != 5*time.Second || !d.Expires.Equal(tn.clock().Add(10*time.Minute)) {
		t.Errorf("%+v", d)
	}
	_, err := tn.poll(d)
	fails(t, err, cratewarden.Conflict, "Nobody answered")
	a, err := tn.Asked(t.Context(), ada.who(), " "+strings.ToLower(strings.ReplaceAll(d.Code, "-", " "))+" ")
	if err != nil || a.From != terminal || a.Code != d.Code || a.Session != "" || a.State != "waiting" {
		t.Fatalf("%+v, %v", a, err)
	}
	fails(t, tn.AnswerAsk(t.Context(), ada.who(), d.Code, true), cratewarden.Refused, "passkey")
	ada.confirm(auth.About{})
	if err := tn.AnswerAsk(t.Context(), ada.who(), d.Code, true); err != nil {
		t.Fatal(err)
	}
	in, err := tn.poll(d)
	if err != nil || in.Session.Kind != auth.ProgramSession || in.Session.End.Sub(tn.clock()) != 8*time.Hour || in.Session.Address != terminal.Address {
		t.Fatalf("%+v, %v", in, err)
	}
	v := (&came{town: tn, token: in.Token, bearer: true}).who()
	if v.Person.ID != ada.who().Person.ID || v.SteppedUp(tn.clock()) || v.Session.ID == ada.who().Session.ID {
		t.Errorf("%+v", v)
	}
	_, err = tn.poll(d) // used once
	fails(t, err, cratewarden.Refused, "already")
	_, err = tn.Asked(t.Context(), ada.who(), d.Code)
	fails(t, err, cratewarden.NotFound)
	fails(t, tn.AnswerAsk(t.Context(), ada.who(), d.Code, true), cratewarden.NotFound)
	if n := tn.entries(ledger.Note, "ask.answer"); n != 1 {
		t.Errorf("%d entries", n)
	}
	// What the list takes from Ada, it takes from the program.
	tn.people(member(2, "Bo", cratewarden.Responder))
	(&came{town: tn, token: in.Token, bearer: true}).out()
}

func TestProgramHearsNo(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	d := tn.device()
	if err := tn.AnswerAsk(t.Context(), tn.in(1).who(), d.Code, false); err != nil { // takes no passkey
		t.Fatal(err)
	}
	_, err := tn.poll(d)
	fails(t, err, cratewarden.Refused, "said no")
	late := tn.device()
	tn.pass(10 * time.Minute)
	_, err = tn.poll(late)
	fails(t, err, cratewarden.Refused, "10 minutes")
	fails(t, tn.AnswerAsk(t.Context(), tn.in(1).who(), late.Code, false), cratewarden.NotFound)
	_, err = tn.PollAsk(t.Context(), "made up", terminal)
	fails(t, err, cratewarden.NotFound)
	_, err = tn.PollAsk(t.Context(), late.Code, terminal) // what the screen shows is no secret
	fails(t, err, cratewarden.NotFound)
}

// A yes is worth nothing when the session that gave it has ended since.
func TestYesEndsWithItsSession(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	ada := tn.in(1)
	ada.confirm(auth.About{})
	d := tn.device()
	if err := tn.AnswerAsk(t.Context(), ada.who(), d.Code, true); err != nil {
		t.Fatal(err)
	}
	if err := tn.SignOut(t.Context(), ada.who()); err != nil {
		t.Fatal(err)
	}
	_, err := tn.poll(d)
	fails(t, err, cratewarden.Refused, "has ended")
	_, err = tn.poll(d)
	fails(t, err, cratewarden.Refused)
}

func TestPollingTooOften(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	d := tn.device()
	_, err := tn.poll(d)
	fails(t, err, cratewarden.Conflict, "Nobody answered")
	ada := tn.in(1)
	ada.confirm(auth.About{})
	if err := tn.AnswerAsk(t.Context(), ada.who(), d.Code, true); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, err = tn.PollAsk(t.Context(), d.Secret, terminal)
		fails(t, err, cratewarden.Conflict, "not sooner")
	}
	if _, err := tn.poll(d); err != nil {
		t.Errorf("after five seconds: %v", err)
	}
}

// Whoever guesses codes is stopped long before they find one; so is whoever
// does it in many requests at once.
func TestGuessedCodes(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	d := tn.device()
	mallory, ada := tn.in(2), tn.in(1)
	v := mallory.who()
	var notFound atomic.Int32
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			_, err := tn.Asked(t.Context(), v, strings.Repeat("BCDFGHJKLM"[i%10:i%10+1], 8))
			switch cratewarden.KindOf(err) {
			case cratewarden.NotFound:
				notFound.Add(1)
			case cratewarden.Refused:
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := notFound.Load(); n != 10 {
		t.Errorf("%d tries", n)
	}
	_, err := tn.Asked(t.Context(), v, d.Code) // even the right one
	fails(t, err, cratewarden.Refused, "wrong codes")
	fails(t, tn.AnswerAsk(t.Context(), v, d.Code, false), cratewarden.Refused, "wrong codes")
	if _, err := tn.Asked(t.Context(), ada.who(), d.Code); err != nil {
		t.Errorf("somebody else's guesses stop Ada: %v", err)
	}
	tn.pass(9 * time.Minute)
	if _, err := tn.Asked(t.Context(), mallory.who(), d.Code); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("after nine minutes: %v", err)
	}
	tn.pass(61 * time.Second)
	if _, err := tn.Asked(t.Context(), mallory.who(), tn.device().Code); err != nil {
		t.Errorf("after ten minutes: %v", err)
	}
}

func TestAsksAreFew(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	for range 10 {
		tn.device()
	}
	_, err := tn.BeginDevice(t.Context(), terminal)
	fails(t, err, cratewarden.Refused, "wait")
	if _, err := tn.BeginDevice(t.Context(), laptop); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	tn.pass(10 * time.Minute)
	tn.device()
}

// A program cannot answer for its person, neither its own question nor another's.
func TestProgramsAnswerNothing(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	program := tn.in(1).program()
	program.confirm(auth.About{})
	d := tn.device()
	_, err := tn.Asked(t.Context(), program.who(), d.Code)
	fails(t, err, cratewarden.Refused, "browser")
	fails(t, tn.AnswerAsk(t.Context(), program.who(), d.Code, true), cratewarden.Refused, "browser")
	fails(t, tn.AnswerAsk(t.Context(), auth.Visitor{}, d.Code, true), cratewarden.Unsigned)
}

// A program's step-up: what its person confirms in the browser, for exactly what
// the program asks, counts in the program's session, once.
func TestProgramStepsUp(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	ada := tn.in(1)
	program := ada.program()
	digest := ledger.Digest(sha256.Sum256([]byte("review")))
	about := auth.About{Purpose: "apply", Plan: "p1", Digest: &digest}
	ada.confirm(about) // before the program asked: does not count
	tn.pass(time.Second)
	d, err := tn.AskStepUp(t.Context(), program.who(), about)
	if err != nil {
		t.Fatal(err)
	}
	a, err := tn.Asked(t.Context(), ada.who(), d.Code)
	if err != nil || a.About.Purpose != "apply" || a.About.Plan != "p1" || *a.About.Digest != digest || a.Session != program.who().Session.ID {
		t.Fatalf("%+v, %v", a, err)
	}
	fails(t, tn.AnswerAsk(t.Context(), ada.who(), d.Code, true), cratewarden.Refused, "exactly what the program asks")
	ada.confirm(auth.About{})
	fails(t, tn.AnswerAsk(t.Context(), ada.who(), d.Code, true), cratewarden.Refused, "exactly what the program asks")
	other := ledger.Digest(sha256.Sum256([]byte("another review")))
	ada.confirm(auth.About{Purpose: "apply", Plan: "p1", Digest: &other})
	fails(t, tn.AnswerAsk(t.Context(), ada.who(), d.Code, true), cratewarden.Refused)
	// Somebody else's question is as unknown as a wrong code.
	bo := tn.in(2)
	bo.confirm(about)
	_, err = tn.Asked(t.Context(), bo.who(), d.Code)
	fails(t, err, cratewarden.NotFound)
	fails(t, tn.AnswerAsk(t.Context(), bo.who(), d.Code, true), cratewarden.NotFound)
	fails(t, tn.AnswerAsk(t.Context(), bo.who(), d.Code, false), cratewarden.NotFound)

	ada.confirm(about)
	if err := tn.AnswerAsk(t.Context(), ada.who(), d.Code, true); err != nil {
		t.Fatal(err)
	}
	old := *program
	in, err := tn.poll(d)
	if err != nil || in.Session.ID != a.Session || in.Token == old.token {
		t.Fatalf("%+v, %v", in, err)
	}
	old.out() // rotated
	program.token = in.Token
	v := program.who()
	if !v.SteppedUp(tn.clock()) {
		t.Error("not stepped up")
	}
	if err := tn.Consented(t.Context(), v.Actor, "apply", digest); err != nil {
		t.Error(err)
	}
	if err := tn.Consented(t.Context(), v.Actor, "apply", other); err == nil {
		t.Error("consented to another review")
	}
	_, err = tn.poll(d)
	fails(t, err, cratewarden.Refused, "already")
	// The assertion serves no second program.
	again, err := tn.AskStepUp(t.Context(), v, about)
	if err != nil {
		t.Fatal(err)
	}
	fails(t, tn.AnswerAsk(t.Context(), ada.who(), again.Code, true), cratewarden.Refused)
}

// A yes for a program that signed out meanwhile opens nothing.
func TestStepUpOfEndedProgram(t *testing.T) {
	t.Parallel()
	tn := pretending(t)
	ada := tn.in(1)
	program := ada.program()
	d, err := tn.AskStepUp(t.Context(), program.who(), auth.About{})
	if err != nil {
		t.Fatal(err)
	}
	ada.confirm(auth.About{})
	if err := tn.AnswerAsk(t.Context(), ada.who(), d.Code, true); err != nil {
		t.Fatal(err)
	}
	if err := tn.SignOut(t.Context(), program.who()); err != nil {
		t.Fatal(err)
	}
	_, err = tn.poll(d)
	fails(t, err, cratewarden.Unsigned)
	program.out()
}
