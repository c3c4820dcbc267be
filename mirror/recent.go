package mirror

import (
	"strings"
	"time"

	"cratewarden"
)

// recentLimit bounds a page of the feed.
const recentLimit = 500

// clockSkew is how much earlier than its neighbours by id a version's time may
// be: ids are given when a publish begins, times when its transaction does.
const clockSkew = 24 * time.Hour

// Recent gives the newest versions that pass a filter, newest id first.
func (m *Mirror) Recent(f Recent) []Publish {
	p := m.now()
	s := &recentScan{p: p, f: f, limit: f.Limit, since: micros(f.Since), until: micros(f.Until)}
	if s.limit <= 0 || s.limit > recentLimit {
		s.limit = recentLimit
	}
	if f.CratePrefix != "" {
		s.crates = p.cratesStarting(cratewarden.CanonName(f.CratePrefix))
	}
	match := func(v *versionRow) bool { return f.Account == 0 || v.Publisher == f.Account }
	if f.Account != 0 {
		p.newestFirst(p.versions.byPublisher.get(f.Account), p.lately().byPublisher[f.Account], f.Before, match, s.visit)
	} else {
		p.newestOfAll(f.Before, s.visit)
	}
	return s.found
}

// newestOfAll is newestFirst over every version, without a list of rows.
func (p *picture) newestOfAll(before int32, visit func(row int, v *versionRow) bool) {
	row, late := len(p.versions.ids)-1, p.patch.versions
	for {
		for row >= 0 && p.skips(uint32(row), before) {
			row--
		}
		for len(late) > 0 && before != 0 && late[len(late)-1].ID >= before {
			late = late[:len(late)-1]
		}
		switch {
		case row < 0 && len(late) == 0:
			return
		case len(late) == 0 || row >= 0 && p.versions.ids[row] > late[len(late)-1].ID:
			if !visit(row, nil) {
				return
			}
			row--
		default:
			if !visit(-1, late[len(late)-1]) {
				return
			}
			late = late[:len(late)-1]
		}
	}
}

// recentScan walks the feed.
type recentScan struct {
	p            *picture
	f            Recent
	limit        int
	since, until int64
	crates       map[int32]bool
	found        []Publish
}

// visit tests one version, the cheap tests first, and says whether to go on.
func (s *recentScan) visit(row int, v *versionRow) bool {
	id, crate, created, yanked := s.facts(row, v)
	switch {
	case s.f.After != 0 && id <= s.f.After:
		return false
	case s.since != 0 && created < s.since:
		return created > s.since-clockSkew.Microseconds()
	case s.until != 0 && created >= s.until, s.f.Yanked && !yanked, s.f.Live && yanked, s.crates != nil && !s.crates[crate]:
		return true
	}
	method := cratewarden.Method("")
	if v != nil {
		method = v.Method
	} else {
		method = s.p.methodAt(row)
	}
	if s.f.Method != "" && method != s.f.Method {
		return true
	}
	if marks, known := s.marks(row, v); known && !s.wants(marks) {
		return true
	}
	line := s.p.publish(id, crate)
	if s.wants(line.marks()) {
		s.found = append(s.found, line)
	}
	return len(s.found) < s.limit
}

func (s *recentScan) facts(row int, v *versionRow) (id, crate int32, created int64, yanked bool) {
	if v != nil {
		return v.ID, v.CrateID, micros(v.CreatedAt), v.Yanked
	}
	t := s.p.versions
	return t.ids[row], t.crate(row), t.created[row], t.flags[row]&flagYanked != 0
}

// marks gives the marks of a row of the table; those of touched crates are
// worked out with the line.
func (s *recentScan) marks(row int, v *versionRow) (uint8, bool) {
	if v != nil {
		return 0, false
	}
	return s.p.publishes.marks[row], true
}

func (s *recentScan) wants(marks uint8) bool {
	return (!s.f.NewCrate || marks&markNewCrate != 0) && (!s.f.FirstBy || marks&markNewPublisher != 0)
}

func (l *Publish) marks() (marks uint8) {
	if l.NewCrate {
		marks |= markNewCrate
	}
	if l.NewPublisher {
		marks |= markNewPublisher
	}
	return marks
}

// publish gives a line of the feed, from all versions of its crate.
func (p *picture) publish(id, crate int32) Publish {
	line := Publish{Crate: p.crateName(crate)}
	var k marker
	var before time.Time
	for _, v := range p.versionsOf(crate) {
		marks := k.next(v.Publisher, v.Token, v.Method)
		if v.ID != id {
			before = v.CreatedAt
			continue
		}
		line.Version = v
		line.NewCrate, line.NewPublisher = marks&markNewCrate != 0, marks&markNewPublisher != 0
		line.NewMethod, line.NewToken = marks&markNewMethod != 0, marks&markNewToken != 0
		if !before.IsZero() {
			line.Silence = max(0, v.CreatedAt.Sub(before))
		}
		break
	}
	return line
}

// cratesStarting gives the crates whose canonical name starts with prefix.
func (p *picture) cratesStarting(prefix string) map[int32]bool {
	found := map[int32]bool{}
	for _, ref := range p.crates.names.starting(prefix) {
		if ref&offsetMask == 0 {
			found[p.crates.ids[ref>>offsetBits]] = true
		}
	}
	for id, t := range p.patch.crates {
		if strings.HasPrefix(t.canon, prefix) {
			found[id] = true
		}
	}
	return found
}
