package auth_test

import (
	"testing"
	"time"

	"cratewarden/auth"
)

// TestPageLeftOpenEndsIdle: a page that renews itself is let in while the session
// lasts, and does not make it last.
func TestPageLeftOpenEndsIdle(t *testing.T) {
	t.Parallel()
	tn := newTown(t, func(c *auth.Config) { c.Idle = time.Hour })
	open, used := tn.in(1), tn.in(1)
	quiet := laptop
	quiet.Quiet = true
	for range 5 {
		tn.pass(11 * time.Minute)
		if _, err := open.Visit(open.request(), quiet); err != nil {
			t.Fatal(err)
		}
		used.who()
	}
	tn.pass(6 * time.Minute)
	open.out()
	used.who()
}
