package authtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
)

// Account is somebody who has an account at a provider.
type Account struct {
	Number int64  // at GitHub
	ID     string // subject, at an OpenID Connect provider
	Login  string
	Mail   string // verified unless Unverified
	// Unverified says that the provider did not check the address.
	Unverified bool
}

// desk is what all providers of OAuth have: who sits in the browser, codes given
// out and redeemed once, and PKCE.
type desk struct {
	URL string // of the provider
	// Client and Secrets are what the console is registered with.
	Client  string
	Secrets []string
	// Name is what its answers are issued by ("iss"); none when empty.
	Name string

	mu      sync.Mutex
	who     Account
	codes   map[string]grant
	tokens  map[string]grant
	down    bool
	refuses string // error at the authorization endpoint
}

// grant is what one code stands for.
type grant struct {
	who                        Account
	challenge, redirect, nonce string
	used                       bool
}

func newDesk(t testing.TB, client string, routes func(*http.ServeMux)) *desk {
	t.Helper()
	d := &desk{Client: client, Secrets: []string{"secret of " + client}, codes: map[string]grant{}, tokens: map[string]grant{}}
	mux := http.NewServeMux()
	routes(mux)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.isDown() {
			http.Error(w, "<b>maintenance</b> at internal-host-17", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	d.URL = server.URL
	return d
}

func (d *desk) isDown() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.down
}

// Sit puts somebody into the browser, signed in at the provider.
func (d *desk) Sit(who Account) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.who = who
}

// Down makes every answer a failure, until it is called with false.
func (d *desk) Down(down bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = down
}

// Refuse makes the provider send people back with this error; "" for none.
func (d *desk) Refuse(code string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuses = code
}

// Register changes the client's secrets, as its owner does.
func (d *desk) Register(secrets ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Secrets = secrets
}

// Secret gives the secrets as the console's settings would.
func (d *desk) Secret() ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.Secrets), nil
}

// authorize is where the browser comes with a question: it sends it back with a
// code, for whoever sits in it.
func (d *desk) authorize(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != d.Client || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") == "" {
		http.Error(w, "not a question of this client with PKCE and state", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	if d.Name != "" {
		answer.Set("iss", d.Name)
	}
	if d.refuses != "" {
		answer.Set("error", d.refuses)
		answer.Set("error_description", "<script>alert('raw text of the provider')</script>")
	} else {
		code := rand.Text()
		d.codes[code] = grant{who: d.who, challenge: q.Get("code_challenge"), redirect: q.Get("redirect_uri"), nonce: q.Get("nonce")}
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// redeem gives what a code stands for, or an error of OAuth. basic allows the
// secret in the header.
func (d *desk) redeem(r *http.Request) (g grant, access, problem string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, secret, ok := r.BasicAuth()
	if ok {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	if id != d.Client || !slices.Contains(d.Secrets, secret) {
		return g, "", "invalid_client"
	}
	code := r.FormValue("code")
	g, ok = d.codes[code]
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || g.used || g.redirect != r.FormValue("redirect_uri") || g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return g, "", "invalid_grant"
	}
	g.used = true
	d.codes[code] = g
	access = rand.Text()
	d.tokens[access] = g
	return g, access, ""
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a test that lost its client fails by itself
}
