package access

import (
	"fmt"
	"slices"
	"strings"

	"cratewarden"
)

// More names of rules: a plan about many takes a second person.
const (
	RuleWide = "wide"
	// RuleSignIn is the rule that nothing changes where nobody signs in.
	RuleSignIn = "sign-in"
)

// Facts are what the rules must know of the moment. The zero value is the worst
// case: nothing was confirmed, nobody agreed, no incident is named.
type Facts struct {
	// StepUp is the best assertion that the asker has for this: Recent in this
	// session, or Bound to exactly this.
	StepUp StepUp
	// SecondPerson says that somebody who may has agreed to exactly this, or that
	// glass was broken for it.
	SecondPerson bool
	// Wide, Recused and Over say in a sentence why this is wide, what part the
	// asker has in it, and how it goes beyond the budget; "" if it is not so.
	Wide, Recused, Over string
	// Incident is named, or "none" with a note; Note says that there is one.
	// AnyIncident waives both, if this console works without incidents.
	Incident    string
	Note        bool
	AnyIncident bool
	// AnyTime waives being on call, if the list of people does not say who is.
	AnyTime bool
	// Stale says in a sentence that the list of people is too old for changes.
	Stale string
}

// AtDoor is the part of a rule that can be decided before it is known what
// exactly is asked for. What acts on plans decides the rest.
func (r Rule) AtDoor() Rule {
	r.SecondPerson, r.Recusal, r.Incident = false, false, false
	r.StepUp = min(r.StepUp, Recent)
	return r
}

// Changes says whether the act changes anything but the asker's own rights.
func (r Rule) Changes() bool { return r.StepUp != NoStepUp }

// Decide gives every rule that stands in the way, nil for none. It denies what
// it does not know.
func Decide(rule Rule, who Asker, f Facts) *Denied {
	if rule.Act == Public {
		return nil
	}
	var d []Denial
	for _, check := range []func(Rule, Asker, Facts) *Denial{decideListed, decideRole, decideToken, decideOnCall, decideStale, decideIncident, decideRecusal, decideSecond, decideBudget, decideStepUp} {
		if n := check(rule, who, f); n != nil {
			d = append(d, *n)
		}
	}
	if d == nil {
		return nil
	}
	return &Denied{Act: rule.Act, Denials: d}
}

func decideListed(rule Rule, who Asker, _ Facts) *Denial {
	switch {
	case rule.Act == "":
		return &Denial{RuleUnlisted, "This act is in no rule, so nobody may do it.", ""}
	case who.ID == "":
		return &Denial{RuleRole, "Nobody is signed in.", "Sign in."}
	}
	return nil
}

func decideRole(rule Rule, who Asker, _ Facts) *Denial {
	if len(rule.Roles) == 0 || slices.ContainsFunc(rule.Roles, func(r cratewarden.Role) bool { return slices.Contains(who.Roles, r) }) {
		return nil
	}
	has := "which you do not have"
	if who.Name != "" {
		has = "which " + who.Name + " does not have"
	}
	return &Denial{RuleRole, fmt.Sprintf("“%s” takes the role %s, %s.", rule.Title, RoleList(rule.Roles), has), "Ask somebody who has it; roles come from the teams on the page of people."}
}

func decideToken(rule Rule, who Asker, f Facts) *Denial {
	switch {
	case !who.Token:
		return nil
	case !rule.Token:
		return &Denial{RuleToken, fmt.Sprintf("“%s” may not be done with an API token.", rule.Title), "A person must do it, signed in."}
	case len(who.Acts) > 0 && !slices.Contains(who.Acts, rule.Act):
		return &Denial{RuleToken, fmt.Sprintf("This API token was not given the act %s.", rule.Act), "Make a token that has it."}
	case f.Wide != "" || rule.Recusal && f.Recused != "" || f.Over != "":
		return &Denial{RuleToken, "What takes a second person may not be done with an API token.", "A person must do it, signed in."}
	}
	return nil
}

func decideOnCall(rule Rule, who Asker, f Facts) *Denial {
	if !rule.OnCall || who.OnCall || f.AnyTime {
		return nil
	}
	return &Denial{RuleOnCall, fmt.Sprintf("“%s” is for people who are on call.", rule.Title), "Ask whoever is on call."}
}

func decideStale(rule Rule, _ Asker, f Facts) *Denial {
	if f.Stale == "" || !rule.Changes() {
		return nil
	}
	return &Denial{RuleStaleList, f.Stale, "Changes go on when it can be read again."}
}

func decideIncident(rule Rule, _ Asker, f Facts) *Denial {
	switch {
	case !rule.Incident || f.AnyIncident:
		return nil
	case f.Incident == "":
		return &Denial{RuleIncident, "No incident is named.", "Name one, or write “none” with a note for colleagues."}
	case f.Incident == "none" && !f.Note:
		return &Denial{RuleIncident, "The incident is “none”, and no note says why.", "Write a note for colleagues."}
	}
	return nil
}

func decideRecusal(rule Rule, _ Asker, f Facts) *Denial {
	if !rule.Recusal || f.Recused == "" || f.SecondPerson {
		return nil
	}
	return &Denial{RuleRecusal, f.Recused, "A second person without a part in it must approve."}
}

func decideSecond(rule Rule, _ Asker, f Facts) *Denial {
	const remedy = "Ask somebody with the right role to approve it."
	switch {
	case f.SecondPerson:
		return nil
	case rule.SecondPerson:
		return &Denial{RuleSecondPerson, fmt.Sprintf("“%s” always takes a second person.", rule.Title), remedy}
	case f.Wide != "":
		return &Denial{RuleWide, f.Wide + " That takes a second person.", remedy}
	}
	return nil
}

func decideBudget(_ Rule, _ Asker, f Facts) *Denial {
	if f.Over == "" || f.SecondPerson {
		return nil
	}
	return &Denial{RuleBudget, f.Over, "Ask somebody with the right role to approve it, or wait."}
}

// decideStepUp asks no passkey of an API token, which has none: that is why so
// little is given to tokens.
func decideStepUp(rule Rule, who Asker, f Facts) *Denial {
	switch {
	case f.StepUp >= rule.StepUp, who.Token && rule.Token:
		return nil
	case rule.StepUp == Bound:
		return &Denial{RuleStepUp, fmt.Sprintf("“%s” takes a passkey's confirmation of exactly this.", rule.Title), "Confirm it with your passkey."}
	}
	return &Denial{RuleStepUp, fmt.Sprintf("“%s” takes a passkey's confirmation within the last minutes.", rule.Title), "Confirm with your passkey that it is you."}
}

// RoleList names roles for people: "responder", "responder or remover".
func RoleList(list []cratewarden.Role) string {
	var b strings.Builder
	for i, r := range list {
		switch {
		case i > 0 && i == len(list)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(r))
	}
	return b.String()
}

// Join makes one denial of several about the same act, each rule's sentence
// once; nil for none.
func Join(act string, list ...*Denied) *Denied {
	var out []Denial
	for _, d := range list {
		if d == nil {
			continue
		}
		for _, n := range d.Denials {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	if out == nil {
		return nil
	}
	return &Denied{Act: act, Denials: out}
}

// Rules are the names of all rules that stand in the way, each once.
func (d *Denied) Rules() (out []string) {
	for _, n := range d.Denials {
		if !slices.Contains(out, n.Rule) {
			out = append(out, n.Rule)
		}
	}
	return out
}
