package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// caseQuery is what the address of the list asks for.
type caseQuery struct {
	state  string // a state, "open", or empty for all
	filter incident.Filter
	f      *fields
}

func readCases(f *fields) caseQuery {
	words := []string{"open", "all", string(incident.Merged)}
	for _, state := range caseStates() {
		words = append(words, string(state))
	}
	q := caseQuery{state: firstOf(f.choice("state", words...), "open"), f: f}
	q.filter = incident.Filter{Lead: f.text("lead", 100), Unled: f.flag("unled"), Kind: incident.Kind(f.text("kind", 60)), Text: f.text("q", 200), Campaign: f.text("campaign", 100),
		Following: f.text("following", 100), Subject: ledger.ParseSubject(f.text("subject", ledgerSubjectMost)), Limit: int(f.number("limit", 1, casesMost, listLimit))}
	switch drills := f.choice("drills", "only", "also"); drills {
	case "only":
		q.filter.Drills = true
	case "also":
		q.filter.All = true
	}
	if before := f.text("before", 20); before != "" {
		n, err := strconv.ParseInt(before, 10, 64)
		if err != nil || n < 1 {
			f.refuse("The field “before” of the address must be a whole number. Take it away.")
		}
		q.filter.Before = n
	}
	switch q.state {
	case "all":
	case "open":
		q.filter.Open = true
	default:
		q.filter.States = []incident.State{incident.State(q.state)}
	}
	if f.values.Get("subject") != "" && q.filter.Subject.Kind == "" {
		f.refuse("A subject is a kind and an id, such as crate:serde, version:serde@1.0.0 or account:42.")
	}
	return q
}

// here is the address of the list with its filters.
func (q caseQuery) here(base string, more ...any) string {
	state := q.state
	if state == "open" {
		state = ""
	}
	pairs := []any{"state", state, "lead", q.filter.Lead, "unled", trueField(q.filter.Unled), "kind", string(q.filter.Kind), "q", q.filter.Text, "campaign", q.filter.Campaign,
		"following", q.filter.Following, "subject", q.f.text("subject", ledgerSubjectMost), "drills", q.f.values.Get("drills"), "limit", q.f.values.Get("limit")}
	return withPairs(address(base, pairs...), more)
}

func (s *Server) incidentList(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	q, format := readCases(f), f.choice("format", "csv", "json")
	if f.err != nil {
		return f.err
	}
	if format != "" {
		return s.incidentFiles(w, r, q, format)
	}
	page, err := s.cfg.Incidents.List(r.Context(), q.filter)
	if err != nil {
		return err
	}
	p := dossierPage{Page: s.page(r, "Incidents"), Head: Head{Title: "Incidents", Lead: Text("A case from the first report to the review: what it is about, who does what, what the world was told.")}}
	p.Head.Actions = []Action{{Label: "Open an incident", URL: "/incidents/new", Primary: true, Refused: s.refusal(r, "incident.open")}}
	for _, more := range [][2]string{{"/drills", "Drills"}, {"/incidents/months", "Monthly figures"}} {
		if s.has("GET " + more[0]) {
			p.Head.Actions = slices.Insert(p.Head.Actions, 0, Action{Label: more[1], URL: more[0]})
		}
	}
	p.Tabs = caseListTabs(q)
	p.Main = []Card{s.casesCard(r, page, q)}
	return s.render(w, "dossier", http.StatusOK, p)
}

func caseListTabs(q caseQuery) []Tab {
	tab := func(state, label string) Tab {
		return Tab{Label: label, URL: q.here("/incidents", "state", state), Current: q.state == state}
	}
	tabs := []Tab{tab("open", "Open")}
	tabs[0].URL = q.here("/incidents", "state", "")
	for _, state := range caseStates() {
		tabs = append(tabs, tab(string(state), stateWord(state)))
	}
	return append(tabs, tab("all", "All"))
}

func (s *Server) casesCard(r *http.Request, page incident.Page, q caseQuery) Card {
	c := Card{ID: "incidents", Title: "Incidents", Note: "newest first", Filter: s.caseFields(q), Table: s.caseTable(r, page.Incidents)}
	c.Table.Empty = Empty{Title: "No incident is open", Text: "One begins with the button above, or with “Open an incident” on the page of a crate, version or account."}
	switch {
	case c.Filter.Reset != "" || q.filter.Before != 0:
		c.Table.Empty = Empty{Title: "No incident passes the filter", Text: "Take a filter away.", Action: Link{"All incidents", "/incidents?state=all"}}
	case q.state != "open":
		c.Table.Empty = Empty{Title: "There is none", Text: "No incident stands here."}
	}
	before := ""
	if q.filter.Before != 0 {
		before = digits(q.filter.Before)
	}
	c.Pager = &Pager{Shown: shown(len(page.Incidents), -1, "incident"), CSV: q.here("/incidents", "format", "csv", "before", before), JSON: q.here("/incidents", "format", "json", "before", before), Back: "Newest"}
	if before != "" {
		c.Pager.Newer = q.here("/incidents")
	}
	if page.Next != 0 {
		c.Pager.Older = q.here("/incidents", "before", digits(page.Next))
	}
	return c
}

func (s *Server) caseFields(q caseQuery) *Filter {
	limit := q.f.values.Get("limit")
	kinds := []Option{{"", "any"}}
	for _, k := range s.caseKinds() {
		kinds = append(kinds, Option{string(k), firstUp(kindWords(k))})
	}
	if k := q.filter.Kind; k != "" && !slices.Contains(kinds, Option{string(k), firstUp(kindWords(k))}) {
		kinds = append(kinds, Option{string(k), kindWords(k)})
	}
	f := &Filter{Action: "/incidents", Fields: []Field{
		{Name: "q", Label: "Words", Value: q.filter.Text, Hint: "in number, title, campaign"},
		{Name: "kind", Label: "Kind", Value: string(q.filter.Kind), Options: kinds},
		{Name: "subject", Label: "Subject", Value: q.f.text("subject", ledgerSubjectMost), Hint: "crate:serde"},
		{Name: "unled", Label: "Lead", Value: trueField(q.filter.Unled), Options: []Option{{"", "any"}, {"true", "nobody leads"}}},
		{Name: "drills", Label: "Drills", Value: q.f.values.Get("drills"), Options: []Option{{"", "without"}, {"also", "with them"}, {"only", "only drills"}}},
		{Name: "limit", Label: "Rows on a page", Value: limit, Options: rowChoices(limit)},
	}}
	for _, keep := range []Field{{Name: "state", Value: q.f.values.Get("state")}, {Name: "lead", Value: q.filter.Lead}, {Name: "campaign", Value: q.filter.Campaign}, {Name: "following", Value: q.filter.Following}} {
		if keep.Value != "" {
			f.Keep = append(f.Keep, keep)
		}
	}
	if q.here("/incidents", "state", "") != "/incidents" {
		f.Reset = address("/incidents", "state", q.f.values.Get("state"))
	}
	return f
}

func (s *Server) caseTable(r *http.Request, list []incident.Incident) *Table {
	t := &Table{Caption: "Incidents", Columns: []Column{{Label: "Incident"}, {Label: "Severity"}, {Label: "State"}, {Label: "Lead"}, {Label: "Age"}, {Label: "Worst clock"}}}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	clocks, err := s.cfg.Incidents.ClocksOf(r.Context(), ids...)
	for i := range list {
		worst := Phrase{}.Muted("not known")
		if err == nil {
			worst = s.worstClock(clocks[list[i].ID])
		}
		t.Rows = append(t.Rows, caseRow(&list[i], worst))
	}
	return t
}

func caseRow(x *incident.Incident, worst Phrase) Row {
	title := Phrase{}.Link(shorten(x.Title, 120), incidentURL(x.ID)).Muted(" " + visible(x.ID) + " · " + kindWords(x.Kind))
	for _, c := range x.Campaigns {
		title = title.Say(" ").Badge(Info, "campaign "+visible(c))
	}
	if x.Drill != "" {
		title = title.Say(" ").Badge(Hold, "drill")
	}
	state := Phrase{}.Badge(caseTone(x.State), strings.ToLower(stateWord(x.State)))
	if x.Verdict != incident.Undecided {
		state = state.Say(" ").Muted(string(x.Verdict))
	}
	lead := personPhrase(x.Lead)
	if x.Lead.ID == "" && !caseOver(x.State) {
		lead = Phrase{}.Badge(Warn, "nobody")
	}
	row := Row{Cells: []Phrase{title, Phrase{}.Badge(severityTone(x.Severity), string(x.Severity)), state, lead, Phrase{}.Ago(x.OpenedAt), worst}}
	if !caseOver(x.State) {
		switch x.Severity {
		case incident.Critical:
			row.Tone = Bad
		case incident.High:
			row.Tone = Warn
		}
	}
	return row
}

// caseRecord is a line of the file.
type caseRecord incident.Incident

// Columns are those of the file.
func (caseRecord) Columns() []string {
	return []string{"id", "title", "kind", "state", "verdict", "severity", "tlp", "lead_id", "lead", "campaigns", "drill", "source", "merged_into", "reported_at", "opened_at", "changed_at", "closed_at"}
}

// Record is the case without its texts.
func (x caseRecord) Record() []string {
	out := []string{x.ID, x.Title, string(x.Kind), string(x.State), string(x.Verdict), string(x.Severity), string(x.TLP), x.Lead.ID, x.Lead.Name, strings.Join(x.Campaigns, " "), x.Drill, x.Source, x.MergedInto, "", stamp(x.OpenedAt), stamp(x.ChangedAt), ""}
	if x.ReportedAt != nil {
		out[13] = stamp(*x.ReportedAt)
	}
	if x.ClosedAt != nil {
		out[16] = stamp(*x.ClosedAt)
	}
	return out
}

// incidentFiles answers with the list as a file.
func (s *Server) incidentFiles(w http.ResponseWriter, r *http.Request, q caseQuery, format string) error {
	step := func(after string, limit int) (out dossier.Page[caseRecord], err error) {
		filter := q.filter
		if filter.Limit = min(limit, casesMost); after != "" {
			if filter.Before, err = strconv.ParseInt(after, 10, 64); err != nil {
				return out, err
			}
		}
		page, err := s.cfg.Incidents.List(r.Context(), filter)
		for _, x := range page.Incidents {
			out.Rows = append(out.Rows, caseRecord(x))
		}
		if page.Next != 0 {
			out.Next = digits(page.Next)
		}
		return out, err
	}
	before := ""
	if q.filter.Before != 0 {
		before = digits(q.filter.Before)
	}
	if format == "csv" {
		return export(s, w, "incidents", before, step)
	}
	rows, _, err := gather(before, step)
	if err != nil {
		return err
	}
	list := make([]incident.Incident, len(rows))
	for i, x := range rows {
		list[i] = incident.Incident(x)
	}
	return s.sendJSON(w, "incidents", map[string]any{"incidents": list})
}

// sendJSON answers with a value as a file.
func (s *Server) sendJSON(w http.ResponseWriter, name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return s.sendFile(w, name+"-"+s.cfg.Clock().UTC().Format("20060102T150405Z")+".json", "application/json", append(text, '\n'))
}

// sendFile answers with a text to keep and nothing to look at.
func (s *Server) sendFile(w http.ResponseWriter, name, kind string, text []byte) error {
	if kind == "" || strings.Contains(kind, "html") {
		kind = "application/octet-stream"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+fileName(name)+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(text) // the visitor may be gone
	return nil
}

// caseKinds are the kinds that a case can be of.
func (s *Server) caseKinds() []incident.Kind {
	var out []incident.Kind
	for _, k := range s.cfg.Incidents.Kinds() {
		out = append(out, incident.Kind(k))
	}
	return out
}

// notCase says that there is nothing to act on.
func notCase(what string) error {
	return cratewarden.Errorf(cratewarden.Invalid, "%s", what)
}
