package mirror

import (
	"slices"

	"cratewarden"
)

// publishTable says row by row of the versions how each was published.
type publishTable struct {
	token   []int32 // of the publish; 0 = browser session, -1 = not logged
	marks   []uint8
	byToken index
}

// The marks of a publish.
const (
	markNewCrate uint8 = 1 << iota
	markNewPublisher
	markNewMethod
	markNewToken
)

// alignPublishes works out how each version of the table was published. It is
// called whenever versions or actions were loaded, before the picture is shown.
func (p *picture) alignPublishes() {
	t := &publishTable{token: make([]int32, len(p.versions.ids)), marks: make([]uint8, len(p.versions.ids))}
	for i := range t.token {
		t.token[i] = -1
	}
	for i, id := range p.actions.version {
		if ActionKind(p.actions.kind[i]) != ActionPublish {
			continue
		}
		if row, ok := p.versions.row(id); ok && t.token[row] < 0 {
			t.token[row] = p.actions.token[i]
		}
	}
	p.publishes = t
	var k marker
	for slot := range p.versions.byCrate.keys {
		k.reset()
		for _, row := range p.versions.byCrate.at(slot) {
			t.marks[row] = k.next(p.versions.publisher[row], max(t.token[row], 0), p.methodAt(int(row)))
		}
	}
	used := make([]int32, len(t.token))
	for i, token := range t.token {
		used[i] = max(token, 0)
	}
	t.byToken = newIndex(used)
}

// marker walks over a crate's versions in the order of their publish and says
// what is new about each.
type marker struct {
	publishers, tokens []int32
	methods            []cratewarden.Method
	any                bool
}

func (k *marker) reset() {
	k.publishers, k.tokens, k.methods, k.any = k.publishers[:0], k.tokens[:0], k.methods[:0], false
}

func (k *marker) next(publisher, token int32, method cratewarden.Method) (marks uint8) {
	if !k.any {
		marks |= markNewCrate
	}
	if publisher != 0 && !slices.Contains(k.publishers, publisher) {
		marks |= markNewPublisher
		k.publishers = append(k.publishers, publisher)
	}
	if token != 0 && !slices.Contains(k.tokens, token) {
		marks |= markNewToken
		k.tokens = append(k.tokens, token)
	}
	if !slices.Contains(k.methods, method) {
		if k.any {
			marks |= markNewMethod
		}
		k.methods = append(k.methods, method)
	}
	k.any = true
	return marks
}

// newestFirst walks over the versions in rows of the table and those of late, of
// the patch, that match, the newest id first, starting below before (0 = from the
// newest), until visit says stop.
func (p *picture) newestFirst(rows []uint32, late []*versionRow, before int32, match func(*versionRow) bool, visit func(row int, v *versionRow) bool) {
	for {
		for len(rows) > 0 && p.skips(rows[len(rows)-1], before) {
			rows = rows[:len(rows)-1]
		}
		for len(late) > 0 && (before != 0 && late[len(late)-1].ID >= before || !match(late[len(late)-1])) {
			late = late[:len(late)-1]
		}
		if len(rows) == 0 && len(late) == 0 {
			return
		}
		goOn := false
		if len(late) == 0 || len(rows) > 0 && p.versions.ids[rows[len(rows)-1]] > late[len(late)-1].ID {
			goOn = visit(int(rows[len(rows)-1]), nil)
			rows = rows[:len(rows)-1]
		} else {
			goOn = visit(-1, late[len(late)-1])
			late = late[:len(late)-1]
		}
		if !goOn {
			return
		}
	}
}

func (p *picture) skips(row uint32, before int32) bool {
	return before != 0 && p.versions.ids[row] >= before || p.masked.has(p.versions.slot[row])
}

// gather collects up to limit versions newest first.
func (p *picture) gather(rows []uint32, late []*versionRow, before int32, limit int) []Version {
	if limit <= 0 {
		return nil
	}
	var list []Version
	all := func(*versionRow) bool { return true }
	p.newestFirst(rows, late, before, all, func(row int, v *versionRow) bool {
		if v != nil {
			list = append(list, v.Version)
		} else {
			list = append(list, p.versionAt(row))
		}
		return len(list) < limit
	})
	return list
}

// PublishedBy gives what an account published, newest first: versions with ids
// below before (0 = from the newest), at most limit.
func (m *Mirror) PublishedBy(account, before int32, limit int) []Version {
	if account == 0 {
		return nil
	}
	p := m.now()
	return p.gather(p.versions.byPublisher.get(account), p.lately().byPublisher[account], before, limit)
}

// PublishedByCount says how many versions an account published.
func (m *Mirror) PublishedByCount(account int32) int {
	if account == 0 {
		return 0
	}
	p, n := m.now(), 0
	for _, row := range p.versions.byPublisher.get(account) {
		if !p.masked.has(p.versions.slot[row]) {
			n++
		}
	}
	return n + len(p.lately().byPublisher[account])
}

// PublishedWithTokenCount says how many versions were published with an API
// token. Without the part "actions" there are none.
func (m *Mirror) PublishedWithTokenCount(token int32) int {
	if token == 0 {
		return 0
	}
	p, n := m.now(), 0
	for _, row := range p.publishes.byToken.get(token) {
		if !p.masked.has(p.versions.slot[row]) {
			n++
		}
	}
	return n + len(p.lately().byToken[token])
}

// PublishedWithToken gives the versions published with an API token, newest
// first, at most limit. Without the part "actions" there are none.
func (m *Mirror) PublishedWithToken(token int32, limit int) []Version {
	if token == 0 {
		return nil
	}
	p := m.now()
	return p.gather(p.publishes.byToken.get(token), p.lately().byToken[token], 0, limit)
}
