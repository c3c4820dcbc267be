package web

import (
	"encoding/csv"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/dossier"
)

// views are all addresses of a crate and of one of its versions.
func views(crate, num string) []string {
	var out []string
	for _, path := range []string{"", "/versions", "/versions?limit=100", "/dependents", "/dependencies", "/owners", "/timeline", "/storage"} {
		out = append(out, Path("crates", crate)+path)
	}
	for _, path := range []string{"", "/files", "/diff", "/dependencies", "/dependents", "/downloads", "/manifest", "/timeline"} {
		out = append(out, Path("crates", crate, num)+path)
	}
	return out
}

// TestEveryViewAnswers shows each view with the demo's own answers.
func TestEveryViewAnswers(t *testing.T) {
	t.Parallel()
	s := dossierServer(t, sampleShelf(t))
	for _, path := range append(views("arraykit", "0.3.10"), "/crates/macro-loom1/1.0.87/files/build.rs", "/crates/macro-loom1/1.0.87/files?path=build.rs", "/crates/macro-loom1/1.0.87/files/Cargo.toml?beside=1") {
		answer := ask(s, "GET", path, nil)
		text := body(t, answer)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d\n%s", path, answer.StatusCode, text)
			continue
		}
		if !strings.Contains(text, `aria-current="page"`) || strings.Contains(text, "%!") || strings.Contains(text, "ZgotmplZ") {
			t.Errorf("%s has no current tab, or a mistake of formatting", path)
		}
	}
}

// TestPagesSay looks for what a responder must see.
func TestPagesSay(t *testing.T) {
	t.Parallel()
	s := dossierServer(t, sampleShelf(t))
	for path, wanted := range map[string][]string{
		"/crates/arraykit": {`class="verdict bad"`, `<a href="/crates/arraykit/0.3.10">0.3.10</a>`, "67,855,062", `<svg class="chart stacked"`, "Index and database agree", "A job for this crate is failing",
			`<code>https://code.example/mirelund/arraykit</code>`, `href="/jobs?crate=arraykit"`, `href="/names?q=arraykit"`},
		"/crates/arraykit/versions":   {"after=3.3", `href="/crates/arraykit/versions?format=csv"`, `href="/api/v1/crates/arraykit/versions"`, "3 of 14"},
		"/crates/arraykit/dependents": {"394", "decides about deletion", "gladeattrs", "this decides whether the crate may be deleted"},
		"/crates/arraykit/0.3.10": {"breaks with how this crate is published", "<strong>Published with API token", `<td class="new">`, `<strong>yanked 5 other versions</strong>`, "version_owner_actions, api_tokens",
			"database = index = file", "What the registry does not keep", `href="/crates/arraykit/0.3.9"`, "&#43;1 dependency", "published 1 h 4 min ago"},
		"/crates/arraykit/0.3.10/dependencies":        {"new in this version", "young: 5 h 3 min", `<tr class="bad">`},
		"/crates/macro-loom1/1.0.87/files":            {"build.rs", "build script", "same as in the database", "Look at these first"},
		"/crates/macro-loom1/1.0.87/files/build.rs":   {`id="L1"`, `href="#L4"`, `<span class="k">fn</span>`, "beside"[:0] + "962 B"},
		"/crates/macro-loom1/1.0.87/files/Cargo.toml": {`?beside=1`, "beside Cargo.toml.orig"},
		"/crates/macro-loom1/1.0.87/diff":             {`name="against"`, `<details class="difffile" id="file-1" open>`, "1 added · 5 changed", "build script now", `href="#file-1">build.rs</a>`},
	} {
		text := body(t, ask(s, "GET", path, nil))
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
	}
}

func TestSpellingsLeadToTheStoredOne(t *testing.T) {
	t.Parallel()
	s := dossierServer(t, sampleShelf(t))
	for path, want := range map[string]string{
		"/crates/ARRAYKIT":                            "/crates/arraykit",
		"/crates/Arraykit/versions?limit=100":         "/crates/arraykit/versions?limit=100",
		"/crates/Macro_Loom1/1.0.87":                  "/crates/macro-loom1/1.0.87",
		"/crates/Macro_Loom1/1.0.87/diff?against=1.0": "/crates/macro-loom1/1.0.87/diff?against=1.0",
		"/crates/macro_loom1/1.0.87/files/src/lib.rs": "/crates/macro-loom1/1.0.87/files/src/lib.rs",
	} {
		answer := ask(s, "GET", path, nil)
		if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || got != want {
			t.Errorf("%s: %d to %q, want %q", path, answer.StatusCode, got, want)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	shelf := sampleShelf(t)
	s := dossierServer(t, shelf)
	for _, c := range []struct {
		path   string
		status int
		says   []string
	}{
		{"/crates/arraykitt", 404, []string{"There is no crate arraykitt.", `href="/search?q=arraykitt"`, `href="/names?q=arraykitt"`, `href="/crates/arraykit"`, "Deletions of this name"}},
		{"/crates/arraykitt/1.0.0/files", 404, []string{"There is no crate arraykitt."}},
		{"/crates/arraykit/9.9.9", 404, []string{"There is no version 9.9.9", "All versions", "0.3.9"}},
		{"/crates/arraykit/0.3.10/files/nothing.rs", 404, []string{"There is no file nothing.rs"}},
		{"/crates/arraykit/versions?after=zz", 400, []string{"page key"}},
		{"/crates/arraykit/versions?limit=many", 400, []string{"whole number"}},
		{"/crates/arraykit/versions?format=pdf", 400, []string{"must be one of csv"}},
	} {
		answer := ask(s, "GET", c.path, nil)
		text := body(t, answer)
		if answer.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.path, answer.StatusCode, c.status)
		}
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", c.path, want)
			}
		}
	}
	shelf.err = cratewarden.Errorf(cratewarden.Unavailable, "The registry does not answer.")
	if answer := ask(s, "GET", "/crates/arraykit", nil); answer.StatusCode != 503 || !strings.Contains(body(t, answer), "The registry does not answer.") {
		t.Errorf("a database that is away gives %d", answer.StatusCode)
	}
}

func TestListsAsCSV(t *testing.T) {
	t.Parallel()
	s := dossierServer(t, sampleShelf(t))
	answer := ask(s, "GET", "/crates/arraykit/versions?format=csv", nil)
	rows, err := csv.NewReader(strings.NewReader(body(t, answer))).ReadAll()
	if err != nil || len(rows) != 15 || rows[1][1] != "0.3.10" || rows[14][1] != "0.2.2" && rows[14][1] == rows[1][1] {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if got := answer.Header.Get("Content-Disposition"); !strings.Contains(got, `attachment; filename="crate-arraykit-versions`) || answer.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("the file is %q", got)
	}
}

// reaches is an address outside this console, or one that runs, in an attribute
// that a browser follows.
var reaches = regexp.MustCompile(`(?i)(href|src|action)="(//|[a-z][a-z0-9+.-]*:)`)

// TestHostileDossiersAreInert shows every view with an evil text in every field
// of every dossier, once with all sections and once with none.
func TestHostileDossiersAreInert(t *testing.T) {
	t.Parallel()
	for _, present := range []bool{true, false} {
		s := dossierServer(t, hostileShelf(present))
		paths := append(views("evil", "1.0.0"), Path("crates", evil), Path("crates", "evil", evil), "/crates/evil/1.0.0/files/x", "/crates/evil/1.0.0/files/x?beside=1")
		for _, path := range paths {
			answer := ask(s, "GET", path, nil)
			text := body(t, answer)
			if answer.StatusCode != 200 && answer.StatusCode != 404 {
				t.Errorf("%s: %d", path, answer.StatusCode)
			}
			for _, bad := range []string{"<script>", "<img", "\x00", "\x07", "\x1b", "\u202E", "\u2066", "\u200B", "ZgotmplZ"} {
				if strings.Contains(text, bad) {
					at := strings.Index(text, bad)
					t.Errorf("%s (present: %v) lets %q through: …%s…", path, present, bad, text[max(0, at-160):min(len(text), at+60)])
				}
			}
			if found := reaches.FindString(text); found != "" {
				t.Errorf("%s has %s", path, found)
			}
			if present && answer.StatusCode == 200 && !strings.Contains(text, "202E⟩") {
				t.Errorf("%s does not name the hidden character", path)
			}
		}
	}
}

// TestMissingSectionsSaySo shows that no section is silent about being away.
func TestMissingSectionsSaySo(t *testing.T) {
	t.Parallel()
	shelf := sampleShelf(t)
	away := dossier.Section{Absent: cratewarden.NotInDump}
	c := &shelf.crate
	c.Publishers.Section, c.Index.Section, c.Files.Section, c.Jobs.Section, c.Chart.Section, c.Dependents.Section, c.Timeline.Section = away, away, away, away, away, away, away
	c.Owners.Invitations.Section, c.Owners.FormerAbsent, c.FollowersAbsent = away, away.Absent, away.Absent
	v := shelf.versions["arraykit 0.3.10"]
	v.Provenance.Absent, v.ChecksAbsent, v.YanksAbsent = away.Absent, away.Absent, away.Absent
	v.Chart.Section, v.Dependents.Section, v.Timeline.Section, v.Dependencies.Section = away, away, away, away
	shelf.versions["arraykit 0.3.10"] = v
	shelf.files.Section, shelf.diff.Section, shelf.users.Section = away, away, away
	s := dossierServer(t, shelf)
	for _, path := range views("arraykit", "0.3.10") {
		if strings.Contains(path, "versions") || strings.HasSuffix(path, "manifest") || path == "/crates/arraykit/dependencies" {
			continue
		}
		if text := body(t, ask(s, "GET", path, nil)); !strings.Contains(text, cratewarden.NotInDump) {
			t.Errorf("%s is silent about what is missing", path)
		}
	}
}

// TestEmptyDossiers shows that a crate with nothing at all is a page and not a
// mistake.
func TestEmptyDossiers(t *testing.T) {
	t.Parallel()
	shelf := &shelf{crate: dossier.Crate{Name: "evil"}, versions: map[string]dossier.Version{"": {Crate: "evil", Num: "1.0.0"}}, pages: map[string]dossier.Page[dossier.VersionRow]{"": {}}}
	s := dossierServer(t, shelf)
	for _, path := range views("evil", "1.0.0") {
		if answer := ask(s, "GET", path, nil); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
}

func TestWeave(t *testing.T) {
	t.Parallel()
	got := weave("2 versions of loom-2 by loom; loom 1.0.", thread{"loom", "/a"}, thread{"1.0", "/b"}, thread{text: "2 versions"})
	want := Phrase{}.Strong("2 versions").Say(" of loom-2 by ").Link("loom", "/a").Say("; loom ").Link("1.0", "/b").Say(".")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := weave("", thread{"x", "/"}); got != nil {
		t.Errorf("nothing became %+v", got)
	}
}

func TestFileURL(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"src/lib.rs":    "/crates/a/1.0.0/files/src/lib.rs",
		"a b/ü?.rs":     "/crates/a/1.0.0/files/a%20b/%C3%BC%3F.rs",
		"../etc/passwd": "/crates/a/1.0.0/files?path=..%2Fetc%2Fpasswd",
		"/abs":          "/crates/a/1.0.0/files?path=%2Fabs",
		"a//b":          "/crates/a/1.0.0/files?path=a%2F%2Fb",
		`a\b`:           "/crates/a/1.0.0/files?path=a%5Cb",
		"":              "/crates/a/1.0.0/files",
	} {
		if got := fileURL("a", "1.0.0", path); got != want {
			t.Errorf("%q leads to %s, want %s", path, got, want)
		}
	}
}
