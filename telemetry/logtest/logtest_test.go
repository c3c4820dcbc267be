package logtest

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"cratewarden/telemetry"
)

// witness is a test that remembers that it failed.
type witness struct {
	testing.TB
	failed []string
}

func (w *witness) Helper()                   {}
func (w *witness) Cleanup(func())            {}
func (w *witness) Errorf(f string, a ...any) { w.failed = append(w.failed, f) }

// The fence works: a line with something private fails its test, any other does
// not.
func TestLogNoticesWhatIsPrivate(t *testing.T) {
	t.Parallel()
	for text, private := range map[string]bool{
		"hello": false, "serde@1.0.200 at 12:30:45": false, "dial tcp 127.0.0.1:5432: refused": false, "route GET /crates/{name}": false,
		"jane@example.com": true, "from 203.0.113.9:443": true, "2001:db8::1": true, "cwd_" + strings.Repeat("a", 43): true,
		"cio" + strings.Repeat("a", 32): true, "cratewarden=" + strings.Repeat("b", 43): true, "password=hunter2": true,
	} {
		for what, log := range map[string]func(*Log){
			"message": func(l *Log) { l.Logger().Info(text) },
			"value":   func(l *Log) { l.Logger().Debug("x", "value", text) },
			"error":   func(l *Log) { l.Logger().Warn("x", "err", errors.New("cause: "+text+" \"quoted\"\n")) },
			"group":   func(l *Log) { l.Logger().WithGroup("g").With("a", text).Error("x") },
			"list":    func(l *Log) { l.Logger().Info("x", "list", []string{"a", text}) },
		} {
			w := &witness{TB: t}
			log(New(w))
			if got := len(w.failed) > 0; got != private {
				t.Errorf("%q as %s: noticed %v", text, what, got)
			}
		}
	}
}

// What the program's own log hides was meant to be logged, which is noticed too.
func TestWatch(t *testing.T) {
	t.Parallel()
	var w Watch
	log := telemetry.NewLogger(&w, false, slog.LevelDebug)
	log.Info("hello", "took", 3)
	if lines, found := w.Found(); lines != 1 || len(found) != 0 {
		t.Errorf("%d %q", lines, found)
	}
	log.Warn("mail was not sent", "err", errors.New("550 no such user jane@example.com"))
	if lines, found := w.Found(); lines != 2 || len(found) != 1 || strings.Contains(found[0], "jane@") || !strings.HasPrefix(found[0], "hidden mail address") {
		t.Errorf("%d %q", lines, found)
	}
}

func TestLogNoticesSecretsOfTheTest(t *testing.T) {
	t.Parallel()
	w := &witness{TB: t}
	l := New(w)
	l.Logger().Info("the word is xyzzy-1")
	if l.Secret("plugh-22"); len(w.failed) != 0 {
		t.Error(w.failed)
	}
	if l.Secret("xyzzy-1"); len(w.failed) != 1 {
		t.Error("an earlier line was not looked through")
	}
	if l.Logger().Info("plugh-22"); len(w.failed) != 2 {
		t.Error("a later line was not looked through")
	}
}

// A part without a logger writes to the program's default log, and so does the
// standard library; both are searched.
func TestWatchJudges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line string
		code int
	}{
		"harmless": {`{"msg":"done","crate":"serde@1.0.200"}`, 0},
		"mail":     {`{"msg":"failed","to":"jane@example.net"}`, 1},
		"plain":    {"http: panic serving 198.51.100.7:4711", 1},
	} {
		var w Watch
		if _, err := w.Write([]byte(c.line + "\n")); err != nil {
			t.Fatal(err)
		}
		if got := w.Judge(io.Discard, "lines"); got != c.code {
			t.Errorf("%s: code %d, want %d", name, got, c.code)
		}
	}
}
