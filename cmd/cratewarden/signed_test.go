package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/auth"
	"cratewarden/ledger"
	"cratewarden/pg/pgtest"
	"cratewarden/team"
)

// screen is a terminal that a test reads while the program still writes.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// desk is a console with sign-in, the person before it, and a browser.
type desk struct {
	*auth.Service
	t       *testing.T
	address string
	browser auth.Visitor
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	pool := migrated(t, pgtest.URL(t, pgtest.Template{Name: "empty"}))
	file := filepath.Join(t.TempDir(), "people.yaml")
	if err := os.WriteFile(file, []byte("people:\n- {name: Ada, github: ada, github_id: 1, roles: [responder]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := team.New(t.Context(), team.Config{File: file})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := list.Fresh(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t}
	// The browser pretends; the interface that the program asks does not.
	if d.Service, err = auth.New(auth.Config{Console: pool, Ledger: ledger.New(ledger.Config{DB: pool}), People: list, Origin: "http://localhost:8420", Pretend: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Wait)
	server := httptest.NewServer(api.New(api.Config{Auth: d.Service}))
	t.Cleanup(server.Close)
	d.address = server.URL
	in, err := d.PretendSignIn(t.Context(), "ada", auth.BrowserSession, auth.From{})
	if err != nil {
		t.Fatal(err)
	}
	d.browser = auth.Visitor{Person: in.Person, Session: in.Session}
	d.browser.Actor.ID, d.browser.Actor.Session = in.Person.ID, in.Session.ID
	return d
}

var codeShown = regexp.MustCompile(`with code +(\S+)`)

// answers types the code that the program shows into the browser.
func (d *desk) answers(s *screen, yes bool) {
	d.t.Helper()
	for range 600 {
		if m := codeShown.FindStringSubmatch(s.String()); m != nil {
			ask, err := d.Asked(d.t.Context(), d.browser, m[1])
			if err == nil && yes {
				_, err = d.PretendStepUp(d.t.Context(), d.browser, ask.About)
			}
			if err == nil {
				err = d.AnswerAsk(d.t.Context(), d.browser, m[1], yes)
			}
			if err != nil {
				d.t.Errorf("answering: %v", err)
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	d.t.Errorf("no code was shown: %s", s)
}

// run runs the program; the person answers in the browser if it asks.
func (d *desk) run(answer func(*screen), args ...string) (out string, code int) {
	d.t.Helper()
	var stdout bytes.Buffer
	var stderr screen
	ended := make(chan int)
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	go func() {
		err := run(ctx, append(args, "--server", d.address), strings.NewReader(""), &stdout, &stderr)
		ended <- explain(err, &stderr)
	}()
	if answer != nil {
		answer(&stderr)
	}
	code = <-ended
	return stdout.String() + stderr.String(), code
}

// A person at a terminal is asked in the browser to let the program in, and to
// confirm when something changes; the command then goes on by itself.
func TestTheTerminalAsksInTheBrowser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	yes := func(s *screen) { d.answers(s, true) }
	no := func(s *screen) { d.answers(s, false) }
	if out, code := d.run(nil, "whoami"); code != 4 || !strings.Contains(out, "cratewarden login") {
		t.Errorf("before sign-in: %d %s", code, out)
	}
	if out, code := d.run(no, "login"); code != 4 || !strings.Contains(out, "said no") {
		t.Errorf("refused: %d %s", code, out)
	}
	if out, code := d.run(yes, "login"); code != 0 || !strings.Contains(out, "Signed in as Ada") || !strings.Contains(out, "http://localhost:8420/device") {
		t.Fatalf("%d %s", code, out)
	}
	if out, code := d.run(nil, "whoami"); code != 0 || !strings.Contains(out, "take a confirmation with a passkey first") {
		t.Errorf("%d %s", code, out)
	}
	make := []string{"api-token", "new", "x", "--role", "responder", "--days", "1"}
	if out, code := d.run(nil, append(make, "--no-wait")...); code != 4 || !strings.Contains(out, "passkey") || strings.Contains(out, "with code") {
		t.Errorf("without waiting: %d %s", code, out)
	}
	if out, code := d.run(no, make...); code != 4 || !strings.Contains(out, "said no") {
		t.Errorf("not confirmed: %d %s", code, out)
	}
	out, code := d.run(yes, make...)
	if code != 0 || !strings.Contains(out, "cwd_") || !strings.Contains(out, "that it is you, for changes in the next minutes") {
		t.Errorf("confirmed: %d %s", code, out)
	}
	if out, code := d.run(nil, "whoami"); code != 0 || !strings.Contains(out, "confirmed; that ends in") {
		t.Errorf("the session's new secret was not kept: %d %s", code, out)
	}
	if out, code := d.run(nil, "logout"); code != 0 {
		t.Errorf("%d %s", code, out)
	}
	if live, err := d.Sessions(t.Context(), d.browser.Person.ID); err != nil || len(live) != 1 {
		t.Errorf("%+v %v", live, err)
	}
}

// Ctrl-C ends the waiting.
func TestWaitingForTheBrowserCanBeStopped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var stdout bytes.Buffer
	var stderr screen
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- run(ctx, []string{"login", "--server", d.address}, strings.NewReader(""), &stdout, &stderr)
	}()
	for range 600 {
		if codeShown.MatchString(stderr.String()) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	if err := <-ended; cratewarden.KindOf(err) != cratewarden.Canceled || explain(err, &stderr) != 130 {
		t.Errorf("%v", err)
	}
}
