package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"cratewarden/incident"
	"cratewarden/ledger"
)

// momentsMost is how many moments of a timeline a page shows; the files have
// all.
const momentsMost = 500

// readMoments reads the filter of a timeline from the address.
func readMoments(f *fields) incident.TimelineFilter {
	out := incident.TimelineFilter{What: f.text("what", 60), Who: f.text("who", 100), Text: f.text("q", 200), Subject: ledger.ParseSubject(f.text("subject", ledgerSubjectMost)), From: f.instant("from"), Until: f.instant("until")}
	var words []string
	for _, x := range incident.Sources() {
		words = append(words, string(x))
	}
	if source := f.choice("source", words...); source != "" {
		out.Sources = []incident.Source{incident.Source(source)}
	}
	return out
}

func (s *Server) incidentTimeline(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	f := readFields(r)
	filter, format, order := readMoments(f), f.choice("format", "csv", "json", "md"), f.choice("order", "newest")
	if f.err != nil {
		return f.err
	}
	if format != "" {
		return s.sendExport(w, r, &x, format)
	}
	moments, err := s.cfg.Incidents.Timeline(r.Context(), x.ID, filter)
	if err != nil {
		return err
	}
	here := incidentURL(x.ID, "timeline")
	p := dossierPage{Page: s.page(r, "Timeline of "+visible(x.ID)), Head: caseHead(&x), Tabs: s.caseTabs(&x, "timeline"), Notices: caseNotices(&x)}
	for _, file := range [][2]string{{"md", "Markdown"}, {"json", "JSON"}, {"csv", "CSV"}} {
		p.Head.Actions = append(p.Head.Actions, Action{Label: file[1], URL: address(here, "format", file[0])})
	}
	c := Card{ID: "timeline", Title: "Timeline", Note: "oldest first · registry, plans, ledger, notices and people · UTC", Filter: momentFields(f, here)}
	if order == "newest" {
		c.Note = strings.Replace(c.Note, "oldest", "newest", 1)
		slices.Reverse(moments)
	}
	shownMoments := moments[:min(len(moments), momentsMost)]
	for i := range shownMoments {
		c.Events = append(c.Events, momentEvent(&shownMoments[i]))
	}
	if len(moments) > len(shownMoments) {
		c.Gaps = []string{"The first " + Num(len(shownMoments)) + " of " + Num(len(moments)) + " are shown. The files have all; a filter shows others."}
	}
	if len(moments) == 0 {
		c.Empty = Empty{Title: "Nothing to show", Text: "No fact passes the filter."}
	}
	p.Main = []Card{c}
	return s.render(w, "dossier", http.StatusOK, p)
}

func momentFields(f *fields, here string) *Filter {
	sources := []Option{{"", "any"}}
	for _, x := range incident.Sources() {
		sources = append(sources, Option{string(x), sourceWords(x)})
	}
	out := &Filter{Action: here, Fields: []Field{
		{Name: "source", Label: "Source", Value: f.values.Get("source"), Options: sources},
		{Name: "what", Label: "What", Value: f.values.Get("what"), Hint: "publish"},
		{Name: "who", Label: "Who", Value: f.values.Get("who"), Hint: "part of a name"},
		{Name: "q", Label: "Words", Value: f.values.Get("q")},
		{Name: "from", Label: "From (UTC)", Value: f.values.Get("from"), Hint: "2026-08-20 07:15"},
		{Name: "until", Label: "Until (UTC)", Value: f.values.Get("until")},
		{Name: "order", Label: "Order", Value: f.values.Get("order"), Options: []Option{{"", "oldest first"}, {"newest", "newest first"}}},
	}}
	for _, x := range out.Fields {
		if x.Value != "" {
			out.Reset = here
		}
	}
	return out
}

func sourceWords(x incident.Source) string {
	switch x {
	case incident.FromRegistry:
		return "registry"
	case incident.FromPerson:
		return "people"
	case incident.FromNotice:
		return "notices"
	case incident.FromConsole:
		return "the console"
	case incident.FromPlan:
		return "plans"
	}
	return string(x)
}

// momentEvent is a moment as a timeline shows it.
func momentEvent(m *incident.Moment) Event {
	e := Event{At: m.At, Source: sourceWords(m.Source), Text: weave(visible(m.Sentence), momentThreads(m)...)}
	switch m.Source {
	case incident.FromPlan, incident.FromEvidence:
		e.Tone, e.Word = Good, "ours"
	case incident.FromPerson, incident.FromConsole:
		e.Tone, e.Word = Info, "ours"
	case incident.FromNotice:
		e.Tone, e.Word = Hold, "told"
	case incident.FromRegistry:
		if m.What == "publish" || m.What == "yank" {
			e.Tone, e.Word = Warn, m.What
		}
	}
	if local(m.Link) && !strings.Contains(e.Text.Plain(), m.Link) {
		e.Text = e.Text.Say(" ").Link("look", m.Link)
	}
	if m.Ledger != nil {
		e.Text = append(e.Text.Say(" · ledger "), entryLink(*m.Ledger)...)
	}
	return e
}

// momentThreads are the names in a sentence that lead somewhere.
func momentThreads(m *incident.Moment) (out []thread) {
	for _, x := range append([]ledger.Subject{m.Subject}, m.Also[:min(len(m.Also), 8)]...) {
		url := subjectURL(x)
		if x.Kind == "plan" && x.ID != "" {
			url = planURL(x.ID)
		}
		if url == "" {
			continue
		}
		if crate, num, ok := strings.Cut(x.ID, "@"); ok && x.Kind == "version" {
			out = append(out, thread{x.ID, url}, thread{crate + " " + num, url}, thread{num, url})
			continue
		}
		out = append(out, thread{firstOf(x.Name, x.ID), url})
	}
	return out
}

// sendExport gives the whole timeline as a file.
func (s *Server) sendExport(w http.ResponseWriter, r *http.Request, x *incident.Incident, format string) error {
	text, err := s.cfg.Incidents.Export(r.Context(), x.ID, incident.ExportFormat(format))
	if err != nil {
		return err
	}
	kind := map[string]string{"csv": "text/csv; charset=utf-8", "json": "application/json", "md": "text/markdown; charset=utf-8"}[format]
	return s.sendFile(w, x.ID+"-timeline-"+s.cfg.Clock().UTC().Format(time.DateOnly)+"."+format, kind, text)
}
