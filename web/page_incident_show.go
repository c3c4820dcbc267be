package web

import (
	"net/http"
	"slices"
	"strings"

	"cratewarden/action"
	"cratewarden/incident"
)

// caseSeen is everything that a page of one case shows.
type caseSeen struct {
	x      incident.Incident
	steps  []incident.Step
	events []incident.Event
	tasks  []incident.Task
	files  []incident.File
	here   []incident.Present
	stands map[string]incident.Standing // of its subjects
	blind  string                       // why that cannot be said
}

// caseEventsMost is how many things that were done a page shows; the timeline
// has all.
const caseEventsMost = 60

// caseEventsRead is how many of them are read to find these.
const caseEventsRead = 2000

// seeCase reads a case with what stands on its page.
func (s *Server) seeCase(r *http.Request, x incident.Incident) (*caseSeen, error) {
	ctx := r.Context()
	seen := &caseSeen{x: x}
	var err error
	if seen.steps, err = s.cfg.Incidents.Next(ctx, x); err != nil {
		return nil, err
	}
	if seen.stands, err = s.cfg.Incidents.Standings(ctx, x); err != nil { // the page goes on without
		seen.blind = sentence(kindOf(ctx, err), err)
	}
	if seen.tasks, err = s.cfg.Incidents.Tasks(ctx, x.ID); err != nil {
		return nil, err
	}
	if seen.events, err = s.cfg.Incidents.Events(ctx, x.ID, -1, caseEventsRead); err != nil {
		return nil, err
	}
	seen.files, err = s.cfg.Incidents.Files(ctx, x.ID)
	return seen, err
}

func (s *Server) incidentShow(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	if !strings.EqualFold(x.ID, r.PathValue("id")) { // it was merged into this one
		http.Redirect(w, r, incidentURL(x.ID), http.StatusSeeOther)
		return nil
	}
	return s.showCase(w, r, http.StatusOK, x, caseTyped{})
}

// caseTyped is what was typed in a form of a case's page that could not be
// done.
type caseTyped struct {
	form    string // note, subject, task or judge
	values  map[string]string
	notices []Notice
}

// of gives a field as it was typed.
func (t caseTyped) of(form, name string) string {
	if t.form != form {
		return ""
	}
	return t.values[name]
}

func (t caseTyped) says(form string) []Notice {
	if t.form != form {
		return nil
	}
	return t.notices
}

// showCase renders a case, perhaps with what could not be done and with what was
// typed.
func (s *Server) showCase(w http.ResponseWriter, r *http.Request, status int, x incident.Incident, typed caseTyped) error {
	seen, err := s.seeCase(r, x)
	if err != nil {
		return err
	}
	p := incidentPage{Page: s.page(r, visible(x.ID)+" · "+visible(x.Title)), Head: caseHead(&x), Tabs: s.caseTabs(&x, ""), Notices: append(caseNotices(&x), typed.says("")...)}
	p.Head.Actions = s.caseActions(r, &x)
	parts := s.caseParts(r, seen)
	p.State, p.Tasks, p.Subjects, p.Notes = parts.state, parts.tasks, parts.subjects, parts.notes
	if !caseOver(x.State) {
		p.Events = address(incidentURL(x.ID, "events"), "have", parts.marks())
		p.State.Follows = true
	}
	p.Judge = s.judgeForm(r, &x, typed)
	p.AddSubject, p.AddNote, p.AddTask = s.subjectForm(r, &x, typed), s.noteForm(r, &x, typed), s.taskForm(r, &x, typed)
	p.Side = s.caseSide(r, seen)
	return s.render(w, "incident", status, p)
}

// caseActions are the buttons at the top.
func (s *Server) caseActions(r *http.Request, x *incident.Incident) []Action {
	out := []Action{{Label: "Change…", URL: incidentURL(x.ID, "change"), Refused: s.refusal(r, "incident.decide")}}
	switch {
	case x.MergedInto != "":
		return []Action{{Label: "Go on in " + x.MergedInto, URL: incidentURL(x.MergedInto), Primary: true}}
	case caseOver(x.State):
		return append(out, Action{Label: "Reopen…", URL: incidentURL(x.ID, "join") + "#reopen", Refused: s.refusal(r, "incident.decide")})
	}
	out = append(out, Action{Label: "Merge, split…", URL: incidentURL(x.ID, "join")})
	if s.has("GET /incidents/{id}/proposal") && x.Verdict != incident.Undecided {
		out = append(out, Action{Label: "Proposed plan", URL: incidentURL(x.ID, "proposal"), Primary: x.State == incident.Triaged || x.State == incident.Contained || x.State == incident.Sealed, Refused: s.refusal(r, "incident.propose")})
	}
	return out
}

// judgeForm asks for the verdict while there is none: it unlocks everything else.
func (s *Server) judgeForm(r *http.Request, x *incident.Incident, typed caseTyped) *formCard {
	if x.Verdict != incident.Undecided || caseOver(x.State) {
		return nil
	}
	form := formCard{ID: "judge", Title: "Verdict", Note: "what it turned out to be", Action: incidentURL(x.ID, "change"), Notices: typed.says("judge"), Refused: s.refusal(r, "incident.decide"),
		Hidden: []Link{{"was.verdict", ""}, {"was.severity", string(x.Severity)}},
		Fields: []planField{
			{ID: "judge-verdict", Name: "set.verdict", Label: "Verdict", Type: "choice", Required: true, Value: typed.of("judge", "set.verdict"), Options: verdictOptions()},
			{ID: "judge-severity", Name: "set.severity", Label: "Severity", Type: "choice", Required: true, Value: firstOf(typed.of("judge", "set.severity"), string(x.Severity)), Options: severityOptions()},
			{ID: "judge-reason", Name: "reason", Label: "Why", Type: "text", Value: typed.of("judge", "reason"), Hint: "payload decodes to a downloader"},
		},
		Buttons: []formButton{{Label: "Record the verdict", Name: "then", Value: "stay"}}}
	if x.Lead.ID == "" { // whoever judges a case that nobody leads has it in hand
		form.Hidden = append(form.Hidden, Link{"set.lead", s.who(r).ID}, Link{"was.lead", ""})
		form.Foot = "you take the lead with it"
	}
	if s.has("GET /incidents/{id}/proposal") {
		form.Buttons = slices.Insert(form.Buttons, 0, formButton{Label: "Record it and see what to do", Name: "then", Value: "propose", Primary: true})
	}
	return &form
}

func (s *Server) subjectForm(r *http.Request, x *incident.Incident, typed caseTyped) formCard {
	return formCard{ID: "add-subject", Title: "Add a subject", Action: incidentURL(x.ID, "subjects"), Notices: typed.says("subject"), Refused: s.refusal(r, "incident.note"),
		Fields: []planField{
			{ID: "subject-words", Name: "subjects", Label: "What", Type: "long", Rows: 2, Required: true, Value: typed.of("subject", "subjects"), Hint: "internkit@0.8.7", Help: "One in a line: a crate, name@1.0.0, user:login or account:42."},
			{ID: "subject-role", Name: "role", Label: "Role", Type: "choice", Value: typed.of("subject", "role"), Options: roleOptions()},
			{ID: "subject-why", Name: "why", Label: "Why it is here", Type: "text", Value: typed.of("subject", "why"), Hint: "same token, 19 min later"},
		}, Buttons: []formButton{{Label: "Add it", Name: "op", Value: "add", Primary: true}}}
}

func roleOptions() (out []Option) {
	out = []Option{{"", "–"}}
	for _, x := range []string{"payload", "carrier", "victim", "attacker", "compromised", "imitated", "restore", "related"} {
		out = append(out, Option{x, x})
	}
	return out
}

func (s *Server) noteForm(r *http.Request, x *incident.Incident, typed caseTyped) formCard {
	form := formCard{ID: "add-note", Title: "Write a note", Note: "colleagues only", Class: "internal", Action: incidentURL(x.ID, "notes"), Hidden: []Link{{"key", firstOf(typed.of("note", "key"), newKey())}}, Notices: typed.says("note"), Refused: s.refusal(r, "incident.note"),
		Fields:  []planField{{ID: "note-body", Name: "body", Label: "Note", Type: "long", Rows: 3, Required: true, Value: typed.of("note", "body"), Help: "Plain text. It can be erased later; the ledger keeps only its checksum."}},
		Buttons: []formButton{{Label: "Keep the note"}}}
	if form.Refused == "" {
		form.Back = Link{"Attach a file…", incidentURL(x.ID, "files")}
	}
	return form
}

func (s *Server) taskForm(r *http.Request, x *incident.Incident, typed caseTyped) formCard {
	return formCard{ID: "add-task", Title: "Add a task", Action: incidentURL(x.ID, "tasks"), Hidden: []Link{{"key", firstOf(typed.of("task", "key"), newKey())}}, Notices: typed.says("task"), Refused: s.refusal(r, "incident.note"),
		Fields: []planField{
			{ID: "task-title", Name: "title", Label: "What is to be done", Type: "text", Required: true, Value: typed.of("task", "title")},
			{ID: "task-due", Name: "due", Label: "Due", Type: "text", Value: typed.of("task", "due"), Hint: "2026-08-20 16:00, UTC"},
		}, Buttons: []formButton{{Label: "Add it", Primary: true}}}
}

// caseSide are the cards beside a case: where it came from, its plans, what is
// like it.
func (s *Server) caseSide(r *http.Request, seen *caseSeen) []Card {
	x := &seen.x
	out := []Card{s.casePlans(r, x)}
	about := Card{ID: "about", Title: "About", List: []Fact{
		{Label: "Opened", Value: Phrase{}.UTC(x.OpenedAt).Say(" by ").Say(firstOf(x.OpenedBy.Name, "the console"))},
		{Label: "Reported", Value: whenPhrase(x.ReportedAt)},
		{Label: "How it came", Value: Text(firstOf(x.Source, "by hand"))},
		{Label: "Changed", Value: Phrase{}.Ago(x.ChangedAt)},
	}}
	if x.ClosedAt != nil {
		about.List = append(about.List, Fact{Label: "Closed", Value: Phrase{}.UTC(*x.ClosedAt)})
	}
	if x.EarlyReason != "" {
		about.List = append(about.List, Fact{Label: "Told early", Value: Text(x.EarlyReason), Note: "public notices were unlocked before the removal"})
	}
	if len(x.Also) > 0 {
		about.List = append(about.List, Fact{Label: "Also", Value: Text(strings.Join(x.Also, ", ")), Note: "merged into this one"})
	}
	about.List = append(about.List, Fact{Label: "In the ledger", Value: Phrase{}.Link("its entries", address("/ledger", "subject", "incident:"+x.ID))})
	out = append(out, about, s.relatedCases(r, x))
	return slices.DeleteFunc(out, func(c Card) bool { return c.Title == "" })
}

// casePlans are the plans that belong to a case.
func (s *Server) casePlans(r *http.Request, x *incident.Incident) Card {
	if s.cfg.Plans == nil {
		return Card{}
	}
	c := Card{ID: "plans", Title: "Plans", More: Link{"list", address("/plans", "incident", x.ID)}}
	plans, err := s.cfg.Plans.Plans(r.Context(), action.PlanFilter{Incident: x.ID, Limit: 8})
	if err != nil {
		return c.missing(sentence(kindOf(r.Context(), err), err))
	}
	for i := range plans {
		p := &plans[i]
		c.Guards = append(c.Guards, Guard{Tone: planTone(p.State), Word: string(p.State), Text: Phrase{}.Link(shorten(p.Title, 90), planURL(p.ID)),
			Note: Text(string(p.State) + " · " + Plural(len(p.Steps), "step") + " · ").Ago(p.ChangedAt)})
	}
	if len(plans) == 0 {
		c.Empty = Empty{Title: "No plan yet", Text: "The proposed plan is the quickest way to one."}
	}
	return c
}

// relatedCases are other cases about the same things, or of the same campaign.
func (s *Server) relatedCases(r *http.Request, x *incident.Incident) Card {
	c := Card{ID: "related", Title: "Related incidents"}
	found, err := s.cfg.Incidents.Similar(r.Context(), x.Subjects)
	if err != nil {
		return c.missing(sentence(kindOf(r.Context(), err), err))
	}
	why := map[string]string{}
	for i := range found {
		why[found[i].ID] = "the same subject"
	}
	for _, campaign := range x.Campaigns[:min(len(x.Campaigns), 3)] {
		page, err := s.cfg.Incidents.List(r.Context(), incident.Filter{Campaign: campaign, All: true, Limit: 10})
		if err != nil {
			return c.missing(sentence(kindOf(r.Context(), err), err))
		}
		for _, y := range page.Incidents {
			if why[y.ID] == "" {
				why[y.ID] = "campaign " + campaign
				found = append(found, y)
			}
		}
	}
	for i := range found {
		y := &found[i]
		if y.ID == x.ID {
			continue
		}
		c.Guards = append(c.Guards, Guard{Tone: caseTone(y.State), Word: strings.ToLower(stateWord(y.State)), Text: Phrase{}.Link(y.ID+" · "+shorten(y.Title, 80), incidentURL(y.ID)), Note: Text(strings.ToLower(stateWord(y.State)) + " · " + why[y.ID])})
	}
	if len(c.Guards) == 0 {
		return Card{}
	}
	return c
}
