package blast

import (
	"cmp"
	"strings"
)

// Version is a version number as Cargo reads it. Build metadata is not kept: it
// says nothing about order, and no requirement can ask for it.
type Version struct {
	Major, Minor, Patch uint64
	Pre                 string // without the hyphen, "" for none
}

// ParseVersion reads a whole number such as 1.2.3-rc.1+7. False is for text that
// is none: a registry holds no such versions, but people type them.
func ParseVersion(text string) (Version, bool) {
	s := scanner{text}
	v, parts, ok := s.version()
	return v, ok && parts == 3 && s.rest == ""
}

// Compare orders versions as Cargo does: a pre-release comes before its release.
func (v Version) Compare(w Version) int {
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

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
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
func (s *scanner) version() (v Version, parts int, ok bool) {
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

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-'
}
