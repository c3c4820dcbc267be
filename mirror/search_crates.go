package mirror

import (
	"cmp"
	"strings"
)

// crates finds crates by name.
func (s *search) crates() {
	name := s.q.canon
	if s.q.name != "" {
		name = canon([]byte(s.q.name))
	}
	if name == "" {
		return
	}
	x := s.p.crates.names
	for _, e := range s.heaviest(x, x.starting(name)) {
		s.crateEntry(e, name)
	}
	if len(name) >= 3 {
		for _, e := range x.containing(name, s.limit, s.downloadsOf) {
			s.crateEntry(e, name)
		}
		s.crateLikes(name)
	}
	for id, t := range s.p.patch.crates {
		if _, loaded := s.p.crates.row(id); !loaded && !t.gone {
			s.crateNamed(t.crate, t.canon, name)
		}
	}
}

func (s *search) downloadsOf(entry uint32) int64 { return s.p.crates.downloads[entry] }

// heaviest gives the entries with the most downloads out of word starts, whole
// names apart from words inside names so that neither crowds out the other.
func (s *search) heaviest(x *nameIndex, refs []uint32) []uint32 {
	order := func(a, b uint32) int {
		return cmp.Or(cmp.Compare(s.downloadsOf(b), s.downloadsOf(a)), cmp.Compare(a, b))
	}
	whole, inner := best[uint32]{limit: s.limit, less: order}, best[uint32]{limit: s.limit, less: order}
	var out []uint32
	for i, ref := range refs {
		switch {
		case i == 0 && ref&offsetMask == 0:
			out = append(out, ref>>offsetBits) // the exact name, if there is one
		case ref&offsetMask == 0:
			whole.add(ref >> offsetBits)
		default:
			inner.add(ref >> offsetBits)
		}
	}
	return append(append(out, whole.sorted()...), inner.sorted()...)
}

func (s *search) crateEntry(e uint32, name string) {
	if c, ok := s.p.bareCrate(s.p.crates.ids[e]); ok {
		s.crateNamed(c, s.p.crates.names.at(e), name)
	}
}

// crateNamed adds a crate if its name is a match of whatever kind.
func (s *search) crateNamed(c Crate, canonical, name string) {
	score, reason := 0.0, ""
	switch {
	case c.Name == s.q.text || c.Name == s.q.name:
		score, reason = scoreExact, "this very name"
	case canonical == name:
		score, reason = scoreCanon, "the same name in another spelling"
	case strings.HasPrefix(canonical, name):
		score, reason = scorePrefix, "the name starts with “"+name+"”"
	case strings.Contains(canonical, "_"+name):
		score, reason = scoreWord, "a word of the name starts with “"+name+"”"
	case len(name) >= 3 && strings.Contains(canonical, name):
		score, reason = scoreContains, "the name contains “"+name+"”"
	default:
		l, ok := compareNames(name, canonical)
		if !ok {
			return
		}
		score, reason = scoreFuzzy+float64(100-10*l.rank), l.reason
	}
	if s.q.num != "" {
		score -= 300 // a version was asked for; the crate is the second choice
	}
	s.addCrate(c, score, reason)
}

func (s *search) addCrate(c Crate, score float64, reason string) {
	s.add(Hit{
		Kind: HitCrate, ID: c.ID, Label: c.Name, Detail: counted(c.Downloads, "download"),
		Reason: reason, Score: score + weight(c.Downloads),
	}, "")
}

// crateLikes finds names that are spelled alike.
func (s *search) crateLikes(name string) {
	x := s.p.crates.names
	near, likest := x.near(name)
	for e, l := range near.found {
		if c, ok := s.p.bareCrate(s.p.crates.ids[e]); ok {
			s.addCrate(c, scoreFuzzy+float64(100-10*l.rank), l.reason)
		}
	}
	const least = 0.4
	for _, a := range likest[:min(len(likest), s.limit)] {
		if a.score < least {
			break
		}
		if c, ok := s.p.bareCrate(s.p.crates.ids[a.entry]); ok && x.at(a.entry) != name {
			s.addCrate(c, scoreFuzzy+25*float64(a.score), "spelled alike")
		}
	}
}

// repositories finds crates by a piece of their repository's address.
func (s *search) repositories() {
	t := s.p.crates
	found := best[int]{limit: s.limit, less: func(a, b int) int {
		return cmp.Or(cmp.Compare(t.downloads[b], t.downloads[a]), cmp.Compare(a, b))
	}}
	wanted := within(t.lowerRepositories.holding(s.q.lower, mostTexts), len(t.repositories.ends))
	for row, text := range t.repository {
		if text != 0 && wanted.has(text) && s.p.patch.crates[t.ids[row]] == nil {
			found.add(row)
		}
	}
	const reason = "the repository address contains it"
	for _, row := range found.sorted() {
		s.addRepository(t.crate(row), reason)
	}
	for _, k := range s.p.patch.crates {
		if !k.gone && strings.Contains(strings.ToLower(k.crate.Repository), s.q.lower) {
			s.addRepository(k.crate, reason)
		}
	}
}

func (s *search) addRepository(c Crate, reason string) {
	s.add(Hit{
		Kind: HitCrate, ID: c.ID, Label: c.Name, Detail: c.Repository + ", " + counted(c.Downloads, "download"),
		Reason: reason, Score: scoreContains + weight(c.Downloads),
	}, "")
}

// mostTexts bounds how many different texts a piece of text may be found in.
const mostTexts = 5000

// within turns numbers of texts into a set.
func within(found []uint32, count int) bits {
	set := newBits(count)
	for _, i := range found {
		set.set(i)
	}
	return set
}
