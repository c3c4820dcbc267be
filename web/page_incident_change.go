package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/incident"
)

// caseDecisions are what people decide about a case, in the order of the form.
func caseDecisions() []incident.Field {
	return []incident.Field{incident.TitleField, incident.VerdictField, incident.SeverityField, incident.KindField, incident.TLPField, incident.CampaignField, incident.ReportedField, incident.LeadField}
}

func (s *Server) incidentChangeForm(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	return s.showChange(w, r, http.StatusOK, x, nil)
}

// showChange shows the forms that decide about a case, perhaps with what was
// typed and could not be done.
func (s *Server) showChange(w http.ResponseWriter, r *http.Request, status int, x incident.Incident, typed map[string]string, notices ...Notice) error {
	p := formsPage{Page: s.page(r, "Change "+visible(x.ID)), Notices: append(caseNotices(&x), notices...), Narrow: true}
	p.Head = under(&x, "Change "+visible(x.ID), Text(x.Title))
	p.Forms = []formCard{s.handoverForm(r, &x, typed), s.detailForm(r, &x, typed), s.moveForm(r, &x, typed)}
	if typed["form"] == "detail" || typed["form"] == "" && typed != nil {
		p.Forms[0], p.Forms[1] = p.Forms[1], p.Forms[0]
	}
	return s.render(w, "forms", status, p)
}

func (s *Server) handoverForm(r *http.Request, x *incident.Incident, typed map[string]string) formCard {
	lead := x.Lead.ID
	if typed["form"] == "handover" {
		lead = typed["set.lead"]
	}
	form := formCard{ID: "handover", Title: "Hand over", Note: "who leads", Action: incidentURL(x.ID, "change"), Refused: s.refusal(r, "incident.decide"),
		Hidden: []Link{{"form", "handover"}, {"was.lead", x.Lead.ID}},
		Fields: []planField{
			{ID: "handover-lead", Name: "set.lead", Label: "New lead", Type: "choice", Value: lead, Options: s.peopleOptions(r, x.Lead)},
			{ID: "handover-note", Name: "reason", Label: "Hand-over note", Type: "long", Rows: 4, Hint: "what is done, what runs, what is next, what worries you", Help: "It stands among the notes of the case."},
		}, Buttons: []formButton{{Label: "Hand over", Primary: true}}}
	if typed["form"] == "handover" {
		form.Fields[1].Value = typed["reason"]
	}
	return form
}

// peopleOptions are the people who may lead.
func (s *Server) peopleOptions(r *http.Request, now incident.Person) []Option {
	out := []Option{{"", "nobody"}}
	seen := now.ID == ""
	if s.cfg.Auth != nil {
		people, _ := s.cfg.Auth.People(r.Context()) // without the list only who leads now can be kept
		for i := range people {
			if !people[i].Listed {
				continue
			}
			seen = seen || people[i].ID == now.ID
			out = append(out, Option{people[i].ID, visible(people[i].Name)})
		}
	}
	if !seen {
		out = append(out, Option{now.ID, visible(firstOf(now.Name, now.ID))})
	}
	return out
}

func (s *Server) detailForm(r *http.Request, x *incident.Incident, typed map[string]string) formCard {
	now := func(f incident.Field) string {
		if v, ok := typed["set."+string(f)]; ok && typed["form"] == "detail" {
			return v
		}
		return x.Value(f)
	}
	form := formCard{ID: "detail", Title: "What it is", Action: incidentURL(x.ID, "change"), Refused: s.refusal(r, "incident.decide"), Hidden: []Link{{"form", "detail"}}, Buttons: []formButton{{Label: "Save", Primary: true}}, Back: Link{"Leave it", incidentURL(x.ID)},
		Fields: []planField{
			{ID: "change-title", Name: "set.title", Label: "Title", Type: "text", Required: true, Value: now(incident.TitleField)},
			{ID: "change-verdict", Name: "set.verdict", Label: "Verdict", Type: "choice", Value: now(incident.VerdictField), Options: verdictOptions()},
			{ID: "change-severity", Name: "set.severity", Label: "Severity", Type: "choice", Required: true, Value: now(incident.SeverityField), Options: severityOptions()},
			{ID: "change-kind", Name: "set.kind", Label: "Kind", Type: "choice", Required: true, Value: now(incident.KindField), Options: s.kindOptions(now(incident.KindField)), Help: "Another kind brings another checklist; what is done stays done."},
			{ID: "change-tlp", Name: "set.tlp", Label: "Who may be told (TLP)", Type: "choice", Required: true, Value: now(incident.TLPField), Options: tlpOptions()},
			{ID: "change-campaigns", Name: "set.campaigns", Label: "Campaigns", Type: "text", Value: now(incident.CampaignField), Help: "With commas between."},
			{ID: "change-reported", Name: "set.reported_at", Label: "First reported", Type: "text", Value: now(incident.ReportedField), Hint: "2026-08-20 07:46, UTC"},
			{ID: "change-reason", Name: "reason", Label: "Why", Type: "text", Value: ""},
		}}
	if typed["form"] == "detail" {
		form.Fields[len(form.Fields)-1].Value = typed["reason"]
	}
	for _, f := range caseDecisions() {
		if f != incident.LeadField {
			form.Hidden = append(form.Hidden, Link{"was." + string(f), x.Value(f)})
		}
	}
	return form
}

// moveForm takes a case to any state that it can go to, forward or back.
func (s *Server) moveForm(r *http.Request, x *incident.Incident, typed map[string]string) formCard {
	form := formCard{ID: "state", Title: "Move it by hand", Note: "it moves by itself when plans and evidence show it", Action: incidentURL(x.ID, "state"), Refused: s.refusal(r, "incident.decide"), Buttons: []formButton{{Label: "Move it"}}}
	steps, err := s.cfg.Incidents.Next(r.Context(), *x)
	if err != nil || len(steps) == 0 {
		form.Refused = firstOf(form.Refused, "It cannot be moved from where it is.")
	}
	var options []Option
	for _, step := range steps {
		label := stateWord(step.State)
		if step.Back {
			label += " (back)"
		}
		if step.Why != "" {
			label += " – " + shorten(visible(step.Why), 110)
		}
		options = append(options, Option{string(step.State), label})
	}
	form.Fields = []planField{
		{ID: "move-state", Name: "state", Label: "To", Type: "choice", Required: true, Value: typed["state"], Options: options},
		{ID: "move-reason", Name: "reason", Label: "Why", Type: "text", Hint: "needed when nothing shows it yet, or when it goes back"},
	}
	if typed["form"] == "state" {
		form.Fields[1].Value = typed["reason"]
	}
	return form
}

// readTyped takes the fields of a form of a case.
func readTyped(r *http.Request) (map[string]string, error) {
	if err := readForm(r); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for name := range r.PostForm {
		value := textOf(r.PostForm.Get(name))
		if len(value) > caseText {
			return nil, cratewarden.Errorf(cratewarden.TooLarge, "A text has more than %s bytes. Shorten it, or attach it as a file.", Num(caseText))
		}
		out[name] = value
	}
	return out, nil
}

// incidentChange decides something: only fields that differ from what the
// person saw are changed, and only if nobody else changed them meanwhile.
func (s *Server) incidentChange(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	typed, err := readTyped(r)
	if err != nil {
		return err
	}
	c := incident.Change{Set: map[incident.Field]string{}, Was: map[incident.Field]string{}, Reason: typed["reason"]}
	for _, f := range caseDecisions() {
		to, sent := typed["set."+string(f)]
		was, ok := typed["was."+string(f)]
		if !sent || !ok {
			continue
		}
		if f == incident.ReportedField && to != "" {
			at, ok := parseInstant(strings.TrimSuffix(to, " UTC"))
			if !ok {
				return s.showChange(w, r, http.StatusBadRequest, x, typed, wrongForm(cratewarden.Errorf(cratewarden.Invalid, "“First reported” must be a time in UTC, such as 2026-08-20 07:46.")))
			}
			to = at.Format(time.RFC3339)
		}
		if to != was {
			c.Set[f], c.Was[f] = to, was
		}
	}
	if to, sent := typed["set.verdict"]; sent && to == "" && x.Verdict == incident.Undecided && typed["then"] != "" {
		return s.showCase(w, r, http.StatusBadRequest, x, caseTyped{form: "judge", values: typed, notices: []Notice{wrongForm(cratewarden.Errorf(cratewarden.Invalid, "Choose a verdict first: what to do follows from it. Nothing was changed, and what you typed stands below."))}})
	}
	if len(c.Set) == 0 && c.Reason == "" {
		return s.changed(w, r, x, typed, notCase("Nothing was changed: everything stands as before."))
	}
	if len(c.Set) == 0 {
		_, err = s.cfg.Incidents.Note(r.Context(), s.who(r), x.ID, c.Reason, "")
	} else {
		_, err = s.cfg.Incidents.Decide(r.Context(), s.who(r), x.ID, c)
	}
	if next := map[string]string{"propose": "proposal", "drafts": "drafts"}[typed["then"]]; err == nil && next != "" {
		s.cases.changed()
		http.Redirect(w, r, incidentURL(x.ID, next), http.StatusSeeOther)
		return nil
	}
	return s.changed(w, r, x, typed, err)
}

// changed leads back to the case, or shows the form again with what was typed
// and with what another wrote meanwhile.
func (s *Server) changed(w http.ResponseWriter, r *http.Request, x incident.Incident, typed map[string]string, err error) error {
	s.cases.changed()
	if err == nil {
		http.Redirect(w, r, incidentURL(x.ID), http.StatusSeeOther)
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
		x = now // so that sending it again is knowing what the other wrote
	}
	if typed["then"] != "" && x.Verdict == incident.Undecided {
		return s.showCase(w, r, status, x, caseTyped{form: "judge", values: typed, notices: []Notice{notice}})
	}
	if typed["form"] == "" {
		typed["form"] = "detail"
		if _, lead := typed["set.lead"]; lead {
			typed["form"] = "handover"
		}
	}
	return s.showChange(w, r, status, x, typed, notice)
}

// clashNotice says what another wrote while somebody wrote the same.
func clashNotice(c *incident.Clash) Notice {
	text := Phrase{}
	for _, f := range c.Fields {
		field := strings.ReplaceAll(strings.TrimPrefix(string(f.Field), "text:"), "_", " ")
		text = text.Strong(firstUp(field)).Say(": " + firstOf(f.By.Name, "somebody") + " wrote “" + shorten(firstOf(f.Now, "nothing"), 200) + "” ").Ago(f.At).Say("; you wrote “" + shorten(firstOf(f.Wanted, "nothing"), 200) + "”. ")
	}
	return Notice{Tone: Warn, Title: "Somebody else changed this meanwhile", Text: text.Say("Nothing was changed, and what you typed stands below. Send it again to put it in place of theirs.")}
}

// incidentMove takes a case to another state.
func (s *Server) incidentMove(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	typed, err := readTyped(r)
	if err != nil {
		return err
	}
	_, err = s.cfg.Incidents.Move(r.Context(), s.who(r), x.ID, incident.State(typed["state"]), typed["reason"])
	typed["form"] = "state"
	return s.changed(w, r, x, typed, err)
}
