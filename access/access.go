// Package access answers one question: may this person do this, to that, now?
// It holds one table that anybody can read: for every act its roles, and the
// conditions under which it may be done. It looks nothing up; whoever asks
// brings the facts, and gets every rule that stands in the way, with what would
// satisfy it.
package access

import (
	"slices"
	"strings"

	"cratewarden"
)

// StepUp is how fresh a person's passkey assertion must be for an act.
type StepUp int

const (
	// NoStepUp is for looking, and for giving rights up.
	NoStepUp StepUp = iota
	// Recent takes an assertion in this session within the last minutes.
	Recent
	// Bound takes an assertion made for exactly this plan's digest.
	Bound
)

// Rule is one line of the table.
type Rule struct {
	Act   string // such as "version.yank" or "plan.approve"
	Title string
	// Roles may do it: whoever has any of them. Everybody who may sign in may do
	// an act without roles.
	Roles  []cratewarden.Role
	StepUp StepUp
	// SecondPerson must agree, always; wide plans take one whatever their acts.
	SecondPerson bool
	// Weight is what one act counts against its operator's budget of an hour.
	Weight int
	// Recusal: who has a part in the subject may not do it alone.
	Recusal bool
	// Incident must be named, or "none" with an internal note.
	Incident bool
	// OnCall people only, if the list of people knows who is on call.
	OnCall bool
	// Token says that an API token may do it.
	Token bool
}

// Asker is who asks, as the rules see it.
type Asker struct {
	ID, Name string
	Roles    []cratewarden.Role
	OnCall   bool
	// Token says that an API token asks; Acts are the only acts that it may do,
	// all of its roles when empty.
	Token bool
	Acts  []string
}

// Names of the rules that can stand in the way. They are part of the interface
// and never change.
const (
	RuleUnlisted     = "unlisted" // the act is not in the table
	RuleRole         = "role"
	RuleToken        = "token" // an API token may not
	RuleStepUp       = "step-up"
	RuleSecondPerson = "second-person"
	RuleRecusal      = "recusal"
	RuleBudget       = "budget"
	RuleIncident     = "incident"
	RuleOnCall       = "on-call"
	RuleStaleList    = "stale-list" // the list of people could not be read for too long
)

// Denial is one rule that stands in the way.
type Denial struct {
	Rule   string `json:"rule"`
	Why    string `json:"why"`              // a sentence
	Remedy string `json:"remedy,omitempty"` // what would satisfy the rule; "" for nothing
}

// Denied is the error of an act that rules forbid.
type Denied struct {
	Act     string
	Denials []Denial // at least one
}

// Error is the first rule's sentence with its remedy, then the others'.
func (d *Denied) Error() string {
	var b strings.Builder
	for i, n := range d.Denials {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.TrimSpace(n.Why + " " + n.Remedy))
	}
	return b.String()
}

// Unwrap makes it an error of the kind Refused for every surface.
func (d *Denied) Unwrap() error { return cratewarden.Errorf(cratewarden.Refused, "%s", d.Error()) }

// Rule is the name of the first rule that stands in the way.
func (d *Denied) Rule() string { return d.Denials[0].Rule }

// Only says that nothing but the named rule stands in the way.
func (d *Denied) Only(rule string) bool {
	return !slices.ContainsFunc(d.Denials, func(n Denial) bool { return n.Rule != rule })
}
