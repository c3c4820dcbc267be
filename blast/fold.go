package blast

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// largeDigits is from how many digits on a number may be too large for the
// library, which counts to 2^63-2 and takes longer numbers in a pre-release for
// words. Cargo counts to 2^64-1, and without an end in a pre-release. Nobody needs
// such numbers, but who wants to be overlooked could publish one.
const largeDigits = 19

// large says whether a version or requirement has a number that the library may
// get wrong.
func large(text string) bool {
	if len(text) < largeDigits {
		return false
	}
	digits := 0
	for i := range len(text) {
		if digits++; text[i] < '0' || text[i] > '9' {
			digits = 0
		}
		if digits == largeDigits {
			return true
		}
	}
	return false
}

// fold writes versions, which may be parts of requirements, with small numbers
// instead of theirs, in the same order: nothing but their order matters, and
// whether they are zero. Between any two there is a gap, since the library takes
// >1 for >=2. Build metadata is left out.
func fold(texts ...string) []string {
	var all []string
	for _, text := range texts {
		eachNumber(text, func(n string) string { all = append(all, n); return n })
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	all = slices.Compact(all)
	if len(all) == 0 || all[0] != "0" {
		all = slices.Insert(all, 0, "0")
	}
	place := make(map[string]string, len(all))
	for i, n := range all {
		place[n] = strconv.Itoa(2 * i)
	}
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = eachNumber(text, func(n string) string { return place[n] })
	}
	return out
}

// shrunk is a version that the library can read: itself, as a rule.
func shrunk(text string) string {
	if !large(text) {
		return text
	}
	_, build, tag := strings.Cut(text, "+")
	if text = fold(text)[0]; tag {
		text += "+" + build
	}
	return text
}

// eachNumber writes a version with other numbers; words and wildcards stay.
func eachNumber(text string, to func(number string) string) string {
	text, _, _ = strings.Cut(text, "+")
	core, pre, tag := strings.Cut(text, "-")
	change := func(text string) string {
		parts := strings.Split(text, ".")
		for i, part := range parts {
			if isNumber(part) && (part == "0" || part[0] != '0') {
				parts[i] = to(part)
			}
		}
		return strings.Join(parts, ".")
	}
	if core = change(core); tag {
		core += "-" + change(pre)
	}
	return core
}
