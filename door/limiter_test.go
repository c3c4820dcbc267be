package door_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"
	"pgregory.net/rapid"

	"cratewarden"
	"cratewarden/door"
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func TestLimiter(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := &door.Limiter{Rate: rate.Every(10 * time.Second), Burst: 3, Clock: c.now}
	for range 3 {
		if ok, _ := l.Allow("a"); !ok {
			t.Fatal("refused within the burst")
		}
	}
	for range 100 { // trying on does not make it longer
		if ok, retry := l.Allow("a"); ok || retry != 10*time.Second {
			t.Fatalf("%v, again in %s", ok, retry)
		}
	}
	if ok, _ := l.Allow("b"); !ok {
		t.Error("one key's tries count for another")
	}
	c.move(10 * time.Second)
	if ok, _ := l.Allow("a"); !ok {
		t.Error("refused when it was time")
	}
	if ok, _ := l.Allow("a"); ok {
		t.Error("allowed twice")
	}
	c.move(-time.Hour) // a clock set back gives nothing away
	if ok, _ := l.Allow("a"); ok {
		t.Error("allowed after the clock went back")
	}
	if ok, retry := new(door.Limiter).Allow("a"); ok || retry <= 0 {
		t.Error("the zero value allows something")
	}
}

func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := &door.Limiter{Rate: 1, Burst: 5, Most: 100, Clock: c.now}
	for i := range 100_000 {
		l.Allow(fmt.Sprint(i))
		l.Allow("attacked") // is used all the time, so it is never the one to go
	}
	if n := l.Len(); n > 100 {
		t.Errorf("%d keys", n)
	}
	if ok, _ := l.Allow("attacked"); ok {
		t.Error("many other keys washed an attacked one away")
	}
	c.move(6 * time.Second)
	l.Allow("new")
	if n := l.Len(); n != 1 {
		t.Errorf("%d keys are remembered for nothing", n)
	}
}

// Whatever the order of tries, no key gets more than its burst and what came
// back since.
func TestLimiterNeverAllowsMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		burst := rapid.IntRange(1, 5).Draw(t, "burst")
		l := &door.Limiter{Rate: 1, Burst: burst, Most: 10, Clock: c.now}
		allowed := map[string]int{}
		start := c.now()
		for range rapid.IntRange(1, 200).Draw(t, "tries") {
			c.move(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
			if ok, _ := l.Allow(key); ok {
				allowed[key]++
			}
			if most := burst + int(c.now().Sub(start).Seconds()) + 1; allowed[key] > most {
				t.Fatalf("%d of at most %d", allowed[key], most)
			}
		}
	})
}

func TestTurnstile(t *testing.T) {
	t.Parallel()
	c := newClock()
	turn := door.NewTurnstile(door.DefaultAllowances(), c.now)
	home := netip.MustParseAddr("2001:db8:1:2::1")
	for i := range 5 {
		if err := turn.Pass(door.Code, door.Person("p1"), door.Network(home)); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	err := turn.Pass(door.Code, door.Person("p1"), door.Network(home))
	many, ok := errors.AsType[*door.TooMany](err)
	if !ok || many.By != "person" || many.Seconds() != 60 || cratewarden.KindOf(err) != cratewarden.Refused ||
		cratewarden.MessageOf(err) != "Too many tries at code from you. Try again in 60 seconds." {
		t.Errorf("%v", err)
	}
	if err := turn.Pass(door.StepUp, door.Person("p1")); err != nil {
		t.Errorf("one surface's tries count on another: %v", err)
	}
	// Other addresses of the same /64 are the same customer.
	for i := range 4 {
		neighbour := netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2:%x::", i+1))
		if err := turn.Pass(door.Code, door.Network(neighbour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := turn.Pass(door.Code, door.Network(netip.MustParseAddr("2001:db8:1:2:ffff::1"))); err == nil {
		t.Error("an IPv6 customer has a new share for each address")
	}
	if err := turn.Pass(door.Code, door.Network(netip.MustParseAddr("2001:db8:1:3::1"))); err != nil {
		t.Error(err)
	}
	if door.Network(netip.MustParseAddr("::ffff:192.0.2.1")) != door.Network(netip.MustParseAddr("192.0.2.1")) {
		t.Error("a mapped address is another one")
	}
	for range 1000 {
		if (*door.Turnstile)(nil).Pass(door.Code, door.Person("p")) != nil || turn.Pass(door.SignIn, door.Person("not limited"), door.Key{}) != nil {
			t.Fatal("refused where there is no limit")
		}
	}
}
