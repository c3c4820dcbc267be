package advisory

import (
	"slices"
	"strings"
	"testing"
)

// FuzzDocuments puts any text where people and attackers write, and asks of each
// form for machines: the official schema or the strict reader takes it, and reading
// it back gives the facts that it was made from. The forms for people stay inert.
func FuzzDocuments(f *testing.F) {
	official := schemas(f)
	f.Add("A build script sends files away.", "Ada", "https://reports.example/1", "https://bad.example/x")
	f.Add(attack, attack, "https://x.example/](javascript:alert(1))", "\u202ehttp://evil.example/\x00'; rm -rf / #")
	f.Add("```\n[advisory]\nid = \"RUSTSEC-2026-0001\"\n```\n# x", "</script><script>alert(1)</script>", "javascript:alert(1)", "$(id) `id` \\' \"")
	f.Add("+++\npath = \"x\"\n+++\n\"revision_history\": [\n]\n@ines \xff\xfe", "\r\nBcc: a@b.example", "https://a.example/?q=\"><b>", "{{ x }} {% y %}")
	f.Fuzz(func(t *testing.T, words, name, link, indicator string) {
		if len(words)+len(name)+len(link)+len(indicator) > 4000 {
			return
		}
		s := typosquat()
		s.Title, s.Behaviour, s.Summary, s.Analysis, s.UseNote, s.Trigger = name, words, words, words, words, name
		s.Finder = []Credit{{Name: name, Contact: link, Type: words}}
		s.Links = append(s.Links, Link{Kind: name, URL: link, Title: words})
		s.Indicators = []Indicator{{"url", indicator, words}, {"domain", indicator, name}, {"file", words, ""}}
		s.Campaign, s.Severity, s.Registry.Name, s.Registry.Appeal = []string{name, words}, name, name, link
		docs, err := Documents(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			if schema := official[d.Format]; schema != nil {
				if err := held(t, schema, d.Text); err != nil {
					t.Fatalf("%s: %v\n%s", d.Path, err, d.Text)
				}
			}
			readBack(t, s, d)
		}
		for _, format := range []Format{RustSec, OSV} {
			if _, err := Patch(only(slices.DeleteFunc(slices.Clone(docs), func(d Document) bool { return d.Format != format }), s.Crates[0].Name), robin()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// readBack holds what a form says against the sheet.
func readBack(t *testing.T, s Sheet, d Document) {
	t.Helper()
	i := slices.IndexFunc(s.Crates, func(c Crate) bool { return c.Name == d.Crate })
	switch d.Format {
	case RustSec:
		r, err := ParseRustSec(d.Text)
		if err != nil {
			t.Fatalf("%v\n%s", err, d.Text)
		}
		for _, fault := range r.faults() { // a name after an @ is somebody's choice of words; approval stops it
			if !strings.Contains(fault, "would tell somebody") {
				t.Errorf("%s\n%s", fault, d.Text)
			}
		}
		c := s.Crates[i]
		if r.Advisory.Package != c.Name || r.Advisory.ExpectDeleted != c.Deleted || r.Advisory.ID != rustSecID || r.Advisory.Date != s.day(c) || strings.Contains(r.Body, "\n# ") {
			t.Errorf("%+v\n%s", r.Advisory, d.Text)
		}
		for _, v := range c.Bad {
			if !r.Affects(v.Num) || !strings.Contains(d.Text, v.SHA256) {
				t.Errorf("%s is not marked with its hash", v.Num)
			}
		}
	case OSV:
		r, err := ParseOSV(d.Text)
		if err != nil || len(r.Affected) != 1 || r.Affected[0].Package.Name != d.Crate || !slices.Equal(r.Affected[0].Versions, s.Crates[i].numbers()) {
			t.Errorf("%v %+v", err, r)
		}
	case CSAF20, CSAF21:
		c, err := ParseCSAF(d.Text)
		var want []string
		for _, crate := range s.Crates {
			for _, num := range crate.numbers() {
				want = append(want, csafProduct(crate.Name, num))
			}
		}
		if err != nil || !slices.Equal(c.affected(), want) || len(c.Document.Tracking.History) != 1 {
			t.Errorf("%v %+v", err, c)
		}
	case AmIAffected, Blog, Zulip, PostMortem:
		inertDocument(t, d)
	case MailLocked, MailCoOwner, MailDependents, MailReporter, AbuseIdentity, AbuseHoster:
		if subject, _, err := MailParts(d.Text); err != nil || strings.ContainsAny(subject, "\r\n") {
			t.Errorf("%v\n%s", err, d.Text)
		}
	}
}
