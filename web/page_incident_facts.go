package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/incident"
)

// textFields are the texts of the fact sheet of a case: those that every case
// has, and those about one crate or account that were written already.
func textFields(x *incident.Incident) (out []incident.TextField) {
	of := map[string]incident.TextField{}
	for _, f := range incident.TextFields() {
		if f.Of == "" {
			out = append(out, f)
		} else {
			of[f.Field] = f
		}
	}
	for _, t := range x.Texts {
		name, about, ok := strings.Cut(t.Field, ":")
		if f, known := of[name]; ok && known {
			f.Field, f.Title = t.Field, f.Title+": "+about
			out = append(out, f)
		}
	}
	return out
}

// textOfField is a text of a case as it stands; the zero one when nobody wrote it.
func textOfField(x *incident.Incident, field string) incident.Text {
	for _, t := range x.Texts {
		if t.Field == field {
			return t
		}
	}
	return incident.Text{Field: field}
}

// textSum is a checksum by which a form says which text it began with.
func textSum(text string) string {
	sum := sha256.Sum256([]byte(textOf(text)))
	return hex.EncodeToString(sum[:8])
}

func (s *Server) incidentFacts(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	return s.showFacts(w, r, http.StatusOK, x, nil)
}

// showFacts shows the fact sheet, perhaps with what was typed.
func (s *Server) showFacts(w http.ResponseWriter, r *http.Request, status int, x incident.Incident, typed map[string]string, notices ...Notice) error {
	p := formsPage{Page: s.page(r, "Facts of "+visible(x.ID)), Head: caseHead(&x), Tabs: s.caseTabs(&x, "figures"), Notices: append(caseNotices(&x), notices...)}
	figures, err := s.cfg.Incidents.Figures(r.Context(), x.ID)
	if err != nil {
		return err
	}
	// The texts come first: without them no notice can be sent, and the figures are
	// many and mostly counted by the console.
	p.Forms = []formCard{s.textForm(r, &x, typed), s.figureForm(r, &x, typed)}
	if typed["form"] == "figure" {
		p.Forms[0], p.Forms[1] = p.Forms[1], p.Forms[0]
	}
	p.Main = []Card{caseFigures(figures)}
	p.Side = []Card{{ID: "sheet", Title: "What it is for", Text: Text("Every notice is filled from these texts and figures, so that no two of them disagree. Write for people who know nothing of the case, without names of reporters, mail addresses or guesses.")}}
	if c := s.blastCard(&x); c.Title != "" {
		p.Side = append(p.Side, c)
	}
	p.SideForms = []formCard{s.aboutForm(r, &x, typed)}
	return s.render(w, "forms", status, p)
}

// caseFigures shows the newest figure of each kind; all that were ever entered
// stand on the timeline.
func caseFigures(list []incident.Figure) Card {
	c := Card{ID: "figures", Title: "Figures", Note: "newest of each", Table: &Table{Caption: "Figures", Columns: []Column{{Label: "Of"}, {Label: "Figure", Num: true}, {Label: "Standing"}, {Label: "How it was found"}, {Label: "As of (UTC)"}},
		Empty: Empty{Title: "No figure yet", Text: "The console counts by itself once versions are among the subjects; a person can enter what the logs say."}}}
	seen := map[string]bool{}
	for _, f := range slices.Backward(list) {
		key := f.What + " " + f.Crate + " " + f.Version
		if seen[key] || len(c.Table.Rows) == 200 {
			continue
		}
		seen[key] = true
		standing := Phrase{}.Badge(Warn, "provisional")
		if f.Confirmed {
			standing = Phrase{}.Badge(Good, "confirmed").Muted(" by " + firstOf(f.Person.Name, f.By, "the console"))
		}
		how := Text(f.Method)
		if f.Query != "" {
			how = how.Say(" ").Copy(f.Query, shorten(strings.ReplaceAll(f.Query, "\n", " "), 60))
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Muted(f.What+" of ").Link(strings.TrimSpace(f.Crate+" "+f.Version), crateURL(f.Crate)), Text(Num(f.Value)), standing, how, Phrase{}.UTC(f.AsOf)}})
	}
	return c
}

// figureForm takes a number that a person found.
func (s *Server) figureForm(r *http.Request, x *incident.Incident, typed map[string]string) formCard {
	of := func(name string) string {
		if typed["form"] == "figure" {
			return typed[name]
		}
		return ""
	}
	var options []Option
	for i := range x.Subjects {
		if y := &x.Subjects[i]; y.Kind == "version" || y.Kind == "crate" {
			options = append(options, Option{y.ID, visible(strings.Replace(y.ID, "@", " ", 1))})
		}
	}
	form := formCard{ID: "figure", Title: "Enter a figure", Note: "from logs or elsewhere", Action: incidentURL(x.ID, "figures"), Hidden: []Link{{"form", "figure"}}, Refused: s.refusal(r, "incident.note"), Buttons: []formButton{{Label: "Enter the figure", Primary: true}},
		Fields: []planField{
			{ID: "figure-of", Name: "of", Label: "Of", Type: "choice", Required: true, Value: of("of"), Options: options},
			{ID: "figure-what", Name: "what", Label: "What", Type: "choice", Required: true, Value: of("what"), Options: []Option{{incident.Downloads, "downloads"}, {incident.Dependents, "dependents"}}},
			{ID: "figure-value", Name: "value", Label: "Number", Type: "number", Required: true, Value: of("value")},
			{ID: "figure-as-of", Name: "as-of", Label: "Counted until", Type: "text", Value: of("as-of"), Hint: "now; else 2026-08-21 06:00, UTC"},
			{ID: "figure-method", Name: "method", Label: "How it was found", Type: "text", Required: true, Value: of("method"), Hint: "CDN logs, robots left out", Help: "It is published with the figure."},
			{ID: "figure-query", Name: "query", Label: "Query", Type: "long", Rows: 3, Value: of("query"), Help: "So that others can repeat it. A confirmed figure needs it."},
			{ID: "figure-provisional", Name: "provisional", Label: "It is provisional", Type: "yesno", Value: of("provisional")},
		}}
	if len(options) == 0 {
		form.Refused = firstOf(form.Refused, "Add the crates or versions to the case first.")
	}
	return form
}

// textForm holds all texts of the sheet; each is written by itself, so that two
// people at two of them never overwrite each other.
func (s *Server) textForm(r *http.Request, x *incident.Incident, typed map[string]string) formCard {
	form := formCard{ID: "texts", Title: "Texts", Note: "outsiders read most of them", Class: "public", Action: incidentURL(x.ID, "texts"), Hidden: []Link{{"form", "text"}}, Refused: s.refusal(r, "incident.note"), Buttons: []formButton{{Label: "Save the texts", Primary: true}}, Foot: "only those that changed are written"}
	for i, f := range textFields(x) {
		t := textOfField(x, f.Field)
		field := planField{ID: "text-" + digits(i), Name: "t." + f.Field, Label: visible(f.Title), Help: f.Help, Type: "text", Value: t.Body}
		switch {
		case len(f.Choices) > 0:
			field.Type, field.Options = "choice", []Option{{"", "not known yet"}}
			for _, c := range f.Choices {
				field.Options = append(field.Options, Option{c, c})
			}
		case f.Long || f.Lines:
			field.Type, field.Rows = "long", 3
		}
		if t.Revision > 0 {
			field.Help = strings.TrimSpace(field.Help + " Last written by " + visible(firstOf(t.By.Name, "the console")) + ".")
		}
		if typed["form"] == "text" {
			if v, ok := typed["t."+f.Field]; ok {
				field.Value = v
			}
		}
		form.Fields = append(form.Fields, field)
		form.Hidden = append(form.Hidden, Link{"rev." + f.Field, digits(t.Revision)}, Link{"sum." + f.Field, textSum(t.Body)})
	}
	return form
}

// aboutForm begins a text about one crate or account.
func (s *Server) aboutForm(r *http.Request, x *incident.Incident, typed map[string]string) formCard {
	form := formCard{ID: "about-one", Title: "About one crate or account", Action: incidentURL(x.ID, "texts"), Hidden: []Link{{"form", "about"}}, Refused: s.refusal(r, "incident.note"), Buttons: []formButton{{Label: "Write it"}}}
	of := func(name string) string {
		if typed["form"] == "about" {
			return typed[name]
		}
		return ""
	}
	var kinds []Option
	for _, f := range incident.TextFields() {
		if f.Of != "" {
			kinds = append(kinds, Option{f.Field, f.Title})
		}
	}
	form.Fields = []planField{
		{ID: "about-field", Name: "field", Label: "What", Type: "choice", Required: true, Value: of("field"), Options: kinds},
		{ID: "about-name", Name: "name", Label: "Of", Type: "text", Required: true, Value: of("name"), Hint: "crate name or login"},
		{ID: "about-body", Name: "body", Label: "Text", Type: "long", Rows: 3, Required: true, Value: of("body")},
	}
	return form
}

// incidentTexts writes the texts that changed.
func (s *Server) incidentTexts(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	var clashes []incident.FieldClash
	if typed["form"] == "about" {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(typed["name"])), "-", "_")
		if strings.HasSuffix(typed["field"], "-account") || typed["field"] == "repositories" {
			name = strings.ToLower(strings.TrimSpace(typed["name"]))
		}
		field := typed["field"] + ":" + name
		_, err = s.cfg.Incidents.WriteText(r.Context(), s.who(r), x.ID, field, textOfField(&x, field).Revision, typed["body"])
		return s.factsAgain(w, r, x, typed, "", err)
	}
	for _, f := range textFields(&x) {
		body, sent := typed["t."+f.Field]
		if !sent || textSum(body) == typed["sum."+f.Field] {
			continue
		}
		revision, _ := strconv.Atoi(typed["rev."+f.Field])
		_, one := s.cfg.Incidents.WriteText(r.Context(), s.who(r), x.ID, f.Field, revision, body)
		if clash, ok := errors.AsType[*incident.Clash](one); ok {
			clashes = append(clashes, clash.Fields...)
		} else if one != nil && err == nil {
			err = one
		}
	}
	if err == nil && len(clashes) > 0 {
		now, again := s.caseOf(r)
		if again != nil {
			return again
		}
		return s.showFacts(w, r, http.StatusConflict, now, typed, clashNotice(&incident.Clash{Fields: clashes}))
	}
	return s.factsAgain(w, r, x, typed, "#texts", err)
}

func (s *Server) factsAgain(w http.ResponseWriter, r *http.Request, x incident.Incident, typed map[string]string, part string, err error) error {
	if err == nil {
		http.Redirect(w, r, incidentURL(x.ID, "figures")+part, http.StatusSeeOther)
		return nil
	}
	status, notice, ok := askAgain(r, err)
	if !ok {
		return err
	}
	if clash, ok := errors.AsType[*incident.Clash](err); ok {
		notice = clashNotice(clash)
	}
	if now, again := s.caseOf(r); again == nil {
		x = now
	}
	return s.showFacts(w, r, status, x, typed, notice)
}

// incidentFigure takes down a number that a person found.
func (s *Server) incidentFigure(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	crate, version, _ := strings.Cut(typed["of"], "@")
	o := incident.FigureOrder{What: typed["what"], Crate: crate, Version: version, Method: typed["method"], Query: typed["query"], Provis: typed["provisional"] != ""}
	if o.Value, err = strconv.ParseInt(strings.ReplaceAll(typed["value"], ",", ""), 10, 64); err != nil {
		err = cratewarden.Wrap(err, cratewarden.Invalid, "The number must be a whole one.")
	}
	if at := typed["as-of"]; at != "" && err == nil {
		t, ok := parseInstant(at)
		if !ok {
			err = cratewarden.Errorf(cratewarden.Invalid, "“Counted until” must be a time in UTC, such as 2026-08-21 06:00.")
		}
		o.AsOf = t
	}
	if err == nil {
		_, err = s.cfg.Incidents.Figure(r.Context(), s.who(r), x.ID, o)
	}
	return s.factsAgain(w, r, x, typed, "", err)
}
