package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/team"
	"cratewarden/web/webtest"
)

// house is a whole console on http://localhost: real sign-in at a GitHub on
// loopback, real passkeys, the real engine on databases of its own.
type house struct {
	*auth.Service
	*action.Engine
	t        *testing.T
	site     *webtest.Site
	hub      *authtest.GitHub
	registry *pgxpool.Pool
	numbers  []int64 // of accounts at GitHub that the registry knows

	mu   sync.Mutex
	list team.Snapshot
}

// Last and Fresh make it the list of people.
func (h *house) Last() team.Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list.At = time.Now()
	return h.list
}

func (h *house) Fresh(context.Context, time.Duration) (team.Snapshot, error) { return h.Last(), nil }

func newHouse(t *testing.T, policy access.Policy, change ...func(*auth.Config)) *house {
	t.Helper()
	b := emptyBook(t)
	h := &house{t: t, hub: authtest.NewGitHub(t), registry: pgtest.Database(t, pgtest.Template{Name: "web-registry", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		return madeUp().Load(ctx, conn)
	}})}
	rows, err := h.registry.Query(t.Context(), `SELECT o.account_id FROM oauth_github o WHERE NOT EXISTS (SELECT FROM crate_owners c WHERE c.owner_id = o.user_id) ORDER BY o.user_id LIMIT 3`)
	if err == nil {
		h.numbers, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	if err != nil || len(h.numbers) < 2 {
		t.Fatalf("accounts without crates: %v %v", h.numbers, err)
	}
	acting := []cratewarden.Role{cratewarden.Responder, cratewarden.Remover, cratewarden.Platform}
	h.list = team.Snapshot{Source: "a test's list", Members: []team.Member{h.member(0, "Ada", acting...), h.member(1, "Bo", acting...)}}
	var pages http.Handler
	h.site = webtest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages.ServeHTTP(w, r) })).AtLocalhost()
	cfg := auth.Config{Console: b.db, Registry: h.registry, Ledger: b.Log, People: h, Origin: h.site.URL, Providers: []auth.ProviderConfig{h.hub.Config("github")}}
	for _, c := range change {
		c(&cfg)
	}
	if h.Service, err = auth.New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Wait)
	h.Engine = action.New(action.Config{Hold: time.Minute, Registry: h.registry, Console: b.db, Ledger: b.Log, Guard: h.Service, Policy: policy})
	d := sampleDesk(t)
	d.Dossiers = sampleShelf(t)
	pages = deskServer(t, d, func(c *Config) {
		c.Plans, c.Auth, c.Ledger, c.Documents, c.Clock, c.Policy, c.Pretend = h.Engine, h.Service, b.Log, h.Engine, time.Now, policy, cfg.Pretend
	})
	return h
}

func (h *house) member(n int, name string, roles ...cratewarden.Role) team.Member {
	m := team.Member{GitHubID: h.numbers[n], Login: strings.ToLower(name), Name: name}
	for _, r := range roles {
		m.Grants = append(m.Grants, team.Grant{Role: r, Source: "team crates-io"})
	}
	return m
}

// resident is somebody with a browser of their own.
type resident struct {
	*webtest.Page
	h      *house
	t      *testing.T
	n      int
	person auth.Person
	key    *webtest.Key
}

// comesIn signs somebody in at the page that they wanted to see.
func (h *house) comesIn(n int, path string) *resident {
	h.t.Helper()
	r := &resident{h: h, t: h.t, n: n, Page: h.site.OpenAlone(h.t, path)}
	r.Expect("status of 401")
	r.Expect("status of 403")
	r.at("/sign-in")
	r.signsIn(r.Page)
	r.at(path)
	list, err := h.People(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range list {
		if p.Name == h.list.Members[n].Name {
			r.person = p
		}
	}
	return r
}

// signsIn takes the way over GitHub on the page of sign-in.
func (r *resident) signsIn(p *webtest.Page) {
	r.t.Helper()
	r.h.hub.Sit(authtest.Account{Number: r.h.numbers[r.n], Login: r.h.list.Members[r.n].Login, Mail: "someone@example.org"})
	webtest.Eval[bool](p, `(document.querySelector("form[action='/sign-in/github'] button").click(), true)`)
}

// enrols adds a passkey with a code from whoever runs the server.
func (r *resident) enrols() *resident {
	r.t.Helper()
	code, _, err := r.h.IssueEnrolment(r.t.Context(), auth.Server(), r.person.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	r.key = r.Plug()
	r.Go("/you")
	r.types("#passkey-name", "blue key")
	r.types("#passkey-code", code)
	r.presses("Add a passkey")
	r.sees(`document.querySelector("h1").textContent.trim()`, "Add a passkey")
	r.presses("Ask the authenticator")
	r.at("/you")
	return r
}

// at waits until the browser shows a path.
func (r *resident) at(path string) {
	r.t.Helper()
	r.sees("location.pathname", path)
}

// sees waits until an expression has a value on a page that is whole.
func (r *resident) sees(expression, want string) {
	r.t.Helper()
	var got string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got = webtest.Eval[string](r.Page, `String(document.readyState === "complete" && `+expression+`)`); got == want {
			return
		}
	}
	r.t.Fatalf("%s at %s is %q, not %q; the page says: %s", expression, webtest.Eval[string](r.Page, "location.pathname"), got, want, shorten(webtest.Eval[string](r.Page, "document.querySelector('main')?.innerText ?? ''"), 500))
}

func containsAll(text string, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func (r *resident) types(selector, text string) {
	r.t.Helper()
	webtest.Eval[bool](r.Page, fmt.Sprintf(`((e, text) => { e.value = text; e.dispatchEvent(new Event("input", {bubbles: true})); return true })(document.querySelector(%q), %q)`, selector, text))
}

// presses clicks the first button or link with these words that can be seen.
func (r *resident) presses(words string) {
	r.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("button, a.button, summary")].find(e => e.textContent.trim() === %q && e.offsetParent && e.getAttribute("aria-disabled") !== "true")`, words)
	r.sees(find+" !== undefined", "true")
	webtest.Eval[bool](r.Page, "("+find+".click(), true)")
}

// confirms answers “Confirm it is you” with the passkey.
func (r *resident) confirms(what string) {
	r.t.Helper()
	r.sees(`document.querySelector("h1")?.textContent.trim()`, "Confirm it is you")
	r.sees(`document.querySelector("main .card h2").textContent.trim()`, what)
	r.presses("Confirm with a passkey")
}

func (r *resident) state(want action.State) {
	r.t.Helper()
	r.sees(`location.pathname.startsWith("/plans/p") && document.querySelector(".head .badge")?.textContent`, string(want))
}

// stepsDown gives up what was confirmed.
func (r *resident) stepsDown() {
	r.t.Helper()
	r.presses("Stop it now")
	r.sees(`document.querySelector(".stepped") === null`, "true")
}

// shows checks which elements can be seen.
func (r *resident) shows(want map[string]bool) {
	r.t.Helper()
	for selector, is := range want {
		if got := webtest.Eval[bool](r.Page, fmt.Sprintf(`document.querySelector(%q).checkVisibility()`, selector)); got != is {
			r.t.Errorf("%s can be seen: %t", selector, got)
		}
	}
}

// fillsYank writes a plan that yanks a version, without sending it.
func (r *resident) fillsYank(version string) {
	r.t.Helper()
	r.Go("/plans/new?do=version.yank&crate=arraykit")
	r.types("#param-version", version)
	r.types("#param-message", "bad build")
	r.types("#plan-public", "Broken on big-endian.")
	r.types("#plan-internal", "Seen in the queue.\nTwice, by “<b>Bo</b>” & me.")
	webtest.Eval[bool](r.Page, `(document.querySelector("[name=no-incident]").checked = true)`)
}
