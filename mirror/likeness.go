package mirror

import (
	"slices"
	"strings"
)

// likeness says in words how one canonical name resembles another. rank orders
// the kinds, 1 being the hardest for a reader to notice.
type likeness struct {
	reason string
	rank   int
}

// affixes are the words that names of one family add in front or behind
// (research detection.md 1.1, "affixes").
var affixes = [...]string{"api", "cargo", "cli", "core", "lib", "rs", "rust", "sys"}

// compareNames says how found resembles asked; ok is false when it does not, or
// when both are the same.
func compareNames(asked, found string) (l likeness, ok bool) {
	if asked == found || asked == "" || found == "" {
		return l, false
	}
	if bare(asked) == bare(found) {
		return likeness{"the same letters with other separators", 1}, true
	}
	if reason, ok := oneEdit(asked, found); ok {
		return likeness{reason, 3}, true
	}
	switch {
	case foldName(asked) == foldName(found):
		return likeness{"letters that are easily taken for one another", 2}, true
	case sameWords(asked, found):
		return likeness{"the same words in another order", 4}, true
	case endNumber(asked) == endNumber(found) && len(endNumber(asked)) >= 2:
		return likeness{"only the number at the end differs", 6}, true
	}
	if word := affixOf(asked, found); word != "" {
		return likeness{"with “" + word + "” added", 5}, true
	}
	if word := affixOf(found, asked); word != "" {
		return likeness{"without “" + word + "”", 5}, true
	}
	if min(len(asked), len(found)) >= 6 && distance(asked, found, 2) <= 2 {
		return likeness{"two letters differ", 7}, true
	}
	return l, false
}

// bare gives a canonical name without separators.
func bare(name string) string { return strings.ReplaceAll(name, "_", "") }

func sameWords(a, b string) bool {
	x, y := strings.Split(a, "_"), strings.Split(b, "_")
	if len(x) != len(y) || len(x) < 2 {
		return false
	}
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// endNumber gives a name without the number at its end.
func endNumber(name string) string {
	return strings.TrimRight(strings.TrimRight(name, "0123456789"), "_")
}

// affixOf gives the affix that makes longer out of shorter, "" for none.
func affixOf(shorter, longer string) string {
	if len(longer) < len(shorter)+3 {
		return ""
	}
	word, found := strings.CutPrefix(longer, shorter+"_")
	if !found || !slices.Contains(affixes[:], word) {
		if word, found = strings.CutSuffix(longer, "_"+shorter); !found || !slices.Contains(affixes[:], word) {
			return ""
		}
	}
	return word
}

// oneEdit says which single slip of a finger turns asked into found.
func oneEdit(asked, found string) (reason string, ok bool) {
	start := 0
	for start < min(len(asked), len(found)) && asked[start] == found[start] {
		start++
	}
	a, f := asked[start:], found[start:]
	for len(a) > 0 && len(f) > 0 && a[len(a)-1] == f[len(f)-1] {
		a, f = a[:len(a)-1], f[:len(f)-1]
	}
	switch {
	case len(a) == 1 && len(f) == 1:
		if confusable(a[0], f[0]) {
			return f + " in place of " + a, true
		}
		return "one letter changed: " + f + " for " + a, true
	case len(a) == 2 && len(f) == 2 && a[0] == f[1] && a[1] == f[0]:
		return "two neighbouring letters swapped: " + f + " for " + a, true
	case len(a) == 0 && len(f) == 1:
		if start > 0 && found[start-1] == f[0] {
			return "the letter " + f + " doubled", true
		}
		return "one letter added: " + f, true
	case len(a) == 1 && len(f) == 0:
		return "one letter missing: " + a, true
	}
	return "", false
}

func confusable(a, b byte) bool {
	for _, group := range [...]string{"0o", "1il", "5s", "2z", "8b", "uv", "6b", "9gq", "3e"} {
		if strings.IndexByte(group, a) >= 0 && strings.IndexByte(group, b) >= 0 {
			return true
		}
	}
	return false
}

// distance counts the letters to add, drop, change or swap with a neighbour to
// turn a into b; above most it only says that it is more.
func distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most || len(a) > maxGrams || len(b) > maxGrams {
		return most + 1
	}
	var rows [3][maxGrams + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// slips visits every name that one slip of a finger makes of name; the bytes are
// good until visit returns. Names longer than the bound are left to the likeness
// of grams, which is sure for them.
func slips(name string, visit func([]byte)) {
	const alphabet, longest = "abcdefghijklmnopqrstuvwxyz0123456789_", 32
	if len(name) > longest {
		return
	}
	var room [longest + 1]byte
	for i := range len(name) {
		b := append(append(room[:0], name[:i]...), name[i+1:]...)
		visit(b)
	}
	b := append(room[:0], name...)
	for i := range b {
		own := b[i]
		for _, c := range []byte(alphabet) {
			if c != own {
				b[i] = c
				visit(b)
			}
		}
		b[i] = own
		if i+1 < len(b) && b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			visit(b)
			b[i], b[i+1] = b[i+1], b[i]
		}
	}
	for i := range len(name) + 1 {
		b := append(append(append(room[:0], name[:i]...), 0), name[i:]...)
		for _, c := range []byte(alphabet) {
			b[i] = c
			visit(b)
		}
	}
}
