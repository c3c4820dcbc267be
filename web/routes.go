package web

import (
	"io/fs"
	"net/http"
	"time"
)

// route is one line of the table of contents.
type route struct {
	pattern string // method and path, as http.ServeMux reads them
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
	return []route{
		// Console
		{pattern: "GET /about", handle: s.about, nav: nav{section: "Console", label: "About"}},
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
	s.table = append(s.routes(), more...)
	s.mux = http.NewServeMux()
	s.mux.Handle("GET /static/{file}", s.assets)
	for _, rt := range s.table {
		s.mux.Handle(rt.pattern, s.adapt(rt))
	}
	s.mux.Handle("/", s.adapt(route{pattern: "/", handle: s.nowhere}))
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
