package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/dossier"
)

// batchPage asks what a larger plan is about, shows what was found with a tick
// at each, and makes one plan of what is ticked.
type batchPage struct {
	Page
	Head    Head
	Tabs    []Tab
	Notices []Notice
	Action  string
	What    string // which of the questions is asked
	Title   string
	Note    string
	Fields  []planField
	Button  string

	Asked      bool
	Unresolved Card
	Remarks    []string
	Found      string
	Acts       []kindChoice
	Message    string
	Ticks      []batchTick
	Words      planWordsForm
}

// batchTick is one line with its tick.
type batchTick struct {
	Value, What, Note string
	On                bool
	Badges            []Badge
}

// batchTabs are the ways to begin a larger plan.
func batchTabs(here string) []Tab {
	var out []Tab
	for _, t := range []Link{{"Pasted list", "/plans/batch"}, {"Contain accounts", "/plans/propose?what=contain"}, {"Undo since", "/plans/propose?what=undo-since"}} {
		out = append(out, Tab{Label: t.Text, URL: t.URL, Current: t.URL == here})
	}
	return out
}

func (s *Server) batchPage(r *http.Request, d planDraft) batchPage {
	p := batchPage{Page: s.page(r, "Plan from a list"), Head: Head{Crumbs: []Link{{"Plans", "/plans"}}, Title: "Plan for many", Lead: Text("First what is meant, then a tick at each, then one plan. Nothing in the registry changes by it.")},
		Action: "/plans/batch", Tabs: batchTabs("/plans/batch"), Title: "Crates and versions", Note: "one name, or one name@version, in a line", Button: "Look them up"}
	p.Words = planWordsForm{Draft: d, Back: "/plans", Refused: s.mayPlan(s.who(r)), Make: "Make one plan", Cases: s.openCases(r, d.Incident)}
	return p
}

func (s *Server) batchForm(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	lines := f.text("lines", 100_000)
	if f.err != nil {
		return f.err
	}
	p := s.batchPage(r, planDraft{Key: newKey()})
	p.Fields = linesField(strings.ReplaceAll(lines, ",", "\n"))
	return s.render(w, "batch", http.StatusOK, p)
}

func linesField(lines string) []planField {
	return []planField{{ID: "batch-lines", Name: "lines", Label: "Lines", Help: "At most 5,000. Empty lines and what follows # do not count.", Type: "long", Value: lines, Hint: "arraykit@0.3.10\nproc-makro1", Required: true, Rows: 8}}
}

// batchTake looks the lines up, and makes the plan when that is asked.
func (s *Server) batchTake(w http.ResponseWriter, r *http.Request) error {
	d, err := readDraft(r)
	if err != nil {
		return err
	}
	p := s.batchPage(r, d)
	lines := textOf(r.PostForm.Get("lines"))
	p.Fields, p.Message = linesField(lines), r.PostForm.Get("message")
	batch, err := s.cfg.Plans.Resolve(r.Context(), lines)
	if err != nil {
		return s.batchRefused(w, r, p, err)
	}
	making := r.PostForm.Get("op") != "look"
	ticked := map[string]bool{}
	for _, value := range r.PostForm["tick"] {
		ticked[value] = true
	}
	var chosen []action.BatchLine
	for _, l := range batch.Resolved {
		tick := batchLine(l)
		tick.On = ticked[tick.Value] || !making
		if tick.On {
			chosen = append(chosen, l)
		}
		p.Ticks = append(p.Ticks, tick)
	}
	p.Asked, p.Unresolved, p.Acts = true, unresolvedCard(batch.Unresolved), s.batchActs(s.who(r), d.Kind)
	p.Found = Num(len(batch.Resolved)) + " of " + Plural(batch.Lines, "line") + " found"
	if r.PostForm.Get("op") != "make" {
		return s.render(w, "batch", http.StatusOK, p)
	}
	more := map[string]string{}
	if kind, ok := s.planned.catalogue.Kind(d.Kind); ok && p.Message != "" && slices.ContainsFunc(kind.Params, func(x action.Param) bool { return x.Name == "message" }) {
		more["message"] = p.Message
	}
	order, err := s.cfg.Plans.BatchOrder(r.Context(), d.Kind, chosen, more)
	return s.makeMany(w, r, p, d, order, err)
}

func (s *Server) batchRefused(w http.ResponseWriter, r *http.Request, p batchPage, err error) error {
	kind := kindOf(r.Context(), err)
	if kind == cratewarden.Internal || kind == cratewarden.Canceled || kind == cratewarden.Timeout {
		return err
	}
	status, title := face(kind)
	p.Notices = append(p.Notices, Notice{Tone: Warn, Title: title, Text: Text(cratewarden.MessageOf(err))})
	return s.render(w, "batch", status, p)
}

// makeMany makes the plan of what was ticked, with the words of the form.
func (s *Server) makeMany(w http.ResponseWriter, r *http.Request, p batchPage, d planDraft, order action.Order, err error) error {
	if err == nil {
		err = incidentSaid(&d)
	}
	if err != nil {
		return s.batchRefused(w, r, p, err)
	}
	if d.Title != "" {
		order.Title = d.Title
	}
	order.Incident, order.Public, order.Internal = d.Incident, d.Public, d.Internal
	made, err := s.cfg.Plans.Draft(r.Context(), s.who(r), order, d.Key)
	s.planned.changed()
	if err != nil {
		if kindOf(r.Context(), err) == cratewarden.Conflict {
			p.Words.Draft.Key = newKey() // the form was sent before with other words
		}
		return s.batchRefused(w, r, p, err)
	}
	http.Redirect(w, r, planURL(made.ID), http.StatusSeeOther)
	return nil
}

// incidentSaid asks for the incident, or for the word that there is none.
func incidentSaid(d *planDraft) error {
	switch {
	case d.Incident == "" && !d.NoIncident:
		return cratewarden.Errorf(cratewarden.Invalid, "Say which incident this belongs to, or tick that there is none.")
	case d.Incident != "" && d.NoIncident:
		return cratewarden.Errorf(cratewarden.Invalid, "An incident is named, and the tick says that there is none. Keep one of the two.")
	}
	return nil
}

func batchLine(l action.BatchLine) batchTick {
	t := batchTick{Value: l.Crate, What: visible(l.Crate)}
	if l.Version != "" {
		t.Value += "@" + l.Version
		t.What += " " + visible(l.Version)
	} else {
		t.Note = "the whole crate, " + Plural(l.Versions, "version")
	}
	if l.Yanked {
		t.Badges = append(t.Badges, Badge{Tone: Warn, Text: "yanked"})
	}
	if l.Again > 0 {
		t.Badges = append(t.Badges, Badge{Text: Num(l.Again+1) + " times in the list"})
	}
	return t
}

// unresolvedCard says what cannot be found, before anything else is shown.
func unresolvedCard(lines []action.BatchLine) Card {
	if len(lines) == 0 {
		return Card{}
	}
	c := Card{ID: "unresolved", Title: "Not found", Note: Plural(len(lines), "line") + ", left out", Table: &Table{Caption: "Lines that name nothing", Columns: []Column{{Label: "Line", Num: true}, {Label: "Text"}, {Label: "Why"}, {Label: "Perhaps"}}}}
	for i, l := range lines {
		if i == rowsMost {
			c.Gaps = []string{Num(rowsMost) + " of " + Num(len(lines)) + " are shown."}
			break
		}
		near := Phrase{}.Muted("–")
		if len(l.Near) > 0 {
			near = Text(strings.Join(l.Near, ", "))
		}
		c.Table.Rows = append(c.Table.Rows, Row{Tone: Warn, Cells: []Phrase{Text(Num(l.Line)), Phrase{}.Code(l.Text), Text(l.Problem), near}})
	}
	return c
}

// batchActs are acts that need nothing but a crate, or a crate and a version.
func (s *Server) batchActs(who action.Actor, chosen string) []kindChoice {
	var out []kindChoice
	for _, k := range s.planned.catalogue.Kinds() {
		takes, more := false, false
		for _, p := range k.Params {
			takes = takes || p.Name == "crate"
			more = more || p.Type == action.PersonParam || p.Required && p.Name != "crate" && p.Name != "version"
		}
		if takes && !more {
			out = append(out, kindChoice{Name: k.Name, Title: k.Title, Refused: s.mayDo(who, k), Current: k.Name == chosen})
		}
	}
	return out
}

// accounts reads accounts by login or number, one in a line or parted by
// commas.
func (s *Server) accounts(ctx context.Context, text string) (out []int32, err error) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;\n\r\t", r) }) {
		id, err := s.person(ctx, action.Param{Label: "Account " + visible(word)}, word)
		if err != nil {
			return nil, err
		}
		switch n := id.(type) {
		case int64:
			out = append(out, int32(n))
		case int32:
			out = append(out, n)
		}
	}
	return out, nil
}

// theseMost is how many rows of a list an address can carry.
const theseMost = 200

// planForThese is a button that begins a plan for the lines of a list, which
// name crates or versions; none where there is nothing to plan.
func (s *Server) planForThese(r *http.Request, lines []string) []Action {
	if s.cfg.Plans == nil || len(lines) == 0 {
		return nil
	}
	lines = lines[:min(len(lines), theseMost)]
	return []Action{{Label: "Plan for these " + Num(len(lines)) + "…", URL: address("/plans/batch", "lines", strings.Join(lines, ",")), Refused: s.mayPlan(s.who(r))}}
}

// versionLines are the versions of a list as a plan's list has them.
func versionLines(rows []dossier.VersionRow) []string {
	lines := make([]string, len(rows))
	for i, v := range rows {
		lines[i] = v.Crate + "@" + v.Num
	}
	return lines
}
