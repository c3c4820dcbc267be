package mirror

import (
	"cmp"
	"slices"
	"strings"

	"cratewarden"
)

// Account gives an account by its id.
func (m *Mirror) Account(id int32) (Account, bool) { return m.now().account(id) }

func (p *picture) account(id int32) (Account, bool) {
	if a, ok := p.patch.accounts[id]; ok {
		return a.row.Account, true
	}
	if i, ok := rowOf(p.accounts.ids, id); ok {
		return p.accounts.account(i), true
	}
	return Account{}, false
}

// AccountsByLogin gives every account that answers to a login: as its GitHub
// login, its user name or its linked login, in any spelling. Several may
// (contract pitfalls.md 1.4); the newest comes first.
func (m *Mirror) AccountsByLogin(login string) []Account {
	p := m.now()
	want := cratewarden.CanonName(login)
	var rows []uint32
	for _, e := range p.accounts.logins.exact(want) {
		rows = append(rows, p.accounts.loginRow[e])
	}
	return p.gatherAccounts(rows, func(a *accountRow) bool { return a.answersTo(want) })
}

// answersTo says whether a canonical login is one of the account's. It is for
// rows of the patch.
func (a *accountRow) answersTo(canon string) bool { return slices.Contains(a.canons, canon) }

// gatherAccounts gives the accounts of some rows of the table that still stand
// and those of the patch that match, newest first.
func (p *picture) gatherAccounts(rows []uint32, match func(*accountRow) bool) []Account {
	list := make([]Account, 0, len(rows))
	for _, row := range rows {
		if p.patch.accounts[p.accounts.ids[row]] == nil {
			list = append(list, p.accounts.account(int(row)))
		}
	}
	for _, a := range p.patch.accounts {
		if match(&a.row) {
			list = append(list, a.row.Account)
		}
	}
	slices.SortFunc(list, func(a, b Account) int { return cmp.Compare(b.ID, a.ID) })
	// A row is found by each of its logins.
	return slices.CompactFunc(list, func(a, b Account) bool { return a.ID == b.ID })
}

// AccountByGitHub gives the account linked to a GitHub id; of several the
// newest.
func (m *Mirror) AccountByGitHub(id int64) (Account, bool) { return m.now().accountByGitHub(id) }

func (p *picture) accountByGitHub(id int64) (Account, bool) {
	if id <= 0 {
		return Account{}, false
	}
	list := p.gatherAccounts(withValue(p.accounts.byGitHub, p.accounts.github, id),
		func(a *accountRow) bool { return a.GitHubID == id })
	if len(list) == 0 {
		return Account{}, false
	}
	return list[0], true
}

// SameMailDomain gives other accounts whose address has the same domain, the
// newest first. At a domain that everybody uses that says nothing, so look at
// how many there are.
func (m *Mirror) SameMailDomain(account int32, limit int) []Account {
	p := m.now()
	own, ok := p.account(account)
	if !ok || own.MailDomain == "" {
		return nil
	}
	list := p.atDomain(own.MailDomain, limit+1)
	list = slices.DeleteFunc(list, func(a Account) bool { return a.ID == account })
	return list[:min(len(list), max(limit, 0))]
}

// atDomain gives up to limit accounts at a mail domain, the newest first.
func (p *picture) atDomain(domain string, limit int) []Account {
	rows := p.accounts.atDomain(domain)
	// Rows are by id, so the newest are last; the patch may hide some of them.
	most := max(limit, 0) + len(p.patch.accounts)
	rows = rows[max(0, len(rows)-most):]
	list := p.gatherAccounts(rows, func(a *accountRow) bool { return a.MailDomain == domain })
	return list[:min(len(list), max(limit, 0))]
}

// AccountsNamed gives accounts with a display name, in whatever case, those
// that published most first.
func (m *Mirror) AccountsNamed(name string, limit int) []Account {
	if name == "" {
		return nil
	}
	p := m.now()
	list := p.gatherAccounts(p.accounts.called(name), func(a *accountRow) bool { return strings.EqualFold(a.Name, name) })
	published := func(a Account) int { return len(p.versions.byPublisher.get(a.ID)) }
	slices.SortStableFunc(list, func(a, b Account) int { return cmp.Compare(published(b), published(a)) })
	return list[:min(len(list), max(limit, 0))]
}

// withMail gives the accounts with exactly this address.
func (p *picture) withMail(sum uint64) []Account {
	if sum == 0 {
		return nil
	}
	return p.gatherAccounts(withValue(p.accounts.byMail, p.accounts.mail, sum), func(a *accountRow) bool { return a.mail == sum })
}
