package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
	"cratewarden/ledger"
)

// A cookie that somebody planted before a sign-in is worth nothing afterwards,
// and neither is an older session's.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	planted := &came{town: tn, token: strings.Repeat("A", 43)}
	planted.out()
	tn.hub.Sit(authtest.Account{Number: 1})
	answer, browser := tn.begin("github", "/")
	for _, value := range []string{browser, answer.Get("state"), answer.Get("code")} { // nor what travels during the sign-in
		(&came{town: tn, token: value}).out()
	}
	in, err := tn.FinishSignIn(t.Context(), "github", answer, browser, laptop)
	if err != nil {
		t.Fatal(err)
	}
	planted.out()
	if in.Token == planted.token || len(in.Token) != 43 {
		t.Errorf("token %q", in.Token)
	}
	again, err := authtest.SignIn(t.Context(), tn.Service, "github", "/", laptop)
	if err != nil || again.Token == in.Token || again.Session.ID == in.Session.ID {
		t.Errorf("the next sign-in goes on with the old session: %v", err)
	}
}

// What ended is worth nothing at the next request, in every process.
func TestEndedSessionAtNextRequest(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada, bo := tn.in(1), tn.in(2)
	elsewhere := &came{town: &town{Service: tn.another(), t: t}, token: ada.token}
	elsewhere.who()
	v := ada.who()
	if err := tn.SignOut(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	ada.out()
	elsewhere.out()
	bo.who()
	if err := tn.SignOut(t.Context(), v); err != nil {
		t.Errorf("signed out twice: %v", err)
	}
	if n := tn.entries(ledger.Note, "session.end"); n != 1 {
		t.Errorf("%d entries", n)
	}
	fails(t, tn.SignOut(t.Context(), auth.Visitor{}), cratewarden.Unsigned)
}

func TestSessionsAreEndedByWhoMay(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada, bo, other := tn.in(1), tn.in(2), tn.in(2)
	list, err := tn.Sessions(t.Context(), bo.who().Person.ID)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	// Bo may not end Ada's, and learns nothing of which there are.
	fails(t, tn.EndSession(t.Context(), bo.who(), ada.who().Session.ID), cratewarden.Refused)
	fails(t, tn.EndSession(t.Context(), bo.who(), "snothing"), cratewarden.Refused)
	ada.who()
	// One's own goes at once, without a passkey.
	if err := tn.EndSession(t.Context(), bo.who(), other.who().Session.ID); err != nil {
		t.Fatal(err)
	}
	other.out()
	// An administrator confirms with a passkey first.
	fails(t, tn.EndSession(t.Context(), ada.who(), bo.who().Session.ID), cratewarden.Refused, "passkey")
	if err := tn.EndSession(t.Context(), ada.stepped().who(), bo.who().Session.ID); err != nil {
		t.Fatal(err)
	}
	bo.out()
	fails(t, tn.EndSession(t.Context(), ada.who(), "snothing"), cratewarden.NotFound)
	if n := tn.count(`SELECT count(*) FROM session WHERE ended_by <> person AND ended_why = 'ended by Ada'`); n != 1 {
		t.Errorf("%d say who ended them", n)
	}
}

func TestSessionLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind   auth.SessionKind
		step   time.Duration
		steps  int // that work
		idle   time.Duration
		refuse bool
	}{
		"idle for an hour":                {auth.BrowserSession, time.Hour, 0, 0, true},
		"used within the hour":            {auth.BrowserSession, 59 * time.Minute, 12, 0, false},
		"twelve hours in use":             {auth.BrowserSession, 30 * time.Minute, 23, 0, true},
		"a program need not be used":      {auth.ProgramSession, 8*time.Hour - time.Second, 1, 0, true},
		"a program's eight hours are all": {auth.ProgramSession, time.Hour, 7, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tn := newTown(t, func(c *auth.Config) { c.Origin, c.Pretend = "http://localhost:8080", true })
			in, err := tn.PretendSignIn(t.Context(), "ada", c.kind, laptop)
			if err != nil {
				t.Fatal(err)
			}
			ada := &came{town: tn, token: in.Token, bearer: c.kind == auth.ProgramSession}
			for range c.steps {
				tn.pass(c.step)
				ada.who()
			}
			if tn.pass(c.step); c.refuse {
				ada.out()
			}
		})
	}
}

// What one secret opens, it opens in its own place only, and a request with a
// header is never taken for its cookie's owner.
func TestSecretsStayInTheirPlace(t *testing.T) {
	t.Parallel()
	tn := newTown(t, func(c *auth.Config) { c.Origin, c.Pretend = "http://localhost:8080", true })
	browser := tn.in(1)
	in, err := tn.PretendSignIn(t.Context(), "1", auth.ProgramSession, laptop)
	if err != nil {
		t.Fatal(err)
	}
	program := &came{town: tn, token: in.Token, bearer: true}
	program.who()
	(&came{town: tn, token: in.Token}).out()
	(&came{town: tn, token: browser.token, bearer: true}).out()
	for _, head := range []string{"", "Bearer", "Bearer ", "Basic " + in.Token, "Bearer  " + in.Token, "Bearer " + in.Token + " ", "Bearer cwd_" + in.Token, in.Token} {
		r := browser.request()
		r.Header.Set("Authorization", head)
		if _, err := tn.Visit(r, laptop); cratewarden.KindOf(err) != cratewarden.Unsigned {
			t.Errorf("%q with a cookie: %v", head, err)
		}
	}
	r := program.request()
	r.Header.Add("Authorization", "Bearer "+in.Token)
	if _, err := tn.Visit(r, laptop); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Errorf("two headers: %v", err)
	}
	r = httptest.NewRequest(http.MethodGet, "/?access_token="+in.Token, nil)
	r.AddCookie(&http.Cookie{Name: "__Host-cratewarden", Value: browser.token}) // of the console over TLS, not of this one
	if _, err := tn.Visit(r, laptop); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Errorf("in the address: %v", err)
	}
}

// Only hashes are in the database.
func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada := tn.in(1).stepped()
	token, _, err := tn.MakeAPIToken(t.Context(), ada.who(), auth.TokenOrder{Name: "mirror", Roles: []cratewarden.Role{cratewarden.Responder}, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	d, err := tn.BeginDevice(t.Context(), laptop)
	if err != nil {
		t.Fatal(err)
	}
	answer, browser := tn.begin("github", "/")
	rows, err := tn.db.Query(t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if len(tables) < 20 {
		t.Fatalf("tables: %v", tables)
	}
	for name, secret := range map[string]string{"session": ada.token, "API token": token, "device": d.Secret, "state": answer.Get("state"), "browser": browser} {
		for _, table := range tables {
			if n := tn.count(`SELECT count(*) FROM `+table+` x WHERE position($1 in x::text) > 0 OR position(encode(convert_to($1, 'UTF8'), 'hex') in x::text) > 0`, secret); n != 0 {
				t.Errorf("the secret of a %s is in the table %s", name, table)
			}
		}
	}
}

// A busy session is not written at each request.
func TestSeenIsWrittenSeldom(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada := tn.in(1)
	seen := func() (at time.Time) {
		if err := tn.db.QueryRow(t.Context(), `SELECT seen_at FROM session`).Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	first := seen()
	for range 29 {
		tn.pass(time.Second)
		ada.who()
	}
	if !seen().Equal(first) {
		t.Error("written within half a minute")
	}
	tn.pass(time.Second)
	ada.who()
	if !seen().Equal(tn.clock()) {
		t.Error("not written after half a minute")
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.in(1)
	tn.begin("github", "/")
	if _, err := tn.BeginDevice(t.Context(), laptop); err != nil {
		t.Fatal(err)
	}
	rows := func() [3]int {
		return [3]int{tn.count(`SELECT count(*) FROM session`), tn.count(`SELECT count(*) FROM sign_in`), tn.count(`SELECT count(*) FROM ask`)}
	}
	for _, c := range []struct {
		after time.Duration
		want  [3]int
	}{{0, [3]int{1, 1, 1}}, {11 * time.Minute, [3]int{1, 0, 1}}, {25 * time.Hour, [3]int{1, 0, 0}}, {31 * 24 * time.Hour, [3]int{0, 0, 0}}} {
		tn.pass(c.after)
		if err := auth.Sweep(t.Context(), tn.Service); err != nil {
			t.Fatal(err)
		}
		if got := rows(); got != c.want {
			t.Errorf("after %v: %v, want %v", c.after, got, c.want)
		}
	}
}

// Many requests, sign-ins and ends at once: never somebody else, and never
// somebody after the end.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada := tn.in(1)
	id := ada.who().Person.ID
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				v, err := ada.visit()
				if err == nil && v.Person.ID != id || err != nil && cratewarden.KindOf(err) != cratewarden.Unsigned {
					t.Errorf("%q, %v", v.Person.ID, err)
				}
			}
		})
		all.Go(func() {
			in, err := tn.another().PretendSignIn(t.Context(), "ada", auth.BrowserSession, laptop)
			if err == nil {
				t.Errorf("pretended: %+v", in)
			}
			if i == 4 {
				if err := tn.SignOut(t.Context(), auth.Visitor{Person: auth.Person{ID: id, Name: "Ada"}, Session: auth.Session{ID: ada.sessionID()}}); err != nil {
					t.Error(err)
				}
				ada.out()
			}
		})
	}
	all.Wait()
	ada.out()
}

func (c *came) sessionID() (id string) {
	if err := c.db.QueryRow(c.t.Context(), `SELECT id FROM session LIMIT 1`).Scan(&id); err != nil {
		c.t.Error(err)
	}
	return id
}
