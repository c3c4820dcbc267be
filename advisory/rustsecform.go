package advisory

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rustSecCategories are the kinds that the database knows.
var rustSecCategories = []string{
	"code-execution", "crypto-failure", "denial-of-service", "file-disclosure", "format-injection", "logic-bug", "malicious", "memory-corruption",
	"memory-exposure", "parser-confusion", "privilege-escalation", "thread-safety",
}

// faults are what the database's own lint (rustsec-admin, of 2026) refuses of a
// file that can be read, each as a sentence. What it asks the registry's index,
// whether the package is there, cannot hold for a crate that is gone.
func (f RustSecFile) faults() (out []string) {
	say := func(wrong bool, why string, args ...any) {
		if wrong {
			out = append(out, fmt.Sprintf(why, args...))
		}
	}
	a := f.Advisory
	say(a.Package == "", "The key package is missing.")
	day, ok := dated(a.Date)
	say(ok && (day.Year() < 2000 || day.Year() > 2100), "The year %d is outside of those that the database takes.", day.Year())
	switch year, known := rustSecYear(a.ID); {
	case a.ID == rustSecID:
	case !known:
		say(true, "%q is no number of the database: write %s until its editors give one.", oneLine(a.ID), rustSecID)
	default:
		say(ok && year != day.Year(), "The number %s is of another year than the date %s.", oneLine(a.ID), oneLine(a.Date))
	}
	for key, there := range map[string]bool{
		"title": a.Title != "", "collection": a.Collection != "", "source": a.Source != "", "yanked": a.Yanked, "metadata": a.Metadata != nil,
	} {
		say(there, "The database takes no key %s.", key)
	}
	for _, c := range a.Categories {
		say(!slices.Contains(rustSecCategories, c), "The database knows no category %q.", oneLine(c))
	}
	say(a.License != "" && a.License != "CC0-1.0" && a.License != "CC-BY-4.0", "The license is CC0-1.0 or CC-BY-4.0, not %q.", oneLine(a.License))
	for _, alias := range a.Aliases {
		say(strings.HasPrefix(alias, "GHSA-") && strings.Contains(a.URL, alias), "The url repeats the alias %s: give another page.", oneLine(alias))
	}
	for _, id := range slices.Concat(a.Aliases, a.Related) {
		_, known := rustSecYear(id)
		say(!known && !strings.HasPrefix(id, "GHSA-"), "%q is no number of a database that RustSec knows.", oneLine(id))
	}
	say(f.Versions.Patched == nil, "The key patched is missing: write patched = [].")
	out = append(out, rangeFaults(append(slices.Clone(f.Versions.Patched), f.Versions.Unaffected...), f.good)...)
	out = append(out, affectedFaults(a.Package, f.Affected)...)
	say(strings.TrimSpace(f.Body) == "", "Under the heading stands no text.")
	for l := range strings.Lines(f.Heading + "\n" + f.Body) {
		name := bareName(l)
		say(name != "", "%q would tell somebody of that name: write it without the @.", "@"+name)
	}
	slices.Sort(out) // keys of a map come in any order
	return slices.Compact(out)
}

// numbered ids are those with a year in them.
var yearID = regexp.MustCompile(`^(?:RUSTSEC|CVE|TALOS)-([0-9]{4})-([0-9]{1,9})$`)

func rustSecYear(id string) (year int, ok bool) {
	m := yearID.FindStringSubmatch(id)
	if m == nil {
		return 0, false
	}
	year, err := strconv.Atoi(m[1])
	return year, err == nil && year >= 2000 && year <= 2100
}

// bareName finds what the database's lint takes for the name of a person in a
// line: letters after an @ up to a space, if no dot, @ or backtick is among them.
func bareName(line string) string {
	// Each part goes up to the next @ and holds it, so that name@name is no name.
	for _, part := range strings.SplitAfter(line, "@")[1:] {
		if part == "" || !isAlnum(part[0]) {
			continue
		}
		if word := strings.Fields(part)[0]; !strings.ContainsAny(word, ".@`") {
			return strings.TrimRight(word, ")]")
		}
	}
	return ""
}

func isAlnum(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// rangeFaults are windows that the database cannot turn into ranges: more than one
// bound to a side, an exact or compatible number beside another, nothing between
// the bounds, or windows that overlap.
func rangeFaults(texts []string, windows []requirement) (out []string) {
	var whole []span
	for i, r := range windows {
		text := oneLine(texts[i])
		parts := strings.Split(texts[i], ",")
		var s span
		fault := ""
		for _, part := range parts {
			if op := strings.TrimSpace(part); len(parts) > 1 && !strings.HasPrefix(op, "<") && !strings.HasPrefix(op, ">") {
				fault = "%q: a number without < or > stands alone in its window."
			}
		}
		for _, b := range r {
			if tooLong(b.num) {
				fault = "%q holds a number that no registry takes."
			}
			if !s.put(b) && fault == "" {
				fault = "%q has more than one bound to a side."
			}
		}
		switch {
		case fault == "" && s.empty():
			fault = "%q holds no version."
		case fault == "" && slices.ContainsFunc(whole, s.overlaps):
			fault = "%q overlaps another window."
		}
		if fault != "" {
			out = append(out, fmt.Sprintf(fault, text))
			continue
		}
		whole = append(whole, s)
	}
	return out
}

// tooLong says that a part of a number has more than 64 bits.
func tooLong(num string) bool {
	return slices.ContainsFunc(strings.Split(core(num), "."), func(part string) bool {
		_, err := strconv.ParseUint(part, 10, 64)
		return err != nil
	})
}

// span is a window as two bounds; one without a number is open.
type span struct{ from, to bound }

func (s *span) put(b bound) bool {
	switch {
	case b.op == "=":
		if s.from.num != "" || s.to.num != "" {
			return false
		}
		s.from, s.to = bound{">=", b.num}, bound{"<=", b.num}
	case strings.HasPrefix(b.op, ">"):
		if s.from.num != "" {
			return false
		}
		s.from = b
	default:
		if s.to.num != "" {
			return false
		}
		s.to = b
	}
	return true
}

func (s span) empty() bool { return !before(s.from, s.to) }

func (s span) overlaps(o span) bool { return before(s.from, o.to) && before(o.from, s.to) }

// before says that a lower bound lets something through below an upper one.
func before(low, high bound) bool {
	if low.num == "" || high.num == "" {
		return true
	}
	order := compareVersions(low.num, high.num)
	return order < 0 || order == 0 && low.op == ">=" && high.op == "<="
}

// affectedFaults are keys and paths of functions that the database does not take.
func affectedFaults(crate string, affected map[string]any) (out []string) {
	for key, value := range affected {
		switch key {
		case "functions":
			functions, _ := value.(map[string]any)
			for path := range functions {
				if first, _, _ := strings.Cut(path, "::"); first != strings.ReplaceAll(crate, "-", "_") {
					out = append(out, fmt.Sprintf("The path %q of a function begins with another crate.", oneLine(path)))
				}
			}
		case "arch", "os":
		default:
			out = append(out, fmt.Sprintf("The database takes no key %q under affected.", oneLine(key)))
		}
	}
	return out
}
