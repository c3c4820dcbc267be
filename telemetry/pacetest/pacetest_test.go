package pacetest

import (
	"context"
	"os/exec"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// witness is a test that may fail.
type witness struct {
	testing.TB
	failed bool
}

func (w *witness) Helper()               {}
func (w *witness) Failed() bool          { return w.failed }
func (w *witness) Errorf(string, ...any) { w.failed = true }

// What is slow once passes; what is slow each time fails, and is not tried for ever.
func TestWithin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, row := range map[string]struct {
			takes  []time.Duration
			fails  bool
			report time.Duration
		}{
			"in time":         {[]time.Duration{1}, false, 1},
			"at the limit":    {[]time.Duration{5}, false, 5},
			"stood still":     {[]time.Duration{90, 70, 2}, false, 2},
			"slow every time": {[]time.Duration{9, 7, 8}, true, 7},
		} {
			w, n := &witness{TB: t}, 0
			got := Within(w, name, 5*time.Second, func() { time.Sleep(row.takes[n] * time.Second); n++ })
			if w.failed != row.fails || got != row.report*time.Second || n != len(row.takes) {
				t.Errorf("%s: failed %t after %s, done %d times", name, w.failed, got, n)
			}
		}
	})
}

// What is slow is so on a busy machine too.
func TestSomeTimeAlwaysCounts(t *testing.T) {
	t.Parallel()
	for _, row := range [][3]time.Duration{{8, 0, 8}, {8, 3, 5}, {8, 7, 2}, {8, 8, 2}, {8, 9, 2}} {
		if got := counted(row[0]*time.Second, row[1]*time.Second); got != row[2]*time.Second {
			t.Errorf("%v: %s", row, got)
		}
	}
}

// Time in which somebody waited for a processor does not count.
func TestStart(t *testing.T) {
	t.Parallel()
	if pressure() == 0 {
		t.Log("this system does not tell who waits for a processor")
		return
	}
	ctx, stop := context.WithCancel(t.Context())
	for range 2 * runtime.NumCPU() {
		busy := exec.CommandContext(ctx, "/bin/sh", "-c", "while :; do :; done")
		if err := busy.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stop(); _ = busy.Wait() }) // or it stays when the test is over
	}
	begin, took := time.Now(), Start()
	time.Sleep(400 * time.Millisecond)
	got, all := took(), time.Since(begin)
	stop()
	if got > all/2 {
		t.Errorf("%s of %s, and all the time somebody waited", got, all)
	}
}
