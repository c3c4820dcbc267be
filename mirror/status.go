package mirror

import (
	"slices"
	"time"

	"cratewarden"
)

// allParts is the order in which parts are loaded and shown.
var allParts = [...]Part{PartCrates, PartAccounts, PartOwners, PartNames, PartVersions, PartTokens, PartActions, PartDependencies}

func (m *Mirror) startStatus() {
	m.parts = map[Part]*PartStatus{}
	for _, p := range allParts {
		s := &PartStatus{Part: p, State: "waiting"}
		if m.config.Dump && (p == PartTokens || p == PartActions) {
			s.State, s.Problem = "absent", cratewarden.NotInDump
		}
		m.parts[p] = s
	}
}

// Status says what the mirror holds and how fresh it is.
func (m *Mirror) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	s.Ready = true
	for _, p := range allParts {
		part := *m.parts[p]
		s.Parts = append(s.Parts, part)
		s.Ready = s.Ready && (part.State == "ready" || part.State == "absent")
	}
	if !s.Ready {
		s.FreshAt = time.Time{}
	}
	p := m.shown.Load()
	s.Bytes = p.bytes()
	return s
}

// Ready says whether a part can be asked. A part that is absent from a public
// dump is never ready.
func (m *Mirror) Ready(part Part) bool { return m.now().ready[part] }

// Totals counts crates, versions and accounts.
func (m *Mirror) Totals() (crates, versions, accounts int) {
	p := m.now()
	crates = len(p.crates.ids)
	for id, t := range p.patch.crates {
		_, loaded := p.crates.row(id)
		switch {
		case t.gone && loaded:
			crates--
		case !t.gone && !loaded:
			crates++
		}
		if slot, ok := p.versions.byCrate.slot(id); ok {
			versions -= len(p.versions.byCrate.at(slot))
		}
	}
	versions += len(p.versions.ids) + len(p.patch.versions)
	accounts = len(p.accounts.ids)
	for id := range p.patch.accounts {
		if _, loaded := slices.BinarySearch(p.accounts.ids, id); !loaded {
			accounts++
		}
	}
	return crates, versions, accounts
}

// bytes estimates the memory of a picture.
func (p *picture) bytes() int64 {
	const perVersion, perAction, perCrate = 200, 40, 300
	n := p.crates.bytes() + p.accounts.bytes() + p.owners.bytes() + p.names.bytes() + p.versions.bytes() + p.tokens.bytes() +
		p.actions.bytes() + p.deps.bytes() + 4*int64(len(p.depRows)) + 5*int64(len(p.publishes.token)) + p.publishes.byToken.bytes() +
		4*int64(len(p.crateRows)) + 8*int64(len(p.shownByDefault)+len(p.masked)) + p.defaults.bytes()
	return n + perVersion*int64(len(p.patch.versions)) + perAction*int64(len(p.patch.actions)) + perCrate*int64(len(p.patch.crates))
}
