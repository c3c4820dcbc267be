package mirror

import (
	"time"

	"cratewarden"
	"cratewarden/registry/bulk"
)

// crateTable is the crates as they were loaded, by id.
type crateTable struct {
	ids                 []int32
	name, repository    []uint32
	created, updated    []int64
	downloads           []int64
	trusted             []bool
	defaults, declared  []int32
	texts, repositories texts
	lowerRepositories   texts      // the same strings in lower case, for search
	names               *nameIndex // canonical names; entry i is row i
}

type crateBuilder struct {
	t                   crateTable
	texts, repositories *textBuilder
}

func newCrateBuilder() *crateBuilder {
	return &crateBuilder{texts: newTextBuilder(), repositories: newTextBuilder()}
}

func (b *crateBuilder) add(c bulk.Crate) {
	t := &b.t
	t.ids = append(t.ids, c.ID)
	t.name = append(t.name, b.texts.add(c.Name))
	t.repository = append(t.repository, b.repositories.intern(c.Repository))
	t.created = append(t.created, c.Created)
	t.updated = append(t.updated, c.Updated)
	t.downloads = append(t.downloads, c.Downloads)
	t.trusted = append(t.trusted, c.TrustpubOnly)
	t.defaults = append(t.defaults, c.Default)
	t.declared = append(t.declared, c.Declared)
}

func (b *crateBuilder) done() *crateTable {
	t := &b.t
	t.texts, t.repositories = b.texts.done(), b.repositories.done()
	t.lowerRepositories = t.repositories.lower()
	order := orderByID(t.ids)
	t.ids, t.name, t.repository = arrange(t.ids, order), arrange(t.name, order), arrange(t.repository, order)
	t.created, t.updated, t.downloads = arrange(t.created, order), arrange(t.updated, order), arrange(t.downloads, order)
	t.trusted, t.defaults, t.declared = arrange(t.trusted, order), arrange(t.defaults, order), arrange(t.declared, order)
	t.names = newNameIndex(len(t.ids), func(i int) string { return cratewarden.CanonName(t.texts.at(t.name[i])) })
	return t
}

func (t *crateTable) row(id int32) (int, bool) { return rowOf(t.ids, id) }

// crate gives a row without the counts that need the versions.
func (t *crateTable) crate(i int) Crate {
	return Crate{
		ID: t.ids[i], Name: t.texts.at(t.name[i]), CreatedAt: instant(t.created[i]), UpdatedAt: instant(t.updated[i]),
		Downloads: t.downloads[i], Repository: t.repositories.at(t.repository[i]), TrustpubOnly: t.trusted[i], Default: t.defaults[i],
	}
}

func (t *crateTable) bytes() int64 {
	return int64(len(t.ids))*(4+4+4+8+8+8+1+4+4) + t.texts.bytes() + 2*t.repositories.bytes() + t.names.bytes()
}

// alignCrates works out what joins crates and versions. It is called whenever
// either was loaded, before the picture is shown.
func (p *picture) alignCrates() {
	p.forgetGraph()
	v := p.versions
	p.crateRows, p.shownByDefault = make([]uint32, len(v.byCrate.keys)), newBits(len(v.ids))
	for slot, id := range v.byCrate.keys {
		p.crateRows[slot] = noRow
		row, ok := p.crates.row(id)
		if !ok {
			continue
		}
		p.crateRows[slot] = uint32(row)
		for _, version := range v.byCrate.at(slot) {
			if v.ids[version] == p.crates.defaults[row] && v.flags[version]&flagYanked == 0 {
				p.shownByDefault.set(version)
			}
		}
	}
}

// instant turns the microseconds of a row into a time; 0 is the zero time.
func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// micros is the way back.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Crate gives a crate by its id.
func (m *Mirror) Crate(id int32) (Crate, bool) { return m.now().crate(id) }

// CrateRow is Crate without what its versions say (Versions, Yanked, Newest),
// which costs a walk over them.
func (m *Mirror) CrateRow(id int32) (Crate, bool) { return m.now().bareCrate(id) }

func (p *picture) crate(id int32) (Crate, bool) {
	c, ok := p.bareCrate(id)
	if ok {
		p.count(&c)
	}
	return c, ok
}

// bareCrate is crate without the counts, which cost a walk over the versions.
func (p *picture) bareCrate(id int32) (Crate, bool) {
	if t, ok := p.patch.crates[id]; ok {
		return t.crate, !t.gone
	}
	if i, ok := p.crates.row(id); ok {
		return p.crates.crate(i), true
	}
	return Crate{}, false
}

// count fills in what the versions say.
func (p *picture) count(c *Crate) {
	var newest int64
	p.eachVersion(c.ID, func(id int32, created int64, yanked bool) {
		c.Versions++
		if yanked {
			c.Yanked++
		}
		if created > newest || created == newest && id > c.Newest {
			newest, c.Newest = created, id
		}
	})
}

// CrateByName gives the crate whose canonical name is that of name.
func (m *Mirror) CrateByName(name string) (Crate, bool) {
	p := m.now()
	if id := p.crateID(cratewarden.CanonName(name)); id != 0 {
		return p.crate(id)
	}
	return Crate{}, false
}

// crateID finds a crate by its canonical name, 0 when there is none. A name
// may have moved to a new crate since the load, so the patch comes first.
func (p *picture) crateID(canon string) int32 {
	for id, t := range p.patch.crates {
		if !t.gone && t.canon == canon {
			return id
		}
	}
	for _, i := range p.crates.names.exact(canon) {
		id := p.crates.ids[i]
		if t, ok := p.patch.crates[id]; !ok || !t.gone {
			return id
		}
	}
	return 0
}

// crateName gives the spelling of a crate's name, "" when it is not there.
func (p *picture) crateName(id int32) string {
	if t, ok := p.patch.crates[id]; ok {
		return t.crate.Name
	}
	if i, ok := p.crates.row(id); ok {
		return p.crates.texts.at(p.crates.name[i])
	}
	return ""
}
