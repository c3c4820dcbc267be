package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/auth"
	"cratewarden/ledger"
)

// anyAuth is every other question: its embedded nil panics.
type anyAuth = api.Auth

// porter knows one person by one token. With steps it wants a confirmation of
// what is asked, and gives a new token for it.
type porter struct {
	anyAuth
	who   action.Actor
	steps bool

	mu       sync.Mutex
	token    string
	about    auth.About // confirmed
	steppedT bool
	polls    int
}

// lets everything pass for whoever has the token "good".
func lets(who action.Actor) *porter { return &porter{who: who, token: "good"} }

func (p *porter) Visit(r *http.Request, _ auth.From) (auth.Visitor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+p.token {
		return auth.Visitor{}, cratewarden.Errorf(cratewarden.Unsigned, "No.")
	}
	return auth.Visitor{Person: auth.Person{ID: p.who.ID, Name: p.who.Name}, Session: auth.Session{ID: "s1"}, Actor: p.who}, nil
}

func (p *porter) May(_ context.Context, _ auth.Visitor, act string) error {
	rule, _ := access.Of(act)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.steps || p.steppedT || rule.StepUp == access.NoStepUp {
		return nil
	}
	return &access.Denied{Act: act, Denials: []access.Denial{{Rule: access.RuleStepUp, Why: "Not confirmed.", Remedy: "Confirm."}}}
}

func (p *porter) signedIn() auth.SignedIn {
	return auth.SignedIn{Token: p.token, Session: auth.Session{ID: "s1", End: time.Now().Add(time.Hour)}, Person: auth.Person{ID: p.who.ID, Name: p.who.Name}}
}

func (p *porter) BeginDevice(context.Context, auth.From) (auth.Device, error) {
	return auth.Device{Secret: "sec", Code: "AB-CD", URL: "https://console.example/device", Expires: time.Now().Add(time.Minute), Interval: time.Millisecond}, nil
}

func (p *porter) AskStepUp(_ context.Context, _ auth.Visitor, about auth.About) (auth.Device, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.about = about
	d, err := p.BeginDevice(context.Background(), auth.From{})
	return d, err
}

// PollAsk is given at the second poll.
func (p *porter) PollAsk(_ context.Context, secret string, _ auth.From) (auth.SignedIn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polls++
	if secret != "sec" {
		return auth.SignedIn{}, cratewarden.Errorf(cratewarden.Unsigned, "No.")
	}
	if p.polls == 1 {
		return auth.SignedIn{}, cratewarden.Errorf(cratewarden.Conflict, "Waiting.")
	}
	p.token, p.steppedT = fmt.Sprintf("new%d", p.polls), true
	return p.signedIn(), nil
}

func (p *porter) EndSession(context.Context, auth.Visitor, string) error { return nil }

func (p *porter) RevokeAPIToken(context.Context, auth.Visitor, string) error { return nil }

// signedClient is a client of a console, with the token "good".
func signedClient(t *testing.T, cfg api.Config) *client.Client {
	t.Helper()
	server := httptest.NewServer(api.New(cfg))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Use("good"); err != nil {
		t.Fatal(err)
	}
	return c
}

// A program signs in by a code, and asks for the confirmation of exactly what
// was refused; then the same request goes out again under the same key.
func TestSignInAndConfirmation(t *testing.T) {
	t.Parallel()
	p := lets(action.Actor{ID: "p1", Name: "Ada"})
	engine := &planner{}
	c := signedClient(t, api.Config{Auth: p, Plans: engine})
	d, err := c.BeginDevice(t.Context())
	if err != nil || d.Code != "AB-CD" || d.Interval != 1 {
		t.Fatalf("%+v %v", d, err)
	}
	in, err := c.AwaitDevice(t.Context(), d)
	if err != nil || in.Token != "new2" {
		t.Fatalf("%+v %v", in, err)
	}
	if err := c.Use(in.Token); err != nil {
		t.Fatal(err)
	}
	p.polls, p.steppedT, p.steps = 1, false, true
	digest := ledger.Digest{1, 2}
	var asked []auth.About
	c.On(nil, func(ctx context.Context, r *client.Refusal) (string, error) {
		asked = append(asked, *r.Problem.About)
		d, err := c.AskStepUp(ctx, *r.Problem.About)
		if err != nil {
			return "", err
		}
		in, err := c.AwaitStepUp(ctx, d)
		if err != nil {
			return "", err
		}
		return in.Token, nil
	})
	if _, err := c.Apply(t.Context(), "p9", digest.String(), "", "key-1"); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 1 || asked[0].Plan != "p9" || asked[0].Purpose != "apply" || *asked[0].Digest != digest || *p.about.Digest != digest || engine.key != "key-1" {
		t.Errorf("%+v %+v %q", asked, p.about, engine.key)
	}
	// Whoever takes no confirmation gets the refusal with what to confirm.
	p.steppedT = false
	_, err = c.Plain().Apply(t.Context(), "p9", digest.String(), "", "key-2")
	r, ok := err.(*client.Refusal)
	if !ok || cratewarden.KindOf(err) != cratewarden.Refused || r.Problem.Rule != access.RuleStepUp || r.Problem.Remedy != "Confirm." {
		t.Errorf("%v", err)
	}
}

// planner applies what it is told.
type planner struct {
	anyPlans
	key string
}

type anyPlans = api.Plans

func (p *planner) Apply(_ context.Context, _ action.Actor, id string, _ action.Consent, key string) (action.Plan, error) {
	p.key = key
	return action.Plan{ID: id}, nil
}

func (p *planner) Catalogue() *action.Catalogue { return action.NewCatalogue() }

func (p *planner) Plan(_ context.Context, id string) (action.Plan, error) {
	return action.Plan{ID: id}, nil
}

// The token goes to its console alone: not over plain http to another machine,
// not to whomever the console redirects to, and not into an error.
func TestTheTokenStaysWithItsConsole(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]cratewarden.Kind{
		"http://console.example": cratewarden.Refused, "http://10.0.0.1:8420": cratewarden.Refused, "http://127.0.0.1.evil.example": cratewarden.Refused, "http://localhost.evil.example": cratewarden.Refused,
		"https://console.example": "", "http://127.0.0.1:8420": "", "http://[::1]:8420": "", "http://localhost:8420": "",
	} {
		c, err := client.New(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := cratewarden.KindOf(c.Use("s3cret")); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	var got []string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Get("Authorization")) }))
	t.Cleanup(thief.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		redirect := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL+r.URL.Path, status)
		}))
		c, err := client.New(redirect.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Use("s3cret"); err != nil {
			t.Fatal(err)
		}
		_, err = c.Me(t.Context())
		if cratewarden.KindOf(err) != cratewarden.Unavailable || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%d: %v", status, err)
		}
		if err := c.EndSession(t.Context(), "s1"); err == nil {
			t.Errorf("%d: a POST was redirected", status)
		}
		redirect.Close()
		if _, err := c.Me(t.Context()); err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "s3cret") { // nobody listens
			t.Errorf("%v", err)
		}
	}
	if len(got) != 0 {
		t.Errorf("somebody else got %q", got)
	}
	c, err := client.New("https://console.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"s3cret\r\nX: y", "s3cret more", "s3crét"} {
		if err := c.Use(token); cratewarden.KindOf(err) != cratewarden.Invalid || strings.Contains(err.Error(), "s3cr") {
			t.Errorf("%q: %v", token, err)
		}
	}
}

// When nobody is known, one try to sign in follows, and no second one.
func TestOneTryToSignIn(t *testing.T) {
	t.Parallel()
	p := lets(action.Actor{ID: "p1", Name: "Ada"})
	c := signedClient(t, api.Config{Auth: p})
	if err := c.Use(""); err != nil {
		t.Fatal(err)
	}
	tries := 0
	token := "bad"
	c.On(func(_ context.Context, refused string) (string, error) {
		tries++
		return token, nil
	}, nil)
	if _, err := c.Me(t.Context()); cratewarden.KindOf(err) != cratewarden.Unsigned || tries != 1 {
		t.Errorf("%v after %d tries", err, tries)
	}
	token = "good"
	if me, err := c.Me(t.Context()); err != nil || me.ID != "p1" || tries != 2 {
		t.Errorf("%+v %v after %d tries", me, err, tries)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, `"good"`) {
		t.Errorf("the client tells its token: %s", text)
	}
}
