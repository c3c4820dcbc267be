package incident

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/mirror"
)

// Standing is what became of one subject of a case: what the record of plans says,
// and where no plan dealt with it, what the copy of the registry says. The copy may
// be seconds behind; the record is not.
type Standing struct {
	Word  string // held, locked, deleted, yanked, released, …; several of a crate with commas
	Bad   bool   // it can do harm as far as this says: nothing stops it
	Gone  bool   // it was deleted
	Back  bool   // it was given back
	Until time.Time
	At    time.Time // since when; zero is not known
	Plan  string    // that shows it; "" when the registry does
	From  string    // "plan", "clock" for what ended by itself, or "registry"
}

// Standings says of each subject of a case how it stands, by kind and id joined
// with a colon. Subjects of which nothing can be said are left out.
func (s *Service) Standings(ctx context.Context, i Incident) (map[string]Standing, error) {
	var f facts
	if s.cfg.Engine != nil {
		undos := map[string]proof{}
		for _, id := range i.ids() {
			if err := s.readActs(ctx, id, &f, undos); err != nil {
				return nil, err
			}
		}
		for n, a := range f.undone {
			if by, known := undos[a.plan]; known {
				f.undone[n].proof = by
			}
		}
		if err := s.readEnds(ctx, i, &f); err != nil {
			return nil, err
		}
	}
	out := standingsOf(i, f)
	for n := range i.Subjects {
		sub := &i.Subjects[n]
		key := sub.Kind + ":" + sub.ID
		if _, known := out[key]; known {
			continue
		}
		if st, ok := s.mirrored(sub); ok {
			out[key] = st
		}
	}
	return out, nil
}

// standingsOf is what the acts of plans say alone.
func standingsOf(i Incident, f facts) map[string]Standing {
	acts := slices.Clone(f.acts)
	for _, a := range f.undone { // what was put back stands at the time of that
		if standsAfter([]actFact{a}, []int{0}).Word != "" {
			a.kind, a.until = putBack, time.Time{}
			acts = append(acts, a)
		}
	}
	slices.SortStableFunc(acts, func(a, b actFact) int { return a.at.Compare(b.at) })
	d := dealtOf(acts)
	out := map[string]Standing{}
	for n := range i.Subjects {
		sub := &i.Subjects[n]
		var st Standing
		crate, num := spelling(sub.Subject)
		switch {
		case crate == "":
			st = standsAfter(acts, d.things[sub.Kind+":"+sub.ID])
		case num != "":
			st = standsAfter(acts, slices.Concat(d.crates[crate][""], d.crates[crate][num]))
		default:
			st = d.crate(acts, crate)
		}
		if st.Word != "" {
			out[sub.Kind+":"+sub.ID] = st
		}
	}
	return out
}

// crate is how a crate as a whole stands: by acts on all of it, and by how many of
// its versions stand otherwise.
func (d dealt) crate(acts []actFact, name string) Standing {
	whole := standsAfter(acts, d.crates[name][""])
	counts, newest := map[string]int{}, whole
	for num, list := range d.crates[name] {
		if num == "" {
			continue
		}
		st := standsAfter(acts, slices.Concat(d.crates[name][""], list))
		if st.Word == "" || st.Word == whole.Word {
			continue
		}
		counts[st.Word]++
		if st.At.After(newest.At) {
			newest = st
		}
	}
	var words []string
	if whole.Word != "" {
		words = append(words, whole.Word)
	}
	for _, word := range []string{"deleted", "held", "yanked", "unyanked", "released", "put back", "in the registry again"} {
		if n := counts[word]; n > 0 {
			words = append(words, cratewarden.Amount(n, "version", "versions")+" "+word)
		}
	}
	if len(words) > 1 || whole.Word == "" {
		newest.Until, newest.Gone = time.Time{}, counts["deleted"] > 0 && len(counts) == 1 && whole.Word == ""
		newest.Bad = newest.Bad || counts["in the registry again"] > 0
	}
	newest.Word = strings.Join(words, ", ")
	return newest
}

// putBack marks an act that an undo took back.
const putBack = "undone"

// standsAfter gives how a thing stands after acts, in the order of time.
func standsAfter(acts []actFact, list []int) (st Standing) {
	slices.Sort(list)
	for _, n := range slices.Compact(list) {
		a := &acts[n]
		next := Standing{Until: a.until, At: a.at, Plan: a.plan, From: "plan"}
		switch a.kind {
		case "version.hold", "crate.hold":
			next.Word = "held"
		case "version.yank":
			if next.Word = "yanked"; st.Word == "held" { // a hold is more than a yank
				continue
			}
		case "version.unyank":
			next.Word, next.Back = "unyanked", true
		case "version.release", "crate.release":
			next.Word, next.Back = "released", true
		case "version.delete", "crate.delete":
			next.Word, next.Gone = "deleted", true
		case "account.contain", "account.lock":
			next.Word = "locked"
		case "account.release", "account.unlock":
			next.Word, next.Back = "unlocked", true
		case "token.revoke":
			next.Word = "revoked"
		case putBack:
			next.Word, next.Back = "put back", true
		case lockEnded:
			if st.Word != "locked" || !st.Until.Equal(a.at) { // another lock holds on
				continue
			}
			next.Word, next.Bad, next.From = "lock ended", true, "clock"
		case backAgain:
			if !st.Gone {
				continue
			}
			next.Word, next.Bad, next.From = "in the registry again", true, "registry"
		default:
			continue
		}
		st = next
	}
	return st
}

// mirrored is how a subject stands in the copy of the registry.
func (s *Service) mirrored(sub *Subject) (Standing, bool) {
	m := s.cfg.Mirror
	switch {
	case m == nil:
	case sub.Kind == accountKind && m.Ready(mirror.PartAccounts):
		return mirroredAccount(m, sub, s.clock())
	case (sub.Kind == "crate" || sub.Kind == "version") && m.Ready(mirror.PartCrates) && m.Ready(mirror.PartVersions):
		return mirroredCrate(m, sub), true
	}
	return Standing{}, false
}

func mirroredAccount(m *mirror.Mirror, sub *Subject, now time.Time) (Standing, bool) {
	id, err := strconv.ParseInt(sub.ID, 10, 32)
	if err != nil {
		return Standing{}, false
	}
	a, ok := m.Account(int32(id))
	switch {
	case !ok:
		return Standing{Word: "not in the registry", From: "registry"}, true
	case a.Locked && (a.LockedUntil.IsZero() || a.LockedUntil.After(now)):
		return Standing{Word: "locked", Until: a.LockedUntil, From: "registry"}, true
	}
	return Standing{Word: "not locked", Bad: doesHarm(sub.Role), From: "registry"}, true
}

func mirroredCrate(m *mirror.Mirror, sub *Subject) Standing {
	crate, num, _ := strings.Cut(sub.ID, "@")
	c, ok := m.CrateByName(crate)
	if !ok {
		return Standing{Word: "not in the registry", From: "registry"}
	}
	if num == "" {
		if c.Versions > 0 && c.Yanked == c.Versions {
			return Standing{Word: "yanked", From: "registry"}
		}
		return Standing{Word: "in the registry", Bad: doesHarm(sub.Role), From: "registry"}
	}
	for _, v := range m.Versions(c.ID) {
		if v.Num != num {
			continue
		}
		if v.Yanked {
			return Standing{Word: "yanked", From: "registry"}
		}
		return Standing{Word: "in the registry", Bad: doesHarm(sub.Role), From: "registry"}
	}
	return Standing{Word: "not in the registry", From: "registry"}
}

// doesHarm says that a role is one of those that bring harm while nothing stops them.
func doesHarm(role string) bool {
	return role == rolePayload || role == roleCarrier || role == "attacker" || role == "compromised"
}
