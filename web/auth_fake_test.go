package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/team"
)

// doorman is a sign-in that keeps everything in memory. It lets its person do
// all, unless a test says otherwise, and writes down what was asked of it. What
// the real one decides is tested where it is.
type doorman struct {
	Auth // what no test asks for panics

	mu      sync.Mutex
	visitor auth.Visitor
	out     bool             // nobody is signed in
	refuse  map[string]error // by act
	asked   []string         // acts
	calls   []string

	providers []auth.ProviderConfig
	members   []team.Member
	stepUp    error // of every answer to a question
}

// as signs everybody in as one person, with a step-up under way.
func as(who action.Actor) *doorman {
	d := &doorman{refuse: map[string]error{}}
	d.visitor = auth.Visitor{Actor: who, Person: auth.Person{ID: who.ID, Name: who.Name, RegistryUser: who.RegistryUser, Listed: true}}
	for _, role := range who.Roles {
		d.visitor.Person.Roles = append(d.visitor.Person.Roles, auth.Grant{Role: role, Source: "team crates-io"})
	}
	d.visitor.Session = auth.Session{ID: "s1", Person: who.ID, Kind: auth.BrowserSession, Provider: "github", Current: true}
	return d
}

func (d *doorman) call(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprintf(format, args...))
}

func (d *doorman) called() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}

func (d *doorman) Visit(*http.Request, auth.From) (auth.Visitor, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.out {
		return auth.Visitor{}, cratewarden.Errorf(cratewarden.Unsigned, "Sign in first.")
	}
	return d.visitor, nil
}

func (d *doorman) May(_ context.Context, _ auth.Visitor, act string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, act)
	return d.refuse[act]
}

func (d *doorman) Would(_ auth.Visitor, act string) *access.Denied {
	d.mu.Lock()
	defer d.mu.Unlock()
	denied, _ := d.refuse[act].(*access.Denied)
	return denied
}

func (d *doorman) Cookie(in auth.SignedIn) *http.Cookie {
	c := d.NoCookie()
	c.Value, c.MaxAge = in.Token, 3600
	return c
}

func (d *doorman) NoCookie() *http.Cookie {
	return &http.Cookie{Name: "__Host-cratewarden", Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

func needsStepUp(act string) error {
	return &access.Denied{Act: act, Denials: []access.Denial{{Rule: access.RuleStepUp, Why: "Changes take a passkey.", Remedy: "Confirm with yours."}}}
}

func (d *doorman) Providers() []auth.ProviderConfig { return d.providers }

func (d *doorman) Roster() (team.Snapshot, bool) { return team.Snapshot{Members: d.members}, false }

func (d *doorman) BeginSignIn(_ context.Context, provider, back string) (string, *http.Cookie, error) {
	d.call("begin %s %s", provider, back)
	return "https://provider.example/authorize?state=x", &http.Cookie{Name: "any", Value: "browser"}, nil
}

func (d *doorman) FinishSignIn(_ context.Context, provider string, q url.Values, browser string, _ auth.From) (auth.SignedIn, error) {
	d.call("finish %s %s %s", provider, q.Get("code"), browser)
	if browser != "browser" {
		return auth.SignedIn{}, cratewarden.Errorf(cratewarden.Refused, "The sign-in was begun elsewhere. Begin again.")
	}
	return d.session("fresh", "/plans"), nil
}

func (d *doorman) session(token, back string) auth.SignedIn {
	return auth.SignedIn{Token: token, Back: back, Session: d.visitor.Session, Person: d.visitor.Person}
}

func (d *doorman) PretendSignIn(_ context.Context, key string, kind auth.SessionKind, _ auth.From) (auth.SignedIn, error) {
	d.call("pretend %s %s", key, kind)
	return d.session("pretended", ""), nil
}

func (d *doorman) SignOut(context.Context, auth.Visitor) error {
	d.call("sign out")
	return nil
}

func (d *doorman) BeginStepUp(_ context.Context, _ auth.Visitor, about auth.About) (auth.Ceremony, error) {
	d.call("ask %s %s", about.Purpose, about.Plan)
	return auth.Ceremony{ID: "c1", Options: []byte(`{"challenge":"AAAA","rpId":"localhost","userVerification":"required"}`)}, nil
}

func (d *doorman) FinishStepUp(_ context.Context, _ auth.Visitor, ceremony string, answer []byte) (auth.SignedIn, error) {
	d.call("answer %s %s", ceremony, answer)
	if d.stepUp != nil {
		return auth.SignedIn{}, d.stepUp
	}
	return d.confirmed(), nil
}

func (d *doorman) PretendStepUp(_ context.Context, _ auth.Visitor, about auth.About) (auth.SignedIn, error) {
	d.call("pretend step-up %s %s", about.Purpose, about.Plan)
	return d.confirmed(), nil
}

func (d *doorman) confirmed() auth.SignedIn {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse = map[string]error{}
	d.visitor.Session.StepUpEnd = time.Now().Add(5 * time.Minute)
	return auth.SignedIn{Token: "rotated", Session: d.visitor.Session, Person: d.visitor.Person}
}

func (d *doorman) DropStepUp(context.Context, auth.Visitor) error {
	d.call("drop")
	return nil
}
