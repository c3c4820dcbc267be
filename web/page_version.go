package web

import (
	"net/http"
	"strings"
	"time"

	"cratewarden/action"
	"cratewarden/dossier"
)

// versionView is one of the tabs of a version's page.
type versionView struct {
	path  string // under the version's address; empty for provenance
	label string
	fill  func(*dossierPage, *dossier.Version)
}

// versionViews are the tabs of a version, in order. Files and differences have
// handlers of their own.
func versionViews() []versionView {
	return []versionView{
		{"", "Provenance", fillProvenance},
		{"files", "Files", nil},
		{"diff", "Diff", nil},
		{"dependencies", "Dependencies", fillVersionDependencies},
		{"dependents", "Dependents", fillVersionDependents},
		{"downloads", "Downloads", fillVersionDownloads},
		{"manifest", "Manifest & features", fillManifest},
		{"timeline", "Timeline", fillVersionTimeline},
	}
}

func (s *Server) versionRoutes() []route {
	routes := []route{
		{pattern: "GET /crates/{name}/{num}/files", act: "look", handle: s.files},
		{pattern: "GET /crates/{name}/{num}/files/{path...}", act: "look", handle: s.files},
		{pattern: "GET /crates/{name}/{num}/diff", act: "look", handle: s.diff},
	}
	for _, view := range versionViews() {
		if view.fill == nil {
			continue
		}
		pattern := "GET /crates/{name}/{num}"
		if view.path != "" {
			pattern += "/" + view.path
		}
		routes = append(routes, route{pattern: pattern, act: "look", handle: func(w http.ResponseWriter, r *http.Request) error {
			v, done, err := s.version(w, r, view.path)
			if done || err != nil {
				return err
			}
			p := s.versionPage(r, v, view)
			view.fill(&p, v)
			s.openPublishMail(r, &p, v)
			return s.render(w, "dossier", http.StatusOK, p)
		}})
	}
	for i := range routes {
		routes[i].under = "/search"
	}
	return routes
}

// version reads the version of the address. When it has answered already, with
// another address or with a page that says what there is instead, done is true.
func (s *Server) version(w http.ResponseWriter, r *http.Request, rest ...string) (v *dossier.Version, done bool, err error) {
	v, err = s.cfg.Dossiers.Version(r.Context(), r.PathValue("name"), r.PathValue("num"))
	if isNotFound(err) {
		return nil, true, s.versionMissing(w, r, err)
	}
	if err != nil {
		return nil, false, err
	}
	steps := append([]string{v.Num}, rest...)
	if moved(w, r, v.Crate, steps...) {
		return nil, true, nil
	}
	if v.Num != r.PathValue("num") {
		redirect(w, r, append([]string{v.Crate}, steps...)...)
		return nil, true, nil
	}
	return v, false, nil
}

// newVersion is the age below which the head of the page says how old a
// version is: most attacks are found within it.
const newVersion = 3 * 24 * time.Hour

// versionPage is the frame of every view of a version.
func (s *Server) versionPage(r *http.Request, v *dossier.Version, now versionView) dossierPage {
	title := v.Crate + " " + v.Num
	if now.path != "" {
		title += " · " + now.label
	}
	p := dossierPage{Page: s.page(r, visible(title)), Head: Head{Title: visible(v.Crate), Code: visible(v.Num), Badges: badgesOf(v.Marks)}}
	if age := s.cfg.Clock().Sub(v.Row.CreatedAt); age < newVersion {
		p.Head.Badges = append(p.Head.Badges, Badge{Tone: Warn, Text: "published " + Ago(s.cfg.Clock(), v.Row.CreatedAt)})
	}
	p.Head.Crumbs = s.crumbs(Link{visible(v.Crate), crateURL(v.Crate)}, Link{"versions", Path("crates", v.Crate, "versions")})
	if v.Previous != "" {
		p.Head.Actions = append(p.Head.Actions, Action{Label: "← " + visible(v.Previous), URL: versionURL(v.Crate, v.Previous)})
	}
	if v.Following != "" {
		p.Head.Actions = append(p.Head.Actions, Action{Label: visible(v.Following) + " →", URL: versionURL(v.Crate, v.Following)})
	}
	if s.cfg.Blast != nil {
		p.Head.Actions = append(p.Head.Actions, Action{Label: "Blast radius", URL: blastURL(v.Crate, v.Num)})
	}
	s.offer(r, &p, action.VersionSubject(v.Crate, v.Num))
	p.Notices = append(p.Notices, heldNotices(v)...)
	for _, view := range versionViews() {
		tab := Tab{Label: view.label, URL: versionURL(v.Crate, v.Num), Current: view.path == now.path}
		if view.path != "" {
			tab.URL = Path("crates", v.Crate, v.Num, view.path)
		}
		dressTab(&tab, v, view.path)
		p.Tabs = append(p.Tabs, tab)
	}
	return p
}

// heldNotices say that a version is held, or that nobody knows.
func heldNotices(v *dossier.Version) []Notice {
	if h := v.Row.Held; h != nil {
		text := Text("Held since ").UTC(h.Since).Say(" UTC (").Ago(h.Since).Say(") by plan ").Link(h.Plan, planURL(h.Plan)).Say(". " + h.FilesSentence())
		return []Notice{{Tone: Hold, Title: "Held by this console", Text: text}}
	}
	if v.HeldAbsent != "" {
		return []Notice{Missing("Held", v.HeldAbsent)}
	}
	return nil
}

// dressTab adds the count to a tab, or what asks for attention.
func dressTab(tab *Tab, v *dossier.Version, view string) {
	switch view {
	case "files":
		tab.Count = fileCount(v)
	case "diff":
		if v.Previous != "" {
			tab.Label = "Diff to " + visible(v.Previous)
		}
		tab.Badge = newDependencies(v.Dependencies.Rows)
	case "dependencies":
		tab.Count = Num(len(v.Dependencies.Rows))
	case "dependents":
		if v.Dependents.Absent == "" {
			tab.Count = Num(max(v.Dependents.AnyVersion, v.Dependents.Default))
		}
	}
}

// fileCount is the number of files, which the comparison with earlier publishes
// has when the archive could be read.
func fileCount(v *dossier.Version) string {
	for _, row := range v.Provenance.Matrix {
		if row.Label == "Files" && len(row.Cells) > 0 && strings.Trim(row.Cells[0].Text, "0123456789,") == "" {
			return row.Cells[0].Text
		}
	}
	return ""
}

// newDependencies is the mark for dependencies that the version before lacked.
func newDependencies(rows []dossier.Dependency) Badge {
	fresh, tone := 0, Info
	for _, d := range rows {
		if !d.New || d.Kind == "dev" {
			continue
		}
		fresh++
		if d.Young {
			tone = Bad
		}
	}
	if fresh == 0 {
		return Badge{}
	}
	return Badge{Tone: tone, Text: "+" + Plural(fresh, "dependency", "dependencies")}
}

func fillVersionDependencies(p *dossierPage, v *dossier.Version) {
	p.Main = []Card{dependenciesCard(v.Dependencies)}
}

func fillVersionDependents(p *dossierPage, v *dossier.Version) {
	c := dependentsCard(v.Dependents)
	c.Title, c.Note = "Dependents of the crate", "any of them may resolve to this version when its requirement allows it"
	c.More = Link{"all dependents", Path("crates", v.Crate, "dependents")}
	p.Main = []Card{c}
}

func fillVersionDownloads(p *dossierPage, v *dossier.Version) {
	p.Facts = []Fact{
		{Label: "Downloads, all time", Value: Text(Num(v.Row.Downloads)), Note: "this version"},
		{Label: "In these days", Value: Text(Num(sum(v.Chart.Totals))), Note: Plural(len(v.Chart.Days), "day")},
		{Label: "Published", Value: Phrase{}.Ago(v.Row.CreatedAt), Note: UTC(v.Row.CreatedAt)},
	}
	p.Main = []Card{downloadsCard("version-downloads", v.Crate, v.Chart)}
}

func fillVersionTimeline(p *dossierPage, v *dossier.Version) {
	p.Main = []Card{yanksCard(v), timelineCard(v.Timeline, 0, Link{})}
}

func yanksCard(v *dossier.Version) Card {
	c := Card{ID: "yanks", Title: "Yanks"}
	if v.YankMessage != "" {
		c.Notices = append(c.Notices, Notice{Tone: Warn, Title: "Message of the yank", Text: Text(v.YankMessage)})
	} else if v.YankMessageAbsent != "" {
		c.Notices = append(c.Notices, Missing("Message of the yank", v.YankMessageAbsent))
	}
	if v.YanksAbsent != "" {
		c.Notices = append(c.Notices, Missing("Who yanked", v.YanksAbsent))
		return c
	}
	for _, y := range v.Yanks {
		tone, by := Plain, y.By
		if y.Action == "yanked" {
			tone = Warn
		}
		c.Guards = append(c.Guards, Guard{Tone: tone, Word: y.Action, Text: Phrase{}.Strong(capitalised(y.Action)).Say(" by ").Person(&by), Note: Phrase{}.UTC(y.At).Say(" · with " + y.With)})
	}
	switch {
	case len(c.Guards) > 0:
	case v.Row.Yanked:
		c.Empty = Empty{Title: "Yanked, and nobody is recorded", Text: "A yank by the registry's own command line leaves no row."}
	default:
		c.Empty = Empty{Title: "It was never yanked"}
	}
	return c
}

func capitalised(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
