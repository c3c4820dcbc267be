// Package pacetest judges how long something took on a machine that has other
// things to do. A limit on time finds what has become slow; a machine that
// stands still for a few seconds must not fail a test.
package pacetest

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"
)

// tries is how often something may be over its limit: what is slow is so each
// time, a machine that stands still is not.
const tries = 3

// Within does something, and does it again when it took longer than the limit.
// The test fails when it never ends in time. It gives the shortest time. What the
// first try leaves for the second, such as a cache, must not be what is measured.
func Within(t testing.TB, what string, limit time.Duration, do func()) time.Duration {
	t.Helper()
	var shortest time.Duration
	for try := range tries {
		begin := time.Now()
		do()
		if took := time.Since(begin); try == 0 || took < shortest {
			shortest = took
		}
		if shortest <= limit || t.Failed() {
			return shortest
		}
	}
	t.Errorf("%s took %v at best, and may take %v", what, shortest.Round(time.Millisecond), limit)
	return shortest
}

// Start begins to measure what cannot be done twice. The function it gives tells
// the time since then without that in which something on this machine waited for
// a processor, which Linux counts in /proc/pressure; elsewhere it is all the time.
// Somebody waits all the time while tests run side by side, so a quarter counts in
// any case: what takes four times its limit fails on the busiest machine.
func Start() func() time.Duration {
	begin, waited := time.Now(), pressure()
	return func() time.Duration {
		return counted(time.Since(begin), pressure()-waited)
	}
}

func counted(all, waited time.Duration) time.Duration { return max(all/4, all-waited) }

// pressure is for how long somebody has waited for a processor since the machine
// began.
func pressure() time.Duration {
	text, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return 0
	}
	_, total, _ := bytes.Cut(text, []byte("total="))
	var micros int64
	_, _ = fmt.Sscan(string(total), &micros)
	return time.Duration(micros) * time.Microsecond
}
