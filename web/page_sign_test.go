package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/team"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	d := as(responder)
	d.out = true
	d.members = []team.Member{{Name: "Ada", GitHubID: 7, OnCall: true, Grants: []team.Grant{{Role: cratewarden.Remover, Source: "demo"}}}, {Name: "Vera"}}
	s, _ := guarded(t, d, func(c *Config) { c.Pretend = true })
	answer := send2(s, "/sign-in/github", url.Values{"back": {"//evil.example"}}, nil)
	if text := body(t, answer); answer.StatusCode != 200 || answer.Header.Get("Refresh") != "0; url=https://provider.example/authorize?state=x" || !strings.Contains(text, `href="https://provider.example/authorize?state=x"`) {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	c := answer.Cookies()
	if len(c) != 1 || c[0].Name != "__Host-cratewarden-sign-in" || !c[0].Secure {
		t.Fatalf("cookies %v", c)
	}
	answer = ask(s, "GET", "/sign-in/github/callback?code=42&state=x", func(r *http.Request) { r.AddCookie(c[0]) })
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/plans" || len(answer.Cookies()) != 2 || answer.Cookies()[1].Value != "fresh" {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	answer = ask(s, "GET", "/sign-in/github/callback?code=42&state=x", nil)
	if text := body(t, answer); answer.StatusCode != http.StatusForbidden || !strings.Contains(text, "begun elsewhere") {
		t.Errorf("without the browser's cookie: %d", answer.StatusCode)
	}
	text := body(t, ask(s, "GET", "/sign-in", nil))
	if !strings.Contains(text, `name="person" value="7"`) || !strings.Contains(text, `name="person" value="vera"`) || !strings.Contains(text, "on call") {
		t.Error("the demo does not offer its people")
	}
	if answer = send2(s, "/sign-in", url.Values{"person": {"7"}, "back": {"/seen"}}, nil); answer.Header.Get("Location") != "/seen" {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	if got, want := d.called(), []string{"begin github /", "finish github 42 browser", "finish github 42 ", "pretend 7 browser"}; !slices.Equal(got, want) {
		t.Errorf("asked %q", got)
	}
	closed, _ := guarded(t, d)
	if answer = send2(closed, "/sign-in", url.Values{"person": {"7"}}, nil); answer.StatusCode != http.StatusForbidden {
		t.Errorf("outside of a demo: %d", answer.StatusCode)
	}
}

// TestSignInEndsTheOlderSession: a session that somebody else put into the
// browser does not live on beside the new one.
func TestSignInEndsTheOlderSession(t *testing.T) {
	t.Parallel()
	d := as(responder)
	s, _ := guarded(t, d, func(c *Config) { c.Pretend = true })
	answer := send2(s, "/sign-in", url.Values{"person": {"7"}}, nil)
	if got := d.called(); answer.StatusCode != http.StatusSeeOther || !slices.Equal(got, []string{"pretend 7 browser", "sign out"}) {
		t.Errorf("%d %q", answer.StatusCode, got)
	}
	answer = send2(s, "/sign-out", nil, nil)
	if c := answer.Cookies(); answer.StatusCode != http.StatusSeeOther || len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("%d %v", answer.StatusCode, c)
	}
	if answer := ask(s, "GET", "/sign-out", nil); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a GET signs out: %d", answer.StatusCode)
	}
}
