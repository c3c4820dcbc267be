package advisory

import (
	"fmt"
	"strings"
)

// csafProducts are the bad versions of a crate, each with its package URL and the
// hash of its file. A crate that is gone without a version known stands for all.
func csafProducts(s Sheet, c Crate, v csafVersion) []CSAFProduct {
	product := func(num, sum string) CSAFProduct {
		p := CSAFProduct{
			Name: fmt.Sprintf("%s %s on %s", c.Name, num, s.Registry.name()), ID: csafProduct(c.Name, num),
			Helper: &CSAFHelper{},
		}
		at := purl(c.Name, num)
		if num == "" {
			p.Name = fmt.Sprintf("%s on %s, every version", c.Name, s.Registry.name())
		}
		if v == csaf21 {
			p.Helper.PURLs = []string{at}
		} else {
			p.Helper.PURL = at
		}
		if sha256Hex.MatchString(sum) {
			p.Helper.Hashes = []CSAFHashes{{
				File: c.Name + "-" + num + ".crate", Hashes: []CSAFHash{{Algorithm: "sha256", Value: strings.ToLower(sum)}},
			}}
		}
		return p
	}
	var out []CSAFProduct
	for _, bad := range c.Bad {
		out = append(out, product(bad.Num, bad.SHA256))
	}
	if len(out) == 0 {
		out = append(out, product("", ""))
	}
	return out
}

func csafProduct(crate, num string) string {
	if num == "" {
		return crate
	}
	return crate + "@" + num
}

// csafWeakness says of a crate what was wrong with which versions, since when,
// and what to do.
func csafWeakness(s Sheet, c Crate, v csafVersion) CSAFWeakness {
	var ids []string
	for _, p := range csafProducts(s, c, v) {
		ids = append(ids, p.ID)
	}
	w := CSAFWeakness{
		Title:  "Malicious code in " + c.Name,
		Status: CSAFStatus{Affected: ids},
	}
	cwe := CSAFCWE{ID: malicious.ID, Name: malicious.Name}
	if v == csaf21 {
		cwe.Version = "4.17"
		w.CWEs = []CSAFCWE{cwe}
	} else {
		w.CWE = &cwe
		if first := (Sheet{Crates: []Crate{c}}).firstPublished(); !first.IsZero() {
			w.Released = zulu(first)
		}
	}
	if s.ReportedAt != nil && !s.ReportedAt.IsZero() {
		w.Discovered = zulu(*s.ReportedAt)
	}
	note := func(category, title, text string) {
		if text != "" {
			w.Notes = append(w.Notes, CSAFNote{Category: category, Title: title, Text: text})
		}
	}
	note("description", "What it does", or(paragraph(s.behaviour(c)), "Malicious code."))
	note("details", "Versions and times", csafVersions(s, c))
	if s.UsedInTheWild != nil {
		w.Threats = append(w.Threats, CSAFThreat{Category: "exploit_status", Details: csafUse(s), Products: ids})
	}
	w.Remediations = []CSAFRemedy{csafRemedy(c, ids)}
	return w
}

func csafRemedy(c Crate, ids []string) CSAFRemedy {
	r := CSAFRemedy{Category: "mitigation", Products: ids}
	switch {
	case c.Deleted:
		r.Details = fmt.Sprintf("Remove %s from every build and from Cargo.lock; the whole crate was deleted from the registry.", c.Name)
	case len(c.Good) > 0:
		r.Category = "vendor_fix"
		r.Details = fmt.Sprintf("Use another version of %s, such as %s; every version but %s is unaffected.",
			c.Name, oneLine(c.Good[len(c.Good)-1]), and(ordered(c.numbers())))
	default:
		r.Details = fmt.Sprintf("Do not use %s of %s, and look for it in Cargo.lock and in Cargo's caches.", and(ordered(c.numbers())), c.Name)
	}
	r.Details += " Treat every machine that built it as read by somebody else: change its secrets."
	return r
}
