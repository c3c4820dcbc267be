package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cratewarden"
)

// openID signs people in by an OpenID Connect provider, and knows them by its
// subject. What the provider is is asked when somebody first signs in there, and
// again when that failed or grew old.
type openID struct {
	ProviderConfig
	back   string
	client *http.Client
	clock  cratewarden.Clock
	log    *slog.Logger

	mu     sync.Mutex
	last   *discovered
	failed error
	failAt time.Time
}

// discovered is what a provider says of itself.
type discovered struct {
	*oidc.Provider
	at     time.Time
	oauth  oauth2.Config
	saysIs bool // that its answers carry "iss"
}

const (
	// keepDiscovery is how long a provider's own description is believed. Keys are
	// asked for again whenever a signature is by one that is not known.
	keepDiscovery = time.Hour
	// failAgain is how soon a provider that failed is asked again: who waited for
	// the failure of another gets the same answer.
	failAgain = 2 * time.Second
	// skew is how far clocks may differ.
	skew = time.Minute
)

func (o *openID) settings() ProviderConfig { return o.ProviderConfig }

// discover asks the provider what it is. When it cannot say so again, what it
// said before holds.
func (o *openID) discover(ctx context.Context) (*discovered, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now() // how long something takes, not what time it is
	switch {
	case o.last != nil && now.Sub(o.last.at) < keepDiscovery:
		return o.last, nil
	case o.failed != nil && now.Sub(o.failAt) < failAgain:
		return o.last, o.orLast(o.failed)
	}
	found, err := o.ask(ctx)
	if err != nil {
		if ctx.Err() == nil { // not because one visitor left
			o.failed, o.failAt = err, time.Now()
		}
		return o.last, o.orLast(err)
	}
	found.at = now
	o.last, o.failed = found, nil
	return found, nil
}

// orLast forgives a failure when there is an earlier answer.
func (o *openID) orLast(err error) error {
	if o.last == nil {
		return down(err, o.ProviderConfig)
	}
	o.log.Warn("an OpenID Connect provider could not be asked again what it is", "provider", o.ID, "error", err)
	return nil
}

func (o *openID) ask(ctx context.Context) (*discovered, error) {
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, o.client), o.Issuer)
	if wrong, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return nil, fmt.Errorf("says it is another issuer: %s", clip(wrong.Discovered, 200))
	}
	if err != nil {
		return nil, errors.New("its /.well-known/openid-configuration cannot be read")
	}
	var says struct {
		Keys    string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
		Iss     bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&says); err != nil {
		return nil, err
	}
	at := p.Endpoint()
	for _, address := range []string{at.AuthURL, at.TokenURL, says.Keys} {
		if safeAddress(address) == nil {
			return nil, errors.New("one of its addresses does not begin with https://")
		}
	}
	at.AuthStyle = oauth2.AuthStyleInHeader
	if says.Methods != nil && !slices.Contains(says.Methods, "client_secret_basic") {
		at.AuthStyle = oauth2.AuthStyleInParams
	}
	scopes := o.Scopes
	if scopes == nil {
		scopes = []string{"profile", "email"}
	}
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append([]string{oidc.ScopeOpenID}, scopes...)
	}
	return &discovered{Provider: p, saysIs: says.Iss, oauth: oauth2.Config{ClientID: o.ClientID, RedirectURL: o.back, Scopes: scopes, Endpoint: at}}, nil
}

func (o *openID) address(ctx context.Context, v voyage) (string, error) {
	d, err := o.discover(ctx)
	if err != nil {
		return "", err
	}
	return d.oauth.AuthCodeURL(v.state, oidc.Nonce(v.nonce), oauth2.S256ChallengeOption(v.verifier)), nil
}

// issued takes the issuer's own name, and no name only from a provider that
// does not promise to give it.
func (o *openID) issued(ctx context.Context, iss string) (bool, error) {
	if iss != "" {
		return iss == o.Issuer, nil
	}
	d, err := o.discover(ctx)
	return err == nil && !d.saysIs, err
}

func (o *openID) who(ctx context.Context, code string, v voyage) (claim, error) {
	d, err := o.discover(ctx)
	if err != nil {
		return claim{}, err
	}
	token, err := exchange(ctx, o.client, d.oauth, o.ProviderConfig, code, v.verifier)
	if err != nil {
		return claim{}, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok || len(raw) > maxReply {
		return claim{}, down(errors.New("no ID token"), o.ProviderConfig)
	}
	now := o.clock()
	id, err := d.Verifier(&oidc.Config{ClientID: o.ClientID, Now: func() time.Time { return now.Add(-skew) }}).Verify(oidc.ClientContext(ctx, o.client), raw)
	if err != nil {
		if strings.Contains(err.Error(), "fetching keys") { // the library does not wrap it
			return claim{}, down(errors.New("its keys cannot be read"), o.ProviderConfig)
		}
		return claim{}, o.distrust(verifyReason(err))
	}
	return o.believe(id, token.AccessToken, v, now)
}

// verifyReason is why an ID token does not hold, without the token's own words.
func verifyReason(err error) string {
	if _, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		return "it has expired"
	}
	return "its signature, issuer or audience is wrong"
}

// distrust refuses a sign-in whose ID token does not hold.
func (o *openID) distrust(why string) error {
	return cratewarden.Wrap(errors.New("ID token: "+why), cratewarden.Refused,
		"What %s sent cannot be trusted, so nobody was signed in. Begin again; if it stays, tell whoever runs this console.", o.Name)
}

// believe checks what the library leaves to its caller.
func (o *openID) believe(id *oidc.IDToken, access string, v voyage, now time.Time) (claim, error) {
	var more struct {
		Party    string `json:"azp"`
		Mail     string `json:"email"`
		Verified any    `json:"email_verified"`
		User     string `json:"preferred_username"`
		Name     string `json:"name"`
		Before   int64  `json:"nbf"`
	}
	if err := id.Claims(&more); err != nil {
		return claim{}, o.distrust("its claims cannot be read")
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(v.nonce)) != 1:
		return claim{}, o.distrust("its nonce is of another sign-in")
	case more.Party != "" && more.Party != o.ClientID, len(id.Audience) > 1 && more.Party == "":
		return claim{}, o.distrust("it was made for another party")
	case id.IssuedAt.After(now.Add(skew)), time.Unix(more.Before, 0).After(now.Add(skew)):
		return claim{}, o.distrust("it is from the future")
	case id.AccessTokenHash != "" && id.VerifyAccessToken(access) != nil:
		return claim{}, o.distrust("it belongs to another access token")
	case id.Subject == "" || clip(id.Subject, 255) != id.Subject:
		return claim{}, o.distrust("it names no subject")
	}
	c := claim{Identity: Identity{Provider: o.ID, Subject: id.Subject, Login: clip(more.User, 100)}}
	if c.Login == "" {
		c.Login = clip(more.Name, 100)
	}
	if more.Verified == true || more.Verified == "true" {
		c.mail = clip(more.Mail, 320)
	}
	return c, nil
}
