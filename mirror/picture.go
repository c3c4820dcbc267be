package mirror

import (
	"maps"
	"slices"

	"cratewarden/registry/bulk"
)

// picture is one state of everything. It is never changed after it was shown
// to readers: a change makes a new picture that shares what stayed, so readers
// never wait and never see half a change.
type picture struct {
	serial   int64 // of the change that made it
	crates   *crateTable
	accounts *accountTable
	owners   *ownerTable
	names    *nameTable
	versions *versionTable
	tokens   *tokenTable
	actions  *actionTable
	deps     *dependencyTable
	teams    map[int32]Team
	// publishes says, row by row of versions, how each was published; depRows
	// says, slot by slot of deps, which row of versions that is. Both are
	// worked out when either side is loaded.
	publishes *publishTable
	depRows   []uint32
	// crateRows says, slot by slot of versions.byCrate, which row of crates that
	// is; shownByDefault holds the rows of versions that are a crate's default
	// version and not yanked.
	crateRows      []uint32
	shownByDefault bits
	defaults       *defaultGraph // of the tables
	patch          patch
	late           *lateIndex // of the patch
	// masked holds the slots of versions.byCrate whose crate is in the patch.
	masked bits
	ready  map[Part]bool
	hidden bool // private tables are there: not a public dump
}

// patch is what changed since the tables were loaded. Its unit is the crate: a
// touched crate is in it whole, and its rows in the tables do not count.
type patch struct {
	crates   map[int32]*touched
	versions []*versionRow // those of all touched crates, by id
	accounts map[int32]*stamped[accountRow]
	tokens   map[int32]*stamped[Token]
	actions  []Action // newer than the table, by id
}

// touched is a crate as it was read after the load.
type touched struct {
	stamp    int64 // see Mirror.era
	gone     bool
	crate    Crate
	canon    string
	declared int32
	versions []*versionRow // by id
	owners   []Owner
}

// stamped is a row with the era in which it was read.
type stamped[T any] struct {
	stamp int64
	row   T
}

// versionRow is a version of a touched crate.
type versionRow struct {
	Version
	// logged says that its publish is in the action log.
	logged bool
	// deps are its dependencies when the table does not hold them.
	deps []Dependency
	own  bool
}

func emptyPicture(hidden bool) *picture {
	p := &picture{
		crates: newCrateBuilder().done(), accounts: newAccountBuilder(nil).done(), owners: newOwnerTable(nil),
		names: newNameTable(nil, nil), versions: newVersionBuilder().done(), tokens: newTokenBuilder().done(),
		actions: newActionTable(nil), deps: newDependencyBuilder().done(), teams: map[int32]Team{},
		ready: map[Part]bool{}, hidden: hidden,
	}
	p.alignPublishes()
	p.alignDependencies()
	p.alignCrates()
	p.mask()
	return p
}

// mask works out which slots of the version table do not count. It is called
// whenever the versions or the patch have changed.
func (p *picture) mask() {
	p.late = &lateIndex{}
	p.masked = newBits(len(p.versions.byCrate.keys))
	for id := range p.patch.crates {
		if slot, ok := p.versions.byCrate.slot(id); ok {
			p.masked.set(uint32(slot))
		}
	}
}

// with gives a copy that may be given new parts before it is shown.
func (p *picture) with(part Part) *picture {
	next := *p
	next.ready = maps.Clone(p.ready)
	if part != "" {
		next.ready[part] = true
	}
	return &next
}

// setCrates puts touched crates in the place of what the patch holds of them.
// The era is that of this moment, not that of the reading: what a full re-read
// finds that began in between may be older.
func (p *picture) setCrates(crates map[int32]*touched, era int64) {
	if len(crates) == 0 {
		return
	}
	for _, t := range crates {
		t.stamp = era
	}
	all := maps.Clone(p.patch.crates)
	if all == nil {
		all = map[int32]*touched{}
	}
	maps.Copy(all, crates)
	var fresh []*versionRow
	for _, t := range crates {
		fresh = append(fresh, t.versions...)
	}
	slices.SortFunc(fresh, byVersionID)
	kept := make([]*versionRow, 0, len(p.patch.versions)+len(fresh))
	for _, v := range p.patch.versions {
		if _, replaced := crates[v.CrateID]; !replaced {
			kept = append(kept, v)
		}
	}
	p.patch.crates, p.patch.versions = all, mergeVersions(kept, fresh)
	p.mask()
}

func byVersionID(a, b *versionRow) int { return int(a.ID) - int(b.ID) }

// mergeVersions merges two lists that are in order.
func mergeVersions(a, b []*versionRow) []*versionRow {
	out := make([]*versionRow, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].ID < b[0].ID {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// forget drops what was read before an era, because the tables are newer now.
func (p *picture) forget(era int64) {
	crates := map[int32]*touched{}
	for id, t := range p.patch.crates {
		if t.stamp >= era {
			crates[id] = t
		}
	}
	p.patch.crates = crates
	p.patch.versions = slices.DeleteFunc(slices.Clone(p.patch.versions), func(v *versionRow) bool { return crates[v.CrateID] == nil })
	p.mask()
	p.patch.accounts = fresher(p.patch.accounts, era)
	p.patch.tokens = fresher(p.patch.tokens, era)
}

func fresher[T any](rows map[int32]*stamped[T], era int64) map[int32]*stamped[T] {
	kept := map[int32]*stamped[T]{}
	for id, r := range rows {
		if r.stamp >= era {
			kept[id] = r
		}
	}
	return kept
}

// newTouched turns what the registry holds of some crates into patches. A
// crate that was asked for and did not come is gone.
func newTouched(asked []int32, c *bulk.Content, hidden bool, known func(int32) bool) map[int32]*touched {
	all := make(map[int32]*touched, len(asked))
	for _, id := range asked {
		all[id] = &touched{gone: true}
	}
	for _, row := range c.Crates {
		all[row.ID] = &touched{crate: crateOf(row), canon: canon(row.Name), declared: row.Declared}
	}
	versions := map[int32]*versionRow{}
	for _, row := range c.Versions {
		v := versionOf(row, hidden)
		v.own = !known(row.ID)
		versions[row.ID] = v
		if t := all[row.Crate]; t != nil && !t.gone {
			t.versions = append(t.versions, v)
		}
	}
	for _, d := range c.Dependencies {
		if v := versions[d.Version]; v != nil {
			v.deps = append(v.deps, dependencyOf(d))
		}
	}
	for _, o := range c.Owners {
		if t := all[o.Crate]; t != nil && !t.gone {
			t.owners = append(t.owners, ownerOf(o))
		}
	}
	return all
}
