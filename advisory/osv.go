package advisory

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"cratewarden"
)

// osvSchema is the version of the schema that the records follow.
const osvSchema = "1.7.5"

// malicious is the weakness that every record of a malicious package names.
var malicious = osvCWE{"CWE-506", "Embedded Malicious Code",
	"The product contains code that appears to be malicious in nature."}

// OSVRecord is a record of the malicious-packages repository, as far as this
// program writes and reads it.
type OSVRecord struct {
	SchemaVersion string         `json:"schema_version"`
	ID            string         `json:"id"`
	Modified      string         `json:"modified"`
	Published     string         `json:"published,omitempty"`
	Withdrawn     string         `json:"withdrawn,omitempty"`
	Aliases       []string       `json:"aliases,omitempty"`
	Summary       string         `json:"summary,omitempty"`
	Details       string         `json:"details"`
	Affected      []OSVAffected  `json:"affected"`
	References    []OSVReference `json:"references,omitempty"`
	Credits       []OSVCredit    `json:"credits,omitempty"`
	Specific      *OSVSpecific   `json:"database_specific,omitempty"`
}

// OSVAffected is the one package that a record is about.
type OSVAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
		PURL      string `json:"purl,omitempty"`
	} `json:"package"`
	Ranges   []OSVRange `json:"ranges,omitempty"`
	Versions []string   `json:"versions,omitempty"`
	Specific struct {
		CWEs []osvCWE `json:"cwes,omitempty"`
	} `json:"database_specific"`
}

type osvCWE struct {
	ID          string `json:"cweId"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// OSVRange is a range of versions; its events are introduced, fixed,
// last_affected or limit, one in each.
type OSVRange struct {
	Type   string              `json:"type"`
	Events []map[string]string `json:"events"`
}

// OSVReference is an address with its kind.
type OSVReference struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// OSVCredit names who found or helped.
type OSVCredit struct {
	Name    string   `json:"name"`
	Contact []string `json:"contact,omitempty"`
	Type    string   `json:"type,omitempty"`
}

// OSVSpecific holds what to look for.
type OSVSpecific struct {
	IOCs map[string][]string `json:"iocs,omitempty"`
}

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

// zulu writes a time as OSV and CSAF want it.
func zulu(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// purl is a crate's package URL.
func purl(crate, num string) string {
	if num == "" {
		return "pkg:cargo/" + crate
	}
	return "pkg:cargo/" + crate + "@" + strings.ReplaceAll(num, "+", "%2B")
}

// osvReference gives the schema's word for a kind of link.
func osvReference(kind string) string {
	switch k := strings.ToUpper(strings.TrimSpace(kind)); k {
	case "ADVISORY", "ARTICLE", "DETECTION", "DISCUSSION", "REPORT", "FIX", "INTRODUCED", "PACKAGE", "EVIDENCE":
		return k
	case "BLOG", "POST", "ANALYSIS":
		return "ARTICLE"
	case "ISSUE", "THREAD":
		return "REPORT"
	}
	return "WEB"
}

// osvCredit gives the schema's word for what somebody did.
func osvCredit(kind string) string {
	switch k := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(kind), " ", "_")); k {
	case "FINDER", "REPORTER", "ANALYST", "COORDINATOR", "TOOL", "SPONSOR", "OTHER",
		"REMEDIATION_DEVELOPER", "REMEDIATION_REVIEWER", "REMEDIATION_VERIFIER":
		return k
	}
	return "FINDER"
}

// indicators sorts what to look for under the repository's names of kinds. The
// hashes of the crate's own files are among them.
func indicators(s Sheet, c Crate) map[string][]string {
	out := map[string][]string{}
	add := func(kind, value string) {
		if value = oneLine(value); value != "" && !slices.Contains(out[kind], value) {
			out[kind] = append(out[kind], value)
		}
	}
	for _, i := range s.Indicators {
		switch strings.ToLower(i.Kind) {
		case "domain":
			add("domains", i.Value)
		case "url":
			add("urls", i.Value)
		case "ip":
			add("ip_addresses", i.Value)
		case "file":
			add("files", i.Value)
		case "hash":
			add("hashes", i.Value)
		}
	}
	for _, v := range c.Bad {
		if v.SHA256 != "" {
			add("hashes", "sha256:"+strings.ToLower(v.SHA256))
		}
	}
	return out
}

// asJSON writes a value on lines that people can read and compare, with angle
// brackets as they are.
func asJSON(value any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		return "", err
	}
	return b.String(), nil
}
