package demo

import "time"

// Situations says where the prepared cases lie and what the right answer to
// each is, so that drills and tests can measure an answer against it.
type Situations struct {
	August     August
	Typosquats Typosquats
	Squatter   Squatter
}

// Release points at one version.
type Release struct {
	Crate, Version string
	VersionID      int32 // versions.id
	At             time.Time
}

// Account points at one account.
type Account struct {
	Login  string
	UserID int32 // users.id
}

// Token points at one API token.
type Token struct {
	Name    string
	TokenID int32 // api_tokens.id
}

// August is the attack in progress: a helper crate that was clean for five
// hours, armed, and three popular crates of one genuine account republished to
// depend on it, while the good versions of the first were yanked.
type August struct {
	// Started is the publish of the armed helper version.
	Started time.Time
	// Helper is the dropper crate, Clean and Armed its two versions.
	Helper       string
	Clean, Armed Release
	// Republished are the three bad versions of the genuine account.
	Republished []Release
	// Carriers are the small crates of the side accounts whose second version
	// depends on the helper.
	Carriers []Release

	// Owner is the genuine account; LookAlike imitates Imitated.
	Owner, LookAlike, Imitated Account
	SideAccounts               []Account
	// Stolen is the token that published and yanked, Usual the owner's own.
	Stolen, Usual Token

	// Hold is everything that must be held, in the safe order: payload first,
	// what depends on it after.
	Hold []Release
	// Restore are the good versions that the attacker yanked.
	Restore []Release
	// StayYanked were yanked by the owner years ago.
	StayYanked []Release
	// Contain are the accounts to contain.
	Contain []Account
	// Advisories are the nine crates of which one advisory each is due.
	Advisories []string
	// Untouched are crates of the genuine owner that the attacker left alone.
	Untouched []string
}

// Typosquats is a campaign of four young accounts.
type Typosquats struct {
	Accounts []Account
	// Domain is the mail domain that they share.
	Domain string
	// Target is the imitated crate of each crate of the campaign.
	Target map[string]string
	// Hold is every version of the campaign.
	Hold []Release
}

// Squatter is one account that took 120 names within two days.
type Squatter struct {
	Account Account
	Crates  []string
	// Yanked are those that are fully yanked already.
	Yanked []string
	From   time.Time
	To     time.Time
}

func (r *Registry) describeSituations() {
	r.Situations = Situations{r.august(), r.typosquats(), r.squatter()}
}

func (r *Registry) release(version int32) Release {
	v := &r.versions[version]
	return Release{r.crates[v.crate].name, v.num.String(), version + 1, v.at.time()}
}

func (r *Registry) account(login string) Account {
	p := &r.people[r.person(login)]
	return Account{p.login, p.id}
}

func (r *Registry) crate(name string) *crate { return &r.crates[r.index(name)] }

// tokenOf finds an account's first token of a name.
func (r *Registry) tokenOf(login, name string) Token {
	for _, t := range r.people[r.person(login)].tokens {
		if r.tokens[t].name == name {
			return Token{name, r.tokens[t].id}
		}
	}
	return Token{}
}

func (r *Registry) august() August {
	helper := r.crate(dropper)
	a := August{
		Started: r.versions[helper.version[1]].at.time(), Helper: dropper,
		Clean: r.release(helper.version[0]), Armed: r.release(helper.version[1]),
		Owner: r.account(genuineOwner), LookAlike: r.account(lookAlike), Imitated: r.account(imitated),
		Stolen: r.tokenOf(genuineOwner, stolenToken), Usual: r.tokenOf(genuineOwner, usualToken),
		Untouched: []string{"bitgrid", "lanewise"},
	}
	a.Hold = []Release{a.Armed, a.Clean}
	a.Advisories = []string{dropper}
	a.Contain = []Account{a.Owner, a.LookAlike}
	for _, name := range []string{"arraykit", "internkit", "append-log"} {
		c := r.crate(name)
		bad := r.release(c.version[len(c.version)-1])
		a.Republished, a.Hold, a.Advisories = append(a.Republished, bad), append(a.Hold, bad), append(a.Advisories, name)
		for n, v := range c.version {
			switch c.script.releases[n].yank {
			case "lure":
				a.Restore = append(a.Restore, r.release(v))
			case "old":
				a.StayYanked = append(a.StayYanked, r.release(v))
			}
		}
	}
	for _, login := range sideAccounts {
		a.SideAccounts = append(a.SideAccounts, r.account(login))
	}
	a.Contain = append(a.Contain, a.SideAccounts...)
	for _, name := range carriers {
		c := r.crate(name)
		a.Carriers, a.Advisories = append(a.Carriers, r.release(c.version[1])), append(a.Advisories, name)
		a.Hold = append(a.Hold, r.release(c.version[1]), r.release(c.version[0]))
	}
	return a
}

func (r *Registry) typosquats() Typosquats {
	t := Typosquats{Domain: squatDomain, Target: map[string]string{}}
	for _, login := range typoAccounts {
		t.Accounts = append(t.Accounts, r.account(login))
	}
	for _, x := range typosquatting {
		t.Target[x[0]] = x[1]
		for _, v := range r.crate(x[0]).version {
			t.Hold = append(t.Hold, r.release(v))
		}
	}
	return t
}

func (r *Registry) squatter() Squatter {
	s := Squatter{Account: r.account(squatterName)}
	for _, a := range squatFirst {
		for _, b := range squatSecond {
			c := r.crate(a + "-" + b)
			if s.From.IsZero() {
				s.From = c.created.time()
			}
			s.To = c.created.time()
			s.Crates = append(s.Crates, c.name)
			if r.versions[c.version[0]].yanked {
				s.Yanked = append(s.Yanked, c.name)
			}
		}
	}
	return s
}
