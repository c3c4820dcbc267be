package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"cratewarden"
)

// gitHubSite signs people in by GitHub's OAuth, and knows them by the number of
// their account. A login is only shown: it can change hands.
type gitHubSite struct {
	ProviderConfig
	site   *url.URL
	oauth  oauth2.Config
	client *http.Client
}

func newGitHub(p ProviderConfig, back string) (*gitHubSite, error) {
	if p.URL == "" {
		p.URL, p.API = "https://github.com", "https://api.github.com"
	}
	p.URL = strings.TrimRight(p.URL, "/")
	if p.API == "" {
		p.API = p.URL + "/api/v3" // of an Enterprise server
	}
	p.API = strings.TrimRight(p.API, "/")
	site := safeAddress(p.URL)
	if site == nil || safeAddress(p.API) == nil {
		return nil, errors.New("needs addresses that begin with https://")
	}
	if p.Scopes == nil {
		p.Scopes = []string{"user:email"} // where notices go
	}
	return &gitHubSite{ProviderConfig: p, site: site, client: newClient(), oauth: oauth2.Config{
		ClientID: p.ClientID, RedirectURL: back, Scopes: p.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: p.URL + "/login/oauth/authorize", TokenURL: p.URL + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams},
	}}, nil
}

func (g *gitHubSite) settings() ProviderConfig { return g.ProviderConfig }

func (g *gitHubSite) address(_ context.Context, v voyage) (string, error) {
	return g.oauth.AuthCodeURL(v.state, oauth2.S256ChallengeOption(v.verifier)), nil
}

// issued takes whatever is on GitHub's own host; GitHub sends no "iss" today.
func (g *gitHubSite) issued(_ context.Context, iss string) (bool, error) {
	u := safeAddress(iss)
	return iss == "" || u != nil && u.Scheme == g.site.Scheme && u.Host == g.site.Host, nil
}

func (g *gitHubSite) who(ctx context.Context, code string, v voyage) (claim, error) {
	token, err := exchange(ctx, g.client, g.oauth, g.ProviderConfig, code, v.verifier)
	if err != nil {
		return claim{}, err
	}
	var user struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
	}
	if err := g.ask(ctx, token, "/user", &user); err != nil {
		return claim{}, down(err, g.ProviderConfig)
	}
	if user.ID <= 0 {
		return claim{}, down(errors.New("an account without a number"), g.ProviderConfig)
	}
	c := claim{Identity: Identity{Provider: g.ID, Subject: strconv.FormatInt(user.ID, 10), Login: clip(user.Login, 100)}}
	if slices.Contains(g.Scopes, "user:email") {
		c.mail = g.mail(ctx, token)
	}
	return c, nil
}

// mail gives the account's first address if GitHub verified it. Without one
// people still sign in.
func (g *gitHubSite) mail(ctx context.Context, token *oauth2.Token) string {
	var list []struct {
		Email             string
		Primary, Verified bool
	}
	if err := g.ask(ctx, token, "/user/emails", &list); err != nil {
		return ""
	}
	for _, m := range list {
		if m.Primary && m.Verified {
			return clip(m.Email, 320)
		}
	}
	return ""
}

// ask gets one document of GitHub's interface.
func (g *gitHubSite) ask(ctx context.Context, token *oauth2.Token, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.API+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token.AccessToken)
	r.Header.Set("Accept", "application/vnd.github+json")
	r.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	r.Header.Set("User-Agent", "cratewarden")
	res, err := g.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", path, res.StatusCode)
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return cratewarden.Errorf(cratewarden.Internal, "%s is not the expected JSON", path)
	}
	return nil
}
