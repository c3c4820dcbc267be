package cratewarden

import "time"

// Clock tells the time. It is passed in so that a test can stand at any
// instant; the zero value of a config struct means SystemClock.
type Clock func() time.Time

// SystemClock is the machine's clock in UTC.
func SystemClock() time.Time { return time.Now().UTC() }

// Or gives the clock itself, or the system clock when it is nil.
func (c Clock) Or() Clock {
	if c == nil {
		return SystemClock
	}
	return c
}
