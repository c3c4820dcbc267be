package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"testing"
	"time"

	"cratewarden/auth"
)

// OpenID is an OpenID Connect provider: discovery, keys, codes with PKCE, and ID
// tokens that it signs.
type OpenID struct {
	*desk
	// Now is its clock; tests may change it before the first sign-in.
	Now func() time.Time

	algorithm string
	keys      []signer // the first signs
	hidden    bool     // the signing key is not published
	change    func(head, claims map[string]any)
	fetched   int // how often the keys were asked for
}

type signer struct {
	id    string
	rsa   *rsa.PrivateKey
	ecdsa *ecdsa.PrivateKey
}

// NewOpenID starts one on loopback, which signs by RS256 or ES256; it ends with
// the test.
func NewOpenID(t testing.TB, algorithm string) *OpenID {
	t.Helper()
	p := &OpenID{Now: time.Now, algorithm: algorithm}
	p.desk = newDesk(t, "console-at-openid", func(mux *http.ServeMux) {
		mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
		mux.HandleFunc("GET /keys", p.publish)
		mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) { p.authorize(w, r) })
		mux.HandleFunc("POST /token", p.token)
	})
	p.Name = p.URL
	p.SwapKeys(true)
	return p
}

// Config is how the console signs people in here.
func (p *OpenID) Config(id string) auth.ProviderConfig {
	return auth.ProviderConfig{ID: id, Name: "Example ID", Kind: "oidc", Issuer: p.URL, ClientID: p.Client, Secrets: p.Secret}
}

// SwapKeys signs with a new key from now on. An honest provider publishes it; a
// thief who only has the address cannot.
func (p *OpenID) SwapKeys(published bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := signer{id: rand.Text()}
	var err error
	if p.algorithm == "ES256" {
		s.ecdsa, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		s.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		panic(err) // never with a working source of randomness
	}
	p.keys, p.hidden = append([]signer{s}, p.keys...), !published
}

// Misbehave changes the header and the claims of ID tokens before they are
// signed; nil ends it. The algorithms "none" and "HS256" (with the public key as
// the secret) are signed as an attacker would.
func (p *OpenID) Misbehave(change func(head, claims map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.change = change
}

// Fetched is how often the keys were asked for.
func (p *OpenID) Fetched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetched
}

func (p *OpenID) describe(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{
		"issuer": p.Name, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{p.algorithm}, "authorization_response_iss_parameter_supported": true,
	})
}

func (p *OpenID) publish(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fetched++
	keys := []map[string]string{}
	for i, s := range p.keys {
		if i > 0 || !p.hidden {
			keys = append(keys, s.public())
		}
	}
	reply(w, http.StatusOK, map[string]any{"keys": keys})
}

func (s signer) public() map[string]string {
	if s.ecdsa != nil {
		point, _ := s.ecdsa.PublicKey.Bytes() // P-256 always has one: 4, x, y
		return map[string]string{"kty": "EC", "use": "sig", "kid": s.id, "alg": "ES256", "crv": "P-256", "x": text64(point[1:33]), "y": text64(point[33:])}
	}
	return map[string]string{"kty": "RSA", "use": "sig", "kid": s.id, "alg": "RS256", "n": text64(s.rsa.N.Bytes()), "e": text64(big.NewInt(int64(s.rsa.E)).Bytes())}
}

func (p *OpenID) token(w http.ResponseWriter, r *http.Request) {
	g, access, problem := p.redeem(r)
	switch problem {
	case "":
	case "invalid_client":
		reply(w, http.StatusUnauthorized, map[string]string{"error": problem, "error_description": "raw text of the provider"})
		return
	default:
		reply(w, http.StatusBadRequest, map[string]string{"error": problem, "error_description": "raw text of the provider"})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	half := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": p.Name, "aud": p.Client, "sub": g.who.ID, "nonce": g.nonce, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"preferred_username": g.who.Login, "email": g.who.Mail, "email_verified": !g.who.Unverified, "at_hash": text64(half[:16]),
	}
	head := map[string]any{"alg": p.algorithm, "kid": p.keys[0].id, "typ": "JWT"}
	if p.change != nil {
		p.change(head, claims)
	}
	reply(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": p.sign(head, claims)})
}

// sign makes a JWT by the header's algorithm.
func (p *OpenID) sign(head, claims map[string]any) string {
	h, _ := json.Marshal(head) // maps of texts and numbers never fail
	c, _ := json.Marshal(claims)
	body := text64(h) + "." + text64(c)
	sum := sha256.Sum256([]byte(body))
	s := p.keys[0]
	var mark []byte
	switch {
	case head["alg"] == "none":
	case head["alg"] == "HS256":
		n, _ := json.Marshal(s.public())
		mac := hmac.New(sha256.New, n)
		mac.Write([]byte(body))
		mark = mac.Sum(nil)
	case s.ecdsa != nil:
		a, b, err := ecdsa.Sign(rand.Reader, s.ecdsa, sum[:])
		if err != nil {
			panic(err)
		}
		mark = append(a.FillBytes(make([]byte, 32)), b.FillBytes(make([]byte, 32))...)
	default:
		var err error
		if mark, err = rsa.SignPKCS1v15(nil, s.rsa, crypto.SHA256, sum[:]); err != nil {
			panic(err)
		}
	}
	return body + "." + text64(mark)
}

func text64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
