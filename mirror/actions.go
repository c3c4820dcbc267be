package mirror

import (
	"slices"

	"cratewarden/registry/bulk"
)

// actionTable is the log of publishes, yanks and unyanks as it was loaded.
type actionTable struct {
	ids, version, user, token []int32
	kind                      []uint8
	time                      []int64
	byUser, byToken           index
}

type actionBuilder struct{ t actionTable }

// grow makes room for the number of rows the load is likely to bring.
func (b *actionBuilder) grow(n int) {
	t := &b.t
	t.ids, t.version, t.user = slices.Grow(t.ids, n), slices.Grow(t.version, n), slices.Grow(t.user, n)
	t.token, t.kind, t.time = slices.Grow(t.token, n), slices.Grow(t.kind, n), slices.Grow(t.time, n)
}

func (b *actionBuilder) add(a bulk.Action) {
	t := &b.t
	t.ids, t.version = append(t.ids, a.ID), append(t.version, a.Version)
	t.user, t.token = append(t.user, a.User), append(t.token, a.Token)
	t.kind, t.time = append(t.kind, uint8(a.Kind)), append(t.time, a.Time)
}

func newActionTable(b *actionBuilder) *actionTable {
	if b == nil {
		b = &actionBuilder{}
	}
	t := &b.t
	order := orderByID(t.ids)
	t.ids, t.version, t.user, t.token = arrange(t.ids, order), arrange(t.version, order), arrange(t.user, order), arrange(t.token, order)
	t.kind, t.time = arrange(t.kind, order), arrange(t.time, order)
	t.byUser, t.byToken = newIndex(t.user), newIndex(t.token)
	return t
}

func (t *actionTable) action(i uint32) Action {
	return Action{
		ID: t.ids[i], VersionID: t.version[i], UserID: t.user[i], Token: t.token[i],
		Kind: ActionKind(t.kind[i]), Time: instant(t.time[i]),
	}
}

func (t *actionTable) bytes() int64 {
	return int64(len(t.ids))*25 + t.byUser.bytes() + t.byToken.bytes()
}

func actionOf(a bulk.Action) Action {
	return Action{ID: a.ID, VersionID: a.Version, UserID: a.User, Token: a.Token, Kind: ActionKind(a.Kind), Time: instant(a.Time)}
}

// Actions gives what an account did, newest first: publishes, yanks, unyanks
// with ids below before (0 = from the newest), at most limit. Actions on
// versions that were deleted are gone from the registry too.
func (m *Mirror) Actions(account, before int32, limit int) []Action {
	p := m.now()
	return p.actionsOf(p.actions.byUser.get(account), before, limit, func(a *Action) bool { return a.UserID == account })
}

// ActionsWithToken gives what was done with an API token, newest first.
func (m *Mirror) ActionsWithToken(token int32, limit int) []Action {
	if token == 0 {
		return nil
	}
	p := m.now()
	return p.actionsOf(p.actions.byToken.get(token), 0, limit, func(a *Action) bool { return a.Token == token })
}

// actionsOf merges rows of the table with the newer ones of the patch.
func (p *picture) actionsOf(rows []uint32, before int32, limit int, match func(*Action) bool) []Action {
	var list []Action
	take := func(a Action) bool {
		if (before == 0 || a.ID < before) && p.hasVersion(a.VersionID) {
			list = append(list, a)
		}
		return len(list) < limit
	}
	if limit <= 0 {
		return nil
	}
	for _, a := range slices.Backward(p.patch.actions) {
		if match(&a) && !take(a) {
			return list
		}
	}
	for _, row := range slices.Backward(rows) {
		if before != 0 && p.actions.ids[row] >= before {
			continue
		}
		if !take(p.actions.action(row)) {
			break
		}
	}
	return list
}

// hasVersion says whether a version is there. While the versions load, every
// one is taken to be.
func (p *picture) hasVersion(id int32) bool {
	if row, ok := p.versions.row(id); ok && !p.masked.has(p.versions.slot[row]) {
		return true
	}
	return p.patch.version(id) != nil || !p.ready[PartVersions]
}

// setActions appends actions that the table does not hold, keeping the order
// of their ids; late commits may come with smaller ids.
func (p *picture) setActions(fresh []Action) {
	if len(fresh) == 0 {
		return
	}
	list := append(slices.Clone(p.patch.actions), fresh...)
	slices.SortFunc(list, func(a, b Action) int { return int(a.ID) - int(b.ID) })
	p.patch.actions = slices.CompactFunc(list, func(a, b Action) bool { return a.ID == b.ID })
}

// hasAction says whether an action is known.
func (p *picture) hasAction(id int32) bool {
	if _, ok := slices.BinarySearch(p.actions.ids, id); ok {
		return true
	}
	_, ok := slices.BinarySearchFunc(p.patch.actions, id, func(a Action, id int32) int { return int(a.ID) - int(id) })
	return ok
}
