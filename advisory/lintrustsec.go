package advisory

import (
	"slices"
	"strings"
	"time"
)

func (f *found) rustSec(s Sheet, d Document) {
	r, err := ParseRustSec(d.Text)
	if err != nil {
		f.severe("unreadable", d.name(), "%s.", sentenceCase(err.Error()))
		return
	}
	c, ok := f.about(s, d, r.Advisory.Package)
	if !ok {
		return
	}
	switch want := rustSecPath(c.Name); {
	case d.Path != want && !hasNumber(d.Path, c.Name):
		f.severe("path-wrong", d.name(), "It belongs to %s.", want)
	case PathOf(d) != d.Path && r.Advisory.ID != "":
		f.severe("id-wrong", d.name(), "It calls itself %q, but its file is named %s.", oneLine(r.Advisory.ID), d.Path)
	}
	for _, fault := range r.faults() {
		f.severe("format-wrong", d.name(), "%s", fault)
	}
	if !slices.Contains(r.Advisory.Categories, "malicious") {
		f.severe("category-missing", d.name(), `Write categories = ["malicious"]: filters miss it without.`)
	}
	if r.Advisory.Informational != "" {
		f.severe("category-wrong", d.name(), "Malicious code is no informational notice: take that key out.")
	}
	if c.Deleted != r.Advisory.ExpectDeleted {
		f.severe("expect-deleted-wrong", d.name(), "expect-deleted is %v, but the crate is deleted: %v.", r.Advisory.ExpectDeleted, c.Deleted)
	}
	f.rustSecDate(s, d, c, r.Advisory.Date)
	for _, to := range append([]string{r.Advisory.URL}, r.Advisory.References...) {
		if to != "" && !strings.HasPrefix(address(to), "https://") {
			f.severe("link-unsafe", d.name(), "%q is no whole address that begins with https://.", oneLine(to))
		}
	}
	if len(r.Versions.Patched) > 0 {
		f.advice("patched", d.name(), "Bad code has no patch: good versions stand under unaffected.")
	}
	f.windows(d, c, r.Affects, r.Open())
	f.told(s, d, c, r.Heading+"\n\n"+r.Body)
	if !strings.Contains(r.Heading, c.Name) {
		f.severe("heading-wrong", d.name(), "The heading does not name the crate.")
	}
}

// hasNumber says that an editor of the database has given the file its number.
func hasNumber(path, crate string) bool {
	rest, ok := strings.CutPrefix(path, "crates/"+crate+"/RUSTSEC-")
	year, number, dash := strings.Cut(strings.TrimSuffix(rest, ".md"), "-")
	return ok && dash && len(year) == 4 && len(number) == 4 && strings.Trim(year+number, "0123456789") == ""
}

func (f *found) rustSecDate(s Sheet, d Document, c Crate, text string) {
	day, ok := dated(text)
	if !ok {
		f.severe("date-missing", d.name(), "%q is no date: write it as 2026-08-20.", oneLine(text))
		return
	}
	if down := c.takenDown(); d.Before == "" && !down.IsZero() && day.Before(down.UTC().Truncate(24*time.Hour)) {
		f.severe("date-before-takedown", d.name(), "It is dated %s, but the takedown was at %s.", text, stampUTC(down))
	}
	if !s.AsOf.IsZero() && day.After(s.AsOf.UTC()) {
		f.severe("date-wrong", d.name(), "It is dated %s, after the facts of %s.", text, stampUTC(s.AsOf))
	}
}
