package dossier

import (
	"fmt"
	"time"

	"cratewarden"
	"cratewarden/registry"
)

// rateLimit is a limit as the registry has it unless its environment says
// otherwise (contract actions.md section 11).
type rateLimit struct {
	action string
	every  time.Duration
	burst  int
}

func rateLimits() []rateLimit {
	return []rateLimit{
		{"publish new crate", 10 * time.Minute, 5},
		{"publish new version", time.Minute, 30},
		{"yank or unyank", time.Minute, 100},
	}
}

func (s *Service) limits(v *accountView) Limits {
	out := Limits{Section: s.private(), Rows: []Limit{}}
	if out.Absent != "" {
		return out
	}
	rows := map[int32]registry.AccountLimit{}
	for _, r := range v.core.Limits {
		rows[r.Action] = r
	}
	for i, kind := range rateLimits() {
		out.Rows = append(out.Rows, kind.level(rows[int32(i)], v.now))
	}
	return out
}

// level works out what the next request would find.
func (k rateLimit) level(r registry.AccountLimit, now time.Time) Limit {
	l := Limit{
		Action: k.action, Burst: k.burst, Default: k.burst, Refill: "1 every " + cratewarden.Span(k.every), Left: -1, OverrideTo: r.OverrideUntil,
	}
	if r.Override {
		l.Override = r.OverrideUntil == nil || r.OverrideUntil.After(now)
		l.Expired = !l.Override
	}
	if l.Override {
		l.Burst = int(r.Burst)
	}
	if r.Bucket {
		l.LastRefill = r.LastRefill
		l.Left = left(r, l.Burst, k.every, now)
	}
	l.Note = l.note()
	return l
}

// left are the requests that would pass now: a request takes one from what the
// last left, adds what refilled since, and never goes above the burst.
func left(r registry.AccountLimit, burst int, every time.Duration, now time.Time) int {
	refilled := max(0, now.Sub(r.LastRefill)/every)
	return int(min(int64(burst), max(0, int64(r.Tokens)-1)+int64(refilled)))
}

func (l Limit) note() string {
	switch {
	case l.Override && l.Burst <= 0:
		return "Every such request is refused. Trusted publishing is not bound by it."
	case l.Override && l.Left >= 0 && l.Left < l.Burst:
		return fmt.Sprintf("An override does not fill the bucket: it has %d of %d and goes on filling %s.", l.Left, l.Burst, l.Refill)
	case l.Left == 0:
		return "The next request is refused. Trusted publishing is not bound by it."
	case l.Left < 0:
		return "Never used, so the whole burst is left. The registry's environment may set other defaults."
	}
	return "The registry's environment may set other defaults."
}
