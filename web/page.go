package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Page is what the frame around every page shows. A page's struct embeds it and
// gets it from Server.page.
type Page struct {
	Title     string
	Registry  Registry
	Nav       []NavGroup
	Nonce     string // for hx-nonce on every element with an hx- attribute
	Freshness *Freshness
	RequestID string
	ReadOnly  string // why nothing can be changed; empty when things can be
	Query     string // what stands in the search box
	Search    bool   // there is a page of search results
	Palette   bool   // there is a palette to open with Ctrl-K
	Person    string // who acts; "" when nobody does
	PersonURL string // a page about them; "" for none
	// Signed says that there is a session, which can be ended.
	Signed bool
	StepUp *stepUpBar // while changes are allowed; else nil
}

// stepUpBar says how long changes are allowed.
type stepUpBar struct {
	Until time.Time
	Left  string // minutes and seconds, such as 4:32
	Back  string
}

// left writes a length as a clock that runs down.
func left(d time.Duration) string {
	seconds := int(d / time.Second)
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// NavGroup is a section of the side bar.
type NavGroup struct {
	Label string
	Items []NavItem
}

// NavItem is an entry of the side bar.
type NavItem struct {
	Label   string
	URL     string
	Count   int // open matters; not shown when 0
	Current bool
}

// page fills the frame for a request.
func (s *Server) page(r *http.Request, title string) Page {
	v := visitOf(r.Context())
	p := Page{
		Title:     title,
		Registry:  s.cfg.Registry,
		Nonce:     v.nonce,
		RequestID: v.id,
		ReadOnly:  s.cfg.ReadOnly,
	}
	switch {
	case s.cfg.Auth == nil:
	case !v.signed:
		return p // whoever is not known learns nothing from the frame
	default:
		p.Person, p.PersonURL, p.Signed = visible(v.visitor.Person.Name), "/you", true
		if now := s.cfg.Clock(); v.visitor.SteppedUp(now) {
			p.StepUp = &stepUpBar{Until: v.visitor.Session.StepUpEnd, Left: left(v.visitor.Session.StepUpEnd.Sub(now)), Back: r.URL.RequestURI()}
		}
	}
	p.Nav = s.navigation(r.URL.Path, v.route.under)
	p.Search, p.Palette = s.has("GET /search"), s.has("GET /palette")
	if s.cfg.Freshness != nil {
		f := s.cfg.Freshness()
		p.Freshness = &f
	}
	return p
}

// navigation builds the side bar out of the routes. The current entry is the
// one whose path the address begins with, or the one that the route names.
func (s *Server) navigation(path, under string) []NavGroup {
	if under != "" {
		path = under
	}
	var groups []NavGroup
	for _, label := range sections() {
		groups = append(groups, NavGroup{Label: label})
	}
	for _, rt := range s.table {
		if rt.nav.section == "" {
			continue
		}
		item := NavItem{Label: rt.nav.label, URL: cleanPath(rt.pattern)}
		item.Current = path == item.URL || item.URL != "/" && strings.HasPrefix(path, item.URL+"/")
		if rt.nav.count != nil {
			item.Count = rt.nav.count()
		}
		for i := range groups {
			if groups[i].Label == rt.nav.section {
				groups[i].Items = append(groups[i].Items, item)
			}
		}
	}
	return slices.DeleteFunc(groups, func(g NavGroup) bool { return len(g.Items) == 0 })
}

// cleanPath is the path of a pattern: "GET /{$}" gives "/".
func cleanPath(pattern string) string {
	_, path, _ := strings.Cut(pattern, " ")
	return strings.TrimSuffix(path, "{$}")
}

// registryBadge is the label that says which registry this is, in the frame's
// colour.
func registryBadge(r Registry) Badge {
	switch r.Kind {
	case Production:
		return Badge{Tone: Bad, Text: r.Label + " · production"}
	case Dump:
		return Badge{Tone: Info, Text: r.Label + " · dump"}
	case Demo:
		return Badge{Tone: Good, Text: r.Label + " · demo"}
	default:
		return Badge{Text: r.Label}
	}
}
