// Package logtest gives tests a log that nothing private may reach. A test that
// hands its logger to what it tests fails if a line holds a mail address, an IP
// address, a token, a password, or a secret that the test made itself. It sees
// lines as they were meant, before the program's own log hides such things: the
// veil is the second fence, not the first.
package logtest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"cratewarden"
)

// Log is what was logged in a test.
type Log struct {
	t       testing.TB
	mu      sync.Mutex
	lines   bytes.Buffer
	secrets []string
	over    bool
}

// New makes a log for a test.
func New(t testing.TB) *Log {
	l := &Log{t: t}
	t.Cleanup(func() {
		l.mu.Lock()
		l.over = true
		l.mu.Unlock()
	})
	return l
}

// Logger gives a logger of a new log, at every level.
func Logger(t testing.TB) *slog.Logger { return New(t).Logger() }

// Logger writes to the log.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Secret names texts that no line may hold from now on, such as the token of a
// session or the address of a visitor. Lines that were logged are looked
// through again. Short ones would be found by chance and are not taken.
func (l *Log) Secret(secrets ...string) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range secrets {
		if len(s) < 6 {
			l.t.Fatalf("the secret %q is too short to be looked for", s)
		}
		l.secrets = append(l.secrets, s)
		if strings.Contains(l.lines.String(), s) {
			l.t.Errorf("the log holds %q", s)
		}
	}
}

// String is everything that was logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

// Write implements io.Writer: one or more lines of a log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over { // work that outlives its test has nobody to fail
		return len(p), nil
	}
	l.lines.Write(p)
	for line := range bytes.Lines(p) {
		for _, found := range private(string(line), l.secrets) {
			l.t.Errorf("the log holds a %s: %s", found, line)
		}
	}
	return len(p), nil
}

// Watch is the log of a program that many tests share, for what runs them to
// look at in the end. It may be written to by many at a time.
type Watch struct {
	mu    sync.Mutex
	lines int
	found []string
}

// Write implements io.Writer: one or more lines of a log.
func (w *Watch) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range bytes.Lines(p) {
		w.lines++
		for _, what := range private(string(line), nil) {
			w.found = append(w.found, what+": "+string(line))
		}
	}
	return len(p), nil
}

// Found gives how many lines there were, and those that are private.
func (w *Watch) Found() (lines int, private []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lines, slices.Clone(w.found)
}

// private names what is private in a line, and what the program's log hid in it:
// that somebody meant to log. A line is read as it stands and, if it is JSON, as
// it is meant.
func private(line string, secrets []string) (out []string) {
	text := line
	var fields any
	if json.Unmarshal([]byte(line), &fields) == nil {
		text = plain(fields)
	}
	for _, t := range cratewarden.Traces(text) {
		out = append(out, string(t.Kind)+" "+t.Text)
	}
	for _, kind := range []cratewarden.TraceKind{cratewarden.MailTrace, cratewarden.AddressTrace, cratewarden.SecretTrace} {
		if strings.Contains(text, "["+string(kind)+"]") {
			out = append(out, "hidden "+string(kind))
		}
	}
	for _, s := range secrets {
		if strings.Contains(text, s) || strings.Contains(line, s) {
			out = append(out, "secret of this test "+s)
		}
	}
	return out
}

// plain writes a decoded line with a line break between its parts, so that none
// grows together with its neighbour.
func plain(v any) string {
	var b strings.Builder
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			b.WriteString(name + "=" + plain(member) + "\n")
		}
	case []any:
		for _, member := range v {
			b.WriteString(plain(member) + "\n")
		}
	case string:
		return v
	default:
		text, _ := json.Marshal(v) // what was decoded can be written
		return string(text)
	}
	return b.String()
}
