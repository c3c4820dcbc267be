package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/team"
	"cratewarden/telemetry/logtest"
)

func registryTemplate() pgtest.Template {
	return pgtest.Template{Name: "registry", Build: schema.Create}
}

// town is a console with a GitHub, an OpenID Connect provider, a registry and a
// list of people that tests change.
type town struct {
	*auth.Service
	t        *testing.T
	db       *pgxpool.Pool
	registry *pgxpool.Pool
	hub      *authtest.GitHub
	idp      *authtest.OpenID
	cfg      auth.Config

	mu     sync.Mutex
	now    time.Time
	list   team.Snapshot
	broken error // why the list cannot be read
	told   []notify.Notice
}

func identity(provider, subject string) team.Identity {
	return team.Identity{Provider: provider, Subject: subject}
}

func member(number int64, name string, roles ...cratewarden.Role) team.Member {
	m := team.Member{GitHubID: number, Login: strings.ToLower(name), Name: name}
	for _, r := range roles {
		m.Grants = append(m.Grants, team.Grant{Role: r, Source: "team crates-io"})
	}
	return m
}

func newTown(t *testing.T, change ...func(*auth.Config)) *town {
	t.Helper()
	tn := &town{t: t, db: pgtest.Database(t, consoleTemplate()), registry: pgtest.Database(t, registryTemplate()),
		hub: authtest.NewGitHub(t), idp: authtest.NewOpenID(t, "ES256"), now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	tn.idp.Now = tn.clock
	tn.people(member(1, "Ada", cratewarden.Platform, cratewarden.Remover, cratewarden.Responder), member(2, "Bo", cratewarden.Responder), member(3, "Vera", cratewarden.Viewer))
	tn.cfg = auth.Config{Logger: logtest.Logger(t), Console: tn.db, Registry: tn.registry, Ledger: ledger.New(ledger.Config{DB: tn.db, Clock: tn.clock}),
		People: tn, Tell: tn, Origin: console, Clock: tn.clock,
		Providers: []auth.ProviderConfig{tn.hub.Config("github"), tn.idp.Config("example-id")}}
	for _, c := range change {
		c(&tn.cfg)
	}
	tn.Service = tn.another()
	return tn
}

// another makes a second process on the same databases.
func (tn *town) another() *auth.Service {
	tn.t.Helper()
	s, err := auth.New(tn.cfg)
	if err != nil {
		tn.t.Fatal(err)
	}
	tn.t.Cleanup(s.Wait)
	return s
}

func (tn *town) clock() time.Time {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return tn.now
}

// pass lets time go by; the list is read again unless it cannot be.
func (tn *town) pass(d time.Duration) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.now = tn.now.Add(d)
	if tn.broken == nil {
		tn.list.At = tn.now
	}
}

// people changes the list.
func (tn *town) people(members ...team.Member) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.now = tn.now.Add(time.Second)
	tn.list = team.Snapshot{Source: "the team repository", At: tn.now, Members: members}
}

func (tn *town) Last() team.Snapshot {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return tn.list
}

func (tn *town) Fresh(context.Context, time.Duration) (team.Snapshot, error) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return tn.list, tn.broken
}

func (tn *town) Tell(_ context.Context, _ pgx.Tx, n notify.Notice) error {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.told = append(tn.told, n)
	return nil
}

// notices gives those of a kind.
func (tn *town) notices(kind string) (out []notify.Notice) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	for _, n := range tn.told {
		if n.Kind == kind {
			out = append(out, n)
		}
	}
	return out
}

func (tn *town) exec(sql string, args ...any) {
	tn.t.Helper()
	if _, err := tn.db.Exec(tn.t.Context(), sql, args...); err != nil {
		tn.t.Fatal(err)
	}
}

func (tn *town) count(sql string, args ...any) (n int) {
	tn.t.Helper()
	if err := tn.db.QueryRow(tn.t.Context(), sql, args...).Scan(&n); err != nil {
		tn.t.Fatal(err)
	}
	return n
}

// entries counts the ledger's entries of an action.
func (tn *town) entries(kind ledger.Kind, action string) int {
	tn.t.Helper()
	tn.Wait()
	return tn.count(`SELECT count(*) FROM ledger_entry WHERE body::jsonb->>'kind' = $1 AND body::jsonb->>'action' = $2`, kind, action)
}

var laptop = auth.From{Address: "192.0.2.7", Agent: "Firefox on a laptop"}

// came is somebody signed in: what Visit sees of them.
type came struct {
	*town
	token  string
	bearer bool
}

// in signs in whoever has that number at GitHub.
func (tn *town) in(number int64) *came {
	tn.t.Helper()
	tn.hub.Sit(authtest.Account{Number: number, Login: "anybody"})
	in, err := authtest.SignIn(tn.t.Context(), tn.Service, "github", "/", laptop)
	if err != nil {
		tn.t.Fatal(err)
	}
	return &came{town: tn, token: in.Token}
}

func (c *came) request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if c.bearer {
		r.Header.Set("Authorization", "Bearer "+c.token)
	} else {
		r.AddCookie(&http.Cookie{Name: c.CookieName(), Value: c.token})
	}
	return r
}

func (c *came) visit() (auth.Visitor, error) { return c.Visit(c.request(), laptop) }

func (c *came) who() auth.Visitor {
	c.t.Helper()
	v, err := c.visit()
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

// out wants the visitor to be nobody.
func (c *came) out() {
	c.t.Helper()
	if v, err := c.visit(); cratewarden.KindOf(err) != cratewarden.Unsigned {
		c.t.Errorf("still signed in as %q: %v", v.Person.Name, err)
	}
}

// stepped makes the session one that confirmed with a passkey just now.
func (c *came) stepped() *came {
	c.t.Helper()
	c.exec(`UPDATE session SET stepped_up_at = $2 WHERE id = $1`, c.who().Session.ID, c.clock())
	return c
}

// fails wants an error of a kind whose words for people hold what they must, and
// nothing that a provider or the database said.
func fails(t *testing.T, err error, kind cratewarden.Kind, words ...string) {
	t.Helper()
	if cratewarden.KindOf(err) != kind {
		t.Errorf("kind %q, want %q: %v", cratewarden.KindOf(err), kind, err)
		return
	}
	text := cratewarden.MessageOf(err)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not say %q", text, w)
		}
	}
	all := text
	for e := err; e != nil; e = errors.Unwrap(e) {
		all += " " + e.Error()
	}
	for _, foreign := range []string{"raw text", "<script>", "internal-host", "SQLSTATE"} {
		if strings.Contains(all, foreign) {
			t.Errorf("foreign words in %q", all)
		}
	}
}

// begin begins a sign-in and goes to the provider and back.
func (tn *town) begin(provider, back string) (answer url.Values, browser string) {
	tn.t.Helper()
	address, cookie, err := tn.BeginSignIn(tn.t.Context(), provider, back)
	if err != nil {
		tn.t.Fatal(err)
	}
	answer, err = authtest.Visit(tn.t.Context(), address)
	if err != nil {
		tn.t.Fatal(err)
	}
	return answer, cookie.Value
}
