package advisory

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// nextDay is the attack as it is known the day after: the logs were read, and one
// more version turned out to be bad.
func nextDay() Sheet {
	s := august()
	s.AsOf = at("2026-08-21 06:28:00")
	for i := range s.Crates {
		c := &s.Crates[i]
		for j := range c.Bad {
			if f := c.Bad[j].Downloads; f != nil {
				f.Confirmed, f.Query, f.AsOf = true, "logs of the network, mirrors excluded", s.AsOf
				f.Value += 100
			}
		}
		if f := c.Dependents; f != nil {
			f.Confirmed, f.Query = true, "by name"
		}
		if c.Name == "arraykit" {
			c.Good = slices.DeleteFunc(c.Good, func(num string) bool { return num == "0.3.11" })
			c.Bad = append(c.Bad, Version{Num: "0.3.11", Published: at("2026-08-20 09:12:00"), Removed: at("2026-08-21 05:00:00"), SHA256: hashed("arraykit 0.3.11")})
		}
	}
	s.RemovedAt = ptr(at("2026-08-21 05:00:00"))
	return s
}

// corrections gives the next edition of each document that went out.
func corrections(t *testing.T, s Sheet, out []Document, e Edition) []Document {
	t.Helper()
	var list []Document
	for _, was := range out {
		now := written(t, s, was.Format)
		i := slices.IndexFunc(now, func(d Document) bool { return d.Crate == was.Crate })
		d := Next(now[i], was.Text, e)
		d.Before = was.Text
		list = append(list, d)
	}
	return list
}

func only(docs []Document, crate string) []Document {
	return slices.DeleteFunc(docs, func(d Document) bool { return d.Crate != "" && d.Crate != crate })
}

// A correction tells of itself what each form wants: its history, its number, its
// first date. It is valid by the official schemas, passes the lint against the
// text that it corrects, and is the same byte for byte.
func TestCorrectionsGolden(t *testing.T) {
	t.Parallel()
	official := schemas(t)
	s := nextDay()
	first := only(written(t, august(), RustSec, OSV, CSAF20, CSAF21), "arraykit")
	second := corrections(t, s, first, Edition{At: at("2026-08-21 07:00:00"), Number: "https://advisories.example/RUSTSEC-2026-0260.html and MAL-2026-14336"})
	third := corrections(t, s, second, Edition{At: at("2026-08-22 10:00:00"), What: "A date was wrong."})
	for n, docs := range [][]Document{second, third} {
		for _, d := range docs {
			name := filepath.ToSlash(filepath.Join("corrected", []string{"second", "third"}[n], string(d.Format)+filepath.Ext(d.Path)))
			goldenAdvisory(t, name, d.Text)
			if schema := official[d.Format]; schema != nil {
				if err := held(t, schema, d.Text); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			for _, p := range LintDocument(s, d) {
				if p.Severe {
					t.Errorf("%s: %+v", name, p)
				}
			}
		}
	}
	for _, d := range third {
		switch d.Format {
		case RustSec:
			r, err := ParseRustSec(d.Text)
			if err != nil || r.Advisory.ID != "RUSTSEC-2026-0260" || r.Advisory.Date != "2026-08-20" || !r.Affects("0.3.11") || d.Path != "crates/arraykit/RUSTSEC-2026-0260.md" {
				t.Errorf("%s: %+v %v", d.Path, r.Advisory, err)
			}
		case OSV:
			r, err := ParseOSV(d.Text)
			if err != nil || r.ID != "MAL-2026-14336" || r.Published != "2026-08-20T12:00:00Z" || r.Modified != "2026-08-22T10:00:00Z" || d.Path != "osv/malicious/crates.io/arraykit/MAL-2026-14336.json" {
				t.Errorf("%s: %+v %v", d.Path, r, err)
			}
		default:
			c, err := ParseCSAF(d.Text)
			tr := c.Document.Tracking
			if err != nil || tr.Status != "final" || tr.Version != "3" || tr.InitialRelease != "2026-08-20T12:00:00Z" || tr.CurrentRelease != "2026-08-22T10:00:00Z" || len(tr.History) != 3 ||
				tr.History[0].Summary != "First publication; figures are provisional." || tr.History[1].Summary != "Bad versions added: arraykit@0.3.11. All figures are confirmed." ||
				tr.History[1].Date != "2026-08-21T07:00:00Z" || tr.History[2].Summary != "A date was wrong." {
				t.Errorf("%s: %+v %v", d.Format, tr, err)
			}
		}
	}
}

// What the standards' own tests and readers of a correction would stumble over is
// found by the lint.
func TestLintHoldsCorrectionsAgainstWhatWentOut(t *testing.T) {
	t.Parallel()
	s := nextDay()
	first := only(written(t, august(), RustSec, OSV, CSAF20), "arraykit")
	second := corrections(t, s, first, Edition{At: at("2026-08-21 07:00:00"), Number: "RUSTSEC-2026-0260 MAL-2026-14336"})
	third := corrections(t, s, second, Edition{At: at("2026-08-22 10:00:00")})
	for _, c := range []struct {
		format   Format
		old, new string
		rule     string
	}{
		{RustSec, `date = "2026-08-20"`, `date = "2026-08-21"`, "date-changed"},
		{RustSec, "RUSTSEC-2026-0260", "RUSTSEC-2026-0261", "id-wrong"},
		{OSV, `"published": "2026-08-20T12:00:00Z"`, `"published": "2026-08-22T12:00:00Z"`, "date-changed"},
		{OSV, `"modified": "2026-08-22T10:00:00Z"`, `"modified": "2026-08-21T07:00:00Z"`, "modified-not-later"},
		{OSV, "MAL-2026-14336", "MAL-2026-14337", "id-wrong"},
		{CSAF20, "First publication; figures are provisional.", "First publication.", "history-lost"},
		{CSAF20, `"initial_release_date": "2026-08-20T12:00:00Z"`, `"initial_release_date": "2026-08-21T12:00:00Z"`, "id-wrong"},
		{CSAF20, `"version": "3"`, `"version": "2"`, "history-same"},
		{CSAF20, `"status": "final"`, `"status": "draft"`, "history-draft"},
		{CSAF20, `"number": "2"`, `"number": "7"`, "history-order"},
	} {
		d := third[slices.IndexFunc(third, func(d Document) bool { return d.Format == c.format })]
		if !strings.Contains(d.Text, c.old) {
			t.Errorf("%s does not hold %q", c.format, c.old)
			continue
		}
		d.Text = strings.ReplaceAll(d.Text, c.old, c.new)
		if got := rules(LintDocument(s, d), true); !slices.Contains(got, c.rule) {
			t.Errorf("%s with %q for %q: %v, want %s", c.format, c.new, c.old, got, c.rule)
		}
	}
	for _, d := range first { // the same text again is no correction
		d.Before = d.Text
		if d.Format != RustSec && Publishable(LintDocument(august(), d)) {
			t.Errorf("%s: what went out goes out again as its own correction", d.Format)
		}
	}
}

// Texts that a person wrote anew are not spoiled; drafts leave no trace in what is
// released; what was released is no draft again.
func TestNextKeepsToWhatCanBeRead(t *testing.T) {
	t.Parallel()
	there := august()
	there.Crates[1].Bad[0].Held, there.Crates[1].Bad[0].Removed = time.Time{}, time.Time{}
	for _, f := range []Format{CSAF20, CSAF21} {
		d, early := written(t, august(), f)[0], written(t, there, f)[0]
		if got := Next(d, early.Text, Edition{}); got.Text != d.Text {
			t.Errorf("%s: a draft is in the history of what is released", f)
		}
		again, err := ParseCSAF(Next(early, d.Text, Edition{At: at("2026-08-20 13:00:00")}).Text)
		if tr := again.Document.Tracking; err != nil || tr.Status != "interim" || tr.Version != "2" || !strings.Contains(tr.History[1].Summary, "can still be downloaded") {
			t.Errorf("%s: %+v %v", f, tr, err)
		}
		for _, before := range []string{"", "{", "{}", strings.Replace(d.Text, `"version": "1"`, `"version": "one"`, 1)} {
			if got := Next(d, before, Edition{}); got.Text != d.Text || got.Path != d.Path {
				t.Errorf("%s after %.30q is changed", f, before)
			}
		}
		semantic := strings.NewReplacer(`"version": "1"`, `"version": "1.2.3"`, `"number": "1"`, `"number": "1.2.3"`).Replace(d.Text)
		if c, err := ParseCSAF(Next(d, semantic, Edition{}).Text); err != nil || c.Document.Tracking.Version != "1.3.0" {
			t.Errorf("%s: %+v %v", f, c.Document.Tracking, err)
		}
	}
	for _, d := range written(t, august(), RustSec, OSV) {
		if got := Next(d, "no text of that form", Edition{Number: "RUSTSEC-2026-0260"}); got.Text != d.Text {
			t.Errorf("%s: %s", d.Path, got.Text)
		}
	}
}

// A post goes on under the address that it had, whatever day it is.
func TestCorrectedPostsKeepTheirAddress(t *testing.T) {
	t.Parallel()
	first, now := written(t, august(), Blog)[0], written(t, nextDay(), Blog)[0]
	d := Next(now, first.Text, Edition{})
	d.Before = first.Text
	if !strings.HasPrefix(d.Text, strings.Join(strings.SplitAfter(first.Text, "\n")[:2], "")) || !strings.Contains(d.Text, "`0.3.11`") || Same(Blog, first.Text, d.Text) {
		t.Errorf("%.200s", d.Text)
	}
	if slices.Contains(rules(LintDocument(nextDay(), d), true), "path-wrong") {
		t.Error("its own path is called wrong")
	}
	d.Text = now.Text
	if !slices.Contains(rules(LintDocument(nextDay(), d), true), "path-wrong") {
		t.Error("links to the post are broken, and nobody says so")
	}
}

// A new count or a new day is no news; another version or word is.
func TestSame(t *testing.T) {
	t.Parallel()
	later := august()
	later.AsOf = later.AsOf.AddDate(0, 0, 1)
	news := nextDay()
	for _, f := range Formats() {
		a, b, c := written(t, august(), f), written(t, later, f), written(t, news, f)
		for i := range a {
			if !Same(f, a[i].Text, b[i].Text) {
				t.Errorf("%s %s of an hour later is called another", f, a[i].Crate)
			}
			if about := a[i].Crate == "" || a[i].Crate == "arraykit"; about && i < len(c) && a[i].Text != c[i].Text && f != Status && Same(f, a[i].Text, c[i].Text) {
				t.Errorf("%s %s with one more bad version is called the same", f, a[i].Crate)
			}
		}
	}
}

// A correction of a numbered advisory is a patch that git applies to what the
// editors made of the first, and refuses anywhere else.
func TestPatchOfACorrectionAppliesWithGit(t *testing.T) {
	t.Parallel()
	s := nextDay()
	first := only(written(t, august(), RustSec), "arraykit")
	d := corrections(t, s, first, Edition{Number: "RUSTSEC-2026-0260"})
	patch, err := Patch(d, robin())
	if err != nil {
		t.Fatal(err)
	}
	repository := t.TempDir()
	git(t, repository, "", "init", "-q")
	file := filepath.Join(repository, filepath.FromSlash("crates/arraykit/RUSTSEC-2026-0260.md"))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(first[0].Text, rustSecID, "RUSTSEC-2026-0260", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	git(t, repository, "", "add", ".")
	git(t, repository, "", "commit", "-q", "-m", "Assign numbers")
	git(t, repository, string(patch), "am", "-q")
	if got, err := os.ReadFile(file); err != nil || string(got) != d[0].Text {
		t.Errorf("git made another file: %s %v", got, err)
	}
}
