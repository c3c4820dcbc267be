package web

import (
	"html/template"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
	"cratewarden/web/webtest"
)

func TestMain(m *testing.M) {
	os.Exit(logtest.Main(func() int {
		defer pgtest.Stop()
		return webtest.Main(m)
	}))
}

// noon is the instant at which the gallery stands.
var noon = time.Date(2026, 8, 20, 8, 41, 2, 0, time.UTC)

// galleryPage shows every part with sample data, to look at and to test.
type galleryPage struct {
	Page
	Head     Head
	Tabs     []Tab
	Verdict  Verdict
	Calm     Verdict
	Matrix   Matrix
	Evidence Table
	Versions Table
	None     Table
	Pager    Pager
	Filter   Filter
	Facts    []Fact
	Side     []Fact
	Findings []Guard
	Events   []Event
	Notices  []Notice
	Tree     Tree
	Source   Source
	Diff     Diff
	Chart    Stacked
	Bars     Bars
	Spark    Spark
}

// galleryFiles are the real templates and the gallery's own.
func galleryFiles(t testing.TB) fs.FS {
	all := fstest.MapFS{}
	for _, dir := range []string{"page", "part"} {
		names, err := fs.Glob(templateFiles, dir+"/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(templateFiles, name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = &fstest.MapFile{Data: text}
		}
	}
	text, err := os.ReadFile("testdata/gallery.html")
	if err != nil {
		t.Fatal(err)
	}
	all["page/gallery.html"] = &fstest.MapFile{Data: text}
	return all
}

func galleryServer(t testing.TB, cfg Config) *Server {
	t.Helper()
	pages := pageInventory()
	pages["gallery"] = galleryPage{}
	cfg.Clock = func() time.Time { return noon }
	s := &Server{cfg: cfg.withDefaults()}
	show := func(w http.ResponseWriter, r *http.Request) error {
		return s.render(w, "gallery", http.StatusOK, gallery(s.page(r, "arraykit 0.3.10")))
	}
	find := func(w http.ResponseWriter, r *http.Request) error {
		return s.renderPart(w, "palette", samplePalette(r.FormValue("q")))
	}
	err := s.build(pages, galleryFiles(t),
		route{pattern: "GET /{$}", act: "look", handle: show, nav: nav{section: "Now", label: "Home"}},
		route{pattern: "GET /search", act: "look", handle: show, nav: nav{section: "Look", label: "Search"}},
		route{pattern: "GET /palette", act: "look", handle: find},
		route{pattern: "GET /publishes", act: "look", handle: show, nav: nav{section: "Look", label: "Publishes"}},
		route{pattern: "GET /names", act: "look", handle: show, nav: nav{section: "Look", label: "Names"}},
		route{pattern: "GET /jobs", act: "look", handle: show, nav: nav{section: "Look", label: "Jobs", count: func() int { return 3 }}},
		route{pattern: "GET /crates/{name}/{version}", act: "look", handle: show, under: "/publishes"},
	)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func gallery(p Page) galleryPage {
	return galleryPage{
		Page: p,
		Head: Head{
			Crumbs: []Link{{"Crates", "/search"}, {"arraykit", "/search?q=arraykit"}}, Title: "arraykit", Code: "0.3.10",
			Badges:  []Badge{{Tone: Bad, Text: "new dependency"}, {Tone: Warn, Text: "published 1 h 26 min ago"}, {Text: "default version"}, {Tone: Hold, Text: "5 versions yanked"}},
			Actions: []Action{{Label: "Compare…", URL: "/names"}, {Label: "Contain publisher…", Danger: true, URL: "/names"}, {Label: "Yank…", Refused: "This console is read only"}, {Label: "Open the crate", Primary: true, URL: "/search"}},
		},
		Tabs: []Tab{{Label: "Provenance", URL: "/", Current: true}, {Label: "Files", URL: "/names", Count: "23"}, {Label: "Diff to 0.3.9", URL: "/names", Badge: Badge{Bad, "+1 dependency", ""}},
			{Label: "Dependencies", URL: "/names", Count: "1"}, {Label: "Dependents", URL: "/names", Count: "1,842"}, {Label: "Downloads", URL: "/names"}, {Label: "Timeline", URL: "/names"}},
		Verdict: Verdict{Tone: Bad, Word: "differs from every earlier publish", Text: Phrase{}.Strong("Published with API token “laptop”").Say(" (1 y 11 mo old, unscoped, no expiry) by ").Link("genuine-owner", "/names").
			Say(", after ").Strong("2 y 1 mo of silence").Say(", at an hour this account has never published. Two minutes later the same token ").Strong("yanked 5 good versions").Say(".")},
		Calm:   Verdict{Tone: Good, Word: "as before", Text: Phrase{}.Strong("Published by trusted publishing from ").Code("org/repo").Say(", as were the previous 12.")},
		Matrix: sampleMatrix(), Evidence: sampleEvidence(), Versions: sampleVersions(),
		None:   Table{Caption: "Invitations", Empty: Empty{Title: "No invitation is open", Text: "The registry holds none for this crate. Accepted and declined ones leave no row."}},
		Pager:  Pager{Older: "?before=88", Shown: "5 of 1,842 versions", CSV: "?format=csv", JSON: "?format=json"},
		Filter: Filter{Action: "/publishes", Reset: "/publishes", Fields: []Field{{Name: "q", Label: "Name", Value: "array", Hint: "part of a name"}, {Name: "method", Label: "Method", Value: "token", Options: []Option{{"", "any"}, {"token", "API token"}, {"github", "trusted publishing, GitHub"}}}, {Name: "by", Label: "Publisher", Hint: "login"}}},
		Facts: []Fact{{Label: "Downloads, all time", Value: Text("12,408,113"), Note: "registry's own count"}, {Label: "Versions", Value: Text("41"), Note: "6 yanked", Badge: Badge{Hold, "6 yanked", ""}},
			{Label: "First published", Value: Text("4 Mar 2018"), Note: "8 y 5 mo ago"}, {Label: "Size", Value: Text("9.1 kB")}, {Label: "Checksum", Value: Phrase{}.Copy("9b1f03aa77c1e07a9b1f03aa77c1e07a", "9b1f03aa…")}},
		Side:     []Fact{{Label: "Downloads, this version", Value: Text("2,285"), Badge: Badge{Warn, "provisional", ""}}, {Label: "Would resolve to it", Value: Text("1,842 crates")}, {Label: "Published", Value: Phrase{}.Ago(noon.Add(-86 * time.Minute))}, {Label: "Yanked by same token", Value: Text("5 versions")}},
		Findings: sampleGuards(), Events: sampleEvents(), Notices: sampleNotices(),
		Tree: sampleTree(), Source: sampleSource(), Diff: sampleDiff(), Chart: sampleChart(),
		Bars:  Bars{ID: "hours", Title: "Downloads of 0.3.10 by hour", Unit: "downloads", Values: []Bar{{"20 h", 12, false}, {"21 h", 10, false}, {"22 h", 14, false}, {"23 h", 9, false}, {"0 h", 16, false}, {"1 h", 12, false}, {"2 h", 18, false}, {"3 h", 11, false}, {"4 h", 12, false}, {"5 h", 14, false}, {"6 h", 13, false}, {"7 h", 160, true}, {"8 h", 225, true}}},
		Spark: Spark{Title: "Downloads over 12 weeks, from 40 to 95 a week", Values: []int64{40, 42, 39, 48, 51, 44, 60, 66, 71, 69, 88, 95}},
	}
}

func sampleMatrix() Matrix {
	same := func(text string) MatrixCell { return MatrixCell{Text: text} }
	odd := func(text string) MatrixCell {
		return MatrixCell{Text: text, Changed: true, Title: "not seen in the 10 publishes before"}
	}
	return Matrix{Caption: "What differs from the previous publishes", Columns: []Link{{"0.3.10", "/"}, {"0.3.9", "/"}, {"0.3.8", "/"}, {"0.3.7", "/"}, {"0.3.6", "/"}, {"0.3.5", "/"}},
		Rows: []MatrixRow{
			{"When (UTC)", []MatrixCell{odd("20 Aug 2026 07:15"), same("17 Jul 2024 19:02"), same("11 May 2024 20:44"), same("26 Feb 2023 18:10"), same("2 Jan 2022 19:31"), same("5 Jun 2021 21:00")}},
			{"Method", []MatrixCell{same("API token"), same("API token"), same("API token"), same("API token"), same("API token"), same("API token")}},
			{"Credential", []MatrixCell{odd("laptop #4471"), same("ci #1203"), same("ci #1203"), same("ci #1203"), same("ci #1203"), same("home #88")}},
			{"Dependencies", []MatrixCell{odd("1 (proc-makro1, 5 h old)"), same("0"), same("0"), same("0"), same("0"), same("0")}},
			{"VCS commit", []MatrixCell{odd("none recorded"), same("f3a9c1e"), same("a0b77d2"), same("91c2ee4"), same("5d10aa9"), same("02bb6f1")}},
			{"Size", []MatrixCell{same("9.1 kB"), same("9.0 kB"), same("8.9 kB"), same("8.8 kB"), same("8.8 kB"), same("8.5 kB")}},
		}}
}

func samplePalette(q string) Palette {
	p := Palette{Query: q}
	if q == "" || strings.HasPrefix(q, "zz") {
		return p
	}
	p.Groups = []PaletteGroup{
		{"Crates", []PaletteItem{{Title: "arraykit", Detail: "Small vectors on the stack", Why: "exact name", URL: "/crates/arraykit/0.3.10", Badge: Badge{Tone: Hold, Text: "6 yanked"}}, {Title: "arraykit-macros", Detail: "Macros for arraykit", Why: "name begins so", URL: "/crates/arraykit-macros/0.1.0"}}},
		{"Accounts", []PaletteItem{{Title: "arraykit-bot", Detail: "account 71000044", Why: "login begins so", URL: "/names"}}},
	}
	return p
}

func line(n int, html string) SourceLine { return SourceLine{Number: n, HTML: template.HTML(html)} }
