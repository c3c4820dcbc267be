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
	"cratewarden/ledger"
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

	sessions []auth.Session
	keys     []auth.Passkey
	tokens   []auth.APIToken
	people   []auth.Person
	list     team.Snapshot
	ask      auth.Ask
	err      error // of every change
	noKeys   bool  // there is no passkey to ask
	from     auth.From
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

func (d *doorman) Visit(_ *http.Request, from auth.From) (auth.Visitor, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.from = from
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

func (d *doorman) Roster() (team.Snapshot, bool) {
	if d.list.Members == nil {
		d.list.Members = d.members
	}
	return d.list, false
}

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
	if d.noKeys {
		return auth.Ceremony{}, &access.Denied{Act: "own.step-up", Denials: []access.Denial{{Rule: access.RuleStepUp, Why: "You have no passkey."}}}
	}
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

func (d *doorman) Sessions(context.Context, string) ([]auth.Session, error) { return d.sessions, nil }

func (d *doorman) EndSession(_ context.Context, _ auth.Visitor, id string) error {
	d.call("end %s", id)
	return d.err
}

func (d *doorman) Passkeys(context.Context, string) ([]auth.Passkey, error) { return d.keys, nil }

func (d *doorman) BeginPasskey(_ context.Context, _ auth.Visitor, code string) (auth.Ceremony, error) {
	d.call("begin passkey %s", code)
	return auth.Ceremony{ID: "c2", Options: []byte(`{"challenge":"AAAA"}`)}, d.err
}

func (d *doorman) FinishPasskey(_ context.Context, _ auth.Visitor, ceremony, name string, answer []byte) (auth.SignedIn, error) {
	d.call("finish passkey %s %s %s", ceremony, name, answer)
	return d.session("rotated", ""), d.err
}

func (d *doorman) RenamePasskey(_ context.Context, _ auth.Visitor, id, name string) error {
	d.call("rename %s %s", id, name)
	return d.err
}

func (d *doorman) RemovePasskey(_ context.Context, _ auth.Visitor, id string) error {
	d.call("remove %s", id)
	return d.err
}

func (d *doorman) MakeAPIToken(_ context.Context, _ auth.Visitor, o auth.TokenOrder) (string, auth.APIToken, error) {
	d.call("make token %s %v %v %v %d", o.Name, o.Roles, o.Acts, o.Networks, o.Days)
	return "cwd_secret", auth.APIToken{ID: "t9", Name: o.Name, Expires: deskTime.Add(24 * time.Hour)}, d.err
}

func (d *doorman) APITokens(context.Context, string) ([]auth.APIToken, error) { return d.tokens, nil }

func (d *doorman) RevokeAPIToken(_ context.Context, _ auth.Visitor, id string) error {
	d.call("revoke %s", id)
	return d.err
}

func (d *doorman) People(context.Context) ([]auth.Person, error) { return d.people, nil }

func (d *doorman) Person(_ context.Context, id string) (auth.Person, error) {
	for _, p := range d.people {
		if p.ID == id {
			return p, nil
		}
	}
	return auth.Person{}, cratewarden.Errorf(cratewarden.NotFound, "There is no such person.")
}

func (d *doorman) IssueEnrolment(_ context.Context, by action.Actor, person string) (string, time.Time, error) {
	d.call("enrol %s by %s", person, by.ID)
	return "ABCDE-FGHJK", deskTime.Add(24 * time.Hour), d.err
}

func (d *doorman) Asked(_ context.Context, _ auth.Visitor, code string) (auth.Ask, error) {
	if code != d.ask.Code {
		return auth.Ask{}, cratewarden.Errorf(cratewarden.NotFound, "No program of yours waits under that code.")
	}
	return d.ask, nil
}

func (d *doorman) AnswerAsk(_ context.Context, _ auth.Visitor, code string, yes bool) error {
	d.call("answer ask %s %t", code, yes)
	return d.err
}

// staffed is a doorman with everything that a page of people can show.
func staffed(who action.Actor) *doorman {
	d := as(who)
	ago := func(m time.Duration) time.Time { return deskTime.Add(-m * time.Minute) }
	used, over := ago(12), ago(300)
	d.sessions = []auth.Session{
		{ID: "s1", Person: who.ID, Kind: auth.BrowserSession, Provider: "github", Address: "203.0.113.9", Agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", Created: ago(40), Seen: ago(0), IdleEnd: ago(-60), End: ago(-680), SteppedUp: &used, StepUpEnd: ago(-4)},
		{ID: "s2", Person: who.ID, Kind: auth.ProgramSession, Provider: "github", Created: ago(200), Seen: ago(31), IdleEnd: ago(-200), End: ago(-200)},
	}
	d.keys = []auth.Passkey{{ID: "k1", Name: "blue key", Created: ago(90000), Used: &used}, {ID: "k2", Name: "phone <b>", Created: ago(800), Synced: true, Cloned: true}}
	d.tokens = []auth.APIToken{
		{ID: "t1", Name: "nightly report", Roles: []cratewarden.Role{cratewarden.Viewer}, Acts: []string{"look", "look.ledger"}, Networks: []string{"192.0.2.0/24"}, Created: ago(9000), Expires: ago(-60000), Used: &used},
		{ID: "t2", Name: "old one", Roles: []cratewarden.Role{cratewarden.Responder}, Created: ago(90000), Expires: ago(-9), Revoked: &over},
		{ID: "t3", Name: "ended", Created: ago(90000), Expires: ago(9)},
	}
	grant := func(role cratewarden.Role, source string) auth.Grant { return auth.Grant{Role: role, Source: source} }
	d.visitor.Person.Roles = []auth.Grant{grant(cratewarden.Responder, "team crates-io"), grant(cratewarden.Remover, "team crates-io-admins"), grant(cratewarden.Platform, "team crates-io-admins")}
	d.visitor.Person.Identities = []auth.Identity{{Provider: "github", Subject: "5047365", Login: "ada"}}
	d.visitor.Person.RegistryLogin, d.visitor.Person.OnCall, d.visitor.Person.Passkeys = "ada", true, 2
	d.people = []auth.Person{d.visitor.Person,
		{ID: "p2", Name: "Bo", RegistryUser: 43, RegistryLogin: "bo", Listed: true, Passkeys: 1, SeenAt: ago(90), Roles: []auth.Grant{grant(cratewarden.Responder, "team crates-io"), grant(cratewarden.Remover, "team crates-io-admins"), grant(cratewarden.Policy, "team crates-io"), grant(cratewarden.Platform, "team crates-io")}},
		{ID: "p3", Name: "Cleo <i>", Listed: true, Roles: []auth.Grant{grant(cratewarden.Viewer, "file")}},
		{ID: "p4", Name: "Dora", Passkeys: 2, SeenAt: ago(99000)},
	}
	d.list = team.Snapshot{Source: "the team repository's documents", At: ago(3), Problem: "The server answered 503.", KnowsOnCall: true, Notes: []string{"The file names nobody twice."},
		Members: []team.Member{{Name: "Ada", GitHubID: 5047365, Grants: []team.Grant{{Role: cratewarden.Responder, Source: "team crates-io"}}}, {Name: "Eve", GitHubID: 9, Grants: []team.Grant{{Role: cratewarden.Auditor, Source: "team infra"}}}},
		Sources: []team.SourceInfo{{Kind: "team", Name: "crates-io", Title: "crates.io team", People: 12, Roles: []cratewarden.Role{cratewarden.Responder}, Similar: []string{"marker team crates-io-admins"}}, {Kind: "marker team", Name: "crates-io-admins", People: 4, Roles: []cratewarden.Role{cratewarden.Remover, cratewarden.Platform}, OnCall: true}}}
	return d
}

// consenting is a guard of plans for tests of pages: everybody is who they were,
// and agreed. What the real one decides is tested where it is.
type consenting struct{}

func (consenting) Current(_ context.Context, who action.Actor) (action.Actor, error) { return who, nil }

func (consenting) Consented(context.Context, action.Actor, string, ledger.Digest) error { return nil }
