package advisory

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func rules(problems []Problem, severe bool) []string {
	var out []string
	for _, p := range problems {
		if p.Severe == severe && !slices.Contains(out, p.Rule) {
			out = append(out, p.Rule)
		}
	}
	return out
}

// What bit in August, and its kin: each fault of a document is found by its name.
func TestLintFindsFaultsOfDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format   Format
		crate    string
		old, new string
		rule     string
	}{
		{RustSec, "arraykit", "categories = [\"malicious\"]\n", "", "category-missing"},
		{RustSec, "arraykit", `["malicious"]`, `["code-execution"]`, "category-missing"},
		{RustSec, "arraykit", `["< 0.3.10", "> 0.3.10"]`, `["<= 0.3.9"]`, "open-ended-range"},
		{RustSec, "arraykit", `unaffected = ["< 0.3.10", "> 0.3.10"]` + "\n", "", "open-ended-range"},
		{RustSec, "arraykit", `["< 0.3.10", "> 0.3.10"]`, `["< 0.3.11", "> 0.3.10"]`, "range-wrong"},
		{RustSec, "arraykit", `["< 0.3.10", "> 0.3.10"]`, `["< 0.3.8", "> 0.3.10"]`, "range-wrong"},
		{RustSec, "arraykit", `["< 0.3.10", "> 0.3.10"]`, `["< 0.4", "> 0.3.10"]`, "unreadable"},
		{RustSec, "arraykit", "patched = []", "patched = []\nsurprise = 1", "unreadable"},
		{RustSec, "arraykit", `date = "2026-08-20"`, `date = "2026-08-19"`, "date-before-takedown"},
		{RustSec, "arraykit", `date = "2026-08-20"`, `date = "2026-08-21"`, "date-wrong"},
		{RustSec, "arraykit", `date = "2026-08-20"`, `date = "20 August"`, "date-missing"},
		{RustSec, "arraykit", `package = "arraykit"`, `package = "array-kit"`, "name-wrong"},
		{RustSec, "arraykit", "Ines Ode", "ines@research.example.org", "mail-address"},
		{RustSec, "arraykit", "Ines Ode", "ines at research dot example dot org", "mail-address"},
		{RustSec, "arraykit", "Ines Ode", "@ines", "at-name"},
		{RustSec, "arraykit", "Ines Ode", "198.51.100.9", "ip-address"},
		{RustSec, "arraykit", "Ines Ode", "cio" + strings.Repeat("a1", 16), "secret"},
		{RustSec, "arraykit", "Ines Ode", "I\u202enes", "hidden-letters"},
		{RustSec, "arraykit", "Ines Ode", "I\x1bnes", "hidden-letters"},
		{RustSec, "arraykit", "2026-08-20 07:15:00 UTC", "in the morning", "published-missing"},
		{RustSec, "arraykit", "08:20:05 UTC, for 65 minutes", "it was gone", "removed-missing"},
		{RustSec, "arraykit", "SHA-256 of its file:\n`6191131b", "SHA-256 of its file:\n`7191131b", "hash-missing"},
		{RustSec, "arraykit", "(registry counters, mirrors not excluded;\nprovisional, as of 2026-08-20 11:30:00 UTC)", "", "figure-without-date"},
		{RustSec, "arraykit", "mirrors not excluded;\nprovisional", "mirrors not excluded;\nconfirmed", "provisional-as-confirmed"},
		{RustSec, "arraykit", "There is evidence that the malicious code was used.", "There is no evidence of actual\nusage.", "use-contradicts"},
		{RustSec, "arraykit", "https://blog.", "http://blog.", "link-unsafe"},
		{RustSec, "arraykit", "# `arraykit` 0.3.10 was", "# A version was", "heading-wrong"},
		{RustSec, "arraykit", "patched = []", "patched = []\n\n[affected]\narch = []", ""},
		{RustSec, "macro-loom1", "expect-deleted = true\n", "", "expect-deleted-wrong"},
		{RustSec, "arraykit", `categories = ["malicious"]`, `categories = ["malicious"]` + "\nexpect-deleted = true", "expect-deleted-wrong"},
		{RustSec, "arraykit", `categories = ["malicious"]`, `categories = ["malicious"]` + "\ninformational = \"notice\"", "category-wrong"},
		{OSV, "arraykit", `"CWE-506"`, `"CWE-79"`, "cwe-missing"},
		{OSV, "arraykit", `"crates.io",`, `"npm",`, "ecosystem-wrong"},
		{OSV, "arraykit", `"0.3.10"`, `"0.3.9"`, "range-wrong"},
		{OSV, "arraykit", `"MAL-0000-arraykit"`, `"RUSTSEC-2026-0260"`, "id-wrong"},
		{OSV, "arraykit", `"modified": "2026-08-20T12:00:00Z"`, `"modified": "2026-08-20T12:00:00+00:00"`, "time-wrong"},
		{OSV, "arraykit", `"modified": "2026-08-20T12:00:00Z"`, `"modified": "2026-08-20T09:04:10Z"`, "date-before-takedown"},
		{OSV, "arraykit", "07:15:00", "early", "published-missing"},
		{OSV, "arraykit", "{", "[", "unreadable"},
		{OSV, "arraykit", `"name": "Ines Ode"`, `"name": "Ines Ode", "contact": ["mailto:ines@example.org"]`, "mail-address"},
		{CSAF20, "", `"CWE-506"`, `"CWE-79"`, "cwe-missing"},
		{CSAF20, "", csafIncident, "csaf_base", "category-missing"},
		{CSAF20, "", `"csaf_version": "2.0"`, `"csaf_version": "2.1"`, "version-wrong"},
		{CSAF20, "", `"label": "WHITE"`, `"label": "GREEN"`, "tlp-wrong"},
		{CSAF20, "", `"category": "external"`, `"category": "self"`, "reference-missing"},
		{CSAF20, "", `"version": "1"`, `"version": "2"`, "history-order"},
		{CSAF20, "", `"status": "interim"`, `"status": "draft"`, "history-draft"},
		{CSAF20, "", `"number": "1"`, `"number": "0"`, "history-draft"},
		{CSAF20, "", `"current_release_date": "2026-08-20T12:00:00Z"`, `"current_release_date": "2026-08-20T09:00:00Z"`, "date-before-takedown"},
		{CSAF20, "", `"known_affected": [
          "arraykit@0.3.10"`, `"known_affected": [
          "arraykit@0.3.11"`, "product-unknown"},
		{CSAF21, "", csafSchema, "https://example.org/", "schema-missing"},
		{CSAF21, "", `"CWE-506"`, `"CWE-79"`, "cwe-missing"},
		{CSAF21, "", "2026-08-20 07:15:00 UTC", "early", "window-missing"},
		{List, "", "pkg:cargo/arraykit@0.3.10", "pkg:cargo/arraykit@0.3.11", "version-missing"},
		{Blog, "", "Ines Ode", "@ines", "at-name"},
	} {
		s := august()
		docs := written(t, s, c.format)
		i := slices.IndexFunc(docs, func(d Document) bool { return d.Crate == c.crate })
		if i < 0 || !strings.Contains(docs[i].Text, c.old) {
			t.Errorf("%s %s does not hold %q", c.format, c.crate, c.old)
			continue
		}
		docs[i].Text = strings.ReplaceAll(docs[i].Text, c.old, c.new)
		got := rules(Lint(s, docs), true)
		if c.rule == "" && len(got) > 0 || c.rule != "" && !slices.Contains(got, c.rule) {
			t.Errorf("%s %s with %q for %q: got %v, want %s", c.format, c.crate, c.new, c.old, got, c.rule)
		}
	}
}

func TestLintFindsFaultsOfSheets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule  string
		spoil func(*Sheet)
	}{
		{"published-missing", func(s *Sheet) { s.Crates[1].Bad[0].Published = time.Time{} }},
		{"removed-missing", func(s *Sheet) { s.Crates[1].Bad[0].Held, s.Crates[1].Bad[0].Removed = time.Time{}, time.Time{} }},
		{"times-order", func(s *Sheet) { s.Crates[1].Bad[0].Held = at("2026-08-20 07:00:00") }},
		{"hash-missing", func(s *Sheet) { s.Crates[1].Bad[0].SHA256 = "" }},
		{"hash-wrong", func(s *Sheet) { s.Crates[1].Bad[0].SHA256 = strings.Repeat("g", 64) }},
		{"window-missing", func(s *Sheet) { s.Crates[0].Bad = nil }},
		{"behaviour-missing", func(s *Sheet) { s.Behaviour = " " }},
		{"figure-without-method", func(s *Sheet) { s.Crates[1].Bad[0].Downloads.Method = "" }},
		{"figure-without-date", func(s *Sheet) { s.Crates[1].Dependents.AsOf = time.Time{} }},
		{"figure-date-wrong", func(s *Sheet) { s.Crates[1].Dependents.AsOf = s.AsOf.Add(time.Second) }},
		{"figure-wrong", func(s *Sheet) { s.Crates[1].Dependents.Value = -1 }},
		{"use-unfounded", func(s *Sheet) { s.UseNote = "" }},
		{"use-without-evidence", func(s *Sheet) { s.UsedInTheWild, s.Summary = nil, "There is no sign of\nuse." }},
		{"use-without-evidence", func(s *Sheet) { s.UsedInTheWild, s.Crates[1].Behaviour = nil, "It was exploited in the wild." }},
		{"source-missing", func(s *Sheet) { s.Finder, s.Links = nil, nil }},
		{"link-unsafe", func(s *Sheet) { s.Links[0].URL = "http://blog.example.org/" }},
		{"link-unsafe", func(s *Sheet) { s.Links[0].URL = "javascript:alert(1)" }},
		{"date-before-takedown", func(s *Sheet) { s.AsOf = at("2026-08-20 08:00:00") }},
		{"date-before-takedown", func(s *Sheet) { s.RemovedAt = ptr(at("2026-08-20 09:00:00")) }},
		{"crates-missing", func(s *Sheet) { s.Crates = nil }},
		{"date-missing", func(s *Sheet) { s.AsOf = time.Time{} }},
		{"name-invalid", func(s *Sheet) { s.Crates[1].Name = "../x" }},
		{"range-wrong", func(s *Sheet) { s.Crates[1].Good = append(s.Crates[1].Good, "0.3.10") }},
	} {
		s := august()
		c.spoil(&s)
		if got := rules(LintSheet(s), true); !slices.Contains(got, c.rule) {
			t.Errorf("got %v, want %s", got, c.rule)
		}
	}
	if got := LintSheet(august()); len(got) != 0 {
		t.Errorf("the whole sheet has %v", got)
	}
}

// A label above CLEAR stops every form that everybody reads, and no other.
func TestLintHoldsBackWhatIsNotClear(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"", "GREEN", "AMBER", "AMBER+STRICT", "RED"} {
		s := august()
		s.TLP = label
		public := 0
		for _, d := range written(t, s) {
			if slices.Contains(rules(LintDocument(s, d), true), "tlp-above-clear") != d.Format.Public() {
				t.Errorf("TLP:%s and %s", label, d.Format)
			}
			if d.Format.Public() {
				public++
			}
		}
		if public < 20 {
			t.Errorf("only %d public documents", public)
		}
	}
}

// Documents that call code malicious wait for a verdict that does.
func TestLintWantsTheVerdict(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[string]bool{"malicious": false, "compromised owner": false, "policy": true, "benign": true, "service incident": true, "": true} {
		s := august()
		s.Verdict = verdict
		for _, d := range written(t, s, RustSec, OSV, CSAF20, CSAF21) {
			if slices.Contains(rules(LintDocument(s, d), true), "verdict-wrong") != want {
				t.Errorf("%q and %s", verdict, d.Format)
			}
		}
	}
	s := august()
	s.Registry.Ecosystem = "Harbor"
	if got := rules(Lint(s, written(t, s, OSV)), true); !slices.Equal(got, []string{"ecosystem-wrong"}) {
		t.Errorf("another ecosystem: %v", got)
	}
}

// Each removed crate has its advisory, each advisory its own place.
func TestLintMissesNoCrate(t *testing.T) {
	t.Parallel()
	s := august()
	for _, format := range []Format{RustSec, OSV} {
		docs := written(t, s, format)
		for i, d := range docs {
			fewer := slices.Delete(slices.Clone(docs), i, i+1)
			at := slices.IndexFunc(Lint(s, fewer), func(p Problem) bool { return p.Rule == "advisory-missing" && p.Where == d.Crate && p.Severe })
			if at < 0 {
				t.Errorf("%s: nobody misses %s", format, d.Crate)
			}
		}
		if got := rules(Lint(s, append(docs, docs[0])), true); !slices.Equal(got, []string{"path-twice"}) {
			t.Errorf("twice: %v", got)
		}
		docs[0].Path = "elsewhere/" + docs[0].Path
		if got := rules(Lint(s, docs), true); !slices.Equal(got, []string{"path-wrong"}) {
			t.Errorf("elsewhere: %v", got)
		}
		docs[0].Crate = "nobody"
		if got := rules(Lint(s, docs), true); !slices.Contains(got, "crate-unknown") || !slices.Contains(got, "advisory-missing") {
			t.Errorf("nobody's: %v", got)
		}
	}
	docs := written(t, s, RustSec)
	docs[1].Path = "crates/arraykit/RUSTSEC-2026-0260.md"
	if got := rules(Lint(s, docs), true); !slices.Equal(got, []string{"id-wrong"}) {
		t.Errorf("a file's name has a number that its text has not: %v", got)
	}
	docs[1].Text = strings.Replace(docs[1].Text, rustSecID, "RUSTSEC-2026-0260", 1)
	if got := Lint(s, docs); !Publishable(got) {
		t.Errorf("a number of the database's editor is refused: %v", got)
	}
}

// Indicators may be addresses, and the publisher's office may have a mail address;
// any other is refused.
func TestLintLetsIndicatorsAndOfficesStand(t *testing.T) {
	t.Parallel()
	s := august()
	s.Publisher.Contact, s.Registry.Appeal = "security@registry.example", "help@registry.example"
	if got := Lint(s, written(t, s)); !Publishable(got) {
		t.Errorf("refused: %v", got)
	}
	s.Analysis = "Written by ines@research.example.org from 198.51.100.9."
	got := rules(Lint(s, written(t, s, CSAF20)), true)
	if !slices.Equal(got, []string{"mail-address", "ip-address"}) {
		t.Errorf("got %v", got)
	}
}

// Words that claim use, and words that do not.
func TestSaysUse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"There is no evidence of actual usage of the compromised version.", "We have no sign of use.", "no indications of exploitation",
		"It has been actively exploited in the wild.", "was never used in the wild", "Nobody downloaded it", "There is evidence of\nuse",
	} {
		if saysUse(text) == "" {
			t.Errorf("%q is not seen", text)
		}
	}
	for _, text := range []string{"", "Use another version.", "It was downloaded 12 times.", "evidence was sealed", "Users of the crate should change secrets."} {
		if got := saysUse(text); got != "" {
			t.Errorf("%q: %q", text, got)
		}
	}
}
