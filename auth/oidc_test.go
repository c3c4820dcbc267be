package auth_test

import (
	"testing"
	"time"

	"cratewarden"
	"cratewarden/auth/authtest"
)

// Every way for an ID token to be wrong is refused, and leaves no session.
func TestWrongIDTokens(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.link("example-id", "bo")
	tn.idp.Sit(authtest.Account{ID: "bo"})
	set := func(name string, value any) func(_, claims map[string]any) {
		return func(_, claims map[string]any) { claims[name] = value }
	}
	at := func(d time.Duration) int64 { return tn.clock().Add(d).Unix() }
	for name, change := range map[string]func(head, claims map[string]any){
		"wrong audience":           set("aud", "another-client"),
		"two audiences, no party":  set("aud", []string{"console-at-openid", "another-client"}),
		"another authorized party": set("azp", "another-client"),
		"wrong issuer":             set("iss", "https://evil.example"),
		"issuer with a slash":      func(_, c map[string]any) { c["iss"] = c["iss"].(string) + "/" },
		"expired":                  set("exp", at(-61*time.Second)),
		"no end":                   func(_, c map[string]any) { delete(c, "exp") },
		"from the future":          set("iat", at(2*time.Minute)),
		"not valid yet":            set("nbf", at(2*time.Minute)),
		"replayed nonce":           set("nonce", "of-another-sign-in"),
		"no nonce":                 func(_, c map[string]any) { delete(c, "nonce") },
		"another access token":     set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"no subject":               func(_, c map[string]any) { delete(c, "sub") },
		"subject with a zero":      set("sub", "bo\x00"),
		"claims of other types":    set("preferred_username", 7),
		"unsigned":                 func(h, _ map[string]any) { h["alg"] = "none" },
		"signed with a public key": func(h, _ map[string]any) { h["alg"] = "HS256" },
		"another key's name":       func(h, _ map[string]any) { h["kid"] = "unknown" },
		"an algorithm not offered": func(h, _ map[string]any) { h["alg"] = "RS256" },
	} {
		tn.idp.Misbehave(change)
		if _, err := authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop); err == nil {
			t.Errorf("%s: signed in", name)
		} else {
			fails(t, err, cratewarden.Refused, "cannot be trusted")
		}
	}
	if n := tn.count(`SELECT count(*) FROM session`); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// Clocks may differ by a minute, not by more.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.link("example-id", "bo")
	tn.idp.Sit(authtest.Account{ID: "bo"})
	for name, change := range map[string]func(claims map[string]any, at func(time.Duration) int64){
		"ended just now": func(c map[string]any, at func(time.Duration) int64) { c["exp"] = at(-50 * time.Second) },
		"begins very soon": func(c map[string]any, at func(time.Duration) int64) {
			c["iat"], c["nbf"] = at(50*time.Second), at(50*time.Second)
		},
	} {
		tn.idp.Misbehave(func(_, c map[string]any) { change(c, func(d time.Duration) int64 { return tn.clock().Add(d).Unix() }) })
		if _, err := authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A provider that changes its keys is believed, somebody without them is not.
func TestSwappedKeys(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.link("example-id", "bo")
	tn.idp.Sit(authtest.Account{ID: "bo"})
	for range 2 {
		if _, err := authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop); err != nil {
			t.Fatal(err)
		}
	}
	if n := tn.idp.Fetched(); n != 1 {
		t.Errorf("keys asked for %d times", n)
	}
	tn.idp.SwapKeys(true)
	if _, err := authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop); err != nil {
		t.Fatalf("an honest change of keys: %v", err)
	}
	tn.idp.SwapKeys(false)
	_, err := authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop)
	fails(t, err, cratewarden.Refused, "cannot be trusted")
}

// A provider that says it is another is not asked to sign anybody in.
func TestDiscoveryOfAnotherIssuer(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.idp.Name = "https://evil.example"
	_, _, err := tn.BeginSignIn(t.Context(), "example-id", "/")
	fails(t, err, cratewarden.Unavailable)
}
