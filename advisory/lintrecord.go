package advisory

import (
	"slices"
	"strings"
	"time"
)

func (f *found) osv(s Sheet, d Document) {
	r, err := ParseOSV(d.Text)
	if err != nil {
		f.severe("unreadable", d.name(), "%s.", sentenceCase(err.Error()))
		return
	}
	if len(r.Affected) != 1 {
		f.severe("affected-count", d.name(), "It has %d affected packages; the repository takes exactly one for each file.", len(r.Affected))
		return
	}
	a := r.Affected[0]
	c, ok := f.about(s, d, a.Package.Name)
	if !ok {
		return
	}
	if a.Package.Ecosystem != s.Registry.ecosystem() {
		f.severe("ecosystem-wrong", d.name(), "The ecosystem is %q; it must be %s.", oneLine(a.Package.Ecosystem), s.Registry.ecosystem())
	}
	if s.Registry.ecosystem() != "crates.io" {
		f.severe("ecosystem-wrong", d.name(), "The schema of OSV knows no registry of crates but crates.io.")
	}
	if want := s.osvPath(c.Name); d.Path != want && d.Path != PathOf(Document{Format: OSV, Crate: c.Name, Path: want, Text: d.Text}) {
		f.severe("path-wrong", d.name(), "It belongs to %s.", want)
	}
	if !strings.HasPrefix(r.ID, "MAL-") {
		f.severe("id-wrong", d.name(), "The number %q does not begin with MAL-; write the placeholder %s.", oneLine(r.ID), osvID(c.Name))
	}
	if !slices.ContainsFunc(a.Specific.CWEs, func(w osvCWE) bool { return w.ID == malicious.ID }) {
		f.severe("cwe-missing", d.name(), "Name %s, %s.", malicious.ID, malicious.Name)
	}
	if len(a.Versions) == 0 && len(a.Ranges) == 0 {
		f.severe("window-missing", d.name(), "It names neither versions nor a range: tools would not know what is bad.")
	}
	if len(r.Credits) == 0 && len(r.References) == 0 {
		f.severe("source-missing", d.name(), "It needs a credit or a reference.")
	}
	for _, at := range []string{r.Modified, r.Published, r.Withdrawn} {
		f.zuluTime(d, at, at == r.Modified)
	}
	if t, err := time.Parse(time.RFC3339, r.Modified); err == nil && !c.takenDown().IsZero() && t.Before(c.takenDown()) {
		f.severe("date-before-takedown", d.name(), "It is dated %s, but the takedown was at %s.", r.Modified, stampUTC(c.takenDown()))
	}
	f.windows(d, c, a.Affects, a.Open())
	for _, num := range a.Versions {
		if !slices.Contains(c.numbers(), num) {
			f.severe("range-wrong", d.name(), "%s %s is marked, but the sheet does not call it bad.", c.Name, oneLine(num))
		}
	}
	if strings.TrimSpace(r.Details) == "" {
		f.severe("behaviour-missing", d.name(), "The details are empty: say why, what it does and when it runs.")
		return
	}
	f.told(s, d, c, r.Details)
}

// zuluTime refuses times that do not end in Z, which the schema does not take.
func (f *found) zuluTime(d Document, at string, needed bool) {
	if at == "" && !needed {
		return
	}
	if _, err := time.Parse(time.RFC3339, at); err != nil || !strings.HasSuffix(at, "Z") {
		f.severe("time-wrong", d.name(), "%q is no time in UTC: write it as 2026-08-20T08:41:40Z.", oneLine(at))
	}
}
