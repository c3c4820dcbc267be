package web

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// caseAgain leads back to a part of a case's page; when something was not done
// it shows the page with the reason and what was typed.
func (s *Server) caseAgain(w http.ResponseWriter, r *http.Request, x incident.Incident, form, part string, typed map[string]string, err error) error {
	if err == nil {
		http.Redirect(w, r, incidentURL(x.ID)+part, http.StatusSeeOther)
		return nil
	}
	status, notice, ok := askAgain(r, err)
	if !ok {
		return err
	}
	if now, again := s.caseOf(r); again == nil {
		x = now
	}
	return s.showCase(w, r, status, x, caseTyped{form: form, values: typed, notices: []Notice{notice}})
}

// caseForm reads the case of the path and the form that was sent to it.
func (s *Server) caseForm(r *http.Request) (incident.Incident, map[string]string, error) {
	x, err := s.caseOf(r)
	if err != nil {
		return x, nil, err
	}
	typed, err := readTyped(r)
	return x, typed, err
}

func (s *Server) incidentNote(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	_, err = s.cfg.Incidents.Note(r.Context(), s.who(r), x.ID, typed["body"], typed["key"])
	return s.caseAgain(w, r, x, "note", "#notes", typed, err)
}

// incidentSubjects adds subjects or takes one out.
func (s *Server) incidentSubjects(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	if typed["op"] == "remove" {
		_, err = s.cfg.Incidents.RemoveSubject(r.Context(), s.who(r), x.ID, subjectKey(typed["subject"]), "")
		return s.caseAgain(w, r, x, "", "#subjects", typed, err)
	}
	list, err := s.readSubjects(r.Context(), typed["subjects"])
	if err == nil && len(list) == 0 {
		err = notCase("Name at least one crate, version or account.")
	}
	for i := range list {
		list[i].Role, list[i].Why = firstOf(list[i].Role, typed["role"]), typed["why"]
	}
	if err == nil {
		_, err = s.cfg.Incidents.AddSubjects(r.Context(), s.who(r), x.ID, list)
	}
	return s.caseAgain(w, r, x, "subject", "#subjects", typed, err)
}

// incidentTask holds, lets go, ticks or skips a task.
func (s *Server) incidentTask(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	item, who := r.PathValue("item"), s.who(r)
	switch op := typed["op"]; op {
	case "hold":
		_, err = s.cfg.Incidents.Hold(r.Context(), who, x.ID, item, typed["from"])
	case "release":
		_, err = s.cfg.Incidents.Release(r.Context(), who, x.ID, item)
	case "done":
		_, err = s.cfg.Incidents.Done(r.Context(), who, x.ID, item, typed["why"])
	case "skip":
		_, err = s.cfg.Incidents.Skip(r.Context(), who, x.ID, item, typed["why"])
	default:
		err = notCase("Say whether to hold the task, to let it go, to tick it or to skip it.")
	}
	if err == nil && typed["back"] == "after" {
		http.Redirect(w, r, incidentURL(x.ID, "after"), http.StatusSeeOther)
		return nil
	}
	return s.caseAgain(w, r, x, "", "#task-"+fileName(item), typed, err)
}

func (s *Server) incidentAddTask(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	o := incident.TaskOrder{Title: typed["title"], Give: typed["holder"], After: typed["after"] != ""}
	if due := typed["due"]; due != "" {
		at, ok := parseInstant(due)
		if !ok {
			err = cratewarden.Errorf(cratewarden.Invalid, "“Due” must be a time in UTC, such as 2026-08-20 16:00.")
		}
		o.Due = &at
	}
	if err == nil {
		_, err = s.cfg.Incidents.AddTask(r.Context(), s.who(r), x.ID, o, typed["key"])
	}
	if err == nil && o.After {
		http.Redirect(w, r, incidentURL(x.ID, "after"), http.StatusSeeOther)
		return nil
	}
	return s.caseAgain(w, r, x, "task", "#tasks", typed, err)
}

// incidentFileForm asks for a file. It comes after the passkey: a file that was
// chosen cannot be kept while it is asked for.
func (s *Server) incidentFileForm(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	return s.showFileForm(w, r, http.StatusOK, x)
}

func (s *Server) showFileForm(w http.ResponseWriter, r *http.Request, status int, x incident.Incident, notices ...Notice) error {
	p := formsPage{Page: s.page(r, "Attach a file"), Notices: notices, Narrow: true}
	p.Head = under(&x, "Attach a file", Text("A screenshot, a mail, a decoded payload. It is given out for saving only, and never shown or run here."))
	p.Forms = []formCard{{ID: "attach", Title: "File", Note: "at most " + Bytes(fileMost), Action: incidentURL(x.ID, "files"), File: true, Refused: s.refusal(r, "incident.note"),
		Fields:  []planField{{ID: "attach-file", Name: "file", Label: "File", Type: "file", Required: true}},
		Buttons: []formButton{{Label: "Attach it", Primary: true}}, Back: Link{"Leave it", incidentURL(x.ID)}}}
	return s.render(w, "forms", status, p)
}

// incidentAttach takes a file. It is read as it comes: nothing of it is written
// to a disk here.
func (s *Server) incidentAttach(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	patient(w, fileTime)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return s.showFileForm(w, r, http.StatusBadRequest, x, Notice{Tone: Warn, Title: "Choose the file again", Text: Text("A file is not kept while something else is asked for.")})
	}
	form, err := r.MultipartReader()
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "The form could not be read. Go back and choose the file again.")
	}
	part, err := form.NextPart()
	for err == nil && part.FormName() != "file" {
		part, err = form.NextPart()
	}
	switch {
	case err != nil && kindOf(r.Context(), err) == cratewarden.Internal:
		err = cratewarden.Wrap(err, cratewarden.Invalid, "The form holds no file. Choose one.")
	case err == nil && strings.TrimSpace(part.FileName()) == "":
		err = notCase("Choose a file first.")
	case err == nil:
		_, err = s.cfg.Incidents.Attach(r.Context(), s.who(r), x.ID, part.FileName(), part)
	}
	if err == nil {
		http.Redirect(w, r, incidentURL(x.ID)+"#notes", http.StatusSeeOther)
		return nil
	}
	if status, notice, ok := askAgain(r, err); ok {
		return s.showFileForm(w, r, status, x, notice)
	}
	return err
}

// incidentFile gives an attached file out for saving.
func (s *Server) incidentFile(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.ParseInt(r.PathValue("file"), 10, 64)
	if err != nil || n < 1 {
		return cratewarden.Errorf(cratewarden.NotFound, "The incident has no such file. Go back to the case and use its links.")
	}
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	f, body, err := s.cfg.Incidents.OpenFile(r.Context(), x.ID, n)
	if err != nil {
		return err
	}
	return s.sendFile(w, firstOf(x.ID+"-"+f.Name, "file"), "", body)
}

func (s *Server) incidentJoinForm(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	return s.showJoin(w, r, http.StatusOK, x, nil, nil)
}

// showJoin shows the forms that join, part and reopen, perhaps with what was
// typed.
func (s *Server) showJoin(w http.ResponseWriter, r *http.Request, status int, x incident.Incident, typed map[string]string, taken []string, notices ...Notice) error {
	p := formsPage{Page: s.page(r, "Join or part "+visible(x.ID)), Notices: append(caseNotices(&x), notices...), Narrow: true}
	p.Head = under(&x, "Merge, split, reopen", Text(x.Title))
	refused := s.refusal(r, "incident.decide")
	of := func(form, name string) string {
		if typed["form"] == form {
			return typed[name]
		}
		return ""
	}
	if caseOver(x.State) {
		p.Forms = append(p.Forms, formCard{ID: "reopen", Title: "Reopen it", Note: "its clocks go on", Action: incidentURL(x.ID, "reopen"), Hidden: []Link{{"form", "reopen"}}, Refused: refused,
			Fields: []planField{{ID: "reopen-reason", Name: "reason", Label: "Why", Type: "long", Rows: 3, Required: true, Value: of("reopen", "reason")}}, Buttons: []formButton{{Label: "Reopen the case", Primary: true}}})
		return s.render(w, "forms", status, p)
	}
	p.Forms = append(p.Forms, formCard{ID: "merge", Title: "Merge into another", Note: "when both are one matter", Action: incidentURL(x.ID, "merge"), Hidden: []Link{{"form", "merge"}}, Refused: refused,
		About: Text("This case ends, and its subjects, notes and tasks go on in the other. Plans, evidence and ledger keep the old name, which leads to the new one."),
		Fields: []planField{
			{ID: "merge-into", Name: "into", Label: "Goes on in", Type: "choice", Required: true, Value: of("merge", "into"), Options: s.otherCases(r, &x)},
			{ID: "merge-reason", Name: "reason", Label: "Why", Type: "text", Required: true, Value: of("merge", "reason")},
		}, Buttons: []formButton{{Label: "Merge them", Danger: true}}})
	split := formCard{ID: "split", Title: "Split off", Note: "when it is two matters", Action: incidentURL(x.ID, "split"), Hidden: []Link{{"form", "split"}, {"key", firstOf(of("split", "key"), newKey())}}, Refused: refused,
		About: Text("The ticked subjects go to a new case."),
		Fields: []planField{
			{ID: "split-title", Name: "title", Label: "Title of the new case", Type: "text", Required: true, Value: of("split", "title")},
			{ID: "split-kind", Name: "kind", Label: "What it looks like", Type: "choice", Required: true, Value: firstOf(of("split", "kind"), string(x.Kind)), Options: s.kindOptions(string(x.Kind))},
			{ID: "split-reason", Name: "reason", Label: "Why", Type: "text", Required: true, Value: of("split", "reason")},
		}, Buttons: []formButton{{Label: "Split them off"}}}
	for i := range x.Subjects {
		y := &x.Subjects[i]
		field := planField{ID: "split-" + digits(i), Name: "s." + y.Kind + ":" + y.ID, Label: visible(y.Kind + " " + firstOf(y.Label, y.Name, y.ID)), Type: "yesno"}
		for _, k := range taken {
			if k == y.Kind+":"+y.ID {
				field.Value = "yes"
			}
		}
		split.Fields = append(split.Fields, field)
	}
	if len(x.Subjects) < 2 {
		split.Refused = firstOf(split.Refused, "It has fewer than two subjects, so there is nothing to part.")
	}
	p.Forms = append(p.Forms, split)
	return s.render(w, "forms", status, p)
}

// otherCases are the open cases that a case can be joined with.
func (s *Server) otherCases(r *http.Request, x *incident.Incident) []Option {
	page, err := s.cfg.Incidents.List(r.Context(), incident.Filter{Open: true, Drills: x.Drill != "", Limit: 200})
	if err != nil {
		return nil
	}
	out := []Option{{"", "choose one"}}
	for _, y := range page.Incidents {
		if y.ID != x.ID {
			out = append(out, Option{y.ID, visible(y.ID + " · " + shorten(y.Title, 80))})
		}
	}
	return out
}

// joined leads to the case that goes on, or shows the forms again.
func (s *Server) joined(w http.ResponseWriter, r *http.Request, x, then incident.Incident, typed map[string]string, taken []string, err error) error {
	s.cases.changed()
	if err == nil {
		http.Redirect(w, r, incidentURL(then.ID), http.StatusSeeOther)
		return nil
	}
	if status, notice, ok := askAgain(r, err); ok {
		return s.showJoin(w, r, status, x, typed, taken, notice)
	}
	return err
}

func (s *Server) incidentMerge(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	then := x
	if typed["into"] == "" {
		err = notCase("Choose the case in which it goes on.")
	} else {
		then, err = s.cfg.Incidents.Merge(r.Context(), s.who(r), x.ID, typed["into"], typed["reason"])
	}
	return s.joined(w, r, x, then, typed, nil, err)
}

func (s *Server) incidentSplit(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	o := incident.SplitOrder{Title: typed["title"], Kind: incident.Kind(typed["kind"]), Reason: typed["reason"], Key: typed["key"]}
	var taken []string
	for i := range x.Subjects {
		key := x.Subjects[i].Kind + ":" + x.Subjects[i].ID
		if typed["s."+key] != "" {
			o.Subjects = append(o.Subjects, ledger.Subject{Kind: x.Subjects[i].Kind, ID: x.Subjects[i].ID})
			taken = append(taken, key)
		}
	}
	then := x
	if len(o.Subjects) == 0 {
		err = notCase("Tick the subjects that go to the new case.")
	} else {
		then, err = s.cfg.Incidents.Split(r.Context(), s.who(r), x.ID, o)
	}
	return s.joined(w, r, x, then, typed, taken, err)
}

func (s *Server) incidentReopen(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	then, err := s.cfg.Incidents.Reopen(r.Context(), s.who(r), x.ID, typed["reason"])
	return s.joined(w, r, x, then, typed, nil, err)
}
