package mirror

import (
	"cmp"
	"slices"

	"cratewarden/registry/bulk"
)

// ownerTable is the ownerships as they were loaded, former ones included.
type ownerTable struct {
	crate, owner, by   []int32
	created, updated   []int64
	flags              []uint8
	byCrate            index
	byAccount, byTeams index
}

const (
	flagTeam uint8 = 1 << iota
	flagFormer
)

func newOwnerTable(rows []bulk.Owner) *ownerTable {
	n := len(rows)
	t := &ownerTable{
		crate: make([]int32, n), owner: make([]int32, n), by: make([]int32, n),
		created: make([]int64, n), updated: make([]int64, n), flags: make([]uint8, n),
	}
	accounts, teams := make([]int32, n), make([]int32, n)
	for i, o := range rows {
		t.crate[i], t.owner[i], t.by[i], t.created[i], t.updated[i] = o.Crate, o.Owner, o.CreatedBy, o.Created, o.Updated
		if o.Team {
			t.flags[i], teams[i] = flagTeam, o.Owner
		} else {
			accounts[i] = o.Owner
		}
		if o.Deleted {
			t.flags[i] |= flagFormer
		}
	}
	t.byCrate, t.byAccount, t.byTeams = newIndex(t.crate), newIndex(accounts), newIndex(teams)
	return t
}

func (t *ownerTable) ownership(i uint32) Owner {
	return Owner{
		CrateID: t.crate[i], OwnerID: t.owner[i], Team: t.flags[i]&flagTeam != 0, CreatedAt: instant(t.created[i]),
		CreatedBy: t.by[i], UpdatedAt: instant(t.updated[i]), Deleted: t.flags[i]&flagFormer != 0,
	}
}

func (t *ownerTable) bytes() int64 {
	return int64(len(t.crate))*29 + t.byCrate.bytes() + t.byAccount.bytes() + t.byTeams.bytes()
}

func ownerOf(o bulk.Owner) Owner {
	return Owner{
		CrateID: o.Crate, OwnerID: o.Owner, Team: o.Team, CreatedAt: instant(o.Created),
		CreatedBy: o.CreatedBy, UpdatedAt: instant(o.Updated), Deleted: o.Deleted,
	}
}

// Owners gives the owners of a crate, former ones too: present ones first, then
// by when they came.
func (m *Mirror) Owners(crateID int32) []Owner { return m.now().ownersOf(crateID) }

func (p *picture) ownersOf(crate int32) []Owner {
	var list []Owner
	if t, ok := p.patch.crates[crate]; ok {
		list = slices.Clone(t.owners)
	} else {
		for _, i := range p.owners.byCrate.get(crate) {
			list = append(list, p.owners.ownership(i))
		}
	}
	slices.SortFunc(list, compareOwners)
	return list
}

func compareOwners(a, b Owner) int {
	return cmp.Or(compareBool(a.Deleted, b.Deleted), a.CreatedAt.Compare(b.CreatedAt), compareBool(a.Team, b.Team),
		cmp.Compare(a.OwnerID, b.OwnerID), cmp.Compare(a.CrateID, b.CrateID))
}

// compareBool puts false first.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// Owned gives what an account or a team owns and owned, present ownerships
// first, then by when they came.
func (m *Mirror) Owned(ownerID int32, team bool) []Owner {
	p := m.now()
	var list []Owner
	rows := p.owners.byAccount.get(ownerID)
	if team {
		rows = p.owners.byTeams.get(ownerID)
	}
	for _, i := range rows {
		if _, patched := p.patch.crates[p.owners.crate[i]]; !patched {
			list = append(list, p.owners.ownership(i))
		}
	}
	for _, t := range p.patch.crates {
		for _, o := range t.owners {
			if o.OwnerID == ownerID && o.Team == team {
				list = append(list, o)
			}
		}
	}
	slices.SortFunc(list, compareOwners)
	return list
}

// Team gives a team by its id.
func (m *Mirror) Team(id int32) (Team, bool) {
	t, ok := m.now().teams[id]
	return t, ok
}

func teamOf(t bulk.Team) Team {
	return Team{ID: t.ID, Login: string(t.Login), Name: string(t.Name), GitHubID: t.GitHub, OrgID: t.Org}
}
