package dossier

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// Bounds of what an account is compared with.
const (
	resemblesRows = 20
	// shortName is below how many letters a display name is too common to mean
	// anything.
	shortName = 5
	// signedUpTogether is how close two sign-ups must be to be worth a word.
	signedUpTogether = time.Hour
)

// resemblance gathers reasons by account, in the order of their finding.
type resemblance struct {
	order   []int32
	reasons map[int32][]string
}

func (r *resemblance) add(id int32, reason string) {
	if r.reasons[id] == nil {
		r.order = append(r.order, id)
	}
	r.reasons[id] = append(r.reasons[id], reason)
}

// resembles finds accounts that this one is like: near logins first, then the
// same uncommon mail domain, then the same display name. Sign-ups close
// together add to a reason and are none by themselves.
func (s *Service) resembles(v *accountView) Resembles {
	out := Resembles{Section: s.loading(mirror.PartCrates, mirror.PartAccounts, mirror.PartOwners), Rows: []NearAccount{}}
	if out.Absent != "" {
		return out
	}
	a, r := v.core.Account, &resemblance{reasons: map[int32][]string{}}
	for _, l := range v.near {
		reason := "login: " + l.Reason
		if l.Downloads > 0 {
			reason += "; its crates have " + counted64(l.Downloads, "download")
		}
		r.add(l.ID, reason)
	}
	s.sameDomain(r, v)
	s.sameName(r, a)
	for _, id := range r.order {
		if near, found := s.cfg.Mirror.Account(id); found && id != a.ID && len(out.Rows) < resemblesRows {
			out.Rows = append(out.Rows, NearAccount{
				Person: s.personOfAccount(near), CreatedAt: near.CreatedAt, Crates: s.ownedNow(id),
				Reason: strings.Join(append(r.reasons[id], together(a.CreatedAt, near.CreatedAt)...), "; "),
			})
		}
	}
	return out
}

// ownedNow counts the crates that an account owns.
func (s *Service) ownedNow(id int32) (n int) {
	for _, o := range s.cfg.Mirror.Owned(id, false) {
		if !o.Deleted {
			n++
		}
	}
	return n
}

func (s *Service) sameDomain(r *resemblance, v *accountView) {
	if len(v.sameDomain) > commonDomain {
		return
	}
	for _, o := range v.sameDomain {
		reason := "same mail domain"
		if !o.MailVerified || !v.core.Account.MailVerified {
			reason += ", not confirmed by both"
		}
		r.add(o.ID, reason)
	}
}

func (s *Service) sameName(r *resemblance, a registry.Account) {
	if utf8.RuneCountInString(a.Name) < shortName {
		return
	}
	for _, o := range s.cfg.Mirror.AccountsNamed(a.Name, 100) {
		if o.ID != a.ID {
			r.add(o.ID, "same display name")
		}
	}
}

func together(a, b time.Time) []string {
	if a.Before(signUpKept) || b.Before(signUpKept) {
		return nil
	}
	if apart := a.Sub(b).Abs(); apart < signedUpTogether {
		return []string{"signed up " + cratewarden.Span(apart) + " apart"}
	}
	return nil
}

func counted64(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", cratewarden.Thousands(n), noun)
}

// imitates is the look-alike that is far more used than an account itself, if
// any: the one people would take it for.
func (v *accountView) imitates() (found mirror.Lookalike, ok bool) {
	for _, l := range v.near {
		popular := l.Downloads >= popularLeast && l.Downloads >= popularTimes*max(v.downloads, 1)
		if l.ID != v.core.Account.ID && popular && l.Downloads > found.Downloads {
			found = l
		}
	}
	return found, found.ID != 0
}
