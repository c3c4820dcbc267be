package files

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Difference is one point in which two lines disagree.
type Difference struct {
	// Field is the index's own key; dependencies and features add the name,
	// such as "deps.serde" or "features.std".
	Field string
	// A and B are the two values in words; "absent" for none.
	A, B string
}

// Sentence tells the difference, naming the two sides as the caller does, for
// example "the index" and "the database".
func (d Difference) Sentence(sideA, sideB string) string {
	return fmt.Sprintf("%s: %s has %s, %s has %s", d.Field, sideA, d.A, sideB, d.B)
}

// String tells the difference with the sides called first and second.
func (d Difference) String() string { return d.Sentence("first", "second") }

const absent = "absent"

// CompareLine lists every point in which two lines differ, in the order of the
// index's fields; none when they would be written with the same bytes and
// hold no unknown key. The order of dependencies is compared only if their
// content is equal.
func CompareLine(a, b Line) []Difference {
	var out []Difference
	add := func(field, va, vb string) {
		if va != vb {
			out = append(out, Difference{field, va, vb})
		}
	}
	add("name", strconv.Quote(a.Name), strconv.Quote(b.Name))
	add("vers", strconv.Quote(a.Vers), strconv.Quote(b.Vers))
	out = append(out, compareDeps(a.Deps, b.Deps)...)
	add("cksum", strconv.Quote(a.Cksum), strconv.Quote(b.Cksum))
	out = append(out, compareFeatures("features", a.Features, b.Features)...)
	out = append(out, compareFeatures("features2", a.Features2, b.Features2)...)
	add("yanked", strconv.FormatBool(a.Yanked), strconv.FormatBool(b.Yanked))
	add("links", optionalWord(a.Links), optionalWord(b.Links))
	add("rust_version", optionalWord(a.RustVersion), optionalWord(b.RustVersion))
	add("pubtime", emptyWord(a.PubTime), emptyWord(b.PubTime))
	add("v", versionWord(a.V), versionWord(b.V))
	add("unknown keys", listWord(a.Unknown), listWord(b.Unknown))
	return out
}

// compareDeps pairs dependencies by name, kind and target. Several with the
// same three are paired in index order.
func compareDeps(a, b []Dep) []Difference {
	groupsA, groupsB := groupDeps(a), groupDeps(b)
	keys := maps.Clone(groupsA)
	maps.Copy(keys, groupsB)
	var out []Difference
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		left, right := groupsA[key], groupsB[key]
		for i := range max(len(left), len(right)) {
			wordA, wordB := absent, absent
			if i < len(left) {
				wordA = depWord(left[i])
			}
			if i < len(right) {
				wordB = depWord(right[i])
			}
			if wordA != wordB {
				out = append(out, Difference{"deps." + depName(left, right), wordA, wordB})
			}
		}
	}
	if len(out) == 0 && !slices.EqualFunc(a, b, func(x, y Dep) bool { return compareDep(x, y) == 0 && x.Kind == y.Kind }) {
		out = append(out, Difference{"deps", orderWord(a), orderWord(b)})
	}
	return out
}

func groupDeps(deps []Dep) map[string][]Dep {
	sorted := slices.Clone(deps)
	SortDeps(sorted)
	groups := make(map[string][]Dep, len(sorted))
	for _, d := range sorted {
		key := d.Name + "\x00" + d.Kind + "\x00" + optionalWord(d.Target)
		groups[key] = append(groups[key], d)
	}
	return groups
}

func orderWord(deps []Dep) string {
	words := make([]string, len(deps))
	for i, d := range deps {
		words[i] = d.Name + " (" + depWord(d) + ")"
	}
	return "the order " + strings.Join(words, "; ")
}

func depName(a, b []Dep) string {
	if len(a) > 0 {
		return a[0].Name
	}
	return b[0].Name
}

func depWord(d Dep) string {
	kind := d.Kind
	if kind == "" {
		kind = "no"
	}
	words := []string{strconv.Quote(d.Req), kind + " kind"}
	if d.Package != nil {
		words = append(words, "package "+strconv.Quote(*d.Package))
	}
	if d.Target != nil {
		words = append(words, "target "+strconv.Quote(*d.Target))
	}
	if d.Optional {
		words = append(words, "optional")
	}
	if !d.DefaultFeatures {
		words = append(words, "without default features")
	}
	if len(d.Features) > 0 {
		words = append(words, "features "+listWord(d.Features))
	}
	return strings.Join(words, ", ")
}

func compareFeatures(field string, a, b map[string][]string) []Difference {
	keys := maps.Clone(a)
	if keys == nil {
		keys = map[string][]string{}
	}
	maps.Copy(keys, b)
	var out []Difference
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		valuesA, inA := a[name]
		valuesB, inB := b[name]
		if inA == inB && slices.Equal(valuesA, valuesB) {
			continue
		}
		out = append(out, Difference{field + "." + name, featureWord(valuesA, inA), featureWord(valuesB, inB)})
	}
	return out
}

func featureWord(values []string, present bool) string {
	if !present {
		return absent
	}
	return listWord(values)
}

func listWord(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func optionalWord(s *string) string {
	if s == nil {
		return absent
	}
	return strconv.Quote(*s)
}

func emptyWord(s string) string {
	if s == "" {
		return absent
	}
	return s
}

func versionWord(v int) string {
	if v == 0 {
		return absent
	}
	return strconv.Itoa(v)
}
