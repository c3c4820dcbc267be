package web

import "net/http"

// aboutPage says what this console is looking at and how to use it.
type aboutPage struct {
	Page
	Facts []Fact
}

// Shortcut is a key and what it does.
type Shortcut struct{ Keys, Does string }

func (s *Server) about(w http.ResponseWriter, r *http.Request) error {
	p := aboutPage{Page: s.page(r, "About this console")}
	p.Facts = []Fact{
		{Label: "Registry", Value: Text(s.cfg.Registry.Label)},
		{Label: "cratewarden", Value: Text(s.cfg.Version)},
	}
	if f := p.Freshness; f != nil && !f.AsOf.IsZero() {
		p.Facts = append(p.Facts, Fact{Label: "Facts as of", Value: Phrase{}.UTC(f.AsOf)})
	}
	return s.render(w, "about", http.StatusOK, p)
}

// shortcuts are the keys that console.js knows; the help dialog of every page
// and the page about the console show this list.
func shortcuts() []Shortcut {
	return []Shortcut{
		{"/", "go to the search box"},
		{"Ctrl K", "open the palette: find anything by name"},
		{"j", "next row of a list"},
		{"k", "previous row of a list"},
		{"Enter", "open the row"},
		{"p", "go to the plans"},
		{"l", "go to the ledger"},
		{"?", "show these keys"},
		{"Esc", "close"},
	}
}
