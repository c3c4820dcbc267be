package advisory

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func csafBoth(t *testing.T, s Sheet) map[Format]CSAFDocument {
	t.Helper()
	out := map[Format]CSAFDocument{}
	for _, d := range written(t, s, CSAF20, CSAF21) {
		c, err := ParseCSAF(d.Text)
		if err != nil {
			t.Fatal(err)
		}
		out[d.Format] = c
	}
	return out
}

// What the profile "security incident response" and the standard's tests of
// tracking want beyond the JSON schema holds for every sheet, however little is
// known or however hostile it is.
func TestCSAFKeepsTheRulesOfTheProfile(t *testing.T) {
	t.Parallel()
	bare := typosquat()
	bare.Links, bare.Finder, bare.Summary, bare.Title, bare.Behaviour, bare.Registry.URL = nil, nil, "", "", "", "not an address"
	bare.Crates[0].Bad = nil
	empty := Sheet{AsOf: at("2026-09-02 10:00:00")}
	for name, s := range map[string]Sheet{"august": august(), "nasty": nasty(), "typosquat": typosquat(), "bare": bare, "empty": empty} {
		for format, c := range csafBoth(t, s) {
			h := c.Document
			if h.Category != "csaf_security_incident_response" || "csaf-"+h.Version != string(format) || h.Title == "" || h.Language != "en" {
				t.Errorf("%s, %s: %+v", name, format, h)
			}
			if !slices.ContainsFunc(h.Notes, func(n CSAFNote) bool {
				return slices.Contains([]string{"description", "details", "general", "summary"}, n.Category)
			}) {
				t.Errorf("%s, %s has no note of the profile", name, format)
			}
			for _, n := range h.Notes {
				if strings.TrimSpace(n.Text) == "" || n.Title == "" {
					t.Errorf("%s, %s has an empty note: %+v", name, format, n)
				}
			}
			if !slices.ContainsFunc(h.References, func(r CSAFReference) bool { return r.Category == "external" && strings.Contains(r.URL, "://") }) {
				t.Errorf("%s, %s has no external reference", name, format)
			}
			if h.Publisher.Name == "" || !strings.HasPrefix(h.Publisher.Namespace, "https://") {
				t.Errorf("%s, %s: %+v", name, format, h.Publisher)
			}
			for _, p := range LintDocument(s, Document{Format: format, Path: csafPath(c), Text: written(t, s, format)[0].Text}) {
				if strings.HasPrefix(p.Rule, "history-") || strings.HasPrefix(p.Rule, "product-") || p.Rule == "cwe-missing" || p.Rule == "tlp-wrong" || p.Rule == "time-wrong" {
					t.Errorf("%s, %s: %s: %s", name, format, p.Rule, p.Why)
				}
			}
			if (c.Schema == csafSchema) != (format == CSAF21) {
				t.Errorf("%s, %s names the schema %q", name, format, c.Schema)
			}
		}
	}
}

// The old labels of 2.0 never allow more than the case does.
func TestCSAFLabels(t *testing.T) {
	t.Parallel()
	for label, want := range map[string][2]string{
		"CLEAR": {"WHITE", "CLEAR"}, "GREEN": {"GREEN", "GREEN"}, "AMBER": {"AMBER", "AMBER"}, "AMBER+STRICT": {"RED", "AMBER+STRICT"},
		"RED": {"RED", "RED"}, "": {"RED", "RED"}, "clear": {"WHITE", "CLEAR"}, "chartreuse": {"RED", "RED"},
	} {
		s := typosquat()
		s.TLP = label
		both := csafBoth(t, s)
		if got := [2]string{both[CSAF20].Document.Distribution.TLP.Label, both[CSAF21].Document.Distribution.TLP.Label}; got != want {
			t.Errorf("TLP:%s is %v, want %v", label, got, want)
		}
	}
}

// A document is a draft while anything can be downloaded, interim while a figure
// is provisional, then final.
func TestCSAFStatusFollowsTheFacts(t *testing.T) {
	t.Parallel()
	there, provisional, final := august(), august(), august()
	there.Crates[2].Bad[0].Held, there.Crates[2].Bad[0].Removed = time.Time{}, time.Time{}
	for i := range final.Crates {
		for j := range final.Crates[i].Bad {
			final.Crates[i].Bad[j].Downloads.Confirmed = true
		}
	}
	for status, s := range map[string]Sheet{"draft": there, "interim": provisional, "final": final} {
		for format, c := range csafBoth(t, s) {
			number := "1"
			if status == "draft" {
				number = "0"
			}
			if tr := c.Document.Tracking; tr.Status != status || tr.Version != number || tr.History[0].Number != number {
				t.Errorf("%s: %+v, want %s", format, tr, status)
			}
		}
	}
}

// Machines find every bad version by its package URL and hash, and no good one.
func TestCSAFNamesEveryBadVersion(t *testing.T) {
	t.Parallel()
	s := august()
	for format, c := range csafBoth(t, s) {
		got := map[string]string{}
		for _, p := range c.Tree.Names {
			for _, u := range append(p.Helper.PURLs, p.Helper.PURL) {
				if u != "" {
					got[u] = p.Helper.Hashes[0].Hashes[0].Value
				}
			}
		}
		n := 0
		for _, crate := range s.Crates {
			for _, v := range crate.Bad {
				n++
				if got["pkg:cargo/"+crate.Name+"@"+v.Num] != v.SHA256 {
					t.Errorf("%s lacks %s %s", format, crate.Name, v.Num)
				}
			}
		}
		if len(got) != n || len(c.Vulnerabilities) != len(s.Crates) {
			t.Errorf("%s names %d products of %d, %d crates of %d", format, len(got), n, len(c.Vulnerabilities), len(s.Crates))
		}
	}
}

func TestPackageURLEscapes(t *testing.T) {
	t.Parallel()
	if got := purl("x-y", "1.0.0+build.5"); got != "pkg:cargo/x-y@1.0.0%2Bbuild.5" {
		t.Error(got)
	}
}
