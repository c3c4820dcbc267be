package blast

import (
	"strings"

	"deps.dev/util/semver"
)

// Requirement is what a dependency takes, in Cargo's words: comparators joined by
// commas, all of which must hold. One without any takes every release.
//
// The library reads each comparator alone and matches it. What joins them and
// what is peculiar to pre-releases is ours, since Cargo asks each comparator for
// itself and the library asks what is left when all are laid over each other.
type Requirement struct {
	comparators []comparator
	large       bool // some number is; fold has to help
}

// comparator is one condition.
type comparator struct {
	op, text string // as written, without blanks
	// set holds what satisfies it or, with not, all that does not.
	set     *semver.Constraint
	not     bool
	partial bool // names fewer than three numbers
	// begins, of a partial one that is no caret, are the versions that begin with
	// its numbers.
	begins *semver.Constraint
	// release is, of one that names a pre-release, the release it leads to.
	release *semver.Version
}

// mostComparators is Cargo's own bound.
const mostComparators = 32

// ParseRequirement reads a requirement. False is for text that Cargo would not
// read: rows from before its present rules may hold some.
func ParseRequirement(text string) (r Requirement, ok bool) {
	if isWildcard(trim(text)) {
		return r, true
	}
	if strings.Count(text, ",") >= mostComparators {
		return r, false
	}
	r.large = large(text)
	r.comparators = make([]comparator, 0, 1+strings.Count(text, ","))
	for part := range strings.SplitSeq(text, ",") {
		c := split(trim(part))
		if !c.parse() {
			return Requirement{}, false
		}
		r.comparators = append(r.comparators, c)
	}
	return r, true
}

// trim takes away blanks; Cargo knows no others.
func trim(text string) string { return strings.Trim(text, " ") }

// split parts a comparator's operator from its version.
func split(part string) (c comparator) {
	c.text = strings.TrimLeft(part, "=<>~^")
	c.op, c.text = part[:len(part)-len(c.text)], trim(c.text)
	return c
}

// parse reads the comparator's version. Of one with large numbers that only says
// whether it is one: the numbers that are asked about come from fold.
func (c *comparator) parse() bool {
	given, ok := shape(c.text)
	c.partial = given < 3
	return ok && fits(c.text) && c.read(shrunk(c.text))
}

// read gives the comparator to the library, with this version.
func (c *comparator) read(text string) bool {
	op := c.op
	switch op {
	case "<":
		op, c.not = ">=", true // the library takes <0.0.0-rc for nothing at all
	case ">":
		op, c.not = "<=", true // and >1.2.3 for >=1.2.4, without 1.2.4-rc
	}
	var err error
	if c.set, err = semver.Cargo.ParseConstraint(op + text); err != nil {
		return false
	}
	core := numbers(text)
	caret := c.op == "^" || c.op == "" && !strings.ContainsAny(core, "*xX")
	if c.partial && !caret {
		c.begins, err = semver.Cargo.ParseConstraint("=" + core)
	}
	if strings.HasPrefix(text[len(core):], "-") && err == nil {
		c.release, err = semver.Cargo.Parse(core)
	}
	return err == nil
}

// Takes says whether a dependency with this requirement may resolve to a version.
// A pre-release must be named: some comparator has one of the same three numbers.
func (r Requirement) Takes(v Version) bool {
	if r.large || v.large != "" {
		r, v = r.beside(v)
	}
	named := v.release == nil
	for i := range r.comparators {
		c := &r.comparators[i]
		if !c.holds(v, true) {
			return false
		}
		named = named || c.release != nil && c.release.Compare(v.release) == 0
	}
	return named
}

// Spans is Takes without the rule about pre-releases. It is for ranges in which
// people name bad versions: whoever writes <2 means 1.9.0-beta, too.
func (r Requirement) Spans(v Version) bool {
	if r.large || v.large != "" {
		r, v = r.beside(v)
	}
	for i := range r.comparators {
		if !r.comparators[i].holds(v, false) {
			return false
		}
	}
	return true
}

// holds asks the library. Comparators that name fewer than three numbers are about
// releases; of a pre-release they are asked for the release it leads to. Asked for
// a dependency, strictly, they hold for no pre-release that begins with them, but
// for carets: so Cargo has it.
func (c *comparator) holds(v Version, strict bool) bool {
	is := v.is
	if v.release != nil && c.partial {
		is = v.release
		if strict && c.begins != nil && c.begins.MatchVersion(is) {
			return false
		}
	}
	return c.set.MatchVersionPrerelease(is) != c.not
}

// beside makes a requirement and a version comparable when the library cannot
// hold a number of one of them.
func (r Requirement) beside(v Version) (Requirement, Version) {
	texts := []string{v.String()}
	for i := range r.comparators {
		texts = append(texts, r.comparators[i].text)
	}
	texts = fold(texts...)
	v, _ = readVersion(texts[0])
	folded := make([]comparator, len(r.comparators))
	for i := range folded {
		folded[i] = comparator{op: r.comparators[i].op, partial: r.comparators[i].partial}
		folded[i].read(texts[1+i])
	}
	return Requirement{comparators: folded}, v
}
