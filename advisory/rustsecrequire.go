package advisory

import (
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// requirement is one entry of the lists "patched" and "unaffected": all of its
// bounds hold.
type requirement []bound

type bound struct {
	op  string // <, <=, >, >= or =
	num string
}

func (r requirement) matches(num string) bool {
	for _, b := range r {
		order := compareVersions(num, b.num)
		switch b.op {
		case "<":
			if order >= 0 {
				return false
			}
		case "<=":
			if order > 0 {
				return false
			}
		case ">":
			if order <= 0 {
				return false
			}
		case ">=":
			if order < 0 {
				return false
			}
		default:
			if order != 0 {
				return false
			}
		}
	}
	return true
}

// open says that it holds for every later version.
func (r requirement) open() bool {
	for _, b := range r {
		if b.op != ">" && b.op != ">=" {
			return false
		}
	}
	return true
}

// parseRequirement reads what the advisory database allows, but for partial
// numbers: those mean something else to some readers.
func parseRequirement(text string) (requirement, error) {
	var out requirement
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		op := part[:len(part)-len(strings.TrimLeft(part, "<>=^~"))]
		num := strings.TrimSpace(part[len(op):])
		if !versionNumber.MatchString(num) || !semver.IsValid("v"+num) {
			return nil, fmt.Errorf("%q is no requirement with a whole version number", oneLine(text))
		}
		switch op {
		case "<", "<=", ">", ">=", "=":
			out = append(out, bound{op, num})
		case "", "^":
			out = append(out, bound{">=", num}, bound{"<", nextBreaking(num)})
		case "~":
			out = append(out, bound{">=", num}, bound{"<", raised(num, 1)})
		default:
			return nil, fmt.Errorf("%q begins with no operator that is known", oneLine(text))
		}
	}
	return out, nil
}

// nextBreaking is the first version that Cargo holds incompatible with a number.
func nextBreaking(num string) string {
	parts := strings.Split(core(num), ".")
	for i, p := range parts {
		if p != "0" {
			return raised(num, i)
		}
	}
	return raised(num, 2)
}

func core(num string) string {
	num, _, _ = strings.Cut(num, "+")
	num, _, _ = strings.Cut(num, "-")
	return num
}

// raised adds one to a part of a number and makes those after it zero.
func raised(num string, at int) string {
	parts := strings.Split(core(num), ".")
	parts[at] = plusOne(parts[at])
	for i := at + 1; i < len(parts); i++ {
		parts[i] = "0"
	}
	return strings.Join(parts, ".") + "-0"
}

// plusOne adds one to a decimal number of any length.
func plusOne(digits string) string {
	d := []byte(digits)
	for i := len(d) - 1; i >= 0; i-- {
		if d[i] != '9' {
			d[i]++
			return string(d)
		}
		d[i] = '0'
	}
	return "1" + string(d)
}
