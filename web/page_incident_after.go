package web

import (
	"net/http"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/incident"
)

// incidentAfter is what is left when a case is over: what it taught, what is to
// follow, and the bundle for those who ask for it.
func (s *Server) incidentAfter(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	p := formsPage{Page: s.page(r, "After "+visible(x.ID)), Head: caseHead(&x), Tabs: s.caseTabs(&x, "after"), Notices: caseNotices(&x)}
	tasks, err := s.cfg.Incidents.Tasks(r.Context(), x.ID)
	if err != nil {
		return err
	}
	p.Before = []Card{followCard(&x, tasks)}
	p.Forms = append(s.followForms(r, &x, tasks), s.addFollow(r, &x), s.reviewForm(r, &x))
	p.Side = []Card{s.reviewCard(r, &x)}
	p.SideForms = []formCard{{ID: "custody", Title: "For an authority", Note: "recorded", Action: incidentURL(x.ID, "custody"), Refused: s.refusal(r, "evidence.export"),
		About:   Text("One ZIP: the chain of custody, the case, sealed bundles with their personal parts encrypted, attached files, and the ledger's entries with their proofs. That it was taken out stands in the ledger first."),
		Buttons: []formButton{{Label: "Take the case out"}}}}
	return s.render(w, "forms", http.StatusOK, p)
}

// followCard are the actions to follow.
func followCard(x *incident.Incident, tasks []incident.Task) Card {
	c := Card{ID: "follow", Title: "Actions to follow", Table: &Table{Caption: "Actions to follow", Columns: []Column{{Label: "Action"}, {Label: "Owner"}, {Label: "Due"}, {Label: "State"}}, Empty: Empty{Title: "Nothing is to follow yet", Text: "What would have made this shorter? Add it below, with somebody who does it."}}}
	open := 0
	for i := range tasks {
		t := &tasks[i]
		if !t.After {
			continue
		}
		due, state := Phrase{}.Muted("no date"), Phrase{}.Badge(Warn, "open")
		if t.Due != nil {
			due = Text(date(*t.Due))
		}
		switch t.State {
		case incident.TaskDone:
			state = Phrase{}.Badge(Good, "done")
		case incident.TaskSkipped:
			state = Phrase{}.Badge(Plain, "skipped").Muted(" " + shorten(t.Why, 100))
		default:
			open++
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Text(t.Title), personPhrase(t.Holder), due, state}})
	}
	c.Note = Plural(open, "action") + " open"
	return c
}

// followForms tick what was done.
func (s *Server) followForms(r *http.Request, x *incident.Incident, tasks []incident.Task) (out []formCard) {
	var options []Option
	for _, t := range tasks {
		if t.After && t.State == incident.TaskOpen {
			options = append(options, Option{t.Item, visible(shorten(t.Title, 100))})
		}
	}
	if len(options) == 0 {
		return nil
	}
	return []formCard{{ID: "tick", Title: "Tick an action", Action: incidentURL(x.ID, "after"), Refused: s.refusal(r, "incident.note"),
		Fields:  []planField{{ID: "tick-item", Name: "item", Label: "Action", Type: "choice", Required: true, Options: options}, {ID: "tick-why", Name: "why", Label: "What came of it", Type: "text", Hint: "needed to skip it"}},
		Buttons: []formButton{{Label: "It is done", Name: "op", Value: "done", Primary: true}, {Label: "I take it", Name: "op", Value: "hold"}, {Label: "Skip it", Name: "op", Value: "skip"}}}}
}

func (s *Server) addFollow(r *http.Request, x *incident.Incident) formCard {
	return formCard{ID: "add-follow", Title: "Add an action", Action: incidentURL(x.ID, "tasks"), Hidden: []Link{{"after", "yes"}, {"key", newKey()}}, Refused: s.refusal(r, "incident.note"),
		Fields: []planField{
			{ID: "follow-title", Name: "title", Label: "What is to be done", Type: "text", Required: true},
			{ID: "follow-holder", Name: "holder", Label: "Owner", Type: "choice", Options: s.peopleOptions(r, incident.Person{})},
			{ID: "follow-due", Name: "due", Label: "Due", Type: "text", Hint: "2026-09-30, UTC"},
		}, Buttons: []formButton{{Label: "Add it", Primary: true}}}
}

// reviewCard leads to the draft of the post-mortem.
func (s *Server) reviewCard(r *http.Request, x *incident.Incident) Card {
	c := Card{ID: "review", Title: "Post-mortem"}
	list, err := s.cfg.Incidents.Drafts(r.Context(), x.ID)
	if err != nil {
		return c.missing(sentence(kindOf(r.Context(), err), err))
	}
	for i := range list {
		d := &list[len(list)-1-i]
		if d.Format != advisory.PostMortem || d.State == incident.DraftWithdrawn {
			continue
		}
		c.Guards = append(c.Guards, Guard{Tone: Info, Word: string(d.State), Text: Phrase{}.Link("Post-mortem", draftURL(x.ID, d.ID)), Note: Text(string(d.State) + " · " + firstOf(d.Owner.Name, "the console") + " · ").Ago(d.ChangedAt)})
		if d.Made != "" {
			c.Gaps = []string{"The facts changed since it was made; its page shows both."}
		}
	}
	if len(c.Guards) == 0 {
		c.Empty = Empty{Title: "Not written yet", Text: "It is drafted from timeline, clocks and the actions to follow."}
	}
	return c
}

func (s *Server) reviewForm(r *http.Request, x *incident.Incident) formCard {
	return formCard{ID: "make-review", Title: "Draft the post-mortem", Note: "from timeline and clocks", Action: incidentURL(x.ID, "drafts"), Hidden: []Link{{"format", string(advisory.PostMortem)}}, Refused: s.refusal(r, "incident.draft"),
		About: Text("It is a draft for people to finish. What somebody edited is not overwritten."), Buttons: []formButton{{Label: "Draft it"}}}
}

// incidentTick ticks an action to follow.
func (s *Server) incidentTick(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	who := s.who(r)
	switch typed["op"] {
	case "done":
		_, err = s.cfg.Incidents.Done(r.Context(), who, x.ID, typed["item"], typed["why"])
	case "skip":
		_, err = s.cfg.Incidents.Skip(r.Context(), who, x.ID, typed["item"], typed["why"])
	case "hold":
		_, err = s.cfg.Incidents.Hold(r.Context(), who, x.ID, typed["item"], "")
	default:
		err = cratewarden.Errorf(cratewarden.Invalid, "Say whether it is done, skipped or taken.")
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, incidentURL(x.ID, "after"), http.StatusSeeOther)
	return nil
}

// incidentCustody takes a whole case out, for an authority. That it was is
// recorded before its first byte.
func (s *Server) incidentCustody(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	patient(w, sendTime)
	d := &download{w: w, name: x.ID + "-custody.zip", size: -1}
	return d.end(s, r, s.cfg.Incidents.ExportCase(r.Context(), s.who(r), x.ID, d))
}
