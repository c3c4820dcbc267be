package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/auth/authtest"
	"cratewarden/blob"
	"cratewarden/demo"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/web/webtest"
)

// office is "serve" as two people use it: a registry's databases and storage,
// two providers of sign-in, a list of people, and nothing pretended.
type office struct {
	t             *testing.T
	address       string // of the console, by the name that browsers know
	registry, own string // databases
	hub           *authtest.GitHub
	id            *authtest.OpenID
	ada, bo       int64 // their numbers at GitHub, by which the registry knows them
	made          *demo.Registry
	static        string // folder of the registry's storage
	feed          ed25519.PublicKey
}

// boSubject is Bo at the second provider.
const boSubject = "248289761001"

// openOffice opens it; Ada has the roles that are named, Bo may respond and
// remove.
func openOffice(t *testing.T, roles string) *office {
	t.Helper()
	made := demo.Generate(demo.Options{Crates: 600, Archives: -1})
	o := &office{t: t, made: made, hub: authtest.NewGitHub(t), id: authtest.NewOpenID(t, "ES256"), own: pgtest.URL(t, pgtest.Template{Name: "empty"})}
	o.registry = pgtest.URL(t, pgtest.Template{Name: "office", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		return made.Load(ctx, conn)
	}})
	// Two accounts of the registry that have no part in any crate.
	const bystander = `SELECT o.account_id FROM oauth_github o WHERE NOT EXISTS (SELECT FROM crate_owners c WHERE c.owner_id = o.user_id)
		AND NOT EXISTS (SELECT FROM crate_owner_invitations i WHERE i.invited_user_id = o.user_id) ORDER BY o.user_id LIMIT 1`
	o.ada, o.bo = o.number(bystander), o.number(bystander+" OFFSET 1")
	dir := dataDir(t)
	folder := func(name string) string { return filepath.Join(dir, name) }
	o.static = folder("static")
	var stores []blob.Store
	for _, name := range []string{"static", "index", "evidence"} {
		store, err := scratchStore(t.Context(), folder(name))
		if err != nil {
			t.Fatal(err)
		}
		stores = append(stores, store)
	}
	if err := made.Store(t.Context(), stores[0], stores[1]); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	o.address = "http://localhost:" + port
	_, stop, err := background("serve", "--addr", "127.0.0.1:"+port, "--registry-url", o.registry, "--console-url", o.own, "--label", "a registry",
		"--storage", folder("static"), "--index-storage", folder("index"), "--evidence", folder("evidence"), "--act", "--longest-hold", "30s", "--sign-in", o.settings(dir, roles), "--incidents", o.speaks(dir), "--verbose")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return o
}

func freePort(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = free.Close() }()
	_, port, _ := net.SplitHostPort(free.Addr().String())
	return port
}

// settings writes who may come in, as docs/sign-in.md has it.
func (o *office) settings(dir, roles string) string {
	o.t.Helper()
	o.hub.Register("hub-secret")
	o.id.Register("id-secret")
	for name, text := range map[string]string{
		"hub-secret": "hub-secret\n",
		"id-secret":  "id-secret\n",
		"people.yaml": fmt.Sprintf(`people:
- {name: Ada, github: ada, github_id: %d, roles: [%s], on_call: true}
- name: Bo
  github: bo
  github_id: %d
  roles: [responder, remover]
  identities: [{provider: example, subject: "%s"}]
`, o.ada, roles, o.bo, boSubject),
		"sign-in.yaml": fmt.Sprintf(`origin: %s
providers:
- {id: github, kind: github, name: GitHub, url: "%s", client_id: %s, client_secret: {file: hub-secret}}
- {id: example, kind: oidc, name: Example ID, issuer: "%s", client_id: %s, client_secret: {file: id-secret}}
people: {file: people.yaml}
`, o.address, o.hub.URL, o.hub.Client, o.id.URL, o.id.Client),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			o.t.Fatal(err)
		}
	}
	return filepath.Join(dir, "sign-in.yaml")
}

// number gives one number from the registry.
func (o *office) number(sql string) (n int64) {
	o.t.Helper()
	conn, err := pgx.Connect(o.t.Context(), o.registry)
	if err == nil {
		defer func() { _ = conn.Close(context.WithoutCancel(o.t.Context())) }()
		err = conn.QueryRow(o.t.Context(), sql).Scan(&n)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// worker is somebody with a browser of their own and a passkey.
type worker struct {
	*webtest.Page
	t *testing.T
}

// comes opens a browser at a page, and signs in over a provider on the way.
func (o *office) comes(provider, path string, width int64) worker {
	o.t.Helper()
	w := worker{(&webtest.Site{URL: o.address}).OpenAlone(o.t, path), o.t}
	w.Look(width, "light")
	for _, refusal := range []string{"status of 401", "status of 403"} { // the page asks for what is missing
		w.Expect(refusal)
	}
	w.CheckAxe()
	presses(o.t, w.Page, "Sign in with "+provider)
	w.at(path)
	return w
}

func (w worker) at(path string) {
	w.t.Helper()
	until(w.t, w.Page, "location.pathname", path)
}

func (w worker) titled(title string) {
	w.t.Helper()
	until(w.t, w.Page, `document.querySelector("h1")?.textContent.trim()`, title)
}

func (w worker) state(state string) {
	w.t.Helper()
	until(w.t, w.Page, `location.pathname.startsWith("/plans/p") && document.querySelector(".head .badge")?.textContent`, state)
}

// enrols adds the first passkey with a code.
func (w worker) enrols(code string) {
	w.t.Helper()
	w.Plug()
	w.Go("/you")
	fills(w.Page, "#passkey-name", "key on the ring")
	fills(w.Page, "#passkey-code", code)
	presses(w.t, w.Page, "Add a passkey")
	w.titled("Add a passkey")
	presses(w.t, w.Page, "Ask the authenticator")
	w.at("/you")
	until(w.t, w.Page, `document.querySelector("#passkeys strong")?.textContent.trim()`, "key on the ring")
}

// confirms answers “Confirm it is you”, which names what is meant.
func (w worker) confirms(what string) {
	w.t.Helper()
	w.titled("Confirm it is you")
	until(w.t, w.Page, `document.querySelector("main .card h2").textContent.trim()`, what)
	presses(w.t, w.Page, "Confirm with a passkey")
}

// answers types the n-th code that a terminal shows into the page for that, and
// says yes; what is confirmed with the passkey then, "" for nothing more.
func (w worker) answers(s *screen, n int, what string) {
	w.t.Helper()
	var code string
	for end := time.Now().Add(30 * time.Second); code == ""; time.Sleep(50 * time.Millisecond) {
		if all := codeShown.FindAllStringSubmatch(s.String(), -1); len(all) >= n {
			code = all[n-1][1]
		} else if time.Now().After(end) {
			w.t.Fatalf("the terminal shows no code %d: %s", n, s)
		}
	}
	w.Go("/device")
	w.Wait("#device-code")
	w.Click("#device-code")
	w.Press(code)
	presses(w.t, w.Page, "Look at what it asks")
	if what == "" {
		presses(w.t, w.Page, "Sign it in")
	} else {
		presses(w.t, w.Page, "Confirm with a passkey…")
		w.confirms(what)
	}
	until(w.t, w.Page, `document.body.innerText.includes("The program goes on.")`, "true")
}

// types runs the program at a terminal; answer is what happens in the browser
// meanwhile, nil for nothing.
func (o *office) types(answer func(*screen), args ...string) (text string, code int) {
	o.t.Helper()
	var out bytes.Buffer
	var s screen
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	ended := make(chan int)
	go func() {
		ended <- explain(run(ctx, append(args, "--server", o.address), strings.NewReader(""), &out, &s), &s)
	}()
	if answer != nil {
		answer(&s)
	}
	code = <-ended
	return out.String() + s.String(), code
}

// TestJourneyOfTwoPeople is a console's first evening, on the real "serve": the
// first passkey by a code from the server, the second by a code from the first
// person; a version deleted by two people in two browsers, one of them a phone;
// a terminal that is let in, confirmed and shut out from a browser.
func TestJourneyOfTwoPeople(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "responder, remover, platform")
	o.hub.Sit(authtest.Account{Number: o.ada, Login: "ada", Mail: "ada@example.org"})
	o.id.Sit(authtest.Account{ID: boSubject, Login: "bo", Mail: "bo@example.org"})

	// Nobody has a passkey; whoever runs the server gives the first code.
	ada := o.comes("GitHub", "/plans", 1440)
	var out bytes.Buffer
	if err := run(t.Context(), []string{"passkey", "enrol", "--console-url", o.own, strconv.FormatInt(o.ada, 10)}, strings.NewReader(""), &out, &out); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	ada.enrols(enrolment(t, out.String()))

	// She lets the second person in.
	ada.Go("/people")
	webtest.Eval[bool](ada.Page, `([...document.querySelectorAll("main a")].find(a => a.textContent.trim() === "Bo").click(), true)`)
	ada.titled("Bo")
	presses(t, ada.Page, "Issue a code")
	ada.Wait(".secret-once")
	code := enrolment(t, webtest.Eval[string](ada.Page, `document.querySelector(".secret-once").innerText`))
	bo := o.comes("Example ID", "/", 390)
	bo.enrols(code)
	bo.Fits("you", 390, "light")
	bo.CheckAxe()

	o.deletion(ada, bo)
	o.terminal(ada)
}

var enrolmentShown = regexp.MustCompile(`([B-Z]{5}-){5}[B-Z]{5}`)

func enrolment(t *testing.T, text string) string {
	t.Helper()
	code := enrolmentShown.FindString(text)
	if code == "" {
		t.Fatalf("no code in %s", text)
	}
	return code
}

// deletion is a plan for good: one writes it, the other agrees on a phone, the
// first carries it out.
func (o *office) deletion(ada, bo worker) {
	const title, gone = "Delete macro-loom1 1.0.87", `SELECT count(*) FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = 'macro-loom1' AND v.num = '1.0.87'`
	t := o.t
	ada.Go("/incidents/new?subject=version:macro-loom1@1.0.87")
	presses(t, ada.Page, "Open the incident")
	ada.at("/incidents/INC-1")
	ada.Go("/plans/new?do=version.delete&crate=macro-loom1")
	fills(ada.Page, "#param-version", "1.0.87")
	fills(ada.Page, "#plan-public", "It stole secrets while it was built.")
	chooses(ada.Page, "#plan-incident", "INC-1")
	presses(t, ada.Page, "Make the plan")
	ada.state("draft")
	presses(t, ada.Page, "Review")
	ada.state("reviewed")
	presses(t, ada.Page, "Seal the evidence")
	until(t, ada.Page, `document.body.innerText.includes("Its evidence is sealed")`, "true")
	wantText(t, ada.Page, "You wrote it; somebody else must approve it.", "Bo could approve it")
	plan := webtest.Eval[string](ada.Page, "location.pathname")

	bo.Go("/")
	webtest.Eval[bool](bo.Page, `([...document.querySelectorAll("#plans a")].find(a => a.textContent.startsWith("Delete")).click(), true)`)
	bo.state("reviewed")
	presses(t, bo.Page, "Approve")
	bo.titled("Confirm it is you")
	bo.Screenshot("confirm-phone", 390, "light")
	bo.CheckAxe()
	bo.confirms("Approve the plan “" + title + "”")
	bo.state("approved")
	bo.Fits("approved", 390, "light")
	bo.CheckAxe()

	ada.Go(plan)
	ada.state("approved")
	if o.number(gone) != 1 {
		t.Error("the version went before anybody applied the plan")
	}
	fills(ada.Page, "#typed", "macro-loom1@1.0.87")
	presses(t, ada.Page, "Apply the plan")
	ada.confirms("Apply the plan “" + title + "”")
	ada.state("applied")
	if o.number(gone) != 0 {
		t.Error("the version is still there")
	}
}

// terminal lets the command line in, confirms its act, and shuts it out.
func (o *office) terminal(ada worker) {
	const yanked = `SELECT count(*) FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = 'arraykit' AND v.num = '0.3.10' AND v.yanked`
	t := o.t
	if text, code := o.types(nil, "whoami"); code != 4 || !strings.Contains(text, "cratewarden login") {
		t.Errorf("before sign-in: %d %s", code, text)
	}
	text, code := o.types(func(s *screen) { ada.answers(s, 1, "") }, "login")
	if code != 0 || !strings.Contains(text, "Signed in as Ada") || !strings.Contains(text, o.address+"/device") {
		t.Fatalf("login: %d %s", code, text)
	}
	if text, code := o.types(nil, "whoami"); code != 0 || !strings.Contains(text, "take a confirmation with a passkey first") {
		t.Errorf("whoami: %d %s", code, text)
	}
	yank := []string{"yank", "arraykit@0.3.10", "--reason", "It builds on a crate that steals secrets.", "--incident", "INC-1", "--yes"}
	if text, code := o.types(nil, append(yank, "--no-wait")...); code != 4 || o.number(yanked) != 0 {
		t.Errorf("without a confirmation: %d %s", code, text)
	}
	text, code = o.types(func(s *screen) {
		ada.answers(s, 1, "Let your terminal change things")
		ada.answers(s, 2, "Apply the plan “Yank arraykit 0.3.10”")
	}, yank...)
	if code != 0 || o.number(yanked) != 1 {
		t.Errorf("confirmed: %d %s", code, text)
	}
	if text, code := o.types(nil, "whoami"); code != 0 || !strings.Contains(text, "299 of 300 left this hour") || !strings.Contains(text, "confirmed; that ends in") {
		t.Errorf("whoami after a change: %d %s", code, text)
	}

	ada.Go("/you")
	ada.Screenshot("you-phone", 390, "dark")
	ada.CheckAxe()
	until(t, ada.Page, `document.querySelectorAll("#sessions li").length`, "2")
	webtest.Eval[bool](ada.Page, `([...document.querySelectorAll("#sessions button")].find(b => b.textContent.trim().startsWith("End")).click(), true)`)
	until(t, ada.Page, `document.querySelectorAll("#sessions li").length`, "1")
	if text, code := o.types(nil, "whoami"); code != 4 || !strings.Contains(text, "cratewarden login") {
		t.Errorf("after its session was ended: %d %s", code, text)
	}
	if _, code := o.types(nil, "unyank", "arraykit@0.3.10", "--incident", "INC-1", "--yes"); code != 4 || o.number(yanked) != 1 {
		t.Errorf("a command of an ended session acted: %d", code)
	}
}
