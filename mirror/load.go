package mirror

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"cratewarden"
	"cratewarden/registry/bulk"
)

// load reads every part and shows each as soon as it is there.
func (m *Mirror) load(ctx context.Context) error {
	m.mu.Lock()
	m.era++
	era, began := m.era, m.config.Clock()
	m.mu.Unlock()
	err := m.inOrder(ctx, PartCrates, PartAccounts, PartOwners, PartNames)
	if err != nil {
		return err
	}
	if m.Ready(PartDependencies) {
		err = m.inOrder(ctx, PartVersions, PartTokens, PartActions, PartDependencies)
	} else {
		err = m.inParallel(ctx)
	}
	if err != nil {
		return err
	}
	p := m.now()
	p.defaults.built(p) // now, so that the first question need not wait for it
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change("", func(p *picture) { p.forget(era) })
	m.status.FullAt = began
	m.config.Logger.Info("the mirror is loaded", "seconds", int(m.config.Clock().Sub(began).Seconds()))
	return nil
}

// inParallel is for the first load, when people wait: dependencies are some
// nine tenths of all rows and are read beside the others. A re-read has time
// and goes one by one, which takes less memory and hinders the registry less.
func (m *Mirror) inParallel(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return m.inOrder(ctx, PartVersions, PartTokens, PartActions) })
	group.Go(func() error { return m.inOrder(ctx, PartDependencies) })
	return group.Wait()
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

// largePart is how many rows make it worth to collect the old part at once: by
// itself the collector would let it stand until the heap has doubled.
const largePart = 100_000

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
	m.change(p, install)
	s := m.parts[p]
	s.State, s.Rows, s.LoadedAt = "ready", rows, m.config.Clock()
	m.mu.Unlock()
	if rows > largePart {
		runtime.GC()
	}
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

// collectEvery is after how many rows the collector runs in a large load: the
// garbage of reading would else pile up to the size of the whole picture.
const collectEvery = 1 << 20

func (g *progress) row() {
	g.rows++
	if g.rows%collectEvery == 0 {
		runtime.GC()
	}
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
		install = func(p *picture) {
			p.crates = t
			p.alignCrates()
		}
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
		b.grow(likely(len(m.now().versions.ids)))
		err = m.replica.Versions(ctx, func(v bulk.Version) { b.add(v); g.row() })
		t := b.done()
		install = func(p *picture) {
			p.versions = t
			p.alignPublishes()
			p.alignDependencies()
			p.alignCrates()
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
	b.grow(likely(len(m.now().actions.ids)))
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
	b.grow(likely(len(m.now().deps.target)))
	if err := m.replica.Dependencies(ctx, func(d bulk.Dependency) { b.add(d); g.row() }); err != nil {
		return nil, err
	}
	t := b.done()
	return func(p *picture) {
		p.deps = t
		p.alignDependencies()
	}, nil
}

// likely is how many rows a re-read will bring, from how many the last did, so
// that columns need not grow and leave their smaller selves to the collector.
func likely(last int) int { return last + last/64 }

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
