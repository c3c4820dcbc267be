package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/team"
	"cratewarden/telemetry/logtest"
)

const ownAddress = "http://localhost:8420"

// register is the list of people.
type register struct {
	mu      sync.Mutex
	members []team.Member
}

func (r *register) Last() team.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return team.Snapshot{Source: "test", At: time.Now(), Members: r.members}
}

func (r *register) Fresh(context.Context, time.Duration) (team.Snapshot, error) { return r.Last(), nil }

func (r *register) set(members ...team.Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = members
}

func member(id int64, name string, roles ...cratewarden.Role) team.Member {
	m := team.Member{GitHubID: id, Login: strings.ToLower(name), Name: name}
	for _, r := range roles {
		m.Grants = append(m.Grants, team.Grant{Role: r, Source: "team " + string(r)})
	}
	return m
}

// office is a console with real sign-in, and Ada in her browser with a passkey.
type office struct {
	*auth.Service
	t      *testing.T
	people *register
	c      *client.Client // of a program
	cookie string         // of the browser
	key    *authtest.Authenticator
}

func openOffice(t *testing.T) *office {
	t.Helper()
	db := pgtest.Database(t, pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := pg.Migrate(ctx, conn, os.DirFS("../../console/migrations"))
		return err
	}})
	o := &office{t: t, people: &register{}, key: authtest.NewAuthenticator(ownAddress)}
	o.people.set(member(1, "Ada", cratewarden.Responder, cratewarden.Platform), member(2, "Bo", cratewarden.Viewer))
	var err error
	if o.Service, err = auth.New(auth.Config{Console: db, Ledger: ledger.New(ledger.Config{DB: db}), People: o.people, Origin: ownAddress, Pretend: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Wait)
	server := httptest.NewServer(api.New(api.Config{Log: logtest.Logger(t), Auth: o.Service})) // the API does not pretend
	t.Cleanup(server.Close)
	if o.c, err = client.New(server.URL); err != nil {
		t.Fatal(err)
	}
	in, err := o.PretendSignIn(t.Context(), "ada", auth.BrowserSession, auth.From{})
	o.took(in, err)
	code, _, err := o.IssueEnrolment(t.Context(), auth.Server(), in.Person.ID)
	o.must(err)
	ceremony, err := o.BeginPasskey(t.Context(), o.browser(), code)
	o.must(err)
	answer, err := o.key.Create(ceremony.Options)
	o.must(err)
	o.took(o.FinishPasskey(t.Context(), o.browser(), ceremony.ID, "first", answer))
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) took(in auth.SignedIn, err error) {
	o.t.Helper()
	o.must(err)
	o.cookie = in.Token
}

// browser is who the console sees behind the browser's cookie.
func (o *office) browser() auth.Visitor {
	o.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: o.CookieName(), Value: o.cookie})
	v, err := o.Visit(r, auth.From{})
	o.must(err)
	return v
}

// confirm answers a program's question in the browser, with the passkey.
func (o *office) confirm(d *api.Device) {
	o.t.Helper()
	ask, err := o.Asked(o.t.Context(), o.browser(), d.Code)
	o.must(err)
	ceremony, err := o.BeginStepUp(o.t.Context(), o.browser(), ask.About)
	o.must(err)
	answer, err := o.key.Get(ceremony.Options)
	o.must(err)
	o.took(o.FinishStepUp(o.t.Context(), o.browser(), ceremony.ID, answer))
	o.must(o.AnswerAsk(o.t.Context(), o.browser(), d.Code, true))
}

// login signs the program in.
func (o *office) login() string {
	o.t.Helper()
	d, err := o.c.BeginDevice(o.t.Context())
	o.must(err)
	o.must(o.AnswerAsk(o.t.Context(), o.browser(), d.Code, true)) // the enrolment was a confirmation
	in, err := o.c.AwaitDevice(o.t.Context(), d)
	o.must(err)
	o.must(o.c.Use(in.Token))
	return in.Token
}

// A program's whole day with the real sign-in: it is let in by its person, asks
// for a confirmation when something changes, gets a new secret for it, makes a
// token for another program, and is shut out again.
func TestAProgramsDay(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	if _, err := o.c.Me(t.Context()); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Fatalf("before sign-in: %v", err)
	}
	first := o.login()
	me, err := o.c.Me(t.Context())
	if err != nil || me.Name != "Ada" || me.SignedIn == nil || me.SignedIn.Kind != auth.ProgramSession || me.StepUpEnd != nil || !me.Has(cratewarden.Platform) {
		t.Fatalf("%+v %v", me, err)
	}
	order := auth.TokenOrder{Name: "report", Roles: []cratewarden.Role{cratewarden.Responder}, Acts: []string{"look"}, Days: 7}
	if _, err := o.c.MakeAPIToken(t.Context(), order); !refusedBy(err, access.RuleStepUp) {
		t.Fatalf("without a confirmation: %v", err)
	}
	asked := 0
	o.c.On(nil, func(ctx context.Context, r *client.Refusal) (string, error) {
		asked++
		d, err := o.c.AskStepUp(ctx, *r.Problem.About)
		if err != nil {
			return "", err
		}
		o.confirm(d)
		in, err := o.c.AwaitStepUp(ctx, d)
		if err != nil {
			return "", err
		}
		return in.Token, nil
	})
	made, err := o.c.MakeAPIToken(t.Context(), order)
	if err != nil || asked != 1 || !strings.HasPrefix(made.Secret, "cwd_") {
		t.Fatalf("%+v %v, asked %d times", made, err, asked)
	}
	if me, err := o.c.Me(t.Context()); err != nil || me.StepUpEnd == nil {
		t.Errorf("%+v %v", me, err)
	}
	other := o.c.Fresh()
	o.must(other.Use(first))
	if _, err := other.Me(t.Context()); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Errorf("the secret from before the confirmation: %v", err)
	}
	o.token(made)
	o.must(o.c.SignOut(t.Context()))
	if _, err := o.c.Me(t.Context()); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Errorf("after signing out: %v", err)
	}
}

func refusedBy(err error, rule string) bool {
	r, ok := errors.AsType[*client.Refusal](err)
	return ok && r.Problem.Rule == rule
}

// token is what an API token may and may not.
func (o *office) token(made *api.MadeToken) {
	o.t.Helper()
	t := o.t
	robot := o.c.Fresh()
	o.must(robot.Use(made.Secret))
	me, err := robot.Me(t.Context())
	if err != nil || me.APIToken == nil || me.APIToken.ID != made.APIToken.ID || me.SignedIn != nil || !me.Token {
		t.Errorf("%+v %v", me, err)
	}
	for what, err := range map[string]error{
		"another token": func() error { _, err := robot.MakeAPIToken(t.Context(), auth.TokenOrder{}); return err }(),
		"an enrolment":  func() error { _, err := robot.IssueEnrolment(t.Context(), me.ID); return err }(),
		"its sessions":  robot.EndSession(t.Context(), "s1"),
		"a ledger":      func() error { _, err := robot.Ledger(t.Context(), nil); return err }(),
		"a step-up":     func() error { _, err := robot.AskStepUp(t.Context(), auth.About{}); return err }(),
	} {
		if !refusedBy(err, access.RuleToken) && !refusedBy(err, access.RuleRole) {
			t.Errorf("%s: %v", what, err)
		}
	}
	o.must(o.c.RevokeAPIToken(t.Context(), made.APIToken.ID))
	if _, err := robot.Me(t.Context()); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Errorf("revoked: %v", err)
	}
}

// A browser's cookie is no bearer token in the interface, and a program's token
// is no cookie: neither can be turned into the other by an attacker's page.
func TestCookiesAreNoTokens(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	token := o.login()
	for what, c := range map[string]*http.Cookie{"browser": {Name: o.CookieName(), Value: o.cookie}, "program": {Name: o.CookieName(), Value: token}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.c.Origin()+api.Prefix+"/sign-out", nil)
		o.must(err)
		req.AddCookie(c)
		resp, err := http.DefaultClient.Do(req)
		o.must(err)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("the %s's cookie: %d", what, resp.StatusCode)
		}
	}
	if _, err := o.c.Me(t.Context()); err != nil {
		t.Errorf("still signed in: %v", err)
	}
}

// Whoever falls off the list is out at the next request, and a role that is
// taken away is gone at the next request.
func TestTheListRulesPrograms(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.login()
	o.people.set(member(1, "Ada", cratewarden.Viewer))
	if me, err := o.c.Me(t.Context()); err != nil || me.Has(cratewarden.Platform) {
		t.Errorf("%+v %v", me, err)
	}
	if _, err := o.c.IssueEnrolment(t.Context(), "x"); !refusedBy(err, access.RuleRole) {
		t.Errorf("%v", err)
	}
	o.people.set(member(2, "Bo", cratewarden.Viewer))
	if _, err := o.c.Me(t.Context()); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Errorf("%v", err)
	}
}

// The interface signs nobody in without proof unless it is told that it stands
// before a demo, and tells a program that its person said no.
func TestNoPretenceAndNoAnswer(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	if _, err := o.c.PretendSignIn(t.Context(), "ada"); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Errorf("%v", err)
	}
	d, err := o.c.BeginDevice(t.Context())
	o.must(err)
	o.must(o.AnswerAsk(t.Context(), o.browser(), d.Code, false))
	if in, err := o.c.AwaitDevice(t.Context(), d); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("%+v %v", in, err)
	}
	d.Secret = "guessed"
	if in, err := o.c.AwaitDevice(t.Context(), d); err == nil || cratewarden.KindOf(err) == cratewarden.Conflict {
		t.Errorf("%+v %v", in, err)
	}
	rules, err := client.Get[api.RuleList](t.Context(), o.signed(), nil, "rules")
	o.must(err)
	for _, r := range rules.Rows {
		if r.Act == "version.delete" && (r.May || len(r.Denials) == 0) || r.Act == "look" && !r.May {
			t.Errorf("%+v", r)
		}
	}
}

// signed is the program's client, signed in.
func (o *office) signed() *client.Client {
	o.t.Helper()
	o.login()
	return o.c
}
