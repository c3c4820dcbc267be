package dossier

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"cratewarden/mirror"
)

// accountPast is what the mirror alone tells of an account. For one with
// thousands of crates it takes longer to work out than all the rest, so it is
// kept until the mirror changes. It is shared and must not be changed.
type accountPast struct {
	active, former []mirror.Owner // of all its crates, newest first
	publishes      []mirror.Publish
	// downloads are those of all crates it owns now.
	downloads int64
	// sameDomain are other accounts at its mail domain, at most countedDomain.
	sameDomain []mirror.Account
	counts     crateCounts
	// events are the newest of what it did and owned; more says that there are
	// others.
	events []Event
	more   bool
}

// crateCounts are figures over all crates of an account.
type crateCounts struct {
	yanked int
	// alike crates have one version each, all of nearly the same size.
	alike int
	// most crates were made within burstTime from since on.
	most  int
	since time.Time
	// small are the crates it owns that are empty to judge by their size, and
	// middling the default versions of those that lines of code decide.
	small    []int32
	middling []int32
}

// pastBytes bounds what the accounts' pasts that are kept take together; a large
// one takes a few hundred kilobytes.
const pastBytes = 64 << 20

// pasts keeps them for one state of the mirror.
type pasts struct {
	mu     sync.Mutex
	serial int64
	kept   map[int32]*accountPast
	bytes  int
}

// keep adds a past in place of any others when there is no room.
func (k *pasts) keep(id int32, p *accountPast) {
	if k.kept == nil {
		k.kept = map[int32]*accountPast{}
	}
	if had := k.kept[id]; had != nil {
		k.bytes -= had.bytes()
	}
	k.kept[id] = p
	k.bytes += p.bytes()
	for other, o := range k.kept {
		if k.bytes <= pastBytes {
			break
		}
		if other != id {
			k.bytes -= o.bytes()
			delete(k.kept, other)
		}
	}
}

// bytes is about how much memory a past takes.
func (p *accountPast) bytes() int {
	return 1024 + 96*(len(p.active)+len(p.former)) + 256*(len(p.publishes)+len(p.sameDomain)) + 384*len(p.events)
}

func (s *Service) past(id int32) *accountPast {
	serial := s.cfg.Mirror.Serial()
	s.pasts.mu.Lock()
	if s.pasts.serial != serial {
		s.pasts.serial, s.pasts.kept, s.pasts.bytes = serial, nil, 0
	}
	p := s.pasts.kept[id]
	s.pasts.mu.Unlock()
	if p != nil {
		return p
	}
	p = s.readPast(id)
	s.pasts.mu.Lock()
	defer s.pasts.mu.Unlock()
	if s.pasts.serial == serial {
		s.pasts.keep(id, p)
	}
	return p
}

func (s *Service) readPast(id int32) *accountPast {
	p := &accountPast{}
	p.active, p.former = s.ownerships(id, false)
	p.publishes = s.cfg.Mirror.Recent(mirror.Recent{Account: orNobody(id), Limit: accountPublishes + 1})
	for _, o := range p.active {
		p.downloads += s.crateDownloads(o.CrateID)
	}
	p.sameDomain = s.cfg.Mirror.SameMailDomain(id, countedDomain)
	p.counts = s.countCrates(p)
	h := &accountHistory{s: s, id: id, names: map[int32]string{}}
	h.actions()
	h.ownerships(p)
	p.events = h.Events
	slices.SortStableFunc(p.events, newestEvent)
	if p.more = h.passed || len(p.events) > accountEvents; p.more {
		p.events = slices.Clone(p.events[:min(len(p.events), accountEvents)])
	}
	return p
}

func newestEvent(a, b Event) int { return b.At.Compare(a.At) }

func (s *Service) countCrates(p *accountPast) (c crateCounts) {
	var made []time.Time
	var single []int32
	for _, o := range p.former {
		if crate, _ := s.cfg.Mirror.CrateRow(o.CrateID); founder(o, crate) {
			made = append(made, crate.CreatedAt)
		}
	}
	for _, o := range p.active {
		crate, _ := s.cfg.Mirror.Crate(o.CrateID)
		if founder(o, crate) {
			made = append(made, crate.CreatedAt)
		}
		if crate.Versions > 0 && crate.Yanked == crate.Versions {
			c.yanked++
		}
		version, found := s.cfg.Mirror.Version(crate.Default)
		switch {
		case found && hollow(version.Size, -1):
			c.small = append(c.small, crate.ID)
		case found && version.Size <= hollowSize:
			c.middling = append(c.middling, version.ID)
		}
		if crate.Versions == 1 {
			if crate.Newest != crate.Default {
				version, _ = s.cfg.Mirror.Version(crate.Newest)
			}
			single = append(single, version.Size)
		}
	}
	c.most, c.since = burst(made, burstTime)
	c.alike = cluster(single, templateBytes)
	return c
}

// ownerships tells how the account came to own crates. Of those who own
// thousands only the newest can be among the events shown, so the others are
// not put in words.
func (h *accountHistory) ownerships(p *accountPast) {
	list := slices.Concat(p.active, p.former)
	slices.SortStableFunc(list, func(a, b mirror.Owner) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt))
	})
	for i, o := range list {
		if i < accountEvents {
			h.ownership(o)
			continue
		}
		h.passed = true
		h.afterwards(o, list[accountEvents-1].CreatedAt)
	}
}
