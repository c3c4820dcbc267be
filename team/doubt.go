package team

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"cratewarden"
)

// doubt is a list that lost too much at once to be believed.
type doubt struct {
	rights map[right]bool
	since  time.Time
}

// right is one role of one person, whatever gives it.
type right struct {
	key  string
	role cratewarden.Role
}

func rights(s Snapshot) map[right]bool {
	all := map[right]bool{}
	for _, m := range s.Members {
		for _, g := range m.Grants {
			all[right{m.Key(), g.Role}] = true
		}
	}
	return all
}

// fewestRights is how small a list may be before its losses mean nothing.
const fewestRights = 4

// lostTooMuch says whether more than half of the rights of before are gone.
func lostTooMuch(before, after map[right]bool) bool {
	lost := 0
	for r := range before {
		if !after[r] {
			lost++
		}
	}
	return len(before) >= fewestRights && 2*lost > len(before)
}

// take makes a whole list that was read the one that counts, and needs r.mu.
//
// A list that lost more than half of its rights at once may be a broken
// publication, or somebody's attempt to put their own people in the place of
// ours. Or everybody really was removed in a hurry. All three are safe with what
// both lists agree on: who is gone from the new one can change nothing from now
// on, and only look; who is new in it gets nothing yet. When the source has said
// the same for Settle, it is believed. An empty list never gets here: it counts
// as unreadable. A registry's own file is believed at once, since whoever edits
// it can also restart us.
func (r *Reader) take(s Snapshot) {
	if r.cfg.URL == "" || len(r.base.Members) == 0 {
		r.believe(s)
		return
	}
	now := rights(s)
	if !lostTooMuch(rights(r.base), now) {
		r.believe(s)
		return
	}
	if r.doubtful == nil || !maps.Equal(r.doubtful.rights, now) || s.At.Before(r.doubtful.since) {
		r.doubtful = &doubt{now, s.At}
	}
	if s.At.Sub(r.doubtful.since) >= r.cfg.Settle {
		r.believe(s)
		return
	}
	until := r.doubtful.since.Add(r.cfg.Settle).UTC()
	r.last = agreed(r.base, s)
	r.last.Problem = fmt.Sprintf("The list lost more than half of its rights at once. Until %s UTC only what the lists before and after agree on counts; who is gone may still look.", until.Format("15:04"))
}

func (r *Reader) believe(s Snapshot) { r.base, r.last, r.doubtful = s, s, nil }

// agreed is what two lists agree on, as of the later one.
func agreed(before, after Snapshot) Snapshot {
	s := after
	s.Members = nil
	in := rights(after)
	for _, old := range before.Members {
		m := old
		m.Grants = []Grant{}
		for _, g := range old.Grants {
			if in[right{old.Key(), g.Role}] {
				m.Grants = append(m.Grants, g)
			}
		}
		if len(m.Grants) == 0 && len(old.Grants) > 0 {
			m.Grants = []Grant{{cratewarden.Viewer, "list before, in doubt"}}
		}
		now, there := after.Find(old.Key())
		m.OnCall = old.OnCall && there && now.OnCall
		if there {
			m.Identities = slices.DeleteFunc(slices.Clone(old.Identities), func(i Identity) bool { return !slices.Contains(now.Identities, i) })
			m.Teams, m.TeamLogins = union(old.Teams, now.Teams), union(old.TeamLogins, now.TeamLogins)
		}
		s.Members = append(s.Members, m)
	}
	return s
}

func union[T comparable](a, b []T) []T {
	all := slices.Clone(a)
	for _, one := range b {
		all = appendNew(all, one)
	}
	return all
}
