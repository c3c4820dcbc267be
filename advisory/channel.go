package advisory

import (
	"fmt"
	"slices"
)

// Advice says whether a channel is to be used, and why. It decides nothing.
type Advice struct {
	Channel string   `json:"channel"`
	Formats []Format `json:"formats"`
	Do      bool     `json:"do"`
	Why     string   `json:"why"`
}

// Channels applies the policy of 2026-02-13 to a sheet: an advisory always, a
// blog post only when there is evidence of use or of harm; and for the other
// channels, who has to be told what.
func Channels(s Sheet) []Advice {
	return []Advice{
		adviseAdvisories(s), adviseBlog(s), adviseLocked(s), adviseCoOwners(s), adviseDependents(s), adviseReporter(s),
		adviseIdentity(s), adviseHoster(s), adviseSharing(s), adviseStatus(s),
		{"Team chat", []Format{Zulip}, true, "The team is told facts and decisions while a case runs, whatever else is told."},
		{"Post-mortem", []Format{PostMortem}, true, "A draft is made when a case closes."},
	}
}

// Occasions are the forms that a sheet gives occasion for: all of them while
// nothing is decided or the code does harm, else none that warns of code.
func Occasions(s Sheet) []Format {
	if s.Verdict == "" || s.harmful() {
		return Formats()
	}
	return slices.DeleteFunc(Formats(), func(f Format) bool {
		switch f {
		case RustSec, OSV, CSAF20, CSAF21, Blog, AmIAffected, List, MailDependents, AbuseIdentity, AbuseHoster:
			return true
		}
		return false
	})
}

func (s Sheet) harmful() bool {
	return s.Verdict == "malicious" || s.Verdict == "compromised owner"
}

func adviseAdvisories(s Sheet) Advice {
	a := Advice{Channel: "Advisories and lists for tools", Formats: []Format{RustSec, OSV, AmIAffected, List}}
	n, versions := s.bad()
	switch {
	case versions == 0:
		a.Why = "The sheet has no bad version."
	case !s.harmful():
		a.Why = "Advisories are for malicious code; the verdict says something else."
	default:
		a.Do, a.Why = true, fmt.Sprintf("Always, by the policy of 2026-02-13: one advisory for each of %s.", count(int64(n), "crate", "crates"))
	}
	return a
}

func adviseBlog(s Sheet) Advice {
	a := Advice{Channel: "Blog post", Formats: []Format{Blog}}
	switch {
	case !s.harmful():
		a.Why = "Posts are for malicious code that was used; the verdict says something else."
	case s.UsedInTheWild == nil:
		a.Why = "Only with evidence of use, by the policy of 2026-02-13, and nobody has said yet whether there is any. Read the logs, then decide."
	case *s.UsedInTheWild:
		a.Do, a.Why = true, "There is evidence of use: the policy of 2026-02-13 wants a post."
	default:
		a.Why = "There is no evidence of use: by the policy of 2026-02-13 the advisories are enough."
	}
	return a
}

func adviseLocked(s Sheet) Advice {
	a := Advice{Channel: "Mail to locked accounts", Formats: []Format{MailLocked}}
	var genuine, attackers int64
	for _, acc := range s.Accounts {
		switch {
		case !acc.Locked:
		case acc.Role == "attacker":
			attackers++
		default:
			genuine++
		}
	}
	switch {
	case genuine > 0:
		a.Do, a.Why = true, "Whoever is locked is told at once: "+count(genuine, "genuine owner", "genuine owners")+"."
		if attackers > 0 {
			a.Why += " For " + count(attackers, "attacker's account", "attackers' accounts") + " it may wait if it would warn them; note why."
		}
	case attackers > 0:
		a.Do, a.Why = true, "Whoever is locked is told, unless it would warn an attacker while others of them are still loose; then wait, and note why."
	default:
		a.Why = "No account is locked."
	}
	return a
}

func adviseCoOwners(s Sheet) Advice {
	list, _ := mailCoOwners(s) // fails never
	if len(list) == 0 {
		return Advice{"Mail to co-owners", []Format{MailCoOwner}, false, "No crate has another owner."}
	}
	return Advice{"Mail to co-owners", []Format{MailCoOwner}, true, "Other owners are told when their crate is contained: " + count(int64(len(list)), "person", "people") + "."}
}

func adviseDependents(s Sheet) Advice {
	a := Advice{Channel: "Mail to owners of direct dependents", Formats: []Format{MailDependents}}
	var n int64
	for _, c := range s.Crates {
		if c.Dependents != nil && len(c.Bad) > 0 {
			n += c.Dependents.Value
		}
	}
	switch {
	case n == 0:
		a.Why = "No dependents are known."
	case s.lastGone().IsZero():
		a.Why = "After the removal, one digest for each person. Bad versions can still be had."
	default:
		a.Do, a.Why = true, "Bad versions are gone and "+count(n, "crate depends", "crates depend")+" on the crates: one digest for each person."
	}
	return a
}

func adviseReporter(s Sheet) Advice {
	if list, _ := mailReporters(s); len(list) > 0 {
		return Advice{"Mail to who reported it", []Format{MailReporter}, true, "They learn the outcome within a day."}
	}
	return Advice{"Mail to who reported it", []Format{MailReporter}, false, "The sheet names nobody who reported it."}
}

func adviseIdentity(s Sheet) Advice {
	if list, _ := abuseIdentity(s); len(list) > 0 && s.harmful() {
		return Advice{"Abuse report to the identity provider", []Format{AbuseIdentity}, true, "After containment, so that the account does no harm elsewhere."}
	}
	return Advice{"Abuse report to the identity provider", []Format{AbuseIdentity}, false, "No account is an attacker's or was taken over."}
}

func adviseHoster(s Sheet) Advice {
	if list, _ := abuseHosters(s); len(list) > 0 {
		return Advice{"Abuse report to hosters", []Format{AbuseHoster}, true, "The code talks to " + count(int64(len(list)), "host", "hosts") + ". Keep a copy of what they serve first."}
	}
	return Advice{"Abuse report to hosters", []Format{AbuseHoster}, false, "No indicator names a host."}
}

func adviseSharing(s Sheet) Advice {
	a := Advice{Channel: "JCDC and other registries", Formats: []Format{CSAF20, CSAF21, OSV}}
	switch {
	case s.TLP == "RED" || s.TLP == "AMBER+STRICT":
		a.Why = "TLP:" + oneLine(s.TLP) + " keeps it inside. Change the label first if others must know."
	case s.harmful() && (len(s.Campaign) > 0 || s.Severity == "critical"):
		a.Do, a.Why = true, "It belongs to a campaign or is critical: others may see the same people. Say so if it spans ecosystems; it goes with the TLP mark."
	default:
		a.Why = "Only where a campaign spans ecosystems; the case has no campaign."
	}
	return a
}

func adviseStatus(s Sheet) Advice {
	if s.EffectOnUsers != "" || s.Kind == "service" {
		return Advice{"Status page", []Format{Status}, true, "People notice an effect."}
	}
	return Advice{"Status page", []Format{Status}, false, "Nobody wrote that people notice an effect."}
}
