package cratewarden

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct {
		in   time.Duration
		want string
	}{
		{0, "0 s"}, {400 * time.Millisecond, "0 s"}, {40 * time.Second, "40 s"}, {119 * time.Second, "1 min"},
		{86 * time.Minute, "1 h 26 min"}, {5 * time.Hour, "5 h"}, {3*day + 4*time.Hour, "3 d 4 h"}, {20*day + 4*time.Hour, "20 d"},
		{35 * day, "1 mo 4 d"}, {100 * day, "3 mo"}, {720 * day, "1 y 11 mo"}, {-2 * time.Hour, "2 h"},
	} {
		if got := Span(c.in); got != c.want {
			t.Errorf("Span(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCanonName(t *testing.T) {
	t.Parallel()
	if got := CanonName("Foo-Bar_Baz"); got != "foo_bar_baz" {
		t.Errorf("CanonName = %q", got)
	}
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"a": true, "serde-like_2": true, "": false, "2fast": false, "-x": false, "a.b": false, "ünï": false,
		strings.Repeat("a", 64): true, strings.Repeat("a", 65): false,
	} {
		if got := ValidName(name); got != want {
			t.Errorf("ValidName(%q) = %v", name, got)
		}
	}
}

// The sentence of an internal error must not carry its cause to a screen.
func TestMessageHidesCauses(t *testing.T) {
	t.Parallel()
	secret := errors.New("SELECT password FROM users")
	err := Wrap(secret, Internal, "could not read")
	if got := MessageOf(err); strings.Contains(got, "SELECT") || got == "" {
		t.Errorf("MessageOf(internal) = %q", got)
	}
	err = Wrap(secret, NotFound, "There is no crate named x.")
	if got := MessageOf(err); got != "There is no crate named x." {
		t.Errorf("MessageOf(not found) = %q", got)
	}
	if !errors.Is(err, secret) || KindOf(err) != NotFound || KindOf(secret) != Internal || KindOf(nil) != "" {
		t.Error("kinds or causes are lost")
	}
}
