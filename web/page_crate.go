package web

import (
	"net/http"
	"slices"
	"time"

	"cratewarden/action"
	"cratewarden/dossier"
)

// crateView is one of the tabs of a crate's page.
type crateView struct {
	path  string // under the crate's address; empty for the overview
	label string
	fill  func(*dossierPage, *dossier.Crate)
}

// crateViews are the tabs of a crate, in order.
func (s *Server) crateViews() []crateView {
	views := []crateView{
		{"", "Overview", s.crateOverview},
		{"versions", "Versions", nil}, // a list of its own: crateVersions
		{"dependents", "Dependents", nil},
		{"dependencies", "Dependencies", fillCrateDependencies},
		{"owners", "Owners", fillCrateOwners},
		{"timeline", "Timeline", fillCrateTimeline},
		{"storage", "Storage & index", fillCrateStorage},
	}
	if s.cfg.Blast != nil {
		views = slices.Insert(views, 3, blastView())
	}
	return views
}

// listTime bounds a request for a whole list as CSV, which takes many
// statements, each with its own bound.
const listTime = 55 * time.Second

func (s *Server) crateRoutes() []route {
	routes := []route{
		{pattern: "GET /crates/{name}/versions", act: "look", handle: s.crateVersions, timeout: listTime},
		{pattern: "GET /crates/{name}/dependents", act: "look", handle: s.crateDependents, timeout: listTime},
	}
	for _, v := range s.crateViews() {
		if v.fill == nil {
			continue
		}
		pattern := "GET /crates/{name}"
		if v.path != "" {
			pattern += "/" + v.path
		}
		routes = append(routes, route{pattern: pattern, act: "look", handle: func(w http.ResponseWriter, r *http.Request) error {
			d, err := s.cfg.Dossiers.Crate(r.Context(), r.PathValue("name"))
			if err != nil {
				return s.crateMissing(w, r, err)
			}
			if moved(w, r, d.Name, v.path) {
				return nil
			}
			p := s.cratePage(r, d, v)
			v.fill(&p, d)
			s.crateActs(r, &p, d)
			return s.render(w, "dossier", http.StatusOK, p)
		}})
	}
	for i := range routes {
		routes[i].under = "/search"
	}
	return routes
}

// moved leads to the stored spelling of a crate's name when another was asked
// for, so that an address names one thing only. rest are the further steps.
func moved(w http.ResponseWriter, r *http.Request, name string, rest ...string) bool {
	if name == r.PathValue("name") {
		return false
	}
	redirect(w, r, append([]string{name}, rest...)...)
	return true
}

// redirect leads to an address under /crates and keeps the fields. Empty steps
// are left out.
func redirect(w http.ResponseWriter, r *http.Request, rest ...string) {
	steps := slices.DeleteFunc(append([]string{"crates"}, rest...), func(step string) bool { return step == "" })
	target := Path(steps...)
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// cratePage is the frame of every view of a crate.
func (s *Server) cratePage(r *http.Request, d *dossier.Crate, now crateView) dossierPage {
	title := d.Name
	if now.path != "" {
		title += " · " + now.label
	}
	p := dossierPage{Page: s.page(r, visible(title)), Head: Head{Title: visible(d.Name), Badges: badgesOf(d.Marks)}}
	p.Head.Crumbs = s.crumbs()
	if now.path == "" {
		p.Head.Lead = orNothing(d.Description)
	}
	s.offer(r, &p, action.CrateSubject(d.Name))
	for _, v := range s.crateViews() {
		url := crateURL(d.Name)
		if v.path != "" {
			url = Path("crates", d.Name, v.path)
		}
		p.Tabs = append(p.Tabs, Tab{Label: v.label, URL: url, Count: crateCount(d, v.path), Badge: crateMark(d, v.path), Current: v.path == now.path})
	}
	return p
}

// crumbs lead back to the search, when there is one.
func (s *Server) crumbs(more ...Link) []Link {
	if !s.has("GET /search") {
		return more
	}
	return append([]Link{{"Crates", "/search"}}, more...)
}

func orNothing(text string) Phrase {
	if text == "" {
		return nil
	}
	return Text(text)
}

// crateCount is the number on a tab.
func crateCount(d *dossier.Crate, view string) string {
	switch view {
	case "versions":
		return Num(d.VersionCount)
	case "dependents":
		if d.Dependents.Absent != "" {
			return ""
		}
		return Num(max(d.Dependents.AnyVersion, d.Dependents.Default))
	case "dependencies":
		return Num(len(d.Dependencies.Rows))
	case "owners":
		return Num(len(d.Owners.Active))
	}
	return ""
}

// crateMark is what on a tab asks for attention.
func crateMark(d *dossier.Crate, view string) Badge {
	if view != "storage" {
		return Badge{}
	}
	switch {
	case d.Index.Absent == "" && !d.Index.Equal:
		return Badge{Tone: Bad, Text: "index differs"}
	case d.Files.Absent == "" && d.Files.Missing > 0:
		return Badge{Tone: Bad, Text: Num(d.Files.Missing) + " missing"}
	case d.Files.Absent == "" && d.Files.Extra > 0:
		return Badge{Tone: Warn, Text: Num(d.Files.Extra) + " unexplained"}
	}
	return Badge{}
}
