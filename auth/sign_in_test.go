package auth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
	"cratewarden/ledger"
)

func TestSignInWithGitHub(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	for _, sql := range []string{
		`INSERT INTO users (id, gh_login, gh_id, username) VALUES (101, 'ada-there', 1, 'ada-there'), (102, 'ada', 77, 'ada')`,
		`INSERT INTO oauth_github (account_id, user_id, encrypted_token, login) VALUES (1, 101, '', 'ada-there'), (77, 102, '', 'ada')`,
	} {
		if _, err := tn.registry.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	tn.hub.Sit(authtest.Account{Number: 1, Login: "ada-now", Mail: "ada@example.org"})
	in, err := authtest.SignIn(t.Context(), tn.Service, "github", "/crates/serde?tab=owners", laptop)
	if err != nil {
		t.Fatal(err)
	}
	p := in.Person
	if in.Back != "/crates/serde?tab=owners" || p.Name != "Ada" || !p.Listed || !p.Has(cratewarden.Remover) || p.Has(cratewarden.Policy) {
		t.Errorf("%q, %+v", in.Back, p)
	}
	if p.RegistryUser != 101 || p.RegistryLogin != "ada-there" { // by number, not by the login that another has
		t.Errorf("registry account %d %q", p.RegistryUser, p.RegistryLogin)
	}
	if len(p.Identities) != 1 || p.Identities[0].Subject != "1" {
		t.Errorf("identities %+v", p.Identities)
	}
	v := (&came{town: tn, token: in.Token}).who()
	if v.Actor.ID != p.ID || v.Actor.RegistryUser != 101 || v.Actor.Session != v.Session.ID || !v.Actor.Has(cratewarden.Platform) || v.Actor.Token {
		t.Errorf("actor %+v", v.Actor)
	}
	if v.Person.Identities[0].Login != "ada-now" || v.Person.SeenAt.IsZero() || v.Session.Address != laptop.Address {
		t.Errorf("%+v %+v", v.Person, v.Session)
	}
	if n := tn.count(`SELECT count(*) FROM person WHERE mail = 'ada@example.org'`); n != 1 {
		t.Error("the verified address was not kept for notices")
	}
	if n := tn.entries(ledger.Note, "session.begin"); n != 1 {
		t.Errorf("%d entries", n)
	}
	if n := tn.count(`SELECT count(*) FROM ledger_entry WHERE body LIKE '%192.0.2.7%' OR body LIKE '%ada@%'`); n != 0 {
		t.Error("an address stands in the open part of the ledger")
	}
}

func TestSignInWithOpenID(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"RS256", "ES256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			tn := newTown(t)
			idp := authtest.NewOpenID(t, algorithm)
			idp.Now = tn.clock
			tn.cfg.Providers = append(tn.cfg.Providers, idp.Config("other"))
			tn.Service = tn.another()
			tn.link("other", "subject-of-bo")
			idp.Sit(authtest.Account{ID: "subject-of-bo", Login: "bo@work", Mail: "bo@example.org", Unverified: true})
			in, err := authtest.SignIn(t.Context(), tn.Service, "other", "/", laptop)
			if err != nil || in.Person.Name != "Bo" {
				t.Fatalf("%+v, %v", in.Person, err)
			}
			if n := tn.count(`SELECT count(*) FROM person WHERE mail <> ''`); n != 0 {
				t.Error("an address that nobody verified was kept")
			}
		})
	}
}

// link makes an account at a provider Bo's.
func (tn *town) link(provider, subject string) {
	bo := member(2, "Bo", cratewarden.Responder)
	bo.Identities = append(bo.Identities, identity(provider, subject))
	tn.people(member(1, "Ada", cratewarden.Platform, cratewarden.Remover, cratewarden.Responder), bo)
}

func TestCookies(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	_, c, err := tn.BeginSignIn(t.Context(), "github", "/")
	if err != nil {
		t.Fatal(err)
	}
	s := tn.Cookie(auth.SignedIn{Token: "x", Session: auth.Session{End: tn.clock().Add(time.Hour)}})
	for _, c := range []*http.Cookie{c, s, tn.NoCookie()} {
		if !strings.HasPrefix(c.Name, "__Host-cratewarden") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("%+v", c)
		}
	}
	if s.MaxAge != 3600 || tn.NoCookie().MaxAge >= 0 || c.Name == s.Name {
		t.Errorf("%+v %+v", c, s)
	}
	tn.cfg.Origin = "http://localhost:8080"
	plain := tn.another()
	if c := plain.NoCookie(); c.Name != "cratewarden" || c.Secure || !c.HttpOnly {
		t.Errorf("%+v", c)
	}
	tn.cfg.Origin = "http://console.example"
	if _, err := auth.New(tn.cfg); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("plain http over a network: %v", err)
	}
}

// Each question to a provider has a state, a nonce and a PKCE challenge of its own.
func TestQuestionsDiffer(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	seen := map[string]bool{}
	for range 3 {
		for _, p := range []string{"github", "example-id"} {
			address, cookie, err := tn.BeginSignIn(t.Context(), p, "/")
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			if q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != console+auth.CallbackPath(p) || q.Get("response_type") != "code" {
				t.Errorf("%s", address)
			}
			for _, name := range []string{"state", "code_challenge", "nonce"} {
				if v := q.Get(name); p == "example-id" || name != "nonce" {
					if len(v) < 43 || seen[v] {
						t.Errorf("%s %q of %s", name, v, p)
					}
					seen[v] = true
				}
			}
			if seen[cookie.Value] || strings.Contains(address, cookie.Value) {
				t.Error("the cookie is no secret of its own")
			}
			seen[cookie.Value] = true
		}
	}
}

func TestReplayedState(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.hub.Sit(authtest.Account{Number: 1})
	answer, browser := tn.begin("github", "/")
	if _, err := tn.FinishSignIn(t.Context(), "github", answer, browser, laptop); err != nil {
		t.Fatal(err)
	}
	_, err := tn.FinishSignIn(t.Context(), "github", answer, browser, laptop)
	fails(t, err, cratewarden.Refused, "used already")
	for _, change := range []func(url.Values){
		func(q url.Values) { q.Set("state", "made up") },
		func(q url.Values) { q.Del("state") },
	} {
		answer, browser := tn.begin("github", "/")
		change(answer)
		_, err := tn.FinishSignIn(t.Context(), "github", answer, browser, laptop)
		fails(t, err, cratewarden.Refused)
	}
	if n := tn.count(`SELECT count(*) FROM session`); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// A code counts once, and only for the sign-in it was given for: PKCE binds it.
func TestReplayedCode(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.link("example-id", "bo")
	for _, p := range []string{"github", "example-id"} {
		tn.hub.Sit(authtest.Account{Number: 2})
		tn.idp.Sit(authtest.Account{ID: "bo"})
		used, browser := tn.begin(p, "/")
		if _, err := tn.FinishSignIn(t.Context(), p, used, browser, laptop); err != nil {
			t.Fatal(err)
		}
		stolen, _ := tn.begin(p, "/")
		for _, code := range []string{used.Get("code"), stolen.Get("code"), "made up"} {
			answer, browser := tn.begin(p, "/")
			answer.Set("code", code)
			_, err := tn.FinishSignIn(t.Context(), p, answer, browser, laptop)
			fails(t, err, cratewarden.Refused, "Begin again")
		}
	}
	if n := tn.count(`SELECT count(*) FROM session`); n != 2 {
		t.Errorf("%d sessions", n)
	}
}

// Somebody who makes a victim's browser finish the attacker's sign-in gets
// nowhere: the state belongs to the browser that began.
func TestSignInOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.hub.Sit(authtest.Account{Number: 2})
	_, victim := tn.begin("github", "/")
	for _, browser := range []string{victim, "", "made up"} {
		answer, _ := tn.begin("github", "/")
		_, err := tn.FinishSignIn(t.Context(), "github", answer, browser, laptop)
		fails(t, err, cratewarden.Refused, "another browser")
	}
	answer, browser := tn.begin("github", "/")
	_, err := tn.FinishSignIn(t.Context(), "example-id", answer, browser, laptop)
	fails(t, err, cratewarden.Refused)
	answer, browser = tn.begin("github", "/")
	tn.pass(10 * time.Minute)
	_, err = tn.FinishSignIn(t.Context(), "github", answer, browser, laptop)
	fails(t, err, cratewarden.Refused, "10 minutes")
	_, err = tn.FinishSignIn(t.Context(), "nowhere", answer, browser, laptop)
	fails(t, err, cratewarden.NotFound)
	if n := tn.count(`SELECT count(*) FROM session`); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// An answer of one provider is never shown to another.
func TestMixedUpProviders(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.link("example-id", "bo")
	tn.idp.Sit(authtest.Account{ID: "bo"})
	tn.hub.Sit(authtest.Account{Number: 2})
	for name, change := range map[string]func(url.Values){
		"another issuer": func(q url.Values) { q.Set("iss", "https://evil.example") },
		"a longer one":   func(q url.Values) { q.Set("iss", q.Get("iss")+"/") },
		"no issuer":      func(q url.Values) { q.Del("iss") }, // which this provider promises to send
		"two issuers":    func(q url.Values) { q.Add("iss", "https://evil.example") },
		"two codes":      func(q url.Values) { q.Add("code", "other") },
		"two states":     func(q url.Values) { q.Add("state", "other") },
	} {
		answer, browser := tn.begin("example-id", "/")
		change(answer)
		if _, err := tn.FinishSignIn(t.Context(), "example-id", answer, browser, laptop); err == nil {
			t.Errorf("%s: signed in", name)
		}
	}
	answer, browser := tn.begin("github", "/")
	answer.Set("iss", "https://evil.example")
	_, err := tn.FinishSignIn(t.Context(), "github", answer, browser, laptop)
	fails(t, err, cratewarden.Refused, "another place")
}

func TestOpenRedirect(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.hub.Sit(authtest.Account{Number: 1})
	for back, want := range map[string]string{
		"/crates/serde":         "/crates/serde",
		"/search?q=a%2Fb&x=1":   "/search?q=a%2Fb&x=1",
		"/search?q=https://x.y": "/search?q=https://x.y",
		"/crates/%C3%A9":        "/crates/%C3%A9",
		"":                      "/", "crates": "/", "//evil.example": "/", "///evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/",
		"https://evil.example": "/", "https:/evil.example": "/", "javascript:alert(1)": "/", "/%2fevil.example": "/", "/%2Fevil.example/..": "/",
		"/%5cevil.example": "/", "/%5Cevil.example": "/", "/%252fevil.example": "/", "/%25252fevil.example": "/", "/\tevil": "/", "/\n/evil.example": "/",
		"/a\r\nSet-Cookie: x=y": "/", "/%0d%0aSet-Cookie:x": "/", "/a//evil.example": "/", "/a/..//evil.example": "/", "/../evil": "/", "/a/%2e%2e/b": "/",
		" //evil.example": "/", "/ /evil": "/%20/evil", "http:evil.example": "/", "@evil.example": "/", "/@evil.example": "/@evil.example", "/a#//evil.example": "/",
		"/sign-in": "/", "/sign-in/github/callback?code=1": "/", "/" + strings.Repeat("a", 3000): "/", "/\u2028/evil": "/%E2%80%A8/evil", "/%zz": "/", "/\x00": "/",
	} {
		answer, browser := tn.begin("github", back)
		in, err := tn.FinishSignIn(t.Context(), "github", answer, browser, laptop)
		if err != nil || in.Back != want {
			t.Errorf("back %q leads to %q, want %q (%v)", back, in.Back, want, err)
		}
	}
}

func TestProviderDown(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.link("example-id", "bo")
	tn.idp.Sit(authtest.Account{ID: "bo"})
	tn.hub.Sit(authtest.Account{Number: 2})
	tn.idp.Down(true)
	_, _, err := tn.BeginSignIn(t.Context(), "example-id", "/")
	fails(t, err, cratewarden.Unavailable, "Example ID does not answer")
	tn.idp.Down(false)
	tn.Service = tn.another() // which does not remember the failure of two seconds ago
	for _, p := range []string{"github", "example-id"} {
		answer, browser := tn.begin(p, "/")
		tn.idp.Down(true)
		tn.hub.Down(true)
		_, err := tn.FinishSignIn(t.Context(), p, answer, browser, laptop)
		fails(t, err, cratewarden.Unavailable, "Try again")
		tn.idp.Down(false)
		tn.hub.Down(false)
		answer, browser = tn.begin(p, "/")
		if _, err := tn.FinishSignIn(t.Context(), p, answer, browser, laptop); err != nil {
			t.Errorf("%s: does not come back: %v", p, err)
		}
	}
}

// A provider that is down when the console starts, or for a while, costs nothing
// but that while.
func TestProviderComesBack(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.idp.Down(true)
	if _, _, err := tn.BeginSignIn(t.Context(), "example-id", "/"); err == nil {
		t.Fatal("it answers")
	}
	tn.idp.Down(false)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, _, err := tn.BeginSignIn(t.Context(), "example-id", "/"); err == nil {
			return
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestProviderSaysNo(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	for code, kind := range map[string]cratewarden.Kind{"access_denied": cratewarden.Refused, "server_error": cratewarden.Unavailable, "<script>": cratewarden.Unavailable} {
		for p, desk := range map[string]interface{ Refuse(string) }{"github": tn.hub, "example-id": tn.idp} {
			desk.Refuse(code)
			answer, browser := tn.begin(p, "/")
			_, err := tn.FinishSignIn(t.Context(), p, answer, browser, laptop)
			fails(t, err, kind)
		}
	}
}

// While a client's secret is exchanged, both are known; a wrong one is the
// administrator's trouble and says so.
func TestSecretsRotate(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.link("example-id", "bo")
	tn.hub.Sit(authtest.Account{Number: 2})
	tn.idp.Sit(authtest.Account{ID: "bo"})
	both := func() ([]string, error) { return []string{"new", "old"}, nil }
	for i := range tn.cfg.Providers {
		tn.cfg.Providers[i].Secrets = both
	}
	tn.Service = tn.another()
	for _, at := range []string{"old", "new"} {
		tn.hub.Register(at)
		tn.idp.Register(at)
		for _, p := range []string{"github", "example-id"} {
			if _, err := authtest.SignIn(t.Context(), tn.Service, p, "/", laptop); err != nil {
				t.Errorf("%s with the %s secret: %v", p, at, err)
			}
		}
	}
	tn.hub.Register("another")
	tn.idp.Register("another")
	for _, p := range []string{"github", "example-id"} {
		_, err := authtest.SignIn(t.Context(), tn.Service, p, "/", laptop)
		fails(t, err, cratewarden.Unavailable, "does not know this console's secret")
	}
	for _, p := range tn.Providers() {
		if p.Secrets != nil {
			t.Error("a list for pages carries secrets")
		}
	}
}
