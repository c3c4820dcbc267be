package mirror

import (
	"cmp"
	"slices"

	"cratewarden"
	"cratewarden/registry/bulk"
)

// versionTable is the versions as they were loaded, by id.
type versionTable struct {
	ids             []int32
	slot            []uint32 // of byCrate
	num, origin     []uint32
	created         []int64
	publisher       []int32
	flags           []uint8
	size, downloads []int32
	sha             [][32]byte
	texts           texts
	byCrate         index
	byPublisher     index
	bySHA           shaIndex
}

// The flags of a version.
const (
	flagYanked uint8 = 1 << iota
	flagGitHub
	flagGitLab
	flagClaims // trusted-publishing claims of whatever provider
)

type versionBuilder struct {
	t     versionTable
	crate []int32
	texts *textBuilder
}

func newVersionBuilder() *versionBuilder { return &versionBuilder{texts: newTextBuilder()} }

// grow makes room for the number of rows the load is likely to bring.
func (b *versionBuilder) grow(n int) {
	t := &b.t
	t.ids, b.crate, t.num, t.origin = slices.Grow(t.ids, n), slices.Grow(b.crate, n), slices.Grow(t.num, n), slices.Grow(t.origin, n)
	t.created, t.publisher, t.flags = slices.Grow(t.created, n), slices.Grow(t.publisher, n), slices.Grow(t.flags, n)
	t.size, t.downloads, t.sha = slices.Grow(t.size, n), slices.Grow(t.downloads, n), slices.Grow(t.sha, n)
}

func versionFlags(v bulk.Version) (flags uint8) {
	if v.Yanked {
		flags |= flagYanked
	}
	if v.Provider == nil {
		return flags
	}
	switch string(v.Provider) {
	case "github":
		flags |= flagGitHub
	case "gitlab":
		flags |= flagGitLab
	}
	return flags | flagClaims
}

func (b *versionBuilder) add(v bulk.Version) {
	t := &b.t
	t.ids = append(t.ids, v.ID)
	b.crate = append(b.crate, v.Crate)
	t.num = append(t.num, b.texts.intern(v.Num))
	t.origin = append(t.origin, b.texts.intern(v.Origin))
	t.created = append(t.created, v.Created)
	t.publisher = append(t.publisher, v.Publisher)
	t.flags = append(t.flags, versionFlags(v))
	t.size = append(t.size, v.Size)
	t.downloads = append(t.downloads, v.Downloads)
	t.sha = append(t.sha, v.SHA256)
}

func (b *versionBuilder) done() *versionTable {
	t := &b.t
	t.texts = b.texts.done()
	order := orderByID(t.ids)
	t.ids, b.crate, t.num, t.origin = arrange(t.ids, order), arrange(b.crate, order), arrange(t.num, order), arrange(t.origin, order)
	t.created, t.publisher, t.flags = arrange(t.created, order), arrange(t.publisher, order), arrange(t.flags, order)
	t.size, t.downloads, t.sha = arrange(t.size, order), arrange(t.downloads, order), arrange(t.sha, order)
	t.byCrate, t.byPublisher = newIndex(b.crate), newIndex(t.publisher)
	t.slot = make([]uint32, len(t.ids))
	for slot := range t.byCrate.keys {
		for _, row := range t.byCrate.at(slot) {
			t.slot[row] = uint32(slot)
		}
	}
	t.bySHA = newSHAIndex(t.sha)
	return t
}

func (t *versionTable) row(id int32) (int, bool) { return rowOf(t.ids, id) }

func (t *versionTable) crate(row int) int32 { return t.byCrate.keys[t.slot[row]] }

func (t *versionTable) bytes() int64 {
	return int64(len(t.ids))*(4+4+4+4+8+4+1+4+4+32) + t.texts.bytes() + t.byCrate.bytes() + t.byPublisher.bytes() + t.bySHA.bytes()
}

// versionAt gives a row of the table as it stands in this picture.
func (p *picture) versionAt(row int) Version {
	t := p.versions
	v := Version{
		ID: t.ids[row], CrateID: t.crate(row), Num: t.texts.at(t.num[row]), CreatedAt: instant(t.created[row]),
		Publisher: t.publisher[row], Origin: t.texts.at(t.origin[row]), Yanked: t.flags[row]&flagYanked != 0,
		SHA256: t.sha[row], Size: t.size[row], Downloads: t.downloads[row], Method: p.methodAt(row),
	}
	if token := p.publishes.token[row]; token > 0 {
		v.Token = token
	}
	return v
}

// methodOf sorts a publish by its evidence (contract publish.md section 7).
func methodOf(flags uint8, publisher int32, logged bool, token int32) cratewarden.Method {
	switch {
	case flags&flagGitHub != 0:
		return cratewarden.MethodGitHub
	case flags&flagGitLab != 0:
		return cratewarden.MethodGitLab
	case flags&flagClaims != 0:
		return cratewarden.MethodUnknown
	case logged && token != 0:
		return cratewarden.MethodToken
	case logged:
		return cratewarden.MethodSession
	case publisher != 0:
		return cratewarden.MethodAccount
	default:
		return cratewarden.MethodUnknown
	}
}

func (p *picture) methodAt(row int) cratewarden.Method {
	token := p.publishes.token[row]
	return methodOf(p.versions.flags[row], p.versions.publisher[row], token >= 0, token)
}

// versionOf turns a row read after the load into one of the patch.
func versionOf(v bulk.Version, hidden bool) *versionRow {
	r := &versionRow{logged: v.Logged && hidden, Version: Version{
		ID: v.ID, CrateID: v.Crate, Num: string(v.Num), CreatedAt: instant(v.Created), Publisher: v.Publisher,
		Origin: string(v.Origin), Yanked: v.Yanked, SHA256: v.SHA256, Size: v.Size, Downloads: v.Downloads,
	}}
	if r.logged {
		r.Token = v.Token
	}
	r.Method = methodOf(versionFlags(v), v.Publisher, r.logged, v.Token)
	return r
}

// eachVersion walks over the versions of a crate in the order of their ids.
func (p *picture) eachVersion(crate int32, visit func(id int32, created int64, yanked bool)) {
	if t, ok := p.patch.crates[crate]; ok {
		for _, v := range t.versions {
			visit(v.ID, micros(v.CreatedAt), v.Yanked)
		}
		return
	}
	t := p.versions
	for _, row := range t.byCrate.get(crate) {
		visit(t.ids[row], t.created[row], t.flags[row]&flagYanked != 0)
	}
}

// Versions gives a crate's versions, the newest first by their time.
func (m *Mirror) Versions(crateID int32) []Version {
	list := m.now().versionsOf(crateID)
	slices.SortFunc(list, func(a, b Version) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return list
}

// versionsOf gives a crate's versions in the order of their ids.
func (p *picture) versionsOf(crate int32) []Version {
	if t, ok := p.patch.crates[crate]; ok {
		list := make([]Version, len(t.versions))
		for i, v := range t.versions {
			list[i] = v.Version
		}
		return list
	}
	rows := p.versions.byCrate.get(crate)
	list := make([]Version, len(rows))
	for i, row := range rows {
		list[i] = p.versionAt(int(row))
	}
	return list
}

// VersionIDs gives the ids of a crate's versions, not nil when there are none.
func (m *Mirror) VersionIDs(crateID int32) []int32 {
	ids := []int32{}
	m.now().eachVersion(crateID, func(id int32, _ int64, _ bool) { ids = append(ids, id) })
	return ids
}

// Version gives a version by its id.
func (m *Mirror) Version(id int32) (Version, bool) { return m.now().version(id) }

func (p *picture) version(id int32) (Version, bool) {
	if row, ok := p.versions.row(id); ok && !p.masked.has(p.versions.slot[row]) {
		return p.versionAt(row), true
	}
	if v := p.patch.version(id); v != nil {
		return v.Version, true
	}
	return Version{}, false
}

// version gives a version of a touched crate, nil when there is none.
func (p *patch) version(id int32) *versionRow {
	i, ok := slices.BinarySearchFunc(p.versions, id, func(v *versionRow, id int32) int { return cmp.Compare(v.ID, id) })
	if !ok {
		return nil
	}
	return p.versions[i]
}
