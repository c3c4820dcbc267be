package mirror

import (
	mathbits "math/bits"
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
func compareNames(asked, found string) (l likeness, ok bool) { return newAsked(asked).compare(found) }

// asked is a canonical name that is compared with hundreds of others, with the
// forms of it that comparing needs, made once.
type asked struct {
	name, fold string
	words      []string // sorted; nil for a name of one word
	letters    uint64
	sum        uint
	stem       int // length without the number at the end
}

func newAsked(name string) *asked {
	a := &asked{name: name, fold: foldName(name), stem: stemLength(name)}
	a.letters, a.sum = lettersOf(name)
	if strings.IndexByte(name, '_') >= 0 {
		a.words = strings.Split(name, "_")
		slices.Sort(a.words)
	}
	return a
}

func (a *asked) compare(found string) (l likeness, ok bool) {
	if a.name == found || a.name == "" || found == "" {
		return l, false
	}
	if sameBare(a.name, found) {
		return likeness{"the same letters with other separators", 1}, true
	}
	if reason, ok := oneEdit(a.name, found); ok {
		return likeness{reason, 3}, true
	}
	letters, sum := lettersOf(found)
	switch {
	case looksLike(a.fold, found):
		return likeness{"letters that are easily taken for one another", 2}, true
	case sum == a.sum && a.sameWords(found):
		return likeness{"the same words in another order", 4}, true
	case a.stem >= 2 && stemLength(found) == a.stem && found[:a.stem] == a.name[:a.stem]:
		return likeness{"only the number at the end differs", 6}, true
	}
	if word := affixOf(a.name, found); word != "" {
		return likeness{"with “" + word + "” added", 5}, true
	}
	if word := affixOf(found, a.name); word != "" {
		return likeness{"without “" + word + "”", 5}, true
	}
	// A letter added or dropped changes the set of letters by one at most, a
	// letter changed by two.
	if min(len(a.name), len(found)) >= 6 && mathbits.OnesCount64(letters^a.letters) <= 4 && distance(a.name, found, 2) <= 2 {
		return likeness{"two letters differ", 7}, true
	}
	return l, false
}

// lettersOf gives the set of a name's bytes, as good as 64 bits can tell, and
// their sum.
func lettersOf(name string) (set uint64, sum uint) {
	for i := range len(name) {
		set |= 1 << (name[i] & 63)
		sum += uint(name[i])
	}
	return set, sum
}

// sameBare says whether two names are equal without their separators.
func sameBare(a, b string) bool {
	j := 0
	for i := range len(a) {
		if a[i] == '_' {
			continue
		}
		for j < len(b) && b[j] == '_' {
			j++
		}
		if j == len(b) || a[i] != b[j] {
			return false
		}
		j++
	}
	return strings.TrimLeft(b[j:], "_") == ""
}

func (a *asked) sameWords(found string) bool {
	if len(found) != len(a.name) || a.words == nil {
		return false
	}
	words := strings.Split(found, "_")
	slices.Sort(words)
	return slices.Equal(words, a.words)
}

// stemLength is the length of a name without the number at its end.
func stemLength(name string) int {
	n := len(name)
	for n > 0 && name[n-1] >= '0' && name[n-1] <= '9' {
		n--
	}
	for n > 0 && name[n-1] == '_' {
		n--
	}
	return n
}

// affixOf gives the affix that makes longer out of shorter, "" for none.
func affixOf(shorter, longer string) string {
	if len(longer) < len(shorter)+3 {
		return ""
	}
	rest := len(longer) - len(shorter)
	word := ""
	switch {
	case longer[len(shorter)] == '_' && longer[:len(shorter)] == shorter && slices.Contains(affixes[:], longer[len(shorter)+1:]):
		word = longer[len(shorter)+1:]
	case longer[rest-1] == '_' && longer[rest:] == shorter && slices.Contains(affixes[:], longer[:rest-1]):
		word = longer[:rest-1]
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
