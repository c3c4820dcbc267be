package blast

import (
	"strconv"
	"strings"

	"deps.dev/util/semver"
)

// Version is a version number as Cargo reads it. Build metadata says nothing
// about order, and no requirement can ask for it.
type Version struct {
	is      *semver.Version
	release *semver.Version // that a pre-release leads to; nil of a release
	large   string          // the text, of one that only fold can compare
}

// ParseVersion reads a whole number such as 1.2.3-rc.1+7. False is for text that
// is none: a registry holds no such versions, but people type them.
func ParseVersion(text string) (v Version, ok bool) {
	if given, ok := shape(text); !ok || given != 3 || !fits(text) {
		return v, false
	}
	if v, ok = readVersion(shrunk(text)); ok && large(text) {
		v.large = text
	}
	return v, ok
}

// readVersion lets the library read a number whose shape is right.
func readVersion(text string) (v Version, ok bool) {
	var err error
	if v.is, err = semver.Cargo.Parse(text); err != nil {
		return Version{}, false
	}
	if v.is.IsPrerelease() {
		v.release, err = semver.Cargo.Parse(numbers(text))
	}
	return v, err == nil
}

// String is the number without build metadata: versions are equal when these
// are.
func (v Version) String() string {
	text := v.large
	if text == "" {
		text = v.is.String()
	}
	text, _, _ = strings.Cut(text, "+")
	return text
}

// Compare orders versions as Cargo does: a pre-release comes before its release.
func (v Version) Compare(w Version) int {
	if v.large != "" || w.large != "" {
		both := fold(v.String(), w.String())
		return semver.Cargo.Compare(both[0], both[1])
	}
	return v.is.Compare(w.is)
}

// shape counts the numbers that a version gives, of which a requirement needs not
// name all. It refuses what the library lets through and Cargo does not: numbers
// after a wildcard, tags after fewer than three numbers, needless zeros in a
// pre-release, and any blank.
func shape(text string) (given int, ok bool) {
	for i := range len(text) {
		if c := text[i]; !isWord(c) && c != '.' && c != '+' && c != '*' {
			return 0, false
		}
	}
	core, _, build := strings.Cut(text, "+")
	core, pre, tag := strings.Cut(core, "-")
	parts := 0
	for part := range strings.SplitSeq(core, ".") {
		switch parts++; {
		case part == "" || parts > 3:
			return 0, false
		case isWildcard(part):
			if parts == 1 {
				return 0, false
			}
		case given+1 < parts:
			return 0, false
		default:
			given++
		}
	}
	if (tag || build) && given != 3 {
		return given, false
	}
	for part := range strings.SplitSeq(pre, ".") {
		if len(part) > 1 && part[0] == '0' && isNumber(part) {
			return given, false
		}
	}
	return given, true
}

// numbers is a version without its tags.
func numbers(text string) string {
	if i := strings.IndexAny(text, "-+"); i >= 0 {
		return text[:i]
	}
	return text
}

// fits says whether Cargo can hold the numbers of a version: it counts to 2^64-1.
func fits(text string) bool {
	if !large(text) {
		return true
	}
	for part := range strings.SplitSeq(numbers(text), ".") {
		if _, err := strconv.ParseUint(part, 10, 64); err != nil && isNumber(part) {
			return false
		}
	}
	return true
}

func isWildcard(s string) bool { return s == "*" || s == "x" || s == "X" }

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-'
}
