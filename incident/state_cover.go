package incident

import (
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/ledger"
)

// deals says whether an act deals with a subject: a crate by an act on it or on
// one of its versions, a version by one on it or on its crate. Steps may spell a
// crate in any way.
func (a actFact) deals(s Subject) bool {
	crate, num := spelling(s.Subject)
	for _, t := range a.subjects {
		name, n := spelling(t)
		switch {
		case crate == "" && t.Kind == s.Kind && t.ID == s.ID,
			crate != "" && name == crate && (num == n || num == "" || n == ""):
			return true
		}
	}
	return false
}

// spelling gives the one form of a crate's name, and the number of a version; ""
// for anything else.
func spelling(s ledger.Subject) (crate, num string) {
	if s.Kind != "crate" && s.Kind != "version" {
		return "", ""
	}
	name, num, _ := strings.Cut(s.ID, "@")
	return cratewarden.CanonName(name), num
}

// dealsIn is deals, and says that a token is dealt with by an act on an account
// that the case names, too: whose it is the case does not know, but a stranger's
// account says nothing of it.
func (a actFact) dealsIn(i Incident, s Subject) bool {
	return a.deals(s) || s.Kind == "token" && slices.ContainsFunc(a.subjects, func(t ledger.Subject) bool {
		_, named := i.subject(t)
		return named && t.Kind == accountKind
	})
}

// covered finds the acts that deal with each subject, and the subjects without.
// An act that was taken back since does not count; a deletion is not taken back
// but by the number's being there again.
func (i Incident) covered(subjects []Subject, acts []actFact, counts, back func(string) bool) (last proof, missing []Subject) {
	for _, s := range subjects {
		var by *actFact
		for n, a := range acts {
			switch {
			case !a.dealsIn(i, s):
			case counts(a.kind):
				if by == nil || !deletes(by.kind) {
					by = &acts[n]
				}
			case by == nil || s.Kind == "token" && a.kind != lockEnded:
			case a.kind == lockEnded && !by.until.Equal(a.at), a.kind == backAgain && !deletes(by.kind):
			case a.kind == lockEnded, a.kind == backAgain, back(a.kind) && !deletes(by.kind):
				by = nil
			}
		}
		switch {
		case by == nil:
			missing = append(missing, s)
		case by.at.After(last.at):
			last = by.proof
		}
	}
	return last, missing
}

// namesOf and keysOf say subjects for people, and for comparing.
func namesOf(list []Subject) (out []string) {
	for _, s := range list {
		out = append(out, nameOf(s))
	}
	return out
}

func keysOf(list []Subject) (out []string) {
	for _, s := range list {
		out = append(out, keyOf(s.Kind, s.ID))
	}
	return out
}

// anything stands among what is missing where it is no certain thing.
const anything = "anything"

// notGivenBack leaves out the accounts that were taken over, contained, and given
// back to their owners after everything bad was deleted: that is what a removal
// ends with, and not a containment that failed.
func (i Incident) notGivenBack(missing []Subject, f facts) []Subject {
	things := i.badThings(f)
	if _, left := i.covered(things, f.acts, deletes, letsGo); len(things) == 0 || len(left) > 0 {
		return missing
	}
	return slices.DeleteFunc(missing, func(s Subject) bool {
		return s.Kind == accountKind && s.Role == "compromised" && slices.ContainsFunc(append(slices.Clone(f.undone), f.acts...), func(a actFact) bool {
			return stops(a.kind) && a.deals(s)
		})
	})
}
