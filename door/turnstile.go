package door

import (
	"fmt"
	"math"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"cratewarden"
)

// Surface is something that is worth trying many times to whoever should not.
type Surface string

// The surfaces with limits of their own.
const (
	SignIn      Surface = "sign-in"      // beginning, finishing, polling for a program
	StepUp      Surface = "step-up"      // asking for and answering with a passkey
	Code        Surface = "code"         // typing an enrolment code or a program's code
	Credential  Surface = "credential"   // showing a cookie or token that is not good; count only failures
	TokenLookup Surface = "token lookup" // asking whose a credential is
	Search      Surface = "search"
)

// Key is who tries. The zero value is nobody and not counted.
type Key struct{ kind, id string }

// Person is a key of who is signed in.
func Person(id string) Key { return Key{"person", id} }

// Token is a key of an API token, by its public id.
func Token(id string) Key { return Key{"token", id} }

// Network is a key of where a request comes from: an IPv4 address, or the /64 of
// an IPv6 address, of which a single customer has at least one. Requests of
// unknown origin share a key.
func Network(addr netip.Addr) Key {
	addr = addr.Unmap().WithZone("")
	switch {
	case !addr.IsValid():
		return Key{"address", "unknown"}
	case addr.Is4():
		return Key{"address", addr.String()}
	}
	prefix, _ := addr.Prefix(64) // fits every IPv6 address
	return Key{"address", prefix.String()}
}

// Allowance is a limit: Burst at once, then one every Every.
type Allowance struct {
	Burst int
	Every time.Duration
}

// Allowances gives the limits by surface and by what counts: "person", "token"
// or "address". One that is missing is no limit.
type Allowances map[Surface]map[string]Allowance

// DefaultAllowances leave room for a team behind one address in an incident, and
// none for guessing.
func DefaultAllowances() Allowances {
	return Allowances{
		SignIn:      {"address": {60, 3 * time.Second}},
		StepUp:      {"address": {60, 3 * time.Second}, "person": {20, 6 * time.Second}},
		Code:        {"address": {10, 30 * time.Second}, "person": {5, time.Minute}},
		Credential:  {"address": {30, 10 * time.Second}},
		TokenLookup: {"address": {60, 2 * time.Second}, "person": {30, 2 * time.Second}, "token": {30, 2 * time.Second}},
		Search:      {"address": {240, 250 * time.Millisecond}, "person": {120, 500 * time.Millisecond}, "token": {120, 500 * time.Millisecond}},
	}
}

// Turnstile counts tries on all surfaces. It is made with NewTurnstile; a nil
// one lets everybody through.
type Turnstile struct {
	limiters map[Surface]map[string]*Limiter
}

// NewTurnstile makes a turnstile with its own memory, which is not shared
// between processes: with n of them, n times as many tries are possible.
func NewTurnstile(a Allowances, clock cratewarden.Clock) *Turnstile {
	t := &Turnstile{limiters: map[Surface]map[string]*Limiter{}}
	for surface, kinds := range a {
		t.limiters[surface] = map[string]*Limiter{}
		for kind, one := range kinds {
			t.limiters[surface][kind] = &Limiter{Rate: rate.Every(one.Every), Burst: one.Burst, Clock: clock}
		}
	}
	return t
}

// Pass counts a try on a surface for each key and refuses it with *TooMany when
// any of them has had its share.
func (t *Turnstile) Pass(surface Surface, keys ...Key) error {
	if t == nil {
		return nil
	}
	var worst time.Duration
	by := ""
	for _, key := range keys {
		l := t.limiters[surface][key.kind]
		if l == nil || key.id == "" {
			continue
		}
		if ok, retry := l.Allow(key.id); !ok && retry > worst {
			worst, by = retry, key.kind
		}
	}
	if by == "" {
		return nil
	}
	return &TooMany{Surface: surface, By: by, Retry: worst}
}

// TooMany is the error of who tried too often: an answer 429 with Retry-After.
type TooMany struct {
	Surface Surface
	By      string // "person", "token" or "address"
	Retry   time.Duration
}

// Seconds is the value of Retry-After, at least 1.
func (e *TooMany) Seconds() int { return max(1, int(math.Ceil(e.Retry.Seconds()))) }

// Error is the sentence for people.
func (e *TooMany) Error() string {
	what := map[string]string{"person": "from you", "token": "by this token", "address": "from your address"}[e.By]
	if e.Seconds() == 1 {
		return fmt.Sprintf("Too many tries at %s %s. Try again in a second.", e.Surface, what)
	}
	return fmt.Sprintf("Too many tries at %s %s. Try again in %d seconds.", e.Surface, what, e.Seconds())
}

// Unwrap makes it an error of the kind Refused for surfaces that know no better.
func (e *TooMany) Unwrap() error { return cratewarden.Errorf(cratewarden.Refused, "%s", e.Error()) }
