package auth

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"cratewarden"
)

// provider is one place where people sign in.
type provider interface {
	settings() ProviderConfig
	// address is where the browser goes with what is asked.
	address(ctx context.Context, q voyage) (string, error)
	// issued says whether the answer's "iss" (RFC 9207) is this provider's. An
	// answer of another one, mixed up on purpose, could make us show its code to
	// the wrong server.
	issued(ctx context.Context, iss string) (bool, error)
	// who exchanges the code for the account that signed in.
	who(ctx context.Context, code string, q voyage) (claim, error)
}

// voyage is what one sign-in holds on to between leaving and coming back.
type voyage struct {
	state, nonce, verifier string
}

// claim is what a provider says of who signed in.
type claim struct {
	Identity
	mail string // verified by the provider; "" for none
}

var providerID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// CallbackPath is where a provider sends the browser back to. Each has its own,
// which is half of the defence against mixed-up answers.
func CallbackPath(id string) string { return "/sign-in/" + id + "/callback" }

// newProviders makes the providers of the settings, and asks none of them.
func newProviders(origin *url.URL, list []ProviderConfig, clock cratewarden.Clock, log *slog.Logger) ([]provider, error) {
	var out []provider
	for _, p := range list {
		invalid := func(why string) error {
			return cratewarden.Errorf(cratewarden.Invalid, "The sign-in provider %q %s.", clip(p.ID, 40), why)
		}
		p.Scopes = slices.Clone(p.Scopes)
		if p.Name == "" {
			p.Name = p.ID
		}
		back := origin.JoinPath(CallbackPath(p.ID)).String()
		switch {
		case !providerID.MatchString(p.ID) || p.ID == pretend:
			return nil, invalid("needs an id of lower-case letters, digits and dashes")
		case slices.ContainsFunc(out, func(o provider) bool { return o.settings().ID == p.ID }):
			return nil, invalid("is there twice")
		case p.ClientID == "":
			return nil, invalid("needs a client id")
		case p.ID == gitHub && p.Kind != "github":
			return nil, invalid("must be of the kind github: that id is for the GitHub whose numbers the list of people and the registry mean")
		case p.Kind == "github":
			g, err := newGitHub(p, back)
			if err != nil {
				return nil, invalid(err.Error())
			}
			out = append(out, g)
		case p.Kind == "oidc" && safeAddress(p.Issuer) == nil:
			return nil, invalid("needs an issuer that begins with https://")
		case p.Kind == "oidc":
			out = append(out, &openID{ProviderConfig: p, back: back, client: newClient(), clock: clock, log: log})
		default:
			return nil, invalid("must be of the kind github or oidc")
		}
	}
	return out, nil
}

// Providers gives the places of sign-in, without their secrets.
func (s *Service) Providers() (out []ProviderConfig) {
	for _, p := range s.providers {
		c := p.settings()
		c.Secrets = nil
		out = append(out, c)
	}
	return out
}

// safeAddress takes https addresses, and plain http only on loopback; nil for
// anything else.
func safeAddress(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil
	}
	return u
}

// maxReply is how much of a provider's answer is read.
const maxReply = 1 << 20

// newClient asks providers: with a time limit, no more than maxReply, and
// without following redirects, which could lead a client secret elsewhere.
func newClient() *http.Client {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.ResponseHeaderTimeout, base.MaxResponseHeaderBytes = 10*time.Second, 64<<10
	return &http.Client{
		Transport:     limited{base},
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.next.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxReply), res.Body}
	}
	return res, err
}

// exchange redeems a code, with each of the client's secrets until one is
// right: a provider refuses a wrong one before it looks at the code.
func exchange(ctx context.Context, client *http.Client, cfg oauth2.Config, p ProviderConfig, code, verifier string) (*oauth2.Token, error) {
	secrets := []string{""} // a public client has none
	if p.Secrets != nil {
		var err error
		if secrets, err = p.Secrets(); err != nil {
			return nil, cratewarden.Wrap(err, cratewarden.Unavailable, "The console cannot read its secret for %s. Tell whoever runs it.", p.Name)
		}
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
	err := errors.New("no secret")
	for _, secret := range secrets {
		var t *oauth2.Token
		cfg.ClientSecret = secret
		if t, err = cfg.Exchange(ctx, code, oauth2.VerifierOption(verifier)); err == nil {
			return t, nil
		}
		if !wrongSecret(err) {
			break
		}
	}
	return nil, exchangeError(err, p)
}

// wrongSecret says that a provider did not know the console by its secret.
func wrongSecret(err error) bool {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	return ok && (e.ErrorCode == "invalid_client" || e.ErrorCode == "incorrect_client_credentials" ||
		e.ErrorCode == "" && e.Response != nil && e.Response.StatusCode == http.StatusUnauthorized)
}

// exchangeError tells what a provider's refusal means. Its own words go nowhere:
// they are foreign text, and may hold what was sent.
func exchangeError(err error, p ProviderConfig) error {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case wrongSecret(err):
		return cratewarden.Wrap(reason(err), cratewarden.Unavailable, "%s does not know this console's secret. Tell whoever runs it.", p.Name)
	case ok && e.Response != nil && e.Response.StatusCode < 500:
		return cratewarden.Wrap(reason(err), cratewarden.Refused, "%s did not take this sign-in: it was used already, or took too long. Begin again.", p.Name)
	}
	return down(err, p)
}

// down is the answer when a provider does not work.
func down(err error, p ProviderConfig) error {
	return cratewarden.Wrap(reason(err), cratewarden.Unavailable, "%s does not answer as it should. Try again in a minute, or sign in another way.", p.Name)
}

// reason is an error for the log, without the body of a provider's answer.
func reason(err error) error {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		status := "no answer"
		if e.Response != nil {
			status = e.Response.Status
		}
		return errors.New("token endpoint: " + clip(status, 60) + " " + word(e.ErrorCode))
	}
	return err
}

// word lets through only what looks like a code of OAuth.
func word(code string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, clip(code, 60))
}
