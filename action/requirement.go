package action

import (
	"cmp"
	"strconv"
	"strings"
)

// number is a version number as Cargo compares them; build metadata does not
// count.
type number struct {
	parts [3]uint64
	pre   string
}

func parseNumber(text string) (n number, ok bool) {
	text, _, _ = strings.Cut(text, "+")
	text, n.pre, _ = strings.Cut(text, "-")
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return n, false
	}
	for i, p := range parts {
		var err error
		if n.parts[i], err = strconv.ParseUint(p, 10, 64); err != nil {
			return n, false
		}
	}
	return n, true
}

func compareNumbers(a, b number) int {
	for i := range a.parts {
		if d := cmp.Compare(a.parts[i], b.parts[i]); d != 0 {
			return d
		}
	}
	switch {
	case a.pre == b.pre:
		return 0
	case a.pre == "":
		return 1
	case b.pre == "":
		return -1
	}
	return comparePre(strings.Split(a.pre, "."), strings.Split(b.pre, "."))
}

func comparePre(a, b []string) int {
	for i := range min(len(a), len(b)) {
		x, xErr := strconv.ParseUint(a[i], 10, 64)
		y, yErr := strconv.ParseUint(b[i], 10, 64)
		d := 0
		switch {
		case xErr == nil && yErr == nil:
			d = cmp.Compare(x, y)
		case xErr == nil:
			d = -1
		case yErr == nil:
			d = 1
		default:
			d = cmp.Compare(a[i], b[i])
		}
		if d != 0 {
			return d
		}
	}
	return cmp.Compare(len(a), len(b))
}

// requirement is a dependency's requirement: all its comparators must hold.
type requirement []comparator

// comparator is one of them. known is how many of the three parts are given.
type comparator struct {
	op    string
	than  number
	known int
}

// parseRequirement reads a requirement in Cargo's notation. Unreadable ones
// give ok false; nobody can say what they match.
func parseRequirement(text string) (r requirement, ok bool) {
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		c := comparator{op: "^"}
		for _, op := range []string{">=", "<=", ">", "<", "=", "~", "^"} {
			if rest, found := strings.CutPrefix(part, op); found {
				c.op, part = op, strings.TrimSpace(rest)
				break
			}
		}
		part, _, _ = strings.Cut(part, "+")
		part, c.than.pre, _ = strings.Cut(part, "-")
		for i, p := range strings.Split(part, ".") {
			if p == "*" || p == "x" || p == "X" {
				if c.op == "^" {
					c.op = "~"
				}
				break
			}
			n, err := strconv.ParseUint(p, 10, 64)
			if err != nil || i > 2 {
				return nil, false
			}
			c.than.parts[i], c.known = n, i+1
		}
		r = append(r, c)
	}
	return r, true
}

// matches says whether Cargo may choose the version for the requirement. A
// pre-release matches only a comparator of the same three parts that has one.
func (r requirement) matches(v number) bool {
	allowed := v.pre == ""
	for _, c := range r {
		if !c.holds(v) {
			return false
		}
		allowed = allowed || c.than.pre != "" && c.known == 3 && c.than.parts == v.parts
	}
	return allowed
}

func (c comparator) holds(v number) bool {
	if c.known == 0 {
		return true
	}
	above := func() bool { return compareNumbers(v, c.than) >= 0 }
	switch c.op {
	case "=":
		return c.same(v, c.known) && (c.known < 3 || v.pre == c.than.pre)
	case ">":
		return compareNumbers(v, c.than) > 0 && !(c.known < 3 && c.same(v, c.known))
	case ">=":
		return above()
	case "<":
		return compareNumbers(v, c.than) < 0
	case "<=":
		return compareNumbers(v, c.than) <= 0 || c.known < 3 && c.same(v, c.known)
	case "~":
		return above() && c.same(v, min(c.known, 2))
	}
	return above() && c.same(v, c.caret())
}

// same says that the first n parts are equal.
func (c comparator) same(v number, n int) bool {
	for i := range n {
		if v.parts[i] != c.than.parts[i] {
			return false
		}
	}
	return true
}

// caret is how many parts a caret requirement holds fast: up to the first that
// is not zero.
func (c comparator) caret() int {
	for i := range c.known {
		if c.than.parts[i] != 0 {
			return i + 1
		}
	}
	return c.known
}
