package advisory

import (
	"fmt"
	"strings"
	"time"
)

// Lint says what is missing or wrong in a sheet and in documents made from it,
// edited or not. Documents are held against the sheet: it is what is known. A
// severe problem must be mended before the documents are published. With no
// document only the sheet is looked at; of a form that is among the documents
// there must be all that are due.
func Lint(s Sheet, docs []Document) []Problem {
	out := LintSheet(s)
	for _, d := range docs {
		out = append(out, LintDocument(s, d)...)
	}
	return append(out, lintCoverage(s, docs)...)
}

// Publishable says that no severe problem is among them.
func Publishable(problems []Problem) bool {
	for _, p := range problems {
		if p.Severe {
			return false
		}
	}
	return true
}

// found gathers problems.
type found []Problem

func (f *found) severe(rule, where, why string, args ...any) {
	*f = append(*f, Problem{Rule: rule, Where: oneLine(where), Why: fmt.Sprintf(why, args...), Severe: true})
}

func (f *found) advice(rule, where, why string, args ...any) {
	*f = append(*f, Problem{Rule: rule, Where: oneLine(where), Why: fmt.Sprintf(why, args...)})
}

// lintCoverage finds crates of which a form says nothing, and documents that are
// there twice.
func lintCoverage(s Sheet, docs []Document) []Problem {
	var f found
	have := map[Format]map[string]bool{}
	paths := map[string]bool{}
	for _, d := range docs {
		if have[d.Format] == nil {
			have[d.Format] = map[string]bool{}
		}
		have[d.Format][d.Crate] = true
		key := string(d.Format) + " " + strings.ToLower(d.Path)
		if d.Path != "" && paths[key] {
			f.severe("path-twice", d.Path, "Two documents would be one file: keep one.")
		}
		paths[key] = true
	}
	for _, format := range []Format{RustSec, OSV} {
		for _, c := range s.Crates {
			if have[format] != nil && c.told() && !have[format][c.Name] {
				f.severe("advisory-missing", c.Name, "The crate had bad versions or is deleted, but no %s document is about it.", format)
			}
		}
	}
	return f
}

// dated reads a day as the advisory database writes it.
func dated(text string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil
}
