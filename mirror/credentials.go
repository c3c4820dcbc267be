package mirror

import (
	"cmp"
	"slices"
	"strings"

	"cratewarden/registry/bulk"
)

// tokenTable is the API tokens as they were loaded, by id.
type tokenTable struct {
	ids, user                []int32
	name, endpoints, crates  []uint32
	created, used, expires   []int64
	flags                    []uint8
	names, lowerNames, texts texts
	byUser                   index
}

const (
	flagRevoked uint8 = 1 << iota
	flagEndpoints
	flagCrates
)

type tokenBuilder struct {
	t            tokenTable
	names, texts *textBuilder
}

func newTokenBuilder() *tokenBuilder {
	return &tokenBuilder{names: newTextBuilder(), texts: newTextBuilder()}
}

func (b *tokenBuilder) add(k bulk.Token) {
	t := &b.t
	var flags uint8
	if k.Revoked {
		flags |= flagRevoked
	}
	if k.EndpointScopes != nil {
		flags |= flagEndpoints
	}
	if k.CrateScopes != nil {
		flags |= flagCrates
	}
	t.ids, t.user = append(t.ids, k.ID), append(t.user, k.User)
	t.name = append(t.name, b.names.intern(k.Name))
	t.endpoints = append(t.endpoints, b.texts.intern(k.EndpointScopes))
	t.crates = append(t.crates, b.texts.intern(k.CrateScopes))
	t.created, t.used, t.expires = append(t.created, k.Created), append(t.used, k.LastUsed), append(t.expires, k.Expires)
	t.flags = append(t.flags, flags)
}

func (b *tokenBuilder) done() *tokenTable {
	t := &b.t
	t.names, t.texts = b.names.done(), b.texts.done()
	t.lowerNames = t.names.lower()
	order := orderByID(t.ids)
	t.ids, t.user, t.name = arrange(t.ids, order), arrange(t.user, order), arrange(t.name, order)
	t.endpoints, t.crates, t.flags = arrange(t.endpoints, order), arrange(t.crates, order), arrange(t.flags, order)
	t.created, t.used, t.expires = arrange(t.created, order), arrange(t.used, order), arrange(t.expires, order)
	t.byUser = newIndex(t.user)
	return t
}

func (t *tokenTable) token(i int) Token {
	k := Token{
		ID: t.ids[i], UserID: t.user[i], Name: t.names.at(t.name[i]), CreatedAt: instant(t.created[i]),
		LastUsedAt: instant(t.used[i]), ExpireAt: instant(t.expires[i]), Revoked: t.flags[i]&flagRevoked != 0,
	}
	if t.flags[i]&flagEndpoints != 0 {
		k.EndpointScopes = scopes(t.texts.at(t.endpoints[i]))
	}
	if t.flags[i]&flagCrates != 0 {
		k.CrateScopes = scopes(t.texts.at(t.crates[i]))
	}
	return k
}

// scopes splits the lines of a scope list; the empty list is not nil, because
// nil means something else (contract pitfalls.md 5).
func scopes(lines string) []string {
	if lines == "" {
		return []string{}
	}
	return strings.Split(lines, "\n")
}

func (t *tokenTable) bytes() int64 {
	return int64(len(t.ids))*45 + 2*t.names.bytes() + t.texts.bytes() + t.byUser.bytes()
}

func tokenOf(k bulk.Token) Token {
	t := Token{
		ID: k.ID, UserID: k.User, Name: string(k.Name), CreatedAt: instant(k.Created), LastUsedAt: instant(k.LastUsed),
		ExpireAt: instant(k.Expires), Revoked: k.Revoked,
	}
	if k.EndpointScopes != nil {
		t.EndpointScopes = scopes(string(k.EndpointScopes))
	}
	if k.CrateScopes != nil {
		t.CrateScopes = scopes(string(k.CrateScopes))
	}
	return t
}

// Token gives an API token by its id.
func (m *Mirror) Token(id int32) (Token, bool) { return m.now().token(id) }

func (p *picture) token(id int32) (Token, bool) {
	if t, ok := p.patch.tokens[id]; ok {
		return t.row, true
	}
	if i, ok := slices.BinarySearch(p.tokens.ids, id); ok {
		return p.tokens.token(i), true
	}
	return Token{}, false
}

// Tokens gives an account's API tokens, the newest first.
func (m *Mirror) Tokens(account int32) []Token {
	p := m.now()
	var list []Token
	for _, row := range p.tokens.byUser.get(account) {
		if _, patched := p.patch.tokens[p.tokens.ids[row]]; !patched {
			list = append(list, p.tokens.token(int(row)))
		}
	}
	for _, t := range p.patch.tokens {
		if t.row.UserID == account {
			list = append(list, t.row)
		}
	}
	slices.SortFunc(list, func(a, b Token) int { return cmp.Compare(b.ID, a.ID) })
	return list
}
