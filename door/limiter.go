package door

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"cratewarden"
)

// Limiter allows each key Burst tries at once and then Rate in a second. It
// remembers at most Most keys, of which the one that waited longest makes room
// for a new one, and forgets a key once it would be allowed its full burst
// again. The zero value allows nothing.
type Limiter struct {
	Rate  rate.Limit // tries in a second; see rate.Every
	Burst int
	Most  int // zero means 20,000
	Clock cratewarden.Clock

	mu   sync.Mutex
	keys map[string]*list.Element
	used list.List // of *counter, the latest first
}

type counter struct {
	key  string
	rate *rate.Limiter
	last time.Time
}

// Allow counts a try of a key and says whether it may go on, and if not, when it
// may come again.
func (l *Limiter) Allow(key string) (ok bool, retry time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Clock.Or()()
	c := l.counter(key, now)
	c.last = now
	try := c.rate.ReserveN(now, 1)
	if !try.OK() {
		return false, time.Minute // a burst of nothing: never
	}
	if wait := try.DelayFrom(now); wait > 0 {
		try.CancelAt(now)
		return false, wait
	}
	return true, 0
}

// Len is how many keys are remembered.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys)
}

// counter finds or makes a key's counter and forgets what is over.
func (l *Limiter) counter(key string, now time.Time) *counter {
	if e, there := l.keys[key]; there {
		l.used.MoveToFront(e)
		return e.Value.(*counter)
	}
	if l.keys == nil {
		l.keys = map[string]*list.Element{}
	}
	most := l.Most
	if most <= 0 {
		most = 20_000
	}
	for e := l.used.Back(); e != nil && (len(l.keys) >= most || l.full(e.Value.(*counter), now)); e = l.used.Back() {
		delete(l.keys, e.Value.(*counter).key)
		l.used.Remove(e)
	}
	c := &counter{key: key, rate: rate.NewLimiter(l.Rate, l.Burst), last: now}
	l.keys[key] = l.used.PushFront(c)
	return c
}

// full says whether a key would be allowed its whole burst again, so that
// forgetting it changes nothing.
func (l *Limiter) full(c *counter, now time.Time) bool {
	return l.Rate > 0 && now.Sub(c.last).Seconds() >= float64(l.Burst)/float64(l.Rate)
}
