package web

import (
	"io/fs"
	"net/http"
	"slices"
	"time"

	"cratewarden/telemetry"
)

// route is one line of the table of contents.
type route struct {
	pattern string // method and path, as http.ServeMux reads them
	// act is the line of the table of access that says who may, or public. A
	// route without one makes New fail.
	act string
	// purpose is what a passkey assertion is bound to, with the plan of the path
	// and the digest of the form; "" for acts that take none of that kind.
	purpose string
	renews  []string // values of op with which its form makes nothing
	limit   string   // the kind of limit on how often it may be asked; "" for none
	secret  []string // fields of its form that are never kept for a second try
	bare    bool     // its form is never kept at all
	body    int64    // how many bytes it takes; zero means Config.MaxBody
	handle  handler
	nav     nav           // its place in the side bar; zero when it has none
	under   string        // path of the side-bar entry it belongs to, when not its own
	timeout time.Duration // zero means Config.Timeout
}

// nav is a place in the side bar. Entries exist only through a route, so that
// no link in it can lead nowhere.
type nav struct {
	section string
	label   string
	count   func() int // open matters behind it; nil when it counts nothing
}

// sections are the groups of the side bar, in order; one without entries is not
// shown.
func sections() []string { return []string{"Now", "Look", "Console"} }

// routes is the table of contents of the console.
func (s *Server) routes() []route {
	console := append(slices.Concat(s.ledgerRoutes(), s.evidenceRoutes(), s.noticeRoutes(), s.peopleRoutes(), s.youRoutes(), s.deviceRoutes(), s.signRoutes(), s.openRoutes()), route{pattern: "GET /about", act: "look", handle: s.about, nav: nav{section: "Console", label: "About"}})
	if s.cfg.Dossiers == nil {
		return slices.Concat(s.incidentRoutes(), s.planRoutes(), console)
	}
	look := s.lookRoutes()
	return slices.Concat(look[:1], s.incidentRoutes(), look[1:], s.planRoutes(), s.crateRoutes(), s.blastRoutes(), s.versionRoutes(), s.accountRoutes(), console)
}

// lookRoutes are the pages one begins with: what happens, and what can be asked.
func (s *Server) lookRoutes() []route {
	return []route{
		{pattern: "GET /{$}", act: "look", handle: s.home, nav: nav{section: "Now", label: "Home"}},
		{pattern: "GET /publishes", act: "look", handle: s.publishes, timeout: listTime, nav: nav{section: "Now", label: "Publishes"}},
		{pattern: "GET /jobs", act: "look", handle: s.jobs, timeout: listTime, nav: nav{section: "Now", label: "Jobs"}},
		{pattern: "GET /search", act: "look", limit: "search", handle: s.search, nav: nav{section: "Look", label: "Search"}},
		{pattern: "GET /palette", act: "look", limit: "search", handle: s.palette},
		{pattern: "GET /names", act: "look", handle: s.names, timeout: listTime, nav: nav{section: "Look", label: "Names"}},
		{pattern: "GET /tokens", act: "look.token", handle: s.tokenForm, nav: nav{section: "Look", label: "Token lookup"}},
		{pattern: "POST /tokens", act: "look.token", limit: "token", secret: []string{"token"}, bare: true, handle: s.tokenLookup, under: "/tokens"},
		{pattern: "GET /status", act: "look", handle: s.status, nav: nav{section: "Console", label: "Status"}},
	}
}

// accountRoutes are the pages of people and teams.
func (s *Server) accountRoutes() []route {
	return []route{
		{pattern: "GET /accounts", act: "look", handle: s.accountLogin, under: "/search"},
		{pattern: "GET /accounts/{id}", act: "look", handle: s.account, under: "/search"},
		{pattern: "GET /accounts/{id}/crates", act: "look", handle: s.accountCratesList, under: "/search", timeout: listTime},
		{pattern: "GET /accounts/{id}/publishes", act: "look", handle: s.accountPublishesList, under: "/search", timeout: listTime},
		{pattern: "GET /teams/{id}", act: "look", handle: s.team, under: "/search"},
		{pattern: "GET /teams/{id}/crates", act: "look", handle: s.teamCratesList, under: "/search", timeout: listTime},
	}
}

// build makes the server from an inventory of pages, the files that hold the
// templates and the routes.
func (s *Server) build(pages map[string]any, files fs.FS, more ...route) error {
	var err error
	if s.assets, err = newAssets(staticFiles); err != nil {
		return err
	}
	if s.engine, err = newEngine(files, pages, s.funcs()); err != nil {
		return err
	}
	s.turns = newTurns()
	s.planned = newPlanned(s.cfg)
	s.cases = &cases{keeper: s.cfg.Incidents}
	s.bodies = map[string]int64{}
	s.table = append(s.routes(), more...)
	if err := checkActs(s.table); err != nil {
		return err
	}
	s.mux = http.NewServeMux()
	static := "GET /static/{file}"
	s.mux.HandleFunc(static, func(w http.ResponseWriter, r *http.Request) {
		telemetry.Route(r.Context(), static)
		s.assets.ServeHTTP(w, r)
	})
	for _, rt := range s.table {
		if rt.body > 0 {
			s.bodies[rt.pattern] = rt.body
		}
		s.mux.Handle(rt.pattern, s.adapt(rt))
	}
	s.mux.Handle("/", s.adapt(route{pattern: "/", act: "look", handle: s.nowhere}))
	s.handler = s.chain(s.mux)
	return nil
}

// has says whether the table holds a pattern; the frame shows what needs it
// only then.
func (s *Server) has(pattern string) bool {
	for _, rt := range s.table {
		if rt.pattern == pattern {
			return true
		}
	}
	return false
}
