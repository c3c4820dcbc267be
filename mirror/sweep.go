package mirror

import (
	"context"
	"maps"
	"slices"

	"cratewarden/registry/bulk"
)

// sweepOnce looks for changes that leave no trace in an index: owners, yanks
// and deletions by command line, default versions, locks, tokens' use. It
// compares what the registry has with the picture and reads anew what differs.
func (m *Mirror) sweepOnce(ctx context.Context) error {
	m.mu.Lock()
	since := m.sweep - touchOverlap.Microseconds()
	m.mu.Unlock()
	p := m.now()
	w, err := m.source.Sweep(ctx, since, p.hidden)
	if err != nil {
		return err
	}
	crates, err := m.touch(ctx, p.differing(w))
	if err != nil {
		return err
	}
	accounts, err := m.rereadAccounts(ctx, p.differingLocks(w))
	if err != nil {
		return err
	}
	tokens, err := m.rereadTokens(ctx, p.differingTokens(w))
	if err != nil {
		return err
	}
	reserved := p.ready[PartNames] && !slices.Equal(p.names.reserved, w.Reserved)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(crates)+len(accounts)+len(tokens) > 0 || reserved {
		m.change("", func(next *picture) {
			next.setCrates(crates, m.era)
			next.patch.accounts = overlay(next.patch.accounts, accounts, m.era)
			next.patch.tokens = overlay(next.patch.tokens, tokens, m.era)
			if reserved {
				next.names = newNameTable(next.names.deleted, w.Reserved)
			}
		})
	}
	m.sweep = w.Now
	return nil
}

// differing gives the crates whose owners, yanks or default version are not
// those of the picture. Parts that are not loaded are not compared.
func (p *picture) differing(w *bulk.Sweep) []int32 {
	ids := map[int32]bool{}
	if p.ready[PartOwners] {
		for _, o := range w.Owners {
			if !slices.Contains(p.ownersOf(o.Crate), ownerOf(o)) {
				ids[o.Crate] = true
			}
		}
	}
	if p.ready[PartVersions] {
		p.differingYanks(w.Yanked, ids)
	}
	if p.ready[PartCrates] {
		p.differingDefaults(w.Defaults, ids)
	}
	return slices.Sorted(maps.Keys(ids))
}

// differingYanks walks over both lists of yanked versions, which are in order.
func (p *picture) differingYanks(yanked []int32, ids map[int32]bool) {
	differs := func(version int32) {
		if v, ok := p.version(version); ok {
			ids[v.CrateID] = true
		}
	}
	p.eachYanked(func(id int32) {
		for len(yanked) > 0 && yanked[0] < id {
			differs(yanked[0])
			yanked = yanked[1:]
		}
		if len(yanked) > 0 && yanked[0] == id {
			yanked = yanked[1:]
			return
		}
		differs(id)
	})
	for _, id := range yanked {
		differs(id)
	}
}

// eachYanked visits the yanked versions of the picture by id.
func (p *picture) eachYanked(visit func(id int32)) {
	late := p.patch.versions
	for row, id := range p.versions.ids {
		for len(late) > 0 && late[0].ID <= id {
			if late[0].Yanked {
				visit(late[0].ID)
			}
			late = late[1:]
		}
		if p.versions.flags[row]&flagYanked != 0 && !p.masked.has(p.versions.slot[row]) {
			visit(id)
		}
	}
	for _, v := range late {
		if v.Yanked {
			visit(v.ID)
		}
	}
}

// differingDefaults finds moved default versions, numbers of versions that
// changed (a deletion by command line leaves no other trace), new crates, and
// crates that have no default version any more.
func (p *picture) differingDefaults(defaults []bulk.Default, ids map[int32]bool) {
	seen := make(map[int32]bool, len(defaults))
	for _, d := range defaults {
		seen[d.Crate] = true
		version, declared, ok := p.defaultRow(d.Crate)
		if !ok || version != d.Version || declared != d.Declared {
			ids[d.Crate] = true
		}
	}
	for i, id := range p.crates.ids {
		if _, patched := p.patch.crates[id]; !patched && p.crates.defaults[i] != 0 && !seen[id] {
			ids[id] = true
		}
	}
	for id, t := range p.patch.crates {
		if !t.gone && t.crate.Default != 0 && !seen[id] {
			ids[id] = true
		}
	}
}

func (p *picture) defaultRow(crate int32) (version, declared int32, ok bool) {
	if t, found := p.patch.crates[crate]; found {
		return t.crate.Default, t.declared, !t.gone
	}
	if i, found := p.crates.row(crate); found {
		return p.crates.defaults[i], p.crates.declared[i], true
	}
	return 0, 0, false
}

// differingLocks gives the accounts whose lock is not that of the picture.
func (p *picture) differingLocks(w *bulk.Sweep) []int32 {
	if !p.ready[PartAccounts] || !p.hidden {
		return nil
	}
	var ids []int32
	locked := make(map[int32]bool, len(w.Locked))
	for _, l := range w.Locked {
		locked[l.Account] = true
		if a, ok := p.account(l.Account); ok && (!a.Locked || micros(a.LockedUntil) != l.Until) {
			ids = append(ids, l.Account)
		}
	}
	for i, flags := range p.accounts.flags {
		id := p.accounts.ids[i]
		if _, patched := p.patch.accounts[id]; !patched && flags&flagLocked != 0 && !locked[id] {
			ids = append(ids, id)
		}
	}
	for id, a := range p.patch.accounts {
		if a.row.Locked && !locked[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// differingTokens gives the tokens that were used, revoked or un-revoked.
func (p *picture) differingTokens(w *bulk.Sweep) []int32 {
	if !p.ready[PartTokens] {
		return nil
	}
	var ids []int32
	revoked := map[int32]bool{}
	for _, u := range w.Tokens {
		if u.Revoked {
			revoked[u.ID] = true
		}
		if k, ok := p.token(u.ID); ok && (k.Revoked != u.Revoked || micros(k.LastUsedAt) != u.LastUsed) {
			ids = append(ids, u.ID)
		}
	}
	for i, flags := range p.tokens.flags {
		id := p.tokens.ids[i]
		if _, patched := p.patch.tokens[id]; !patched && flags&flagRevoked != 0 && !revoked[id] {
			ids = append(ids, id)
		}
	}
	for id, k := range p.patch.tokens {
		if k.row.Revoked && !revoked[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

func (m *Mirror) rereadAccounts(ctx context.Context, ids []int32) (map[int32]*stamped[accountRow], error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := m.source.AccountsByID(ctx, ids)
	rows := map[int32]*stamped[accountRow]{}
	hasher := newMailHasher(m.config.MailKey)
	for _, a := range list {
		rows[a.ID] = patchedAccount(a, hasher)
	}
	return rows, err
}

func (m *Mirror) rereadTokens(ctx context.Context, ids []int32) (map[int32]*stamped[Token], error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := m.source.TokensByID(ctx, ids)
	rows := map[int32]*stamped[Token]{}
	for _, k := range list {
		rows[k.ID] = &stamped[Token]{row: tokenOf(k)}
	}
	return rows, err
}
