package mirror

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"cratewarden"
	"cratewarden/registry/bulk"
)

// load reads every part and shows each as soon as it is there. Dependencies
// are some nine tenths of all rows, so they are read beside the others.
func (m *Mirror) load(ctx context.Context) error {
	m.mu.Lock()
	m.era++
	era, began := m.era, m.config.Clock()
	m.mu.Unlock()
	group, inner := errgroup.WithContext(ctx)
	small := make(chan struct{})
	group.Go(func() error {
		defer close(small)
		return m.inOrder(inner, PartCrates, PartAccounts, PartOwners, PartNames)
	})
	group.Go(func() error {
		<-small
		return m.inOrder(inner, PartVersions, PartTokens, PartActions)
	})
	group.Go(func() error {
		<-small
		return m.inOrder(inner, PartDependencies)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change("", func(p *picture) { p.forget(era) })
	m.status.FullAt = began
	m.config.Logger.Info("the mirror is loaded", "seconds", int(m.config.Clock().Sub(began).Seconds()))
	return nil
}

func (m *Mirror) inOrder(ctx context.Context, parts ...Part) error {
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if m.config.Dump && (p == PartTokens || p == PartActions) {
			continue
		}
		if err := m.loadPart(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// loadPart reads one part, keeping its status.
func (m *Mirror) loadPart(ctx context.Context, p Part) error {
	m.note(p, func(s *PartStatus) {
		s.Problem = ""
		if s.State != "ready" {
			s.State = "loading"
		}
	})
	install, rows, err := m.read(ctx, p)
	if err != nil {
		m.note(p, func(s *PartStatus) {
			s.Problem = cratewarden.MessageOf(err)
			if s.State != "ready" {
				s.State = "failed"
			}
		})
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change(p, install)
	s := m.parts[p]
	s.State, s.Rows, s.LoadedAt = "ready", rows, m.config.Clock()
	return nil
}

func (m *Mirror) note(p Part, set func(*PartStatus)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	set(m.parts[p])
}

// progress counts the rows of a part while it loads.
type progress struct {
	m    *Mirror
	part Part
	rows int64
	last time.Time
}

func (g *progress) row() {
	g.rows++
	if g.rows%65_536 == 0 && time.Since(g.last) > 200*time.Millisecond {
		g.last = time.Now()
		g.m.note(g.part, func(s *PartStatus) {
			if s.State == "loading" {
				s.Rows = g.rows
			}
		})
	}
}

// read reads a part and gives what puts it into a picture.
func (m *Mirror) read(ctx context.Context, part Part) (install func(*picture), rows int64, err error) {
	g := &progress{m: m, part: part}
	switch part {
	case PartCrates:
		b := newCrateBuilder()
		err = m.replica.Crates(ctx, func(c bulk.Crate) { b.add(c); g.row() })
		t := b.done()
		install = func(p *picture) { p.crates = t }
	case PartAccounts:
		install, err = m.readAccounts(ctx, g)
	case PartOwners:
		var list []bulk.Owner
		err = m.replica.Owners(ctx, func(o bulk.Owner) { list = append(list, o); g.row() })
		t := newOwnerTable(list)
		install = func(p *picture) { p.owners = t }
	case PartNames:
		install, err = m.readNames(ctx, g)
	case PartVersions:
		b := newVersionBuilder()
		err = m.replica.Versions(ctx, func(v bulk.Version) { b.add(v); g.row() })
		t := b.done()
		install = func(p *picture) {
			p.versions = t
			p.alignPublishes()
			p.alignDependencies()
			p.mask()
		}
	case PartTokens:
		b := newTokenBuilder()
		err = m.replica.Tokens(ctx, func(k bulk.Token) { b.add(k); g.row() })
		t := b.done()
		install = func(p *picture) { p.tokens = t }
	case PartActions:
		install, err = m.readActions(ctx, g)
	case PartDependencies:
		install, err = m.readDependencies(ctx, g)
	}
	return install, g.rows, err
}

func (m *Mirror) readAccounts(ctx context.Context, g *progress) (func(*picture), error) {
	b := newAccountBuilder(m.config.MailKey)
	if err := m.replica.Accounts(ctx, func(a bulk.Account) { b.add(a); g.row() }); err != nil {
		return nil, err
	}
	t := b.done()
	teams := map[int32]Team{}
	err := m.replica.Teams(ctx, func(k bulk.Team) { teams[k.ID] = teamOf(k); g.row() })
	return func(p *picture) {
		for id, team := range p.teams {
			if _, ok := teams[id]; !ok {
				teams[id] = team // made after the reading began; teams are never deleted
			}
		}
		p.accounts, p.teams = t, teams
	}, err
}

func (m *Mirror) readNames(ctx context.Context, g *progress) (func(*picture), error) {
	var deleted []DeletedName
	if err := m.replica.Deleted(ctx, func(d bulk.DeletedName) { deleted = append(deleted, deletedOf(d)); g.row() }); err != nil {
		return nil, err
	}
	var reserved []string
	err := m.replica.Reserved(ctx, func(name []byte) { reserved = append(reserved, string(name)); g.row() })
	t := newNameTable(deleted, reserved)
	return func(p *picture) { p.names = t }, err
}

func (m *Mirror) readActions(ctx context.Context, g *progress) (func(*picture), error) {
	b := &actionBuilder{}
	if err := m.replica.Actions(ctx, func(a bulk.Action) { b.add(a); g.row() }); err != nil {
		return nil, err
	}
	t := newActionTable(b)
	return func(p *picture) {
		p.actions = t
		late := p.patch.actions
		p.patch.actions = nil
		var kept []Action
		for _, a := range late {
			if !p.hasAction(a.ID) {
				kept = append(kept, a)
			}
		}
		p.setActions(kept)
		p.alignPublishes()
	}, nil
}

func (m *Mirror) readDependencies(ctx context.Context, g *progress) (func(*picture), error) {
	b := newDependencyBuilder()
	if n := len(m.now().deps.target); n > 0 {
		b.grow(n + n/64) // a re-read brings about as many as the last
	}
	if err := m.replica.Dependencies(ctx, func(d bulk.Dependency) { b.add(d); g.row() }); err != nil {
		return nil, err
	}
	t := b.done()
	return func(p *picture) {
		p.deps = t
		p.alignDependencies()
	}, nil
}

// patchLimit is how many versions of touched crates make a full re-read
// cheaper than carrying them along.
const patchLimit = 200_000

func (m *Mirror) wantsFull() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	again := m.trail.again || len(m.shown.Load().patch.versions) > patchLimit
	m.trail.again = false
	return again
}
