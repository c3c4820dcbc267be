package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/api"
	"cratewarden/auth"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/team"
	"cratewarden/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

// asker is one kind of visitor: a column of the matrix.
type asker struct {
	name string
	// enter gives a new cookie or token, "" for nobody.
	enter func(t *testing.T) auth.SignedIn
	token bool // an API token, which only the interface takes
}

// person is the name of who asks: "viewer" of "viewer unconfirmed" and "viewer's token".
func (a asker) person() string {
	name, _, _ := strings.Cut(a.name, " ")
	return strings.TrimSuffix(name, "'s")
}

// matrix is a console with a person for each role.
type matrix struct {
	cfg     consoleConfig
	parts   *parts
	handler http.Handler
	people  string          // the file
	keys    int             // idempotency keys used
	refused map[string]bool // "act rules person"
	// registry is the address of its database.
	registry string
	site     web.Config
	api      api.Config
}

func newMatrix(t *testing.T, registry pgtest.Template, people string, change func(*signInConfig)) *matrix {
	t.Helper()
	m := &matrix{refused: map[string]bool{}, people: filepath.Join(t.TempDir(), "people.yaml")}
	m.write(t, people)
	in := &signInConfig{team: team.Config{File: m.people}, auth: auth.Config{Origin: "http://localhost:8420", Pretend: true},
		limit: func(string, string) (bool, time.Duration) { return true, 0 }}
	if change != nil {
		change(in)
	}
	cfg := consoleConfig{
		registry: pgtest.URL(t, registry), console: pgtest.URL(t, pgtest.Template{Name: "empty"}),
		acting: acting{may: true, hold: demoHold}, signIn: in, label: "matrix", kind: web.Demo, log: slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	var err error
	if m.parts, err = assemble(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.parts.close)
	m.cfg, m.handler, m.registry = cfg, m.parts.handler, cfg.registry
	m.site, m.api = surfaces(cfg, m.parts, nil)
	m.fresh(t)
	return m
}

func (m *matrix) write(t *testing.T, people string) {
	t.Helper()
	if err := os.WriteFile(m.people, []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
}

// onePerRole is a list with a person for each role; more is a viewer besides.
func onePerRole(more string) string {
	text := "people:\n"
	for i, r := range everyRole() {
		text += fmt.Sprintf("- {name: %s, github_id: %d, roles: [%s]}\n", r, i+1, r)
	}
	if more != "" {
		text += "- {name: " + more + ", github_id: 99, roles: [viewer]}\n"
	}
	return text
}

func (m *matrix) fresh(t *testing.T) {
	t.Helper()
	if _, err := m.parts.entrance.people.Fresh(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
}

func (m *matrix) signIn(t *testing.T, who string, kind auth.SessionKind) auth.SignedIn {
	t.Helper()
	in, err := m.parts.entrance.auth.PretendSignIn(t.Context(), who, kind, auth.From{Address: "127.0.0.1"})
	if err != nil {
		t.Fatal(who, err)
	}
	return in
}

func (m *matrix) stepUp(t *testing.T, in auth.SignedIn, about auth.About) auth.SignedIn {
	t.Helper()
	v, err := m.visitor(t.Context(), in)
	if err == nil {
		in, err = m.parts.entrance.auth.PretendStepUp(t.Context(), v, about)
	}
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// visitor is who a signed-in session is of.
func (m *matrix) visitor(ctx context.Context, in auth.SignedIn) (auth.Visitor, error) {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost:8420/", nil)
	m.show(r, in)
	return m.parts.entrance.auth.Visit(r, auth.From{})
}

// show puts a session or token on a request, as its kind takes it.
func (m *matrix) show(r *http.Request, in auth.SignedIn) {
	switch {
	case in.Token == "":
	case in.Session.Kind == auth.BrowserSession:
		r.AddCookie(m.parts.entrance.auth.Cookie(in))
	default:
		r.Header.Set("Authorization", "Bearer "+in.Token)
	}
}

// askers are the columns. Each request gets a session of its own, since some end
// or change it.
func (m *matrix) askers(t *testing.T, kind auth.SessionKind) []asker {
	s := m.parts.entrance.auth
	list := []asker{
		{name: "nobody", enter: func(*testing.T) auth.SignedIn { return auth.SignedIn{} }},
		{name: "expired", enter: func(t *testing.T) auth.SignedIn {
			in := m.signIn(t, "platform", kind)
			m.exec(t, `UPDATE session SET end_at = now() - interval '1 second' WHERE id = $1`, in.Session.ID)
			return in
		}},
		{name: "revoked", enter: func(t *testing.T) auth.SignedIn {
			in := m.signIn(t, "platform", kind)
			v, err := m.visitor(t.Context(), in)
			if err == nil {
				err = s.SignOut(t.Context(), v)
			}
			if err != nil {
				t.Fatal(err)
			}
			return in
		}},
	}
	gone := m.signIn(t, "gone", kind)
	m.write(t, onePerRole(""))
	m.fresh(t)
	list = append(list, asker{name: "off list", enter: func(*testing.T) auth.SignedIn { return gone }})
	for _, r := range everyRole() {
		list = append(list, asker{name: string(r) + unconfirmed, enter: func(t *testing.T) auth.SignedIn { return m.signIn(t, string(r), kind) }})
	}
	for _, r := range everyRole() {
		list = append(list, asker{name: string(r) + confirmed, enter: func(t *testing.T) auth.SignedIn {
			return m.stepUp(t, m.signIn(t, string(r), kind), auth.About{})
		}})
	}
	return list
}

func (m *matrix) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	pool := m.parts.own
	if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// tokens are askers of the interface with an API token of a role.
func (m *matrix) tokens(t *testing.T) (list []asker) {
	for _, r := range []cratewarden.Role{cratewarden.Viewer, cratewarden.Responder, cratewarden.Remover, cratewarden.Platform} {
		in := m.stepUp(t, m.signIn(t, string(r), auth.ProgramSession), auth.About{})
		v, err := m.visitor(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		plain, _, err := m.parts.entrance.auth.MakeAPIToken(t.Context(), v, auth.TokenOrder{Name: "matrix", Roles: []cratewarden.Role{r}, Days: 1})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, asker{name: string(r) + "'s token", token: true, enter: func(*testing.T) auth.SignedIn { return auth.SignedIn{Token: plain} }})
	}
	return list
}

var (
	wildcard   = regexp.MustCompile(`\{[^}]*\}`)
	ruleOfPage = regexp.MustCompile(`Rule: <code>([a-z-]+)</code>`)
	ruleOfJSON = regexp.MustCompile(`"rule":"([a-z-]+)"`)
)

// ask sends one request and says what came of it: "sign in", the rules that
// stand in the way, or "yes" when the handler was reached, whatever it found.
func (m *matrix) ask(t *testing.T, pattern string, who asker) string {
	t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	path = wildcard.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "1")
	body := io.Reader(http.NoBody)
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost:8420"+path, body)
	if method != http.MethodGet && !strings.HasPrefix(path, api.Prefix) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://localhost:8420")
	}
	r.Header.Set("Idempotency-Key", "matrix")
	m.show(r, who.enter(t))
	m.exec(t, `DELETE FROM ask`) // only so many may wait from one address
	w := httptest.NewRecorder()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	m.handler.ServeHTTP(w, r.WithContext(ctx))
	text := w.Body.String()
	switch {
	case w.Code == http.StatusSeeOther && strings.HasPrefix(w.Header().Get("Location"), "/sign-in"), w.Code == http.StatusUnauthorized:
		return "sign in"
	case w.Code >= http.StatusInternalServerError && w.Code != http.StatusServiceUnavailable:
		t.Errorf("%s as %s: %d", pattern, who.name, w.Code)
	case w.Code != http.StatusForbidden:
	case strings.HasSuffix(path, "/drills") && strings.Contains(text, "Drills are for the demo registry only"): // what no rule can allow here
	case strings.Contains(text, "Confirm it is you"):
		return access.RuleStepUp
	default:
		rules := ruleOfPage
		if strings.HasPrefix(path, api.Prefix) {
			rules = ruleOfJSON
		}
		var names []string
		for _, match := range rules.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(names, match[1]) {
				names = append(names, match[1])
			}
		}
		if len(names) > 0 {
			return strings.Join(names, "+")
		}
		t.Errorf("%s as %s: refused without a rule: %s", pattern, who.name, text)
	}
	return "yes"
}

// TestMatrix crosses every page and every operation with every kind of asker, lists
// every command (TestMatrixOfCommands runs them), and compares with a table that people read. A route that is new
// changes the table, so nobody forgets to think about it.
func TestMatrix(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, pgtest.Template{Name: "registry", Build: schema.Create}, onePerRole("gone"), nil)
	site, err := web.New(m.site)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	out.WriteString("# Pages\n\n")
	columns := m.askers(t, auth.BrowserSession)
	for _, rt := range site.Routes() {
		m.row(t, &out, rt.Pattern, rt.Act, columns)
	}
	out.WriteString("\n# Operations\n\n")
	m.write(t, onePerRole("gone"))
	m.fresh(t)
	columns = append(m.askers(t, auth.ProgramSession), m.tokens(t)...)
	operations := api.Operations(m.api)
	slices.SortFunc(operations, func(a, b api.Operation) int {
		return strings.Compare(a.Pattern[strings.Index(a.Pattern, "/"):]+a.Pattern, b.Pattern[strings.Index(b.Pattern, "/"):]+b.Pattern)
	})
	for _, op := range operations {
		m.row(t, &out, op.Pattern, op.Act, columns)
	}
	out.WriteString("\n# Beside them\n\n")
	for _, pattern := range []string{"GET /livez", "GET /readyz", "GET /metrics", "GET /static/none", "GET /public-ledger/checkpoint", "GET /nowhere", "GET /api/v1/nowhere"} {
		m.row(t, &out, pattern, "", columns)
	}
	m.refusalsAreEntries(t)
	out.WriteString("\n# Commands\n\n")
	commands(t, &out)
	compareGolden(t, filepath.Join("testdata", "matrix.txt"), out.String())
}

// refusalsAreEntries holds that the ledger has every kind of refusal that the
// table shows: of each act, to each role, by the same rules.
func (m *matrix) refusalsAreEntries(t *testing.T) {
	t.Helper()
	rows, err := m.parts.own.Query(t.Context(), `SELECT DISTINCT concat(body::jsonb ->> 'action', ' ', replace(body::jsonb #>> '{details,rule}', ', ', '+'), ' ', body::jsonb #>> '{actor,name}')
		FROM ledger_entry WHERE body::jsonb ->> 'kind' = 'refusal' AND body::jsonb #>> '{details,why}' <> ''`)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(m.refused) < 100 {
		t.Fatalf("%d refusals, %v", len(m.refused), err)
	}
	// Handlers that find out more ask for another act than the gate before them.
	also := map[string][]string{"own.session": {"own.session", "person.end-session", "own.passkey"}, "own.api-token-revoke": {"own.api-token-revoke", "person.revoke-token"}}
	for refusal := range m.refused {
		act, rest, _ := strings.Cut(refusal, " ")
		acts := also[act]
		if acts == nil {
			acts = []string{act}
		}
		if !slices.ContainsFunc(acts, func(act string) bool { return slices.Contains(entries, act+" "+rest) }) {
			t.Errorf("refused without an entry in the ledger: %s", refusal)
		}
	}
}

// row writes what each asker gets; askers with the same answer share a line.
func (m *matrix) row(t *testing.T, out *strings.Builder, pattern, act string, columns []asker) {
	t.Helper()
	fmt.Fprintf(out, "%s (%s)\n", pattern, act)
	var order []string
	by := map[string][]string{}
	for _, who := range columns {
		answer := m.ask(t, pattern, who)
		if answer != "yes" && answer != "sign in" && act != "" {
			m.refused[act+" "+answer+" "+who.person()] = true
		}
		if by[answer] == nil {
			order = append(order, answer)
		}
		by[answer] = append(by[answer], who.name)
	}
	for _, answer := range order {
		fmt.Fprintf(out, "    %-12s %s\n", answer, strings.Join(together(by[answer]), ", "))
	}
}

// Whether a session has a fresh confirmation with a passkey.
const (
	unconfirmed = " unconfirmed"
	confirmed   = " confirmed"
)

// together names a role once for both of its askers, and all roles or all
// strangers in two words, so that a person can read the table.
func together(names []string) (out []string) {
	roles := 0
	for _, name := range names {
		role, sure := strings.CutSuffix(name, confirmed)
		bare, unsure := strings.CutSuffix(name, unconfirmed)
		switch {
		case unsure && slices.Contains(names, bare+confirmed):
			out = append(out, bare)
			roles++
		case sure && slices.Contains(names, role+unconfirmed):
		default:
			out = append(out, name)
		}
	}
	if roles == len(everyRole()) {
		out = slices.DeleteFunc(out, func(name string) bool { return slices.Contains(everyRole(), cratewarden.Role(name)) })
		out = append([]string{"every role"}, out...)
	}
	strangers := []string{"nobody", "expired", "revoked", "off list"}
	if len(out) >= len(strangers) && slices.Equal(out[:len(strangers)], strangers) {
		out = append([]string{"every stranger"}, out[len(strangers):]...)
	}
	return out
}

// commands lists every command of the program: those that ask a console can do
// what their person may, the others need the rights on files and databases.
func commands(t *testing.T, out *strings.Builder) {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, kong.Name("cratewarden"), kong.DefaultEnvars("CRATEWARDEN"), kong.Vars{}, kong.ExplicitGroups(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		what := "on the server, with its files and databases"
		if asks(leaf.Target.Type()) {
			what = "through the interface, as its person"
		}
		fmt.Fprintf(out, "%-40s %s\n", leaf.FullPath(), what)
	}
}

// asks says whether a command holds the flags of those that ask a console.
func asks(of reflect.Type) bool {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of == reflect.TypeFor[asking]() {
		return true
	}
	if of.Kind() != reflect.Struct {
		return false
	}
	for f := range of.Fields() {
		if f.Anonymous && asks(f.Type) {
			return true
		}
	}
	return false
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("who may do what changed; if that is meant, run with -update:\n%s", diff)
	}
}
