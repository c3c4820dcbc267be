package auth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
)

// A whole sign-in in a browser with cookies, through both providers: the cookie
// that somebody planted before is replaced, and signing out ends everything.
func TestBrowserJourney(t *testing.T) {
	t.Parallel()
	var tn *town
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in/{provider}", func(w http.ResponseWriter, r *http.Request) {
		address, cookie, err := tn.BeginSignIn(r.Context(), r.PathValue("provider"), r.FormValue("back"))
		if err != nil {
			http.Error(w, cratewarden.MessageOf(err), http.StatusServiceUnavailable)
			return
		}
		http.SetCookie(w, cookie)
		w.Header().Set("Refresh", "0; url="+address)
	})
	mux.HandleFunc("GET /sign-in/{provider}/callback", func(w http.ResponseWriter, r *http.Request) {
		browser := ""
		if c, err := r.Cookie(tn.SignInCookieName()); err == nil {
			browser = c.Value
		}
		in, err := tn.FinishSignIn(r.Context(), r.PathValue("provider"), r.URL.Query(), browser, laptop)
		if err != nil {
			http.Error(w, cratewarden.MessageOf(err), http.StatusForbidden)
			return
		}
		http.SetCookie(w, tn.Cookie(in))
		http.Redirect(w, r, in.Back, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /you", func(w http.ResponseWriter, r *http.Request) {
		v, err := tn.Visit(r, laptop)
		if err != nil {
			http.Error(w, "nobody", http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, v.Person.Name)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	tn = newTown(t, func(c *auth.Config) { c.Origin = server.URL })
	tn.link("example-id", "bo")
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for provider, name := range map[string]string{"github": "Ada", "example-id": "Bo"} {
		tn.hub.Sit(authtest.Account{Number: 1})
		tn.idp.Sit(authtest.Account{ID: "bo"})
		browser := authtest.Browser()
		browser.Jar.SetCookies(at, []*http.Cookie{{Name: tn.CookieName(), Value: "planted", Path: "/"}})
		says := func(r *http.Response, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Body.Close() }()
			text, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		if got := says(browser.Get(server.URL + "/you")); got != "nobody\n" {
			t.Errorf("planted: %q", got)
		}
		if got := says(authtest.SignInAt(t.Context(), browser, server.URL, provider, "/you")); got != name {
			t.Errorf("%s: %q", provider, got)
		}
		var token string
		for _, c := range browser.Jar.Cookies(at) {
			if c.Name == tn.CookieName() {
				token = c.Value
			}
		}
		if token == "planted" || token == "" {
			t.Errorf("cookie %q", token)
		}
		if err := tn.SignOut(t.Context(), (&came{town: tn, token: token}).who()); err != nil {
			t.Fatal(err)
		}
		if got := says(browser.Get(server.URL + "/you")); got != "nobody\n" {
			t.Errorf("after signing out: %q", got)
		}
		// The provider's redirect in the browser's history is worth nothing.
		if got := says(authtest.Browser().Get(server.URL + "/sign-in/" + provider + "/callback?state=old&code=old")); got == name {
			t.Error("played again")
		}
	}
}
