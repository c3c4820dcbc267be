package action

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/registry/change"
)

// rateNames are the kinds of requests that the registry counts, in the order
// of its numbers (contract actions.md 11).
func rateNames() []string { return []string{"new", "update", "yank"} }

// rateWords says each kind for people.
func rateWords(name string) string {
	switch name {
	case "new":
		return "publishing new crates"
	case "update":
		return "publishing new versions"
	}
	return "yanking and unyanking"
}

// RateRef names one limit of an account.
type RateRef struct {
	AccountRef
	Action string `json:"action"` // "new", "update" or "yank"
}

// Check checks both parts.
func (l RateRef) Check() error {
	if !slices.Contains(rateNames(), l.Action) {
		return cratewarden.Errorf(cratewarden.Invalid, "action is \"new\" (new crates), \"update\" (new versions) or \"yank\".")
	}
	return l.AccountRef.Check()
}

func (l RateRef) number() int32 { return int32(slices.Index(rateNames(), l.Action)) }

// RateLimit gives an account its own limit.
type RateLimit struct {
	RateRef
	Burst *int32     `json:"burst"` // must be said: 0 stops all such requests
	Until *time.Time `json:"until,omitempty"`
	// Refill also fills what the account may use at once up to Burst.
	Refill bool `json:"refill,omitempty"`
}

// maxBurst is far beyond any use and keeps the registry's arithmetic in its
// bounds.
const maxBurst = 1_000_000

// Check bounds the burst.
func (l RateLimit) Check() error {
	if l.Burst == nil || *l.Burst < 0 || *l.Burst > maxBurst {
		return cratewarden.Errorf(cratewarden.Invalid, "burst is 0 to %d requests.", maxBurst)
	}
	return l.RateRef.Check()
}

// Sentence says it.
func (l RateLimit) Sentence() string {
	return fmt.Sprintf("Limit %s by %s to %s at once, %s", rateWords(l.Action), l.AccountRef, cratewarden.Amount(int(*l.Burst), "request", "requests"), ending(l.Until))
}

// RateLimitClear takes an account's own limit away.
type RateLimitClear struct{ RateRef }

// Sentence says it.
func (l RateLimitClear) Sentence() string {
	return fmt.Sprintf("Clear the limit on %s by %s", rateWords(l.Action), l.AccountRef)
}

func rateKinds() []Kind {
	action := Param{Name: "action", Label: "Requests", Help: "New crates, new versions, or yanks.", Type: TextParam, Required: true, Choices: rateNames()}
	return []Kind{
		define(Kind{
			Name: "account.rate_limit", Title: "Set a rate limit", Reversible: true,
			About: "Gives one account its own number of requests at once, in place of the registry's; 0 stops that kind of request. How fast it fills again cannot be set, and trusted publishing has no limit.",
			Params: accountParams(action,
				Param{Name: "burst", Label: "Requests at once", Type: NumberParam, Required: true},
				Param{Name: "until", Label: "Until", Help: "The registry's own limit counts again then. Empty: without an end.", Type: TimeParam},
				Param{Name: "refill", Label: "Fill up now", Help: "Otherwise a higher limit fills by one request per period.", Type: YesNoParam}),
		}, runRateLimit),
		define(Kind{
			Name: "account.rate_limit_clear", Title: "Clear a rate limit", Reversible: true,
			About: "The registry's own limit counts again.", Params: accountParams(action),
		}, runRateLimitClear),
	}
}

func runRateLimit(ctx context.Context, r *Run, items []Item[RateLimit]) error {
	var list []change.RateLimit
	for _, it := range items {
		d := it.Do
		if r.endPassed(it.Step, d.Until) {
			continue
		}
		list = append(list, change.RateLimit{Step: it.Step, Account: d.Account, Action: d.number(), Burst: d.Burst, Until: d.Until, Refill: d.Refill})
	}
	return r.setRates(ctx, list)
}

func runRateLimitClear(ctx context.Context, r *Run, items []Item[RateLimitClear]) error {
	list := make([]change.RateLimit, len(items))
	for i, it := range items {
		list[i] = change.RateLimit{Step: it.Step, Account: it.Do.Account, Action: it.Do.number()}
	}
	return r.setRates(ctx, list)
}

func (r *Run) setRates(ctx context.Context, list []change.RateLimit) error {
	people := make([]onAccount, len(list))
	for i, l := range list {
		people[i] = onAccount{l.Step, l.Account}
	}
	known, err := r.people(ctx, people)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(l change.RateLimit) bool { return known[l.Account].ID == 0 })
	if len(list) == 0 {
		return nil
	}
	before, err := r.SetRateLimits(ctx, list)
	if err != nil {
		return err
	}
	for i, l := range list {
		r.tellRate(l, known[l.Account], before[i])
	}
	return nil
}

// tellRate says what a limit was and what the new one stops.
func (r *Run) tellRate(l change.RateLimit, a change.Account, before change.Columns) {
	what := rateWords(rateNames()[l.Action])
	switch {
	case before == nil && l.Burst == nil:
		r.nothing(l.Step, "%s has no limit of its own on %s; nothing is written.", a.Login, what)
	case before == nil:
		r.Info(l.Step, "first-limit", "%s has the registry's own limit on %s now.", a.Login, what)
	default:
		var until *time.Time
		if t, ok := before.Time("expires_at"); ok {
			until = &t
		}
		r.Info(l.Step, "former-limit", "The limit of %s on %s was %s at once, %s.", a.Login, what, cratewarden.Amount(int(before.Int("burst")), "request", "requests"), ending(until))
	}
	if l.Burst != nil && *l.Burst == 0 {
		r.Warn(l.Step, "stops-requests", "With 0 requests the registry refuses all %s by %s. Trusted publishing of its crates goes on.", what, a.Login)
	}
	if l.Burst != nil && *l.Burst > 0 && !l.Refill {
		r.Info(l.Step, "no-refill", "A higher limit does not fill at once, but by one request per period. Ask for a refill if the person is waiting.")
	}
	if l.Refill {
		r.Info(l.Step, "refill", "Undo takes the refill back only while no request has used it.")
	}
}
