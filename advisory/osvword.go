package advisory

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

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
