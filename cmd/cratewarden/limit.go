package main

import (
	"errors"
	"net/netip"
	"strings"
	"time"

	"cratewarden/door"
)

// Surfaces that only programs have.
const (
	anyRequest door.Surface = "requests"
	devicePoll door.Surface = "asking whether a person has answered"
)

// surfaceOf is what pages and interface call the surfaces of the door.
var surfaceOf = map[string]door.Surface{
	"sign-in": door.SignIn, "step-up": door.StepUp, "code": door.Code, "unsigned": door.Credential,
	"token": door.TokenLookup, "token-lookup": door.TokenLookup, "search": door.Search,
	"request": anyRequest, "person": anyRequest, "poll": devicePoll,
}

// limiter counts one try of a kind against a key; false says to wait.
type limiter func(kind, key string) (bool, time.Duration)

// limits gives how often somebody may try, for pages and interface together:
// who guesses on one has used up the other.
func limits() limiter {
	allow := door.DefaultAllowances()
	allow[anyRequest] = map[string]door.Allowance{
		"address": {Burst: 600, Every: 20 * time.Millisecond}, "person": {Burst: 300, Every: 50 * time.Millisecond}, "token": {Burst: 300, Every: 50 * time.Millisecond},
	}
	allow[devicePoll] = map[string]door.Allowance{"address": {Burst: 120, Every: time.Second}}
	turnstile := door.NewTurnstile(allow, nil)
	return func(kind, key string) (bool, time.Duration) {
		surface, known := surfaceOf[kind]
		if !known {
			surface = anyRequest
		}
		err := turnstile.Pass(surface, keyOf(key))
		if many, ok := errors.AsType[*door.TooMany](err); ok {
			return false, many.Retry
		}
		return true, 0
	}
}

// keyOf tells a person and a token from an address, which is counted by network.
func keyOf(key string) door.Key {
	if id, ok := strings.CutPrefix(key, "person "); ok {
		return door.Person(id)
	}
	if id, ok := strings.CutPrefix(key, "token "); ok {
		return door.Token(id)
	}
	addr, err := netip.ParseAddr(key)
	if err != nil && key != "" {
		return door.Person(key) // an id
	}
	return door.Network(addr) // all who come from nowhere share one
}
