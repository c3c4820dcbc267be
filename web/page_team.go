package web

import (
	"net/http"

	"cratewarden/dossier"
)

// team is everything known about a team that owns or owned crates.
func (s *Server) team(w http.ResponseWriter, r *http.Request) error {
	id, err := rowID(r, "a team's page")
	if err != nil {
		return err
	}
	t, err := s.cfg.Dossiers.Team(r.Context(), id)
	if err != nil {
		return err
	}
	p := dossierPage{Page: s.page(r, visible(t.Login))}
	p.Head = Head{Crumbs: []Link{{"Search", "/search"}, {"Teams", address("/search", "q", "team:"+t.Login)}}, Title: visible(t.Login), Code: "team " + digits(t.ID),
		Lead: Text("Every member of the team on GitHub may publish and yank. The registry keeps no list of members; it asks GitHub each time.")}
	p.Facts = []Fact{
		{Label: "Display name", Value: orDash(t.Name)},
		{Label: "GitHub team id", Value: Phrase{}.Copy(digits(t.GitHubID), "")},
		{Label: "GitHub organisation id", Value: Phrase{}.Copy(digits(t.OrgID), "")},
		{Label: "Crates owned", Value: counted(t.Crates)},
		{Label: "Crates owned before", Value: counted(t.Former)},
	}
	here := Path("teams", digits(t.ID), "crates")
	p.Main = []Card{teamCrates(p.Registry.Kind, "crates", "Owned crates", t.Crates, false, here)}
	if len(t.Former.Rows) > 0 || t.Former.Absent != "" {
		p.Main = append(p.Main, teamCrates(p.Registry.Kind, "former", "Crates owned before", t.Former, true, here))
	}
	return s.render(w, "dossier", http.StatusOK, p)
}

// counted is the length of a list or, in its place, why there is no such list.
func counted[T any](p dossier.Page[T]) Phrase {
	if p.Absent != "" {
		return Phrase{}.Muted(visible(p.Absent))
	}
	return orDash(countOf(p))
}

// teamCrates is the first page of a team's list, with the way to the rest.
func teamCrates(kind RegistryKind, id, title string, page dossier.Page[dossier.OwnedCrate], former bool, here string) Card {
	withoutVia(page.Rows)
	c := ownedCard(kind, id, title, page, former)
	if c.Table == nil || len(page.Rows) == 0 {
		return c
	}
	c.Pager = &Pager{Shown: c.Note, Of: c.Title, CSV: address(here, "former", trueField(former), "format", "csv"), JSON: address("/api/v1"+here, "former", trueField(former))}
	if page.Next != "" {
		c.Pager.Older, c.Pager.Forth, c.Pager.Back = address(here, "after", page.Next), "More", "Start"
	}
	return c
}

// withoutVia leaves out through which team the rights come: on the team's own
// page that is said by the page.
func withoutVia(rows []dossier.OwnedCrate) {
	for i := range rows {
		rows[i].Via = ""
	}
}

// teamCratesList is a further page of a team's crates, or the whole as a file.
func (s *Server) teamCratesList(w http.ResponseWriter, r *http.Request) error {
	id, err := rowID(r, "a team's page")
	if err != nil {
		return err
	}
	f := readFields(r)
	filter, n := readOwned(f)
	after, limit, csv := f.text("after", 256), f.limit(), wantsCSV(f)
	if f.err != nil {
		return f.err
	}
	ask := func(after string, limit int) (dossier.Page[dossier.OwnedCrate], error) {
		filter.After, filter.Limit = after, limit
		return s.cfg.Dossiers.TeamCrates(r.Context(), id, filter)
	}
	if csv {
		return export(s, w, "team-"+digits(id)+"-crates", after, ask)
	}
	page, err := ask(after, limit)
	if err != nil {
		return err
	}
	title := "Owned crates"
	if filter.Former {
		title = "Crates owned before"
	}
	team, here := Path("teams", digits(id)), Path("teams", digits(id), "crates")
	p := dossierPage{Page: s.page(r, "Crates of team "+digits(id))}
	p.Head = Head{Crumbs: []Link{{"Search", "/search"}, {"Team " + digits(id), team}}, Title: title, Code: "team " + digits(id)}
	withoutVia(page.Rows)
	card, former := ownedCard(p.Registry.Kind, "crates", title, page, filter.Former), kept("former", trueField(filter.Former))
	card.passing(n, page)
	card.Pager = listPager(here, "/api/v1"+here, after, page.Next, page.Prev, f, append(narrowing(former).pairs(), n.pairs()...)...)
	card.Pager.Shown = card.Note
	card.filtered(n, here, f, len(page.Rows), former...)
	p.Main = []Card{card}
	return s.render(w, "dossier", http.StatusOK, p)
}
