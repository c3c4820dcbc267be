package advisory

import (
	"slices"
	"strings"
	"time"
)

// csafProducts holds the products to be defined once and used, and every bad
// version to be among the affected with its hash and CWE.
func (f *found) csafProducts(s Sheet, d Document, c CSAFDocument) {
	var defined, affected []string
	if c.Tree != nil {
		for _, p := range c.Tree.Names {
			if slices.Contains(defined, p.ID) {
				f.severe("product-twice", d.name(), "The product %s is defined twice.", oneLine(p.ID))
			}
			defined = append(defined, p.ID)
		}
	}
	for _, w := range c.Vulnerabilities {
		cwes := w.CWEs
		if w.CWE != nil {
			cwes = append(cwes, *w.CWE)
		}
		if !slices.ContainsFunc(cwes, func(w CSAFCWE) bool { return w.ID == malicious.ID }) {
			f.severe("cwe-missing", d.name(), "%q names no %s, %s.", oneLine(w.Title), malicious.ID, malicious.Name)
		}
		for _, id := range w.Status.Affected {
			if !slices.Contains(defined, id) {
				f.severe("product-unknown", d.name(), "The product %s is not defined.", oneLine(id))
			}
			affected = append(affected, id)
		}
	}
	for _, crate := range s.Crates {
		for _, v := range crate.Bad {
			if !slices.Contains(affected, csafProduct(crate.Name, v.Num)) {
				f.severe("version-missing", d.name(), "%s %s is bad, but the document does not mark it.", crate.Name, v.Num)
			}
			if v.SHA256 == "" || !strings.Contains(d.Text, strings.ToLower(v.SHA256)) {
				f.severe("hash-missing", d.name(), "The SHA-256 of %s %s is not in it.", crate.Name, v.Num)
			}
			if !strings.Contains(d.Text, stampUTC(v.Published)) || v.Gone().IsZero() || !strings.Contains(d.Text, stampUTC(v.Gone())) {
				f.severe("window-missing", d.name(), "It does not say from when to when %s %s could be downloaded.", crate.Name, v.Num)
			}
		}
	}
}

// lastTakedown is that of the last crate.
func (s Sheet) lastTakedown() (last time.Time) {
	for _, c := range s.Crates {
		if down := c.takenDown(); down.After(last) {
			last = down
		}
	}
	return last
}
