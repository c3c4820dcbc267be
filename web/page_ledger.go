package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Ledger is the log that the pages show; *ledger.Log is one.
type Ledger interface {
	State(ctx context.Context) (ledger.State, error)
	List(ctx context.Context, f ledger.Filter) (ledger.Page, error)
	Get(ctx context.Context, index int64) (ledger.Record, error)
	Answers(ctx context.Context, kind ledger.Kind, indexes ...int64) ([]ledger.Entry, error)
	ProveConsistency(ctx context.Context, old int64, head ledger.Checkpoint) (ledger.Consistency, error)
}

// ledgerRoutes are the pages and files of the ledger, none without one.
func (s *Server) ledgerRoutes() []route {
	if s.cfg.Ledger == nil {
		return nil
	}
	return []route{
		{pattern: "GET /ledger", act: "look.ledger", handle: s.ledgerList, timeout: listTime, nav: nav{section: "Console", label: "Ledger"}},
		{pattern: "GET /ledger/checkpoint", act: "look.ledger", handle: s.ledgerCheckpoint},
		{pattern: "GET /ledger/consistency", act: "look.ledger", handle: s.ledgerConsistency},
		{pattern: "GET /ledger/{index}", act: "look.ledger", handle: s.ledgerEntry, timeout: listTime},
		{pattern: "GET /ledger/{index}/entry.json", act: "look.ledger", handle: s.ledgerBody},
		{pattern: "GET /ledger/{index}/proof", act: "look.ledger", handle: s.ledgerProof},
		{pattern: "GET /ledger/{index}/documents/{digest}", act: "look.ledger", handle: s.ledgerDocument, timeout: listTime},
	}
}

// wholeNumber is a number of the address that may be larger than a row's id;
// without the field it is 0.
func (f *fields) wholeNumber(name string) int64 {
	value := f.text(name, 20)
	if value == "" {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		f.refuse("The field “%s” of the address must be a whole number. Correct it, or take it away.", name)
	}
	return n
}

// ledgerFields are the longest texts that a filter takes; the interface for
// programs has the same bounds.
const (
	ledgerTextMost    = 256
	ledgerSubjectMost = 512
)

func readLedger(f *fields) ledger.Filter {
	var kinds []string
	for _, k := range ledger.Kinds() {
		kinds = append(kinds, string(k))
	}
	out := ledger.Filter{
		Actor: f.text("actor", ledgerTextMost), Subject: ledger.ParseSubject(f.text("subject", ledgerSubjectMost)), Kind: ledger.Kind(f.choice("kind", kinds...)),
		Action: f.text("action", ledgerTextMost), Plan: f.text("plan", ledgerTextMost), Incident: f.text("incident", ledgerTextMost),
		From: f.instant("from"), Until: f.instant("until"), Before: f.wholeNumber("before"), Limit: f.limit(),
	}
	if !out.From.IsZero() && !out.Until.IsZero() && out.Until.Before(out.From) {
		f.refuse("The end of the time to look at is before its start. Swap “from” and “until”.")
	}
	return out
}

// ledgerPairs are the fields of the address that narrow the list. The interface
// for programs has the same names.
func ledgerPairs(x ledger.Filter, f *fields) []any {
	return []any{"actor", x.Actor, "subject", f.text("subject", ledgerSubjectMost), "kind", string(x.Kind), "action", x.Action, "plan", x.Plan, "incident", x.Incident,
		"from", instantField(x.From), "until", instantField(x.Until), "limit", f.values.Get("limit")}
}

func (s *Server) ledgerList(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	filter, csv := readLedger(f), wantsCSV(f)
	if f.err != nil {
		return f.err
	}
	if csv {
		return s.ledgerFile(w, r, filter)
	}
	list, err := s.cfg.Ledger.List(r.Context(), filter)
	if err != nil {
		return pg.Map(err)
	}
	outcomes, err := s.outcomes(r.Context(), list.Entries)
	if err != nil {
		return err
	}
	p := dossierPage{Page: s.page(r, "Ledger"), Head: Head{Title: "Ledger", Lead: Text("Everything this console did, refused, or showed of personal data. It only grows: each entry is part of a signed tree, so a change would be found.")}}
	state, err := s.cfg.Ledger.State(r.Context())
	card := s.ledgerState(state)
	if err != nil {
		card = Card{ID: "log", Title: "The log"}.missing(cratewarden.MessageOf(pg.Map(err)))
	}
	p.Main = []Card{card, s.entriesCard(list, outcomes, filter, f), consistencyCard(state)}
	return s.render(w, "dossier", http.StatusOK, p)
}

// outcomes are what became of the intents of a page, by their numbers.
func (s *Server) outcomes(ctx context.Context, entries []ledger.Entry) (map[int64]ledger.Entry, error) {
	var intents []int64
	for _, e := range entries {
		if e.Kind == ledger.Intent {
			intents = append(intents, e.Index)
		}
	}
	out := map[int64]ledger.Entry{}
	if len(intents) == 0 {
		return out, nil
	}
	answers, err := s.cfg.Ledger.Answers(ctx, ledger.Outcome, intents...)
	for _, a := range answers {
		out[*a.Refers] = a // the last word counts
	}
	return out, pg.Map(err)
}

func (s *Server) ledgerFile(w http.ResponseWriter, r *http.Request, filter ledger.Filter) error {
	return export(s, w, "ledger", positive64(filter.Before), func(before string, limit int) (dossier.Page[ledger.Entry], error) {
		filter.Limit, filter.Before = limit, 0
		if before != "" {
			n, err := strconv.ParseInt(before, 10, 64)
			if err != nil {
				return dossier.Page[ledger.Entry]{}, err
			}
			filter.Before = n
		}
		p, err := s.cfg.Ledger.List(r.Context(), filter)
		return dossier.Page[ledger.Entry]{Rows: p.Entries, Next: positive64(p.Next)}, pg.Map(err)
	})
}

// positive64 writes a number for an address, empty for 0.
func positive64(n int64) string {
	if n <= 0 {
		return ""
	}
	return digits(n)
}

// entriesCard is the list with its filters.
func (s *Server) entriesCard(list ledger.Page, outcomes map[int64]ledger.Entry, x ledger.Filter, f *fields) Card {
	pairs := ledgerPairs(x, f)
	here := func(base string, more ...any) string {
		return address(base, append(append([]any{}, pairs...), more...)...)
	}
	c := Card{ID: "entries", Title: "Entries", Note: "newest first", Filter: s.ledgerFilter(x, f), Table: &Table{Caption: "Entries of the ledger",
		Columns: []Column{{Label: "Entry"}, {Label: "When (UTC)"}, {Label: "Kind"}, {Label: "Actor"}, {Label: "Action"}, {Label: "Subjects"}, {Label: "Result"}},
		Empty:   Empty{Title: "Nothing was recorded yet", Text: "The first plan that is applied or refused makes the first entry."}}}
	if c.Filter.Reset != "" || x.Before > 0 {
		c.Table.Empty = Empty{Title: "No entry passes the filter", Text: "Widen the time, or take a filter away.", Action: Link{"The whole ledger", "/ledger"}}
	}
	for i := range list.Entries {
		c.Table.Rows = append(c.Table.Rows, entryRow(&list.Entries[i], outcomes))
	}
	c.Pager = &Pager{Shown: shown(len(list.Entries), -1, "entry"), CSV: here("/ledger", "format", "csv", "before", positive64(x.Before)),
		JSON: here("/api/v1/ledger", "before", positive64(x.Before)), Back: "Newest"}
	if len(list.Entries) != 1 {
		c.Pager.Shown = Num(len(list.Entries)) + " entries on this page"
	}
	if x.Before > 0 {
		c.Pager.Newer = here("/ledger")
	}
	if list.Next > 0 {
		c.Pager.Older = here("/ledger", "before", digits(list.Next))
	}
	return c
}

func (s *Server) ledgerFilter(x ledger.Filter, f *fields) *Filter {
	kinds := []Option{{"", "any"}}
	for _, k := range ledger.Kinds() {
		kinds = append(kinds, Option{string(k), string(k)})
	}
	limit := f.values.Get("limit")
	out := &Filter{Action: "/ledger", Fields: []Field{
		{Name: "actor", Label: "Actor", Value: x.Actor, Hint: "id of a person"},
		{Name: "subject", Label: "Subject", Value: f.text("subject", ledgerSubjectMost), Hint: "crate:serde"},
		{Name: "kind", Label: "Kind", Value: string(x.Kind), Options: kinds},
		{Name: "action", Label: "Action", Value: x.Action, Hint: "version.yank"},
		{Name: "plan", Label: "Plan", Value: x.Plan},
		{Name: "incident", Label: "Incident", Value: x.Incident},
		{Name: "from", Label: "From (UTC)", Value: instantText(x.From), Hint: s.cfg.Clock().UTC().Add(-24 * time.Hour).Format("2006-01-02 15:04")},
		{Name: "until", Label: "Until (UTC)", Value: instantText(x.Until), Hint: "now"},
		{Name: "limit", Label: "Rows on a page", Value: limit, Options: rowChoices(limit)},
	}}
	if x != (ledger.Filter{Before: x.Before, Limit: x.Limit}) || limit != "" {
		out.Reset = "/ledger"
	}
	return out
}
