package advisory

import (
	"slices"
	"strings"
	"testing"
)

func TestOSVRecordsFollowTheHouseRules(t *testing.T) {
	t.Parallel()
	docs := written(t, august(), OSV)
	for _, d := range docs {
		r, err := ParseOSV(d.Text)
		if err != nil {
			t.Fatal(err)
		}
		folder := strings.ReplaceAll(d.Crate, "-", "_")
		if d.Path != "osv/malicious/crates.io/"+folder+"/MAL-0000-"+d.Crate+".json" {
			t.Errorf("path %s", d.Path)
		}
		if len(r.Affected) != 1 || r.Affected[0].Package.Name != d.Crate || r.Affected[0].Package.Ecosystem != "crates.io" {
			t.Errorf("%s is about %+v", d.Path, r.Affected)
		}
		if r.ID != "MAL-0000-"+d.Crate || r.Summary != "" || r.SchemaVersion != "1.7.5" || !strings.HasSuffix(r.Modified, "Z") {
			t.Errorf("%s: %+v", d.Path, r)
		}
		if r.Affected[0].Specific.CWEs[0].ID != "CWE-506" {
			t.Errorf("%s has no CWE", d.Path)
		}
		if !slices.Contains(r.Specific.IOCs["domains"], "updates.loom-cdn.example") || !slices.Contains(r.Specific.IOCs["ip_addresses"], "203.0.113.7") {
			t.Errorf("%s looks for %v", d.Path, r.Specific.IOCs)
		}
		for _, want := range []string{"runs", "published on", "Campaign: macro-loom."} {
			if !strings.Contains(r.Details, want) {
				t.Errorf("%s lacks %q", d.Path, want)
			}
		}
	}
	helper, _ := ParseOSV(docs[0].Text)
	if a := helper.Affected[0]; !a.Open() || !a.Affects("9.9.9") || !slices.Equal(a.Versions, []string{"1.0.86", "1.0.87"}) {
		t.Errorf("the crate that is gone: %+v", a)
	}
	victim, _ := ParseOSV(docs[1].Text)
	if a := victim.Affected[0]; a.Open() || a.Affects("0.3.9") || a.Affects("0.3.11") || !a.Affects("0.3.10") || len(a.Ranges) != 0 {
		t.Errorf("the crate that stays: %+v", a)
	}
}

func TestOSVRangesAreReadAsTheSchemaSays(t *testing.T) {
	t.Parallel()
	r := OSVRange{Type: "SEMVER", Events: []map[string]string{{"introduced": "1.0.0"}, {"fixed": "1.0.2"}, {"introduced": "2.0.0-rc.1"}, {"last_affected": "2.0.0"}}}
	for num, want := range map[string]bool{"0.9.9": false, "1.0.0": true, "1.0.1": true, "1.0.2": false, "2.0.0-alpha": false, "2.0.0-rc.1": true, "2.0.0": true, "2.0.1": false} {
		if r.affects(num) != want {
			t.Errorf("%s: %v", num, !want)
		}
	}
}

func FuzzParseOSV(f *testing.F) {
	docs, err := Documents(august(), OSV)
	if err != nil {
		f.Fatal(err)
	}
	for _, d := range docs {
		f.Add(d.Text)
	}
	f.Add(`{"affected":[{"ranges":[{"events":[{"introduced":"0"},null]}]}]}`)
	s := august()
	f.Fuzz(func(_ *testing.T, text string) {
		if r, err := ParseOSV(text); err == nil {
			for _, a := range r.Affected {
				a.Affects("1.0.0")
				a.Open()
			}
		}
		var found found
		found.osv(s, Document{Format: OSV, Crate: "arraykit", Path: s.osvPath("arraykit"), Text: text})
	})
}

func FuzzParseCSAF(f *testing.F) {
	docs, err := Documents(august(), CSAF20, CSAF21)
	if err != nil {
		f.Fatal(err)
	}
	for _, d := range docs {
		f.Add(d.Text)
	}
	s := august()
	f.Fuzz(func(_ *testing.T, text string) {
		for _, format := range []Format{CSAF20, CSAF21} {
			var found found
			found.csaf(s, Document{Format: format, Text: text})
		}
	})
}
