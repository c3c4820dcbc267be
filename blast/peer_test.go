package blast

import (
	"cmp"
	"strings"
)

// This file has Cargo's rules a second time, without the library: comparator by
// comparator and number by number, as its documentation has them. They are slow
// to say and have no trick in them; testdata/cargo.txt holds them, too, against
// Cargo itself.

// peerRequirement is what a dependency takes, in Cargo's words: comparators joined by
// commas, all of which must hold. One without any takes every release.
type peerRequirement struct{ comparators []peerComparator }

// peerComparator is one condition. parts is how many of the version's numbers it
// names: 1.2 names two.
type peerComparator struct {
	op    operator
	parts uint8
	v     peerVersion
}

type operator uint8

const (
	caret operator = iota // also of a bare version
	tilde
	exact // also with wildcards
	greater
	atLeast
	less
	atMost
)

// mostPeerComparators is Cargo's own bound.
const mostPeerComparators = 32

// parsePeer reads a requirement. False is for text that Cargo would not
// read: rows from before its present rules may hold some.
func parsePeer(text string) (peerRequirement, bool) {
	s := scanner{text}
	s.blanks()
	if s.wildcard() {
		s.blanks()
		return peerRequirement{}, s.rest == ""
	}
	var r peerRequirement
	for {
		c, ok := s.comparator()
		if !ok || len(r.comparators) == mostPeerComparators {
			return peerRequirement{}, false
		}
		r.comparators = append(r.comparators, c)
		s.blanks()
		if s.rest == "" {
			return r, true
		}
		if !s.take(',') {
			return peerRequirement{}, false
		}
		s.blanks()
	}
}

func (s *scanner) comparator() (c peerComparator, ok bool) {
	var bare bool
	c.op, bare = s.operator()
	s.blanks()
	before := s.rest
	v, parts, ok := s.version()
	if !ok {
		return c, false
	}
	c.v, c.parts = v, uint8(parts)
	if used := before[:len(before)-len(s.rest)]; bare && parts < 3 && strings.ContainsAny(used, "*xX") {
		c.op = exact
	}
	return c, true
}

// operator takes an operator; none is a caret, and bare.
func (s *scanner) operator() (op operator, bare bool) {
	switch {
	case s.take('='):
		return exact, false
	case s.take('>'):
		if s.take('=') {
			return atLeast, false
		}
		return greater, false
	case s.take('<'):
		if s.take('=') {
			return atMost, false
		}
		return less, false
	case s.take('~'):
		return tilde, false
	case s.take('^'):
		return caret, false
	default:
		return caret, true
	}
}

// Takes says whether a dependency with this requirement may resolve to a version.
func (r peerRequirement) Takes(v peerVersion) bool {
	named := v.Pre == ""
	for i := range r.comparators {
		c := &r.comparators[i]
		if !c.holds(v, true) {
			return false
		}
		named = named || c.v.Pre != "" && c.v.Major == v.Major && c.v.Minor == v.Minor && c.v.Patch == v.Patch
	}
	return named
}

// Spans is Takes without the rule about pre-releases. It is for ranges in which
// people name bad versions: whoever writes <2 means 1.9.0-beta, too.
func (r peerRequirement) Spans(v peerVersion) bool {
	for i := range r.comparators {
		if !r.comparators[i].holds(v, false) {
			return false
		}
	}
	return true
}

// holds is strict about pre-releases when it is asked for a dependency.
func (c *peerComparator) holds(v peerVersion, strict bool) bool {
	switch c.op {
	case exact:
		return c.equals(v, strict)
	case greater:
		return c.against(v) > 0
	case atLeast:
		return c.equals(v, strict) || c.against(v) > 0
	case less:
		return c.against(v) < 0
	case atMost:
		return c.equals(v, strict) || c.against(v) < 0
	case tilde:
		return c.near(v, strict)
	default:
		return c.compatible(v)
	}
}

// equals compares the numbers that the peerComparator names. A strict =1.2 takes no
// 1.2.0-rc.
func (c *peerComparator) equals(v peerVersion, strict bool) bool {
	return v.Major == c.v.Major && (c.parts < 2 || v.Minor == c.v.Minor) && (c.parts < 3 || v.Patch == c.v.Patch) &&
		(v.Pre == c.v.Pre || !strict && c.parts < 3)
}

// against compares a version with the peerComparator's: 1.2.9 is neither above nor
// below 1.2, since it begins so.
func (c *peerComparator) against(v peerVersion) int {
	order := cmp.Compare(v.Major, c.v.Major)
	if order == 0 && c.parts > 1 {
		order = cmp.Compare(v.Minor, c.v.Minor)
	}
	if order == 0 && c.parts > 2 {
		order = cmp.Or(cmp.Compare(v.Patch, c.v.Patch), comparePre(v.Pre, c.v.Pre))
	}
	return order
}

// near is the tilde: only the last of the named numbers may grow.
func (c *peerComparator) near(v peerVersion, strict bool) bool {
	switch {
	case v.Major != c.v.Major || c.parts > 1 && v.Minor != c.v.Minor:
		return false
	case c.parts == 3:
		return c.against(v) >= 0
	default:
		return v.Pre == "" || !strict
	}
}

// compatible is the caret: the leftmost number that is not zero stays.
func (c *peerComparator) compatible(v peerVersion) bool {
	switch {
	case v.Major != c.v.Major:
		return false
	case c.parts == 1:
		return true
	case c.v.Major == 0 && v.Minor != c.v.Minor:
		return false
	case c.parts == 2:
		return v.Minor >= c.v.Minor
	case c.v.Major == 0 && c.v.Minor == 0 && v.Patch != c.v.Patch:
		return false
	default:
		return c.against(v) >= 0
	}
}

// peerVersion is a version number as Cargo reads it. Build metadata is not kept: it
// says nothing about order, and no requirement can ask for it.
type peerVersion struct {
	Major, Minor, Patch uint64
	Pre                 string // without the hyphen, "" for none
}

// parsePeerVersion reads a whole number such as 1.2.3-rc.1+7. False is for text that
// is none: a registry holds no such versions, but people type them.
func parsePeerVersion(text string) (peerVersion, bool) {
	s := scanner{text}
	v, parts, ok := s.version()
	return v, ok && parts == 3 && s.rest == ""
}

// Compare orders versions as Cargo does: a pre-release comes before its release.
func (v peerVersion) Compare(w peerVersion) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch), comparePre(v.Pre, w.Pre))
}

// comparePre orders pre-releases by their parts; none at all is the highest.
func comparePre(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "":
		return 1
	case b == "":
		return -1
	}
	for {
		x, restA, moreA := strings.Cut(a, ".")
		y, restB, moreB := strings.Cut(b, ".")
		if c := comparePart(x, y); c != 0 {
			return c
		}
		if !moreA || !moreB {
			return compareBool(moreA, moreB)
		}
		a, b = restA, restB
	}
}

// comparePart puts numbers before words and orders numbers by value.
func comparePart(a, b string) int {
	numberA, numberB := isNumber(a), isNumber(b)
	if numberA && numberB {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}
	return cmp.Or(compareBool(numberB, numberA), cmp.Compare(a, b))
}

// scanner reads numbers and marks from the front of a text.
type scanner struct{ rest string }

func (s *scanner) take(mark byte) bool {
	if s.rest == "" || s.rest[0] != mark {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) blanks() { s.rest = strings.TrimLeft(s.rest, " ") }

// wildcard takes one of the marks that stand for any number.
func (s *scanner) wildcard() bool { return s.take('*') || s.take('x') || s.take('X') }

// number takes a number that fits and has no needless zero in front.
func (s *scanner) number() (n uint64, ok bool) {
	end := 0
	for end < len(s.rest) && s.rest[end] >= '0' && s.rest[end] <= '9' {
		digit := uint64(s.rest[end] - '0')
		if n > (1<<64-1-digit)/10 {
			return 0, false
		}
		n = 10*n + digit
		end++
	}
	if end == 0 || end > 1 && s.rest[0] == '0' {
		return 0, false
	}
	s.rest = s.rest[end:]
	return n, true
}

// version takes one to three numbers; wildcards may stand for the later ones and
// are not counted in parts. Pre-release and build follow three numbers only.
func (s *scanner) version() (v peerVersion, parts int, ok bool) {
	open := false
	for i, n := range []*uint64{&v.Major, &v.Minor, &v.Patch} {
		if i > 0 && !s.take('.') {
			break
		}
		if i > 0 && s.wildcard() {
			open = true
			continue
		}
		if open {
			return v, 0, false
		}
		if *n, ok = s.number(); !ok {
			return v, 0, false
		}
		parts++
	}
	if parts == 3 {
		return v, parts, s.tags(&v.Pre)
	}
	return v, parts, true
}

// tags takes a pre-release and build metadata.
func (s *scanner) tags(pre *string) (ok bool) {
	if s.take('-') {
		if *pre, ok = s.identifiers(true); !ok {
			return false
		}
	}
	if s.take('+') {
		_, ok = s.identifiers(false)
		return ok
	}
	return true
}

// identifiers takes words joined by dots. strict refuses numbers with a needless
// zero in front, which would be two spellings of one pre-release.
func (s *scanner) identifiers(strict bool) (string, bool) {
	end := 0
	for end < len(s.rest) && (isWord(s.rest[end]) || s.rest[end] == '.') {
		end++
	}
	all := s.rest[:end]
	s.rest = s.rest[end:]
	for part := range strings.SplitSeq(all, ".") {
		if part == "" || strict && len(part) > 1 && part[0] == '0' && isNumber(part) {
			return "", false
		}
	}
	return all, true
}
