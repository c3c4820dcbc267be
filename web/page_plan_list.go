package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden/action"
	"cratewarden/dossier"
	"cratewarden/ledger"
)

// planQuery is what the address of the list asks for.
type planQuery struct {
	state  string // a state, "open", or empty for all
	filter action.PlanFilter
	f      *fields
}

// planMost is how many plans a page holds at most; the engine's bound.
const planMost = 500

func readPlans(f *fields) planQuery {
	words := []string{"open"}
	for _, state := range planStates() {
		words = append(words, string(state))
	}
	q := planQuery{state: f.choice("state", words...), f: f}
	q.filter = action.PlanFilter{Author: f.text("author", ledgerTextMost), Incident: f.text("incident", ledgerTextMost),
		Subject: ledger.ParseSubject(f.text("subject", ledgerSubjectMost)), Undoes: f.text("undoes", ledgerTextMost),
		Before: f.text("before", ledgerTextMost), Limit: int(f.number("limit", 1, planMost, listLimit))}
	switch q.state {
	case "":
	case "open":
		q.filter.States = openStates()
	default:
		q.filter.States = []action.State{action.State(q.state)}
	}
	if f.values.Get("subject") != "" && q.filter.Subject.Kind == "" {
		f.refuse("A subject is a kind and an id, such as crate:serde, version:serde@1.0.0 or account:42.")
	}
	return q
}

// here is the address of the list with its filters.
func (q planQuery) here(base string, more ...any) string {
	pairs := []any{"state", q.state, "author", q.filter.Author, "incident", q.filter.Incident, "subject", q.f.text("subject", ledgerSubjectMost),
		"undoes", q.filter.Undoes, "limit", q.f.values.Get("limit")}
	return withPairs(address(base, pairs...), more)
}

func (s *Server) planList(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	q, csv := readPlans(f), wantsCSV(f)
	if f.err != nil {
		return f.err
	}
	if csv {
		return s.planFile(w, r, q.filter)
	}
	plans, err := s.cfg.Plans.Plans(r.Context(), q.filter)
	if err != nil {
		return err
	}
	counts, err := s.cfg.Plans.Counts(r.Context())
	if err != nil {
		return err
	}
	p := dossierPage{Page: s.page(r, "Plans"), Tabs: planTabs(q, counts), Head: Head{Title: "Plans",
		Lead: Text("Every change of the registry is a plan: reviewed first, applied as it was reviewed, recorded, and undone where that is possible.")}}
	make := Action{Label: "New plan", URL: "/plans/new", Primary: true, Refused: s.mayPlan(s.who(r))}
	p.Head.Actions = []Action{{Label: "Paste a list…", URL: "/plans/batch"}, make}
	if !s.has("GET /plans/batch") {
		p.Head.Actions = []Action{make}
	}
	p.Main = []Card{s.plansCard(plans, q)}
	return s.render(w, "dossier", http.StatusOK, p)
}

// planTabs are the states with how many plans stand in each. A state without
// plans has no tab unless it is the one that is shown.
func planTabs(q planQuery, counts map[action.State]int) []Tab {
	total, open := 0, 0
	for state, n := range counts {
		total += n
		if slices.Contains(openStates(), state) {
			open += n
		}
	}
	// The counts are of all plans; with another filter set they would promise
	// what the list does not hold.
	narrowed := q.filter.Author != "" || q.filter.Incident != "" || q.filter.Subject.ID != "" || q.filter.Undoes != ""
	tab := func(state, label string, n int) Tab {
		t := Tab{Label: label, URL: q.here("/plans", "state", state), Current: q.state == state}
		if !narrowed {
			t.Count = Num(n)
		}
		return t
	}
	tabs := []Tab{tab("", "All", total), tab("open", "Open", open)}
	for _, state := range planStates() {
		if counts[state] > 0 || q.state == string(state) {
			tabs = append(tabs, tab(string(state), strings.ToUpper(string(state[:1]))+string(state[1:]), counts[state]))
		}
	}
	return tabs
}

func (s *Server) plansCard(plans []action.Plan, q planQuery) Card {
	c := Card{ID: "plans", Title: "Plans", Note: "newest first", Filter: planFields(q), Table: s.planTable(plans)}
	c.Table.Empty = Empty{Title: "No plan was made yet", Text: "A plan begins with the button above, or with the menu on the page of a crate, version or account."}
	if c.Filter.Reset != "" || q.filter.Before != "" {
		c.Table.Empty = Empty{Title: "No plan passes the filter", Text: "Take a filter away.", Action: Link{"All plans", "/plans"}}
	}
	c.Pager = &Pager{Shown: shown(len(plans), -1, "plan"), CSV: q.here("/plans", "format", "csv", "before", q.filter.Before),
		JSON: q.here("/api/v1/plans", "before", q.filter.Before), Back: "Newest"}
	if q.filter.Before != "" {
		c.Pager.Newer = q.here("/plans")
	}
	if len(plans) == q.filter.Limit {
		c.Pager.Older = q.here("/plans", "before", plans[len(plans)-1].ID)
	}
	return c
}

func planFields(q planQuery) *Filter {
	limit := q.f.values.Get("limit")
	f := &Filter{Action: "/plans", Fields: []Field{
		{Name: "author", Label: "Author", Value: q.filter.Author, Hint: "id of a person"},
		{Name: "incident", Label: "Incident", Value: q.filter.Incident},
		{Name: "subject", Label: "Subject", Value: q.f.text("subject", ledgerSubjectMost), Hint: "crate:serde"},
		{Name: "limit", Label: "Rows on a page", Value: limit, Options: rowChoices(limit)},
	}}
	for name, value := range map[string]string{"state": q.state, "undoes": q.filter.Undoes} {
		if value != "" {
			f.Keep = append(f.Keep, Field{Name: name, Value: value})
		}
	}
	if q.filter.Author != "" || q.filter.Incident != "" || q.filter.Subject.ID != "" || q.filter.Undoes != "" || limit != "" {
		f.Reset = address("/plans", "state", q.state)
	}
	return f
}

func (s *Server) planTable(plans []action.Plan) *Table {
	t := &Table{Caption: "Plans", Columns: []Column{{Label: "Plan"}, {Label: "State"}, {Label: "Steps", Num: true}, {Label: "About"}, {Label: "Author"}, {Label: "Incident"}, {Label: "Changed (UTC)"}}}
	for i := range plans {
		t.Rows = append(t.Rows, s.planRow(&plans[i]))
	}
	return t
}

func (s *Server) planRow(p *action.Plan) Row {
	about := subjectsPhrase(s.subjects(p), 3)
	incident := Phrase{}.Muted("none")
	if p.Incident != "" {
		incident = Phrase{}.Link(p.Incident, s.caseURL(p.Incident))
	}
	author := Phrase{}.Link(actorName(p.Author), address("/plans", "author", p.Author.ID))
	title := Phrase{}.Link(p.Title, planURL(p.ID)).Muted(" " + p.ID)
	row := Row{Cells: []Phrase{title, append(Phrase{}.Badge(planTone(p.State), string(p.State)), planMarks(p)...), Text(Num(len(p.Steps))), about, author, incident,
		Phrase{}.UTC(p.ChangedAt).Say(" ").Ago(p.ChangedAt)}}
	switch p.State {
	case action.Unknown, action.Failed:
		row.Tone = Bad
	case action.Stale:
		row.Tone = Warn
	}
	return row
}

// planMarks say what a plan waits for.
func planMarks(p *action.Plan) Phrase {
	var out Phrase
	switch {
	case p.State == action.Reviewed && p.Blocked:
		out = out.Say(" ").Badge(Bad, "blocked")
	case p.State == action.Reviewed && p.NeedsApproval:
		out = out.Say(" ").Badge(Warn, "needs a second person")
	}
	if p.Undoes != "" {
		out = out.Say(" ").Badge(Hold, "undoes")
	}
	return out
}

// subjects are what the plan's steps are done to, each once. A step that this
// release does not know has none.
func (s *Server) subjects(p *action.Plan) (out []ledger.Subject) {
	seen := map[string]bool{}
	for _, step := range s.steps(p) {
		if step.Do == nil {
			continue
		}
		for _, x := range step.Do.Subjects() {
			if id := x.Kind + " " + x.ID; !seen[id] {
				seen[id] = true
				if x.Kind == "account" && x.Name == "" {
					x.Name = s.loginOf(x.ID)
				}
				out = append(out, x)
			}
		}
	}
	return out
}

// steps reads a plan's steps one by one, so that one that cannot be read does
// not hide the others: its Do is nil.
func (s *Server) steps(p *action.Plan) []action.Step {
	out := make([]action.Step, len(p.Steps))
	for i, text := range p.Steps {
		out[i].N = i + 1
		if read, err := s.planned.catalogue.Decode([]action.StepText{text}); err == nil {
			out[i].Kind, out[i].Do = read[0].Kind, read[0].Do
		}
	}
	return out
}

// planRecord is a line of the file.
type planRecord action.Plan

// Columns are those of the file.
func (planRecord) Columns() []string {
	return []string{"id", "state", "title", "steps", "author_id", "author", "incident", "public_reason", "undoes", "needs_approval", "irreversible", "created_at", "reviewed_at", "applied_at", "changed_at", "intent", "outcome", "problem"}
}

// Record is the plan. The internal note stays in the console.
func (p planRecord) Record() []string {
	entry := func(n *int64) string {
		if n == nil {
			return ""
		}
		return digits(*n)
	}
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return stamp(*t)
	}
	return []string{p.ID, string(p.State), p.Title, digits(len(p.Steps)), p.Author.ID, p.Author.Name, p.Incident, p.Public, p.Undoes, strconv.FormatBool(p.NeedsApproval), strconv.FormatBool(p.Irreversible),
		stamp(p.CreatedAt), at(p.ReviewedAt), at(p.AppliedAt), stamp(p.ChangedAt), entry(p.Intent), entry(p.Outcome), p.Problem}
}

func (s *Server) planFile(w http.ResponseWriter, r *http.Request, filter action.PlanFilter) error {
	return export(s, w, "plans", filter.Before, func(before string, limit int) (dossier.Page[planRecord], error) {
		filter.Limit, filter.Before = min(limit, planMost), before
		plans, err := s.cfg.Plans.Plans(r.Context(), filter)
		var page dossier.Page[planRecord]
		for _, p := range plans {
			page.Rows = append(page.Rows, planRecord(p))
		}
		if len(plans) == filter.Limit {
			page.Next = plans[len(plans)-1].ID
		}
		return page, err
	})
}
