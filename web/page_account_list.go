package web

import (
	"context"
	"net/http"
	"strings"

	"cratewarden/dossier"
)

// accountRows is how many rows a page of an account's lists has unless said.
const accountRows = 25

// accountPublishesList is everything an account published, by key, and as a file.
func (s *Server) accountPublishesList(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	filter, n := readAccountPublishes(f)
	ask := func(ctx context.Context, id int32, after string, limit int) (dossier.Page[dossier.VersionRow], error) {
		filter.After, filter.Limit = after, limit
		return s.cfg.Dossiers.AccountPublishes(ctx, id, filter)
	}
	show := func(page dossier.Page[dossier.VersionRow]) Card {
		card := versionsCard("publishes", "Published", page)
		for _, plan := range s.planForThese(r, versionLines(page.Rows)) {
			if plan.Refused == "" {
				card.More = Link{strings.ToLower(plan.Label[:1]) + plan.Label[1:], plan.URL}
			}
		}
		return card
	}
	return accountList(s, w, r, "publishes", f, n, nil, ask, show)
}

// accountCratesList is every crate of an account, by key, and as a file.
func (s *Server) accountCratesList(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	filter, n := readOwned(f)
	ask := func(ctx context.Context, id int32, after string, limit int) (dossier.Page[dossier.OwnedCrate], error) {
		filter.After, filter.Limit = after, limit
		return s.cfg.Dossiers.AccountCrates(ctx, id, filter)
	}
	show := func(page dossier.Page[dossier.OwnedCrate]) Card {
		card := ownedCard(s.cfg.Registry.Kind, "crates", "Owned crates", page, false)
		if filter.Former {
			card = ownedCard(s.cfg.Registry.Kind, "former", "Crates owned before", page, true)
		}
		card.passing(n, page)
		return card
	}
	return accountList(s, w, r, "crates", f, n, kept("former", trueField(filter.Former)), ask, show)
}

// accountList is one long list of an account under the account's own head. The
// fields that are kept say which of two lists it is.
func accountList[T dossier.Recorder](s *Server, w http.ResponseWriter, r *http.Request, view string, f *fields, n narrowing, kept []Field,
	ask func(context.Context, int32, string, int) (dossier.Page[T], error), show func(dossier.Page[T]) Card) error {
	id, err := rowID(r, "an account's page")
	if err != nil {
		return err
	}
	after, limit, csv := f.text("after", 256), f.limit(), wantsCSV(f)
	if f.err != nil {
		return f.err
	}
	if limit == 0 {
		limit = accountRows
	}
	if csv {
		return export(s, w, "account-"+digits(id)+"-"+view, after, func(after string, limit int) (dossier.Page[T], error) {
			return ask(r.Context(), id, after, limit)
		})
	}
	a, err := s.cfg.Dossiers.AccountHead(r.Context(), id)
	if err != nil {
		return err
	}
	page, err := ask(r.Context(), id, after, limit)
	if err != nil {
		return err
	}
	here := accountURL(id, view)
	p := s.accountFrame(r, a, here)
	card := show(page)
	card.Pager = listPager(here, "/api/v1"+here, after, page.Next, page.Prev, f, append(narrowing(kept).pairs(), n.pairs()...)...)
	card.Pager.Shown = card.Note
	card.filtered(n, here, f, len(page.Rows), kept...)
	p.Main = []Card{card}
	return s.render(w, "dossier", http.StatusOK, p)
}

// listPager leads through a list by key. The way back is the key of the page
// before when the list gives one, else the start of the list.
func listPager(here, api, after, next, prev string, f *fields, pairs ...any) *Pager {
	limit := f.values.Get("limit")
	pairs = append(pairs, "limit", limit)
	to := func(base string, more ...any) string {
		return address(base, append(append([]any{}, pairs...), more...)...)
	}
	p := &Pager{CSV: to(here, "format", "csv"), JSON: to(api, "after", after), Back: "Start", Forth: "More"}
	if next != "" {
		p.Older = to(here, "after", next)
	}
	switch {
	case prev != "":
		p.Newer, p.Back = to(here, "after", prev), "Back"
	case after != "":
		p.Newer = to(here)
	}
	return p
}
