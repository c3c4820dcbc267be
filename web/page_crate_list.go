package web

import (
	"context"
	"net/http"

	"cratewarden/dossier"
)

// rowChoices are the page sizes that a reader may choose.
func rowChoices() []Option {
	return []Option{{"", "50"}, {"100", "100"}, {"200", "200"}, {"500", "500"}}
}

// crateList is one long list of a crate under the crate's own head, or as a file.
func crateList[T dossier.Recorder](s *Server, w http.ResponseWriter, r *http.Request, view crateView,
	ask func(ctx context.Context, name, after string, limit int) (dossier.Page[T], error), show func(dossier.Page[T], *dossier.Crate) Card) error {
	f := readFields(r)
	after, limit, csv := f.text("after", 256), f.limit(), wantsCSV(f)
	if f.err != nil {
		return f.err
	}
	name := r.PathValue("name")
	if csv {
		return export(s, w, "crate-"+name+"-"+view.path, after, func(after string, limit int) (dossier.Page[T], error) {
			return ask(r.Context(), name, after, limit)
		})
	}
	d, err := s.cfg.Dossiers.Crate(r.Context(), name)
	if err != nil {
		return s.crateMissing(w, r, err)
	}
	if moved(w, r, d.Name, view.path) {
		return nil
	}
	page, err := ask(r.Context(), d.Name, after, limit)
	if err != nil {
		return err
	}
	p := s.cratePage(r, d, view)
	card, here := show(page, d), Path("crates", d.Name, view.path)
	card.Pager = listPager(here, "/api/v1"+here, after, page.Next, page.Prev, f)
	card.Pager.Shown = Num(len(page.Rows)) + " shown"
	if page.Total >= 0 {
		card.Pager.Shown = Num(len(page.Rows)) + " of " + Num(page.Total)
	}
	asked := f.values.Get("limit")
	// A list that fits on one page needs no choice.
	if page.Next != "" || after != "" || asked != "" {
		card.Filter = &Filter{Action: here, Button: "Show", Fields: []Field{{Name: "limit", Label: "Rows on a page", Value: asked, Options: rowChoices()}}}
	}
	if asked != "" {
		card.Filter.Reset = here
	}
	p.Main = []Card{card}
	return s.render(w, "dossier", http.StatusOK, p)
}

func (s *Server) crateVersions(w http.ResponseWriter, r *http.Request) error {
	ask := func(ctx context.Context, name, after string, limit int) (dossier.Page[dossier.VersionRow], error) {
		return s.cfg.Dossiers.CrateVersions(ctx, name, after, limit)
	}
	show := func(page dossier.Page[dossier.VersionRow], d *dossier.Crate) Card {
		c := Card{ID: "versions", Title: "Versions", Note: "newest first · " + Num(d.YankedCount) + " yanked"}
		if page.Absent != "" {
			return c.missing(page.Absent)
		}
		c.Table = versionTable(page.Rows)
		return c
	}
	return crateList(s, w, r, crateView{path: "versions", label: "Versions"}, ask, show)
}

func (s *Server) crateDependents(w http.ResponseWriter, r *http.Request) error {
	var counts dossier.Dependents
	ask := func(ctx context.Context, name, after string, limit int) (dossier.Page[dossier.DependentRow], error) {
		page, err := s.cfg.Dossiers.CrateDependents(ctx, name, after, limit)
		if err != nil {
			return dossier.Page[dossier.DependentRow]{}, err
		}
		counts = *page
		return dossier.Page[dossier.DependentRow]{Section: page.Section, Rows: page.Top, Next: page.Next, Total: page.AnyVersion}, nil
	}
	show := func(dossier.Page[dossier.DependentRow], *dossier.Crate) Card { return dependentsCard(counts) }
	return crateList(s, w, r, crateView{path: "dependents", label: "Dependents"}, ask, show)
}

// dependentsCard is a page of dependents with the counts, each of which is
// right for something else.
func dependentsCard(d dossier.Dependents) Card {
	c := Card{ID: "dependents", Title: "Dependents", Note: "most downloaded first"}
	if d.Absent != "" {
		return c.missing(d.Absent)
	}
	c.Facts = []Fact{
		{Label: "With any version", Value: Text(countOrLoading(d.AnyVersion)), Note: "decides about deletion"},
		{Label: "With their default version", Value: Text(Num(d.Default)), Note: "what the registry's page shows"},
		{Label: "Rows in the registry's table", Value: Text(Num(d.Table)), Note: "reverse_dependencies"},
	}
	c.Table = dependentTable(d.Top)
	if d.Note != "" {
		c.Gaps = []string{visible(d.Note)}
	}
	return c
}

func countOrLoading(n int) string {
	if n < 0 {
		return "still loading"
	}
	return Num(n)
}
