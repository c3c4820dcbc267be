package access

import (
	"fmt"
	"strings"
	"time"

	"cratewarden"
)

// Policy is what each registry sets for itself. The zero value is a sensible
// one.
type Policy struct {
	// Crates, Versions, Accounts and Downloads say from when on a plan is wide and
	// takes a second person: so many subjects, or subjects downloaded so often in
	// all. Zero means 20 crates, 100 versions, 10 accounts, 10,000,000 downloads.
	Crates, Versions, Accounts int
	Downloads                  int64
	// Budget is the weight that one person may apply alone in an hour; zero means
	// 300.
	Budget int
	// BreakGlassAfter is how long a plan must have waited for a second person
	// before it may go without; zero means 15 minutes. ReviewWithin is when
	// somebody else must have judged that; zero means a day.
	BreakGlassAfter, ReviewWithin time.Duration
	// Incidents says that the acts which the table marks must name an incident.
	Incidents bool
}

// Or gives the policy with its defaults filled in.
func (p Policy) Or() Policy {
	orElse(&p.Crates, 20)
	orElse(&p.Versions, 100)
	orElse(&p.Accounts, 10)
	orElse(&p.Downloads, 10_000_000)
	orElse(&p.Budget, 300)
	orElse(&p.BreakGlassAfter, 15*time.Minute)
	orElse(&p.ReviewWithin, 24*time.Hour)
	return p
}

// orElse sets what is not set. A number below zero counts as not set: no
// setting turns a rule off by accident.
func orElse[N int | int64 | time.Duration](n *N, other N) {
	if *n <= 0 {
		*n = other
	}
}

// Size is how much a plan is about.
type Size struct {
	Crates    int   `json:"crates"`
	Versions  int   `json:"versions"`
	Accounts  int   `json:"accounts"`
	Downloads int64 `json:"downloads"` // of its crates and versions in all
}

// Wide says in a sentence why something of this size takes a second person, ""
// if it does not.
func (p Policy) Wide(s Size) string {
	p = p.Or()
	var why []string
	for _, part := range []struct {
		n, most int64
		what    string
	}{
		{int64(s.Crates), int64(p.Crates), "crates"},
		{int64(s.Versions), int64(p.Versions), "versions"},
		{int64(s.Accounts), int64(p.Accounts), "accounts"},
		{s.Downloads, p.Downloads, "downloads"},
	} {
		if part.n >= part.most {
			// The present number of downloads moves by itself, so that it would make
			// every answer another one.
			if part.what == "downloads" {
				why = append(why, fmt.Sprintf("crates with %s downloads or more", cratewarden.Thousands(part.most)))
				continue
			}
			why = append(why, fmt.Sprintf("%s %s, and %s or more are wide", cratewarden.Thousands(part.n), part.what, cratewarden.Thousands(part.most)))
		}
	}
	if why == nil {
		return ""
	}
	return "This is about " + strings.Join(why, "; ") + "."
}

// Over says in a sentence how something of a weight goes beyond what is left of
// a person's budget, "" if it does not.
func (p Policy) Over(spent, weight int) string {
	p = p.Or()
	if weight <= 0 || spent+weight <= p.Budget {
		return ""
	}
	return fmt.Sprintf("This weighs %s; %s of the %s that one person may apply alone in an hour are used.", cratewarden.Thousands(weight), cratewarden.Thousands(spent), cratewarden.Thousands(p.Budget))
}

// Demand is a reason why a plan takes a second person, as its review found it.
type Demand struct {
	Rule string `json:"rule"` // such as "wide"
	Why  string `json:"why"`  // a sentence
}
