package incident

import (
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/ledger"
)

// spelling gives the one form of a crate's name, and the number of a version; ""
// for anything else.
func spelling(s ledger.Subject) (crate, num string) {
	if s.Kind != "crate" && s.Kind != "version" {
		return "", ""
	}
	name, num, _ := strings.Cut(s.ID, "@")
	return cratewarden.CanonName(name), num
}

// dealt finds the acts that deal with a subject without asking each of them.
type dealt struct {
	things map[string][]int            // by kind:id
	crates map[string]map[string][]int // by crate and number; "" is the whole crate
}

func dealtOf(acts []actFact) dealt {
	d := dealt{map[string][]int{}, map[string]map[string][]int{}}
	for n, a := range acts {
		for _, t := range a.subjects {
			crate, num := spelling(t)
			if crate == "" {
				d.things[t.Kind+":"+t.ID] = append(d.things[t.Kind+":"+t.ID], n)
				continue
			}
			if d.crates[crate] == nil {
				d.crates[crate] = map[string][]int{}
			}
			d.crates[crate][num] = append(d.crates[crate][num], n)
		}
	}
	return d
}

// with gives the acts that deal with a subject, in their order: with a crate those on
// it or on one of its versions, with a version those on it or on its crate. Steps may
// spell a crate in any way.
func (d dealt) with(s ledger.Subject) (out []int) {
	crate, num := spelling(s)
	switch {
	case crate == "":
		out = slices.Clone(d.things[s.Kind+":"+s.ID])
	case num != "":
		out = slices.Concat(d.crates[crate][""], d.crates[crate][num])
	default:
		for _, list := range d.crates[crate] {
			out = append(out, list...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// withIn is with, and says that a token is dealt with by an act on an account that
// the case names, too: whose it is the case does not know, but a stranger's account
// says nothing of it.
func (d dealt) withIn(i Incident, s ledger.Subject) []int {
	out := d.with(s)
	if s.Kind == "token" {
		for _, t := range i.with([]string{accountKind}, func(string) bool { return true }) {
			out = append(out, d.with(t.Subject)...)
		}
		slices.Sort(out)
	}
	return slices.Compact(out)
}

// covered finds the acts that deal with each subject, and the subjects without.
// An act that was taken back since does not count; a deletion is not taken back
// but by the number's being there again.
func (i Incident) covered(subjects []Subject, acts []actFact, counts, back func(string) bool) (last proof, missing []Subject) {
	d := dealtOf(acts)
	for _, s := range subjects {
		var by *actFact
		for _, n := range d.withIn(i, s.Subject) {
			a := &acts[n]
			switch {
			case counts(a.kind):
				if by == nil || !deletes(by.kind) {
					by = a
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
	acts := slices.Concat(f.undone, f.acts)
	d := dealtOf(acts)
	return slices.DeleteFunc(missing, func(s Subject) bool {
		return s.Kind == accountKind && s.Role == "compromised" && slices.ContainsFunc(d.with(s.Subject), func(n int) bool { return stops(acts[n].kind) })
	})
}
