package authtest

import (
	"net/http"
	"strings"
	"testing"

	"cratewarden/auth"
)

// GitHub is a server with GitHub's shape: OAuth with PKCE, and the documents of
// the signed-in user.
type GitHub struct{ *desk }

// NewGitHub starts one on loopback; it ends with the test.
func NewGitHub(t testing.TB) *GitHub {
	t.Helper()
	g := &GitHub{}
	g.desk = newDesk(t, "console-at-github", func(mux *http.ServeMux) {
		mux.HandleFunc("GET /login/oauth/authorize", func(w http.ResponseWriter, r *http.Request) { g.authorize(w, r) })
		mux.HandleFunc("POST /login/oauth/access_token", g.token)
		mux.HandleFunc("GET /api/v3/user", g.user)
		mux.HandleFunc("GET /api/v3/user/emails", g.mails)
	})
	return g
}

// Config is how the console signs people in here.
func (g *GitHub) Config(id string) auth.ProviderConfig {
	return auth.ProviderConfig{ID: id, Name: "GitHub", Kind: "github", URL: g.URL, ClientID: g.Client, Secrets: g.Secret}
}

// token answers errors with the status 200, as GitHub does.
func (g *GitHub) token(w http.ResponseWriter, r *http.Request) {
	_, access, problem := g.redeem(r)
	switch problem {
	case "":
		reply(w, http.StatusOK, map[string]string{"access_token": access, "token_type": "bearer", "scope": "user:email"})
	case "invalid_client":
		reply(w, http.StatusOK, map[string]string{"error": "incorrect_client_credentials", "error_description": "raw text of the provider"})
	default:
		reply(w, http.StatusOK, map[string]string{"error": "bad_verification_code", "error_description": "raw text of the provider"})
	}
}

func (g *GitHub) whose(w http.ResponseWriter, r *http.Request) (Account, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	access, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	to, ok := g.tokens[access]
	if !ok {
		http.Error(w, `{"message":"Bad credentials"}`, http.StatusUnauthorized)
	}
	return to.who, ok
}

func (g *GitHub) user(w http.ResponseWriter, r *http.Request) {
	if who, ok := g.whose(w, r); ok {
		reply(w, http.StatusOK, map[string]any{"id": who.Number, "login": who.Login, "type": "User", "email": nil})
	}
}

func (g *GitHub) mails(w http.ResponseWriter, r *http.Request) {
	if who, ok := g.whose(w, r); ok {
		reply(w, http.StatusOK, []map[string]any{
			{"email": "old." + who.Mail, "primary": false, "verified": true},
			{"email": who.Mail, "primary": true, "verified": !who.Unverified},
		})
	}
}
