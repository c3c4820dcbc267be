package mirror

import (
	"slices"
	"time"

	"cratewarden"
	"cratewarden/registry/bulk"
)

// DeletedName is a name whose crate was deleted. A name may occur more than
// once, and may be in use again.
type DeletedName struct {
	ID          int32
	Name        string
	CreatedAt   time.Time
	DeletedAt   time.Time
	AvailableAt time.Time // from when the name may be published again
}

// nameTable is the deleted and the reserved names. It is small enough to be
// made anew at every change.
type nameTable struct {
	deleted  []DeletedName // by id
	reserved []string
	index    *nameIndex // deleted names first, then reserved ones
}

func newNameTable(deleted []DeletedName, reserved []string) *nameTable {
	t := &nameTable{deleted: deleted, reserved: reserved}
	t.index = newNameIndex(len(deleted)+len(reserved), func(i int) string {
		if i < len(deleted) {
			return cratewarden.CanonName(deleted[i].Name)
		}
		return cratewarden.CanonName(reserved[i-len(deleted)])
	})
	return t
}

func deletedOf(d bulk.DeletedName) DeletedName {
	return DeletedName{ID: d.ID, Name: string(d.Name), CreatedAt: instant(d.Created), DeletedAt: instant(d.Deleted), AvailableAt: instant(d.Available)}
}

func canon(name []byte) string { return cratewarden.CanonName(string(name)) }

func (t *nameTable) bytes() int64 { return int64(len(t.deleted))*120 + t.index.bytes() }

// DeletedNames gives the deletions of crates whose canonical name is that of
// name, the newest first.
func (m *Mirror) DeletedNames(name string) []DeletedName {
	t := m.now().names
	var list []DeletedName
	for _, e := range t.index.exact(cratewarden.CanonName(name)) {
		if int(e) < len(t.deleted) {
			list = append(list, t.deleted[e])
		}
	}
	slices.SortFunc(list, func(a, b DeletedName) int { return int(b.ID) - int(a.ID) })
	return list
}

// Reserved says whether nobody may publish a crate of this name.
func (m *Mirror) Reserved(name string) bool {
	t := m.now().names
	return slices.ContainsFunc(t.index.exact(cratewarden.CanonName(name)), func(e uint32) bool { return int(e) >= len(t.deleted) })
}

// Twins gives the crates whose names look the same at a glance: without
// separators, and with letters that are easily taken for one another made
// equal. The crate of that very name is not among them.
func (m *Mirror) Twins(name string) []Crate {
	p := m.now()
	own := cratewarden.CanonName(name)
	var list []Crate
	for _, e := range p.crates.names.folded(own) {
		if p.crates.names.at(e) == own {
			continue
		}
		if c, ok := p.crate(p.crates.ids[e]); ok {
			list = append(list, c)
		}
	}
	for id, t := range p.patch.crates {
		if _, loaded := p.crates.row(id); !loaded && !t.gone && t.canon != own && foldName(t.canon) == foldName(own) {
			c, _ := p.crate(id)
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Crate) int { return descending(a.Downloads, b.Downloads) })
	return list
}

func crateOf(c bulk.Crate) Crate {
	return Crate{
		ID: c.ID, Name: string(c.Name), CreatedAt: instant(c.Created), UpdatedAt: instant(c.Updated), Downloads: c.Downloads,
		Repository: string(c.Repository), TrustpubOnly: c.TrustpubOnly, Default: c.Default,
	}
}
