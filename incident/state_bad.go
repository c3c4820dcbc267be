package incident

import (
	"cratewarden/ledger"
)

// badThings are the crates and versions that must be dealt with, the same that the
// sheet of facts calls bad. A crate that is bad as a whole is as many things as
// versions of it were ever seen.
func (i Incident) badThings(f facts) (out []Subject) {
	c := scopeOf(i, nil)
	for _, s := range i.Subjects {
		crate, _ := spelling(s.Subject)
		switch {
		case s.Kind == "version" && c.versions[canonID(s.ID)]:
			out = append(out, s)
		case s.Kind == "crate" && c.whole(crate):
			seen := f.published[crate]
			for _, id := range seen {
				if isBad, linked := c.versions[id]; !linked || isBad {
					v := s
					v.Subject = ledger.Subject{Kind: "version", ID: id}
					out = append(out, v)
				}
			}
			if len(seen) == 0 {
				out = append(out, s)
			}
		}
	}
	return out
}
