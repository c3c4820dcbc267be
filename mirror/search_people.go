package mirror

import (
	"math"
	"slices"
	"strings"

	"cratewarden"
)

// accounts finds accounts by login, former or linked login, display name, id
// and GitHub id.
func (s *search) accounts() {
	s.accountNumbers()
	if s.q.canon == "" {
		return
	}
	t, x := s.p.accounts, s.p.accounts.logins
	look := func(e uint32) { s.accountRow(int(t.loginRow[e])) }
	// A short beginning fits thousands; shorter logins sort first.
	for i, ref := range x.starting(s.q.canon) {
		if i >= mostHits {
			break
		}
		look(ref >> offsetBits)
	}
	if len(s.q.canon) >= 3 {
		near, _ := x.near(s.q.canon)
		for e := range near.found {
			look(e)
		}
		s.displayNames()
	}
	for _, a := range s.p.patch.accounts {
		s.matchAccount(&a.row.Account)
	}
}

// accountRow looks at a row of the table that still stands.
func (s *search) accountRow(row int) {
	if s.p.patch.accounts[s.p.accounts.ids[row]] == nil {
		a := s.p.accounts.account(row)
		s.matchAccount(&a)
	}
}

func (s *search) accountNumbers() {
	n := s.q.number
	if n == 0 {
		return
	}
	if n <= math.MaxInt32 {
		if a, ok := s.p.account(int32(n)); ok {
			score := float64(scorePrefix)
			if s.q.field == "user" {
				score = scoreExact
			}
			s.addAccount(&a, score, "the account's id")
		}
	}
	if a, ok := s.p.accountByGitHub(n); ok {
		s.addAccount(&a, scorePrefix-10, "the GitHub id")
	}
}

// matchAccount adds an account if one of its names is a match.
func (s *search) matchAccount(a *Account) {
	score, reason := s.matchLogin(a.Login, "login")
	for _, other := range []struct{ login, what string }{{a.Username, "user name"}, {a.LinkedLogin, "linked GitHub login"}} {
		if other.login == a.Login {
			continue
		}
		if again, why := s.matchLogin(other.login, other.what); again > score {
			score, reason = again-1, why
		}
	}
	if again, why := s.matchDisplayName(a.Name); again > score {
		score, reason = again, why
	}
	if score > 0 {
		s.addAccount(a, score, reason)
	}
}

func (s *search) matchDisplayName(name string) (score float64, reason string) {
	at := strings.Index(strings.ToLower(name), s.q.lower)
	switch {
	case at < 0 || len(s.q.lower) < 3:
		return 0, ""
	case at == 0:
		return scoreWord - 10, "the display name starts with it"
	default:
		return scoreContains, "the display name contains it"
	}
}

// matchLogin scores one login; accounts come right after crates.
func (s *search) matchLogin(login, what string) (score float64, reason string) {
	canonical := cratewarden.CanonName(login)
	switch {
	case login == "":
		return 0, ""
	case login == s.q.text:
		return scoreExact - 10, "the " + what
	case canonical == s.q.canon:
		return scoreCanon - 10, "the " + what + " in another spelling"
	case strings.HasPrefix(canonical, s.q.canon):
		return scorePrefix - 20, "the " + what + " starts with it"
	case strings.Contains(canonical, "_"+s.q.canon):
		return scoreWord - 20, "a word of the " + what + " starts with it"
	case len(canonical) < 3 || len(s.q.canon) < 3:
		return 0, ""
	}
	if l, ok := compareNames(s.q.canon, canonical); ok {
		return scoreFuzzy + float64(90-10*l.rank), what + ": " + l.reason
	}
	return 0, ""
}

func (s *search) addAccount(a *Account, score float64, reason string) {
	published := int64(len(s.p.versions.byPublisher.get(a.ID)))
	detail := "account " + cratewarden.Thousands(a.ID)
	if a.Name != "" {
		detail += ", " + a.Name
	}
	if published > 0 {
		detail += ", published " + counted(published, "version")
	}
	if a.Locked {
		detail += ", locked"
	}
	s.add(Hit{Kind: HitAccount, ID: a.ID, Label: a.Login, Detail: detail, Reason: reason, Score: score + weight(published)/2}, "")
}

// displayNames looks through all display names at once.
func (s *search) displayNames() {
	t := s.p.accounts
	found := t.lower.holding(s.q.lower, mostHits)
	if len(found) == 0 {
		return
	}
	wanted, n := within(found, len(t.names.ends)), 0
	for row, text := range t.name {
		if text != 0 && wanted.has(text) {
			s.accountRow(row)
			if n++; n >= mostHits {
				return
			}
		}
	}
}

// mails finds accounts by mail address, when that is allowed, or by domain.
func (s *search) mails() {
	address, domain := s.q.mail()
	if address != "" && s.mailSum != nil {
		for _, a := range s.p.withMail(s.mailSum([]byte(address))) {
			s.addAccount(&a, scoreExact, "this mail address")
		}
	}
	if domain != "" {
		for _, a := range s.p.atDomain(domain, s.limit) {
			s.addAccount(&a, scoreContains, "the mail address is at this domain")
		}
	}
}

// teams finds teams; there are few enough to look at each.
func (s *search) teams() {
	if s.q.lower == "" {
		return
	}
	for _, t := range s.p.teams {
		rest := strings.TrimPrefix(t.Login, "github:")
		score, reason := 0.0, ""
		switch {
		case t.Login == s.q.lower || rest == s.q.lower:
			score, reason = scoreExact-20, "the team's login"
		case s.q.field == "team" && s.q.number != 0 && int64(t.ID) == s.q.number:
			score, reason = scoreExact-20, "the team's id"
		case strings.HasPrefix(rest, s.q.lower):
			score, reason = scorePrefix-30, "the team's organisation starts with it"
		case slices.Contains(strings.Split(rest, ":"), s.q.lower):
			score, reason = scoreWord+50, "the team's name"
		case len(s.q.lower) >= 3 && (strings.Contains(t.Login, s.q.lower) || strings.Contains(strings.ToLower(t.Name), s.q.lower)):
			score, reason = scoreContains, "the team's name contains it"
		default:
			continue
		}
		s.add(Hit{Kind: HitTeam, ID: t.ID, Label: t.Login, Detail: t.Name, Reason: reason, Score: score}, "")
	}
}

// tokens finds API tokens by id or by a piece of their name.
func (s *search) tokens() {
	if n := s.q.number; n != 0 && n <= math.MaxInt32 {
		if k, ok := s.p.token(int32(n)); ok {
			s.addToken(k, scoreExact, "the token's id")
		}
	}
	if s.q.lower == "" {
		return
	}
	t := s.p.tokens
	wanted, n := within(t.lowerNames.holding(s.q.lower, mostTexts), len(t.names.ends)), 0
	for row := len(t.ids) - 1; row >= 0 && n < mostHits; row-- {
		if text := t.name[row]; text != 0 && wanted.has(text) && s.p.patch.tokens[t.ids[row]] == nil {
			s.matchToken(t.token(row))
			n++
		}
	}
	for _, k := range s.p.patch.tokens {
		if strings.Contains(strings.ToLower(k.row.Name), s.q.lower) {
			s.matchToken(k.row)
		}
	}
}

func (s *search) matchToken(k Token) {
	switch name := strings.ToLower(k.Name); {
	case name == s.q.lower:
		s.addToken(k, scoreExact-10, "the token's name")
	case strings.HasPrefix(name, s.q.lower):
		s.addToken(k, scorePrefix, "the token's name starts with it")
	default:
		s.addToken(k, scoreContains, "the token's name contains it")
	}
}

func (s *search) addToken(k Token, score float64, reason string) {
	owner, _ := s.p.account(k.UserID)
	detail := "of " + owner.Login + ", made " + k.CreatedAt.Format("2006-01-02")
	if k.Revoked {
		detail += ", revoked"
	}
	s.add(Hit{Kind: HitToken, ID: k.ID, Label: k.Name, Detail: detail, Owner: owner.Login, OwnerID: k.UserID, Reason: reason, Score: score}, "")
}
