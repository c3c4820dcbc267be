package dossier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// signUpKept is since when users.created_at is the sign-up; before, it was
// filled with the creation of the GitHub account (contract schema/columns.csv).
var signUpKept = time.Date(2026, 6, 19, 0, 0, 0, 0, time.UTC)

// A domain of more accounts than commonDomain says nothing about two who share
// it; beyond countedDomain they are not counted, since free mail services have
// hundreds of thousands.
const (
	commonDomain  = 50
	countedDomain = 200
)

func (s *Service) identity(a registry.Account, others []Person) Identity {
	out := Identity{
		Username: a.Username, GitHubID: a.GitHubID, LinkedLogin: a.LinkedLogin, LinkedID: a.LinkedID, History: []string{},
	}
	if s.cfg.Dump != nil {
		out.SyncAbsent = cratewarden.NotInDump
	} else if a.LastSync.Unix() > 0 {
		out.LastSync = a.LastSync
	}
	say := func(when bool, format string, args ...any) {
		if when {
			out.History = append(out.History, fmt.Sprintf(format, args...))
		}
	}
	say(renamed(a), "Renamed at some time: the account's row has the GitHub login %s and the user name %s, its link to GitHub the login %s. "+
		"Only some of them have followed.", a.Login, a.Username, orNone(a.LinkedLogin))
	say(a.GitHubID == -1, "A legacy account: the registry does not know its GitHub id (-1), and owner operations pass it over.")
	say(a.Login == fmt.Sprintf("ghost_%d", a.ID), "The GitHub account behind it was deleted; the registry gave it this login.")
	say(a.Links == 0, "It has no link to a GitHub account, so nobody can log in to it.")
	say(a.Links > 1, "%d GitHub accounts are linked to it; the newest is shown.", a.Links)
	say(a.GitHubID > 0 && a.LinkedID > 0 && a.LinkedID != a.GitHubID,
		"The GitHub ids disagree: %d in the account's row, %d in its link.", a.GitHubID, a.LinkedID)
	say(len(others) > 0, "%s with the same login: %s. A login that its owner gave up at GitHub can be taken by somebody else.",
		were(len(others), "other account"), idList(others))
	switch {
	case a.CreatedAt.IsZero():
		say(true, "When it was made is not known.")
	case a.CreatedAt.Before(signUpKept):
		say(true, "The time of creation is that of the GitHub account: the registry keeps sign-ups since %s only.", day(signUpKept))
	}
	say(true, "The registry keeps neither former logins nor log-ins.")
	return out
}

func renamed(a registry.Account) bool {
	return !strings.EqualFold(a.Login, a.Username) || a.LinkedLogin != "" && !strings.EqualFold(a.LinkedLogin, a.Login)
}

func orNone(login string) string {
	if login == "" {
		return "(none)"
	}
	return login
}

func were(n int, noun string) string {
	if n == 1 {
		return "There is 1 " + noun
	}
	return "There are " + counted(n, noun)
}

func idList(people []Person) string {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = fmt.Sprint(p.ID)
	}
	return strings.Join(ids, ", ")
}

// others are further accounts that answer to one of an account's logins,
// compared without regard to case.
func (s *Service) others(a registry.Account) []Person {
	var out []Person
	seen := map[int32]bool{a.ID: true}
	same := func(login, other string) bool { return login != "" && strings.EqualFold(login, other) }
	logins := []string{a.Login, a.Username, a.LinkedLogin}
	for i, login := range logins {
		if slices.ContainsFunc(logins[:i], func(earlier string) bool { return strings.EqualFold(earlier, login) }) {
			continue // nearly always all three are the same
		}
		for _, o := range s.cfg.Mirror.AccountsByLogin(login) {
			if !seen[o.ID] && (same(login, o.Login) || same(login, o.Username) || same(login, o.LinkedLogin)) {
				seen[o.ID] = true
				out = append(out, s.personOfAccount(o))
			}
		}
	}
	return out
}

func (s *Service) mail(v *accountView) Mail {
	a := v.core.Account
	out := Mail{Section: s.private(), Masked: cratewarden.MaskMail(a.Mail), Verified: a.MailVerified, Set: a.HasMail, TokenMadeAt: a.MailTokenAt}
	if out.Absent != "" {
		return Mail{Section: out.Section}
	}
	out.SameDomain = len(v.sameDomain)
	out.CommonDomain = out.SameDomain > commonDomain
	return out
}

func (s *Service) lock(v *accountView) Lock {
	a := v.core.Account
	out := Lock{Section: s.private(), Locked: a.Locked(v.now)}
	if out.Absent != "" || a.LockReason == nil {
		return Lock{Section: out.Section}
	}
	out.Reason, out.Until, out.Expired = *a.LockReason, a.LockUntil, !out.Locked
	if out.Locked {
		out.Open = s.openDoors(v)
	}
	return out
}

// openDoors are what the registry's own lock does not stop (contract
// actions.md section 6), as far as this account has it.
func (s *Service) openDoors(v *accountView) []string {
	var doors []string
	say := func(n int, format string, args ...any) {
		if n > 0 {
			doors = append(doors, fmt.Sprintf(format, args...))
		}
	}
	core := v.core
	n := len(core.Publishers)
	say(n, "Trusted publishing goes on: %s of its crates.", counted(n, "configuration"))
	if live := core.LiveTokens; live.Count > 0 {
		say(1, "%s already issued for its crates can publish until %s UTC.", counted(live.Count, "trusted-publishing token"), live.Until.UTC().Format("15:04"))
	}
	given, received := 0, 0
	for _, i := range core.Invitations {
		switch {
		case !i.ExpiresAt.After(v.now):
		case i.Inviter.ID == core.Account.ID:
			given++
		default:
			received++
		}
	}
	say(received, "%s to it can be accepted with the mailed link, without a login.", counted(received, "invitation"))
	say(given, "%s that it gave can be accepted.", counted(given, "invitation"))
	shared := 0
	for _, o := range v.active {
		present := 0
		for _, other := range s.cfg.Mirror.Owners(o.CrateID) {
			if !other.Deleted {
				present++
			}
		}
		if present > 1 {
			shared++
		}
	}
	say(shared, "%s other owners, who may publish.", has(shared, "of its crates"))
	live := 0
	for _, t := range core.Tokens {
		if tokenState(t, v.now) == stateOwnerLocked {
			live++
		}
	}
	say(live, "%s not revoked: refused while the lock lasts, good again after it.", are(live, "API token"))
	if core.Account.HasMail && !core.Account.MailVerified {
		say(1, "Its mail address can be confirmed with the mailed link, without a login.")
	}
	if until := core.Account.LockUntil; until != nil {
		say(1, "The lock ends by itself on %s UTC.", until.UTC().Format("2006-01-02 15:04"))
	}
	if s.loading(mirror.PartOwners, mirror.PartTokens).Absent != "" {
		say(1, "More may be open: its crates and tokens are still loading.")
	}
	return doors
}

func has(n int, rest string) string {
	if n == 1 {
		return "1 " + rest + " has"
	}
	return cratewarden.Thousands(n) + " " + rest + " have"
}
