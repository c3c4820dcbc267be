package telemetry

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
)

// what a program's log must never hold, and the word that takes its place
func private() map[string]string {
	return map[string]string{
		"jane@example.com": "[mail address]", "203.0.113.9": "[IP address]", "2001:db8::1": "[IP address]",
		"cwd_" + strings.Repeat("a", 43): "[secret]", "password=hunter2": "[secret]",
	}
}

// Wherever something private stands in a line, its kind is written instead.
func TestVeil(t *testing.T) {
	t.Parallel()
	for _, terminal := range []bool{false, true} {
		for text, kind := range private() {
			for what, write := range map[string]func(*slog.Logger){
				"message": func(l *slog.Logger) { l.Info("about " + text) },
				"string":  func(l *slog.Logger) { l.Info("m", "a", text) },
				"error":   func(l *slog.Logger) { l.Info("m", "err", errors.New("cause "+text)) },
				"bound":   func(l *slog.Logger) { l.With("a", text).Info("m") },
				"group":   func(l *slog.Logger) { l.WithGroup("g").Info("m", slog.Group("h", "a", text)) },
				"list":    func(l *slog.Logger) { l.Info("m", "a", []string{text}) },
			} {
				var out bytes.Buffer
				write(NewLogger(&out, terminal, slog.LevelDebug))
				if strings.Contains(out.String(), text) || !strings.Contains(out.String(), kind) {
					t.Errorf("%s of %q: %s", what, text, out.String())
				}
			}
		}
	}
}

// What is not private stays as it is, with its type.
func TestVeilLeavesTheRest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	NewLogger(&out, false, slog.LevelDebug).Info("took", "n", 3, "crate", "serde@1.0.200", "at", netip.MustParseAddr("127.0.0.1"), "list", []int{1})
	for _, want := range []string{`"n":3`, `"crate":"serde@1.0.200"`, `"at":"127.0.0.1"`, `"list":[1]`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
	var typed bytes.Buffer
	NewLogger(&typed, false, slog.LevelDebug).Info("m", "at", netip.MustParseAddr("203.0.113.9"))
	if strings.Contains(typed.String(), "203") {
		t.Error(typed.String())
	}
}
