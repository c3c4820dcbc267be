package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
	"cratewarden/web/webtest"
)

// TestMain lets a test script run the program as a command of its own name;
// a program that was started so never reaches the tests.
func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"cratewarden": watched})
}

// suite runs the tests and ends what they shared.
type suite struct{ m *testing.M }

// Run runs the tests between the start and the end of browser, console and
// server, and reads what they logged and printed.
func (s suite) Run() int {
	dir, err := os.MkdirTemp(memory(), "cratewarden-sessions-")
	if err == nil { // the sessions of whoever runs the tests are not touched
		err = os.Setenv(keyringVariable, filepath.Join(dir, "sessions.json"))
	}
	printed := filepath.Join(dir, "printed")
	if err == nil {
		err = errors.Join(os.Mkdir(printed, 0o700), os.Setenv(printedVariable, printed))
	}
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	code := logtest.Main(func() int {
		code := webtest.Main(s.m)
		if shared.stop != nil {
			shared.stop()
		}
		pgtest.Stop()
		return code
	})
	return max(code, consolesLogged(), printedIsPrivate(printed, os.Stderr))
}

// logged is what all consoles of these tests log, at every level: stories,
// journeys in browsers, sign-ins, plans.
var logged logtest.Watch

// consolesLogged fails the suite if a line of any console's log led to a person
// or held a secret, or would have, had the log not hidden it.
func consolesLogged() int {
	if lines, _ := logged.Found(); shared.address != "" && lines == 0 {
		_, _ = fmt.Fprintln(os.Stderr, "FAIL: the consoles logged nothing, so nothing was searched")
		return 1
	}
	return logged.Judge(os.Stderr, "lines that consoles logged")
}

// shared is the demo console that stories and journeys look at: it is made
// once for the test program, since making a registry takes seconds.
var shared demoConsole

type demoConsole struct {
	once    sync.Once
	address string
	data    string // the folder with everything
	crates  string // "" for the demo's own number
	err     error
	stop    func()
}

// demoAddress gives the address of the shared demo console.
func demoAddress(t testing.TB) string {
	t.Helper()
	shared.once.Do(shared.start)
	if shared.err != nil {
		t.Fatalf("demo: %v", shared.err)
	}
	return shared.address
}

func (d *demoConsole) start() {
	dir, err := os.MkdirTemp(memory(), "cratewarden-demo-test-")
	if err != nil {
		d.err = err
		return
	}
	// The private server's user must be able to pass through.
	if d.err = os.Chmod(dir, 0o755); d.err != nil {
		return
	}
	d.data = filepath.Join(dir, "data")
	args := []string{"demo", "--addr", "127.0.0.1:0", "--data", d.data, "--verbose"}
	if d.crates != "" {
		args = append(args, "--crates", d.crates)
	}
	address, stop, err := background(args...)
	d.address, d.err = address, err
	d.stop = func() {
		stop()
		_ = os.RemoveAll(dir)
	}
}

// memory is a folder in memory where the machine has one.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}

// background runs the program in this process until stop is called, and gives
// the console's address as soon as it is printed.
func background(args ...string) (address string, stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, strings.NewReader(""), in, &logged)
		_ = in.CloseWithError(io.EOF)
		ended <- err
	}()
	stop = func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(time.Minute):
		}
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "Console:"); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return strings.TrimSpace(rest), stop, nil
		}
	}
	cancel()
	return "", func() {}, <-ended
}
