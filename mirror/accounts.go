package mirror

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"

	"cratewarden"
	"cratewarden/registry/bulk"
)

// accountRow is an account with the keyed hash of its address, 0 for none.
type accountRow struct {
	Account
	mail uint64
	// canons are the canonical forms of its logins, each once; only rows of the
	// patch, which every question compares, have them.
	canons []string
}

// patchedAccount is a row for the patch.
func patchedAccount(a bulk.Account, h *mailHasher) *stamped[accountRow] {
	r := &stamped[accountRow]{row: *newAccountRow(a, h)}
	for _, login := range []string{r.row.Login, r.row.Username, r.row.LinkedLogin} {
		if canon := cratewarden.CanonName(login); canon != "" && !slices.Contains(r.row.canons, canon) {
			r.row.canons = append(r.row.canons, canon)
		}
	}
	return r
}

// accountTable is the accounts as they were loaded, by id. All texts are
// interned: most logins are the same three times over.
type accountTable struct {
	ids                              []int32
	login, username, linked, name    []uint32
	domain                           []int32 // number of a text, so that index takes it
	github                           []int64
	created, until                   []int64
	flags                            []uint8
	mail                             []uint64
	texts, names, lower, domainTexts texts
	logins                           *nameIndex
	loginRow                         []uint32 // entry of logins -> row
	domains                          index
	byDomain, byName                 lookup   // of texts
	named                            index    // rows by the number of their display name
	byGitHub, byMail                 []uint32 // rows in the order of their value
}

const (
	flagLocked uint8 = 1 << iota
	flagVerified
)

// mailHasher hashes addresses under a key, so that a copy of the memory tells
// no address, and none can be guessed without the key.
type mailHasher struct{ mac hash.Hash }

func newMailHasher(key []byte) *mailHasher { return &mailHasher{hmac.New(sha256.New, key)} }

func (h *mailHasher) sum(address []byte) uint64 {
	if len(address) == 0 {
		return 0
	}
	h.mac.Reset()
	_, _ = h.mac.Write(bytes.ToLower(address))
	return binary.BigEndian.Uint64(h.mac.Sum(nil)) | 1
}

// domainOf gives what follows the last @ in lower case.
func domainOf(address []byte) []byte {
	at := bytes.LastIndexByte(address, '@')
	if at < 0 {
		return nil
	}
	return bytes.ToLower(bytes.TrimSpace(address[at+1:]))
}

func newAccountRow(a bulk.Account, h *mailHasher) *accountRow {
	github := a.GitHub
	if a.LinkedGitHub != 0 {
		github = a.LinkedGitHub
	}
	return &accountRow{mail: h.sum(a.Mail), Account: Account{
		ID: a.ID, Login: string(a.Login), Username: string(a.Username), LinkedLogin: string(a.LinkedLogin), Name: string(a.Name),
		GitHubID: github, CreatedAt: instant(a.Created), Locked: a.Locked, LockedUntil: instant(a.LockedUntil),
		MailDomain: string(domainOf(a.Mail)), MailVerified: a.MailVerified,
	}}
}

type accountBuilder struct {
	t                     accountTable
	hasher                *mailHasher
	texts, names, domains *textBuilder
}

func newAccountBuilder(key []byte) *accountBuilder {
	return &accountBuilder{hasher: newMailHasher(key), texts: newTextBuilder(), names: newTextBuilder(), domains: newTextBuilder()}
}

func (b *accountBuilder) add(a bulk.Account) {
	t := &b.t
	github, flags := a.GitHub, uint8(0)
	if a.LinkedGitHub != 0 {
		github = a.LinkedGitHub
	}
	if a.Locked {
		flags |= flagLocked
	}
	if a.MailVerified {
		flags |= flagVerified
	}
	t.ids = append(t.ids, a.ID)
	t.login = append(t.login, b.texts.intern(a.Login))
	t.username = append(t.username, b.texts.intern(a.Username))
	t.linked = append(t.linked, b.texts.intern(a.LinkedLogin))
	t.name = append(t.name, b.names.intern(a.Name))
	t.domain = append(t.domain, int32(b.domains.intern(domainOf(a.Mail))))
	t.github = append(t.github, github)
	t.created = append(t.created, a.Created)
	t.until = append(t.until, a.LockedUntil)
	t.flags = append(t.flags, flags)
	t.mail = append(t.mail, b.hasher.sum(a.Mail))
}

func (b *accountBuilder) done() *accountTable {
	t := &b.t
	t.texts, t.names, t.domainTexts = b.texts.done(), b.names.done(), b.domains.done()
	t.lower = t.names.lower()
	order := orderByID(t.ids)
	t.ids, t.login, t.username = arrange(t.ids, order), arrange(t.login, order), arrange(t.username, order)
	t.linked, t.name, t.domain = arrange(t.linked, order), arrange(t.name, order), arrange(t.domain, order)
	t.github, t.created, t.until = arrange(t.github, order), arrange(t.created, order), arrange(t.until, order)
	t.flags, t.mail = arrange(t.flags, order), arrange(t.mail, order)
	t.domains, t.byDomain = newIndex(t.domain), newLookup(&t.domainTexts)
	names := make([]int32, len(t.name))
	for i, text := range t.name {
		names[i] = int32(text)
	}
	t.named, t.byName = newIndex(names), newLookup(&t.names)
	t.byGitHub = rowsBy(t.github, func(v int64) bool { return v > 0 })
	t.byMail = rowsBy(t.mail, func(v uint64) bool { return v != 0 })
	t.indexLogins()
	return t
}

// indexLogins indexes every login a row answers to, each once.
func (t *accountTable) indexLogins() {
	var entries []uint32
	for i := range t.ids {
		entries = append(entries, t.login[i])
		t.loginRow = append(t.loginRow, uint32(i))
		if u := t.username[i]; u != 0 && u != t.login[i] {
			entries = append(entries, u)
			t.loginRow = append(t.loginRow, uint32(i))
		}
		if l := t.linked[i]; l != 0 && l != t.login[i] && l != t.username[i] {
			entries = append(entries, l)
			t.loginRow = append(t.loginRow, uint32(i))
		}
	}
	t.logins = newNameIndex(len(entries), func(i int) string { return cratewarden.CanonName(t.texts.at(entries[i])) })
}

// account gives a row.
func (t *accountTable) account(i int) Account {
	return Account{
		ID: t.ids[i], Login: t.texts.at(t.login[i]), Username: t.texts.at(t.username[i]), LinkedLogin: t.texts.at(t.linked[i]),
		Name: t.names.at(t.name[i]), GitHubID: t.github[i], CreatedAt: instant(t.created[i]),
		Locked: t.flags[i]&flagLocked != 0, LockedUntil: instant(t.until[i]),
		MailDomain: t.domainTexts.at(uint32(t.domain[i])), MailVerified: t.flags[i]&flagVerified != 0,
	}
}

// atDomain gives the rows with an address at a domain.
func (t *accountTable) atDomain(domain string) (rows []uint32) {
	for _, text := range t.byDomain.find(&t.domainTexts, domain) {
		rows = append(rows, t.domains.get(int32(text))...)
	}
	return rows
}

// called gives the rows with a display name in whatever case.
func (t *accountTable) called(name string) (rows []uint32) {
	for _, text := range t.byName.find(&t.names, name) {
		rows = append(rows, t.named.get(int32(text))...)
	}
	return rows
}

func (t *accountTable) bytes() int64 {
	return int64(len(t.ids))*(4+16+4+8+16+1+8+8) + t.texts.bytes() + 2*t.names.bytes() + t.domainTexts.bytes() + t.logins.bytes() + t.domains.bytes() +
		t.named.bytes() + t.byName.bytes() + t.byDomain.bytes()
}

// rowsBy gives the rows whose value is wanted in the order of the values.
func rowsBy[T int64 | uint64](column []T, wanted func(T) bool) []uint32 {
	var rows []uint32
	for i, v := range column {
		if wanted(v) {
			rows = append(rows, uint32(i))
		}
	}
	slices.SortFunc(rows, func(a, b uint32) int { return cmp.Compare(column[a], column[b]) })
	return slices.Clip(rows)
}

// withValue gives the rows with a value, out of rows in the order of values.
func withValue[T int64 | uint64](rows []uint32, column []T, value T) []uint32 {
	at, _ := slices.BinarySearchFunc(rows, value, func(r uint32, v T) int { return cmp.Compare(column[r], v) })
	end := at
	for end < len(rows) && column[rows[end]] == value {
		end++
	}
	return rows[at:end]
}
