package web

import (
	"context"
	"net/http"

	"cratewarden/dossier"
)

// crateList is one long list of a crate under the crate's own head, or as a file.
func crateList[T dossier.Recorder](s *Server, w http.ResponseWriter, r *http.Request, view crateView, f *fields, n narrowing,
	ask func(ctx context.Context, name, after string, limit int) (dossier.Page[T], error), show func(dossier.Page[T], *dossier.Crate) Card) error {
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
	if rows, ok := any(page.Rows).([]dossier.VersionRow); ok {
		p.Head.Actions = append(p.Head.Actions, s.planForThese(r, versionLines(rows))...)
	}
	card, here := show(page, d), Path("crates", d.Name, view.path)
	card.Pager = listPager(here, "/api/v1"+here, after, page.Next, page.Prev, f, n.pairs()...)
	card.Pager.Shown = Num(len(page.Rows)) + " shown"
	if page.Total >= 0 {
		card.Pager.Shown = Num(len(page.Rows)) + " of " + Num(page.Total)
	}
	card.filtered(n, here, f, len(page.Rows))
	p.Main = []Card{card}
	return s.render(w, "dossier", http.StatusOK, p)
}

func (s *Server) crateVersions(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	filter, n := readVersions(f)
	ask := func(ctx context.Context, name, after string, limit int) (dossier.Page[dossier.VersionRow], error) {
		filter.After, filter.Limit = after, limit
		return s.cfg.Dossiers.CrateVersions(ctx, name, filter)
	}
	show := func(page dossier.Page[dossier.VersionRow], d *dossier.Crate) Card {
		c := Card{ID: "versions", Title: "Versions", Note: "newest first · " + Num(d.YankedCount) + " yanked"}
		if page.Absent != "" {
			return c.missing(page.Absent)
		}
		c.Table = versionTable(page.Rows)
		return c
	}
	return crateList(s, w, r, crateView{path: "versions", label: "Versions"}, f, n, ask, show)
}

func (s *Server) crateDependents(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	filter, n := readDependents(f)
	var counts dossier.Dependents
	ask := func(ctx context.Context, name, after string, limit int) (dossier.Page[dossier.DependentRow], error) {
		filter.After, filter.Limit = after, limit
		page, err := s.cfg.Dossiers.CrateDependents(ctx, name, filter)
		if err != nil {
			return dossier.Page[dossier.DependentRow]{}, err
		}
		counts = *page
		total := page.AnyVersion
		if n.set() {
			total = page.Matching
		}
		return dossier.Page[dossier.DependentRow]{Section: page.Section, Rows: page.Top, Next: page.Next, Total: total}, nil
	}
	show := func(dossier.Page[dossier.DependentRow], *dossier.Crate) Card { return dependentsCard(counts) }
	return crateList(s, w, r, crateView{path: "dependents", label: "Dependents"}, f, n, ask, show)
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
