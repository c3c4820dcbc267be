package blast

import (
	"cmp"
	"strings"
)

// Requirement is what a dependency takes, in Cargo's words: comparators joined by
// commas, all of which must hold. One without any takes every release.
type Requirement struct{ comparators []comparator }

// comparator is one condition. parts is how many of the version's numbers it
// names: 1.2 names two.
type comparator struct {
	op    operator
	parts uint8
	v     Version
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

// mostComparators is Cargo's own bound.
const mostComparators = 32

// ParseRequirement reads a requirement. False is for text that Cargo would not
// read: rows from before its present rules may hold some.
func ParseRequirement(text string) (Requirement, bool) {
	s := scanner{text}
	s.blanks()
	if s.wildcard() {
		s.blanks()
		return Requirement{}, s.rest == ""
	}
	var r Requirement
	for {
		c, ok := s.comparator()
		if !ok || len(r.comparators) == mostComparators {
			return Requirement{}, false
		}
		r.comparators = append(r.comparators, c)
		s.blanks()
		if s.rest == "" {
			return r, true
		}
		if !s.take(',') {
			return Requirement{}, false
		}
		s.blanks()
	}
}

func (s *scanner) comparator() (c comparator, ok bool) {
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
func (r Requirement) Takes(v Version) bool {
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
func (r Requirement) Spans(v Version) bool {
	for i := range r.comparators {
		if !r.comparators[i].holds(v, false) {
			return false
		}
	}
	return true
}

// holds is strict about pre-releases when it is asked for a dependency.
func (c *comparator) holds(v Version, strict bool) bool {
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

// equals compares the numbers that the comparator names. A strict =1.2 takes no
// 1.2.0-rc.
func (c *comparator) equals(v Version, strict bool) bool {
	return v.Major == c.v.Major && (c.parts < 2 || v.Minor == c.v.Minor) && (c.parts < 3 || v.Patch == c.v.Patch) &&
		(v.Pre == c.v.Pre || !strict && c.parts < 3)
}

// against compares a version with the comparator's: 1.2.9 is neither above nor
// below 1.2, since it begins so.
func (c *comparator) against(v Version) int {
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
func (c *comparator) near(v Version, strict bool) bool {
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
func (c *comparator) compatible(v Version) bool {
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
