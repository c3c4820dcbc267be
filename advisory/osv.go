package advisory

import (
	"regexp"
	"slices"
	"strings"

	"cratewarden"
)

// osvRecords writes one record for each crate, by the house rules of the
// malicious-packages repository: one affected package, a number that its robot
// gives later, no summary, because the robot writes it.
func osvRecords(s Sheet) ([]Document, error) {
	var out []Document
	for _, c := range s.Crates {
		if !c.told() {
			continue
		}
		if err := safe(c); err != nil {
			return nil, err
		}
		text, err := asJSON(osvRecord(s, c))
		if err != nil {
			return nil, err
		}
		out = append(out, Document{Format: OSV, Crate: c.Name, Type: "application/json", Path: s.osvPath(c.Name), Text: text})
	}
	return out, nil
}

// osvID is the placeholder that the repository's robot replaces.
func osvID(crate string) string { return "MAL-0000-" + crate }

// osvPath is where a record belongs: the folder is spelled with underscores,
// whatever the crate is.
func (s Sheet) osvPath(crate string) string {
	return "osv/malicious/" + s.Registry.ecosystem() + "/" + cratewarden.CanonName(crate) + "/" + osvID(crate) + ".json"
}

// ecosystem is the registry's name in OSV; any registry of Cargo's kind that has
// none of its own is told as crates.io, the only one that the schema knows.
func (r Registry) ecosystem() string {
	if !ecosystemWord.MatchString(r.Ecosystem) {
		return "crates.io"
	}
	return r.Ecosystem
}

// ecosystemWord is a name that can be a folder.
var ecosystemWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func osvRecord(s Sheet, c Crate) OSVRecord {
	r := OSVRecord{
		SchemaVersion: osvSchema, ID: osvID(c.Name), Modified: zulu(s.AsOf), Published: zulu(s.AsOf),
		Details: osvDetails(s, c),
	}
	var a OSVAffected
	a.Package.Ecosystem, a.Package.Name, a.Package.PURL = s.Registry.ecosystem(), c.Name, purl(c.Name, "")
	if c.Deleted {
		a.Ranges = []OSVRange{{Type: "SEMVER", Events: []map[string]string{{"introduced": "0"}}}}
	}
	a.Versions = c.numbers()
	slices.SortStableFunc(a.Versions, compareVersions)
	a.Specific.CWEs = []osvCWE{malicious}
	r.Affected = []OSVAffected{a}
	for _, l := range s.Links {
		if to := address(l.URL); to != "" {
			r.References = append(r.References, OSVReference{osvReference(l.Kind), to})
		}
	}
	for _, f := range s.Finder {
		credit := OSVCredit{Name: oneLine(f.Name), Type: osvCredit(f.Type)}
		if to := address(f.Contact); to != "" {
			credit.Contact = []string{to}
		}
		if credit.Name != "" {
			r.Credits = append(r.Credits, credit)
		}
	}
	if iocs := indicators(s, c); len(iocs) > 0 {
		r.Specific = &OSVSpecific{IOCs: iocs}
	}
	return r
}

// osvDetails says why, what, when it runs, when it was there, and the campaign.
func osvDetails(s Sheet, c Crate) string {
	texts := []string{
		prose(s.behaviour(c)), prose(s.Trigger), rustSecTimes(s, c), rustSecRest(c), osvImitates(c),
		s.dependents(c), s.evidenceOfUse(), s.campaign(),
	}
	texts = slices.DeleteFunc(texts, func(t string) bool { return t == "" })
	return strings.Join(texts, "\n\n")
}

func osvImitates(c Crate) string {
	if c.Imitates == "" {
		return ""
	}
	return "Its name imitates the crate " + code(c.Imitates) + "."
}

func (s Sheet) campaign() string {
	var tags []string
	for _, tag := range s.Campaign {
		if tag = oneLine(tag); tag != "" {
			tags = append(tags, inert(tag))
		}
	}
	if len(tags) == 0 {
		return ""
	}
	return "Campaign: " + and(tags) + "."
}
