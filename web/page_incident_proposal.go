package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/incident/related"
)

// proposalForm is what a person chose and wrote on the page of a proposal.
type proposalForm struct {
	removal                 bool
	title, public, internal string
	key, seen               string
	ticked                  map[string]bool // marks of steps; nil for what the console ticks
	known                   map[string]bool // marks of the steps that were on the page
}

// stepMark names a step although others come before it.
func stepMark(do action.StepText) string {
	sum := sha256.Sum256(do)
	return hex.EncodeToString(sum[:6])
}

// removalFirst says that a case has come so far that what is held can go.
func removalFirst(x *incident.Incident) bool {
	return x.State == incident.Contained || x.State == incident.Sealed
}

func (s *Server) incidentProposal(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	f := readFields(r)
	of := f.choice("of", "contain", "remove")
	if f.err != nil {
		return f.err
	}
	return s.showProposal(w, r, http.StatusOK, x, proposalForm{removal: of == "remove" || of == "" && removalFirst(&x), key: newKey()})
}

func (s *Server) proposed(r *http.Request, id string, removal bool) (incident.Proposal, error) {
	if removal {
		return s.cfg.Incidents.ProposeRemoval(r.Context(), id)
	}
	return s.cfg.Incidents.Propose(r.Context(), id)
}

// showProposal shows what the console would do, perhaps once more with what was
// ticked and written.
func (s *Server) showProposal(w http.ResponseWriter, r *http.Request, status int, x incident.Incident, form proposalForm, notices ...Notice) error {
	p := proposalPage{Page: s.page(r, "Proposed plan of "+visible(x.ID)), Head: caseHead(&x), Tabs: s.caseTabs(&x, "proposal"), Notices: append(caseNotices(&x), notices...), Action: incidentURL(x.ID, "proposal"), Key: form.key}
	contain, remove := Action{Label: "Contain", URL: address(p.Action, "of", "contain")}, Action{Label: "Remove what is held", URL: address(p.Action, "of", "remove")}
	p.Head.Actions = []Action{contain, remove}
	if form.removal {
		p.Head.Actions = []Action{contain}
	} else {
		p.Head.Actions = []Action{remove}
	}
	proposal, err := s.proposed(r, x.ID, form.removal)
	if err != nil {
		kind := kindOf(r.Context(), err)
		if kind != cratewarden.Unavailable && kind != cratewarden.Conflict && kind != cratewarden.Invalid && kind != cratewarden.Refused {
			return err
		}
		p.Empty = Empty{Title: "Nothing can be proposed now", Text: sentence(kind, err), Action: Link{"Make a plan by hand", address("/plans/new", "incident", x.ID)}}
		return s.render(w, "proposal", status, p)
	}
	p.Seen = proposal.Seen
	s.proposalSteps(&p, &proposal, form)
	title := firstOf(form.title, proposal.Title)
	p.Fields = []planField{
		{ID: "plan-title", Name: "title", Label: "Title", Type: "text", Value: title},
		{ID: "plan-public", Name: "public", Label: "Public reason", Help: "Outsiders may read it. No names of reporters, no guesses.", Type: "long", Rows: 3, Value: form.public},
		{ID: "plan-internal", Name: "internal", Label: "Internal note", Help: "Colleagues only.", Type: "long", Rows: 3, Value: form.internal},
	}
	if form.removal {
		p.Of = "remove"
	}
	p.Refused = firstOf(s.mayPlan(s.who(r)), s.refusal(r, "plan.draft"))
	p.Main = s.proposalCards(&proposal)
	p.Side = append(p.Side, s.blastCard(&x), adviceDue(&proposal))
	p.Side = slices.DeleteFunc(p.Side, func(c Card) bool { return c.Title == "" })
	p.Empty = Empty{Title: "Nothing is proposed", Text: firstOf(proposal.Notes...), Action: Link{"Make a plan by hand", address("/plans/new", "incident", x.ID)}}
	if p.Empty.Text == "" {
		p.Empty.Text = "The console found nothing to do about these subjects."
	}
	return s.render(w, "proposal", status, p)
}

func (s *Server) proposalSteps(p *proposalPage, proposal *incident.Proposal, form proposalForm) {
	ticked := 0
	var marks []string
	said := map[string]int{} // reasons, by the first step that has them
	for i, step := range proposal.Steps {
		mark := stepMark(step.Do)
		row := proposalRow{N: i + 1, Value: strconv.Itoa(i) + ":" + mark, What: Text(step.Sentence), Ticked: step.Ticked, Related: step.Related}
		if form.ticked != nil && form.known[mark] {
			row.Ticked = form.ticked[mark]
		}
		if read, err := s.planned.catalogue.Decode([]action.StepText{step.Do}); err == nil {
			row.What = s.stepPhrase(read[0].Do)
		}
		if name := step.Subject.Name; name != "" && !strings.Contains(row.What.Plain(), name) {
			row.What = row.What.Muted(" (" + name + ")")
		}
		row.Why, row.More = reasonsOf(step.Why, i+1, said)
		if step.Related {
			row.Badges = append(row.Badges, Badge{Tone: Info, Text: "found"})
		}
		if row.Ticked {
			ticked++
		}
		p.Steps = append(p.Steps, row)
		marks = append(marks, mark)
	}
	p.All = strings.Join(marks, ".")
	p.Heading = "To contain it, in this order"
	if form.removal {
		p.Heading = "To remove what is held, in this order"
	}
	p.Note = Num(ticked) + " of " + Plural(len(p.Steps), "step") + " ticked"
	if slices.ContainsFunc(p.Steps, func(row proposalRow) bool { return row.Related }) {
		p.Note += " · “found” is not named in the case"
	}
	p.Verdict = Verdict{Tone: Warn, Word: "proposed", Text: Text(proposal.Title + ". Nothing changes until a plan of it was made, reviewed and applied.")}
}

// reasonsOf are the reasons of a step as a list of many can show them: the first
// sentence, the rest behind it; said once where several steps have the same.
func reasonsOf(why string, n int, said map[string]int) (Phrase, string) {
	first, more := firstSentence(why)
	at, again := said[why]
	if !again {
		said[why] = n
	}
	if again && more != "" {
		return Phrase{}.Muted("The same reasons as at step " + Num(at) + "."), ""
	}
	return Text(first), visible(more)
}

// proposalCards are what was found and why, and what else is to be known.
func (s *Server) proposalCards(proposal *incident.Proposal) (out []Card) {
	if len(proposal.Notes) > 0 {
		out = append(out, Card{ID: "notes", Title: "To know", Gaps: visibleAll(proposal.Notes)})
	}
	if len(proposal.Subjects) == 0 {
		return out
	}
	c := Card{ID: "found", Title: "What was found", Note: Plural(len(proposal.Subjects), "subject"), Table: &Table{Caption: "What was found", Columns: []Column{{Label: "Subject"}, {Label: "Role"}, {Label: "Reasons"}}}}
	c.Fold = foldWords(len(proposal.Subjects), "subject")
	if !proposal.FreshAt.IsZero() {
		c.Note += " · registry as of " + clock(proposal.FreshAt) + " UTC"
	}
	for i := range proposal.Subjects {
		if i == 300 {
			c.Gaps = []string{"The first 300 of " + Num(len(proposal.Subjects)) + " are shown."}
			break
		}
		x := &proposal.Subjects[i]
		role := Phrase{}.Muted("–")
		if x.Role != "" {
			role = Phrase{}.Badge(roleTone(x.Role), x.Role)
		}
		what := caseSubjectPhrase(&incident.Subject{Subject: x.Subject})
		if x.Start {
			what = what.Say(" ").Badge(Plain, "in the case")
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{what, role, reasonsPhrase(x)}})
	}
	return append(out, c)
}

func reasonsPhrase(x *related.Subject) (out Phrase) {
	for i, why := range x.Reasons[:min(len(x.Reasons), 4)] {
		if i > 0 {
			out = out.Say(" ")
		}
		text := strings.TrimSpace(why.Text)
		if !strings.HasSuffix(text, ".") {
			text += "."
		}
		out = out.Say(shorten(text, 240))
	}
	if n := len(x.Reasons) - 4; n > 0 {
		out = out.Muted(" " + Num(n) + " more reasons.")
	}
	if len(out) == 0 {
		out = out.Muted("named in the case")
	}
	return out
}

func adviceDue(proposal *incident.Proposal) Card {
	if len(proposal.Advisories) == 0 {
		return Card{}
	}
	c := Card{ID: "due", Title: "Advisories due", Note: Plural(len(proposal.Advisories), "crate")}
	for _, name := range proposal.Advisories {
		c.Guards = append(c.Guards, Guard{Tone: Info, Word: "due", Text: Phrase{}.Link(name, crateURL(name))})
	}
	return c
}

// blastCard leads to who is hit by each crate of a case.
func (s *Server) blastCard(x *incident.Incident) Card {
	if !s.has("GET /crates/{name}/blast") {
		return Card{}
	}
	c := Card{ID: "blast", Title: "Blast radius", Note: "who could have got it"}
	versions := map[string][]string{}
	var names []string
	for i := range x.Subjects {
		y := &x.Subjects[i]
		name, num, _ := strings.Cut(y.ID, "@")
		if y.Kind != "crate" && y.Kind != "version" || y.Role == "imitated" || y.Role == "restore" || y.Role == "victim" && y.Kind == "crate" {
			continue
		}
		if _, known := versions[name]; !known {
			names = append(names, name)
			versions[name] = nil
		}
		if num != "" {
			versions[name] = append(versions[name], num)
		}
	}
	for _, name := range names {
		if len(c.Guards) == 12 {
			c.Gaps = []string{Num(len(names)-12) + " more crates are among the subjects."}
			break
		}
		what := "all versions"
		if len(versions[name]) > 0 {
			what = strings.Join(versions[name], ", ")
		}
		c.Guards = append(c.Guards, Guard{Tone: Info, Word: "reach", Text: Phrase{}.Link(name, blastURL(name, strings.Join(versions[name], ", "))), Note: Text(shorten(what, 80))})
	}
	if len(c.Guards) == 0 {
		return Card{}
	}
	return c
}

// incidentDraftPlan makes the plan of the ticked steps and leads to it.
func (s *Server) incidentDraftPlan(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	form := proposalForm{removal: typed["of"] == "remove", title: typed["title"], public: typed["public"], internal: typed["internal"], key: firstOf(typed["key"], newKey()), seen: typed["seen"], ticked: map[string]bool{}, known: map[string]bool{}}
	numbers := []int{} // nil would take what the console ticked
	for _, value := range r.PostForm["step"] {
		n, mark, _ := strings.Cut(value, ":")
		i, err := strconv.Atoi(n)
		if err != nil || i < 0 {
			return cratewarden.Errorf(cratewarden.Invalid, "The form names a step that cannot be. Load the proposal again.")
		}
		numbers = append(numbers, i)
		form.ticked[mark] = true
	}
	for _, mark := range strings.Split(typed["all"], ".") {
		form.known[mark] = true
	}
	texts := incident.DraftTexts{Title: form.title, Public: form.public, Internal: form.internal, Seen: form.seen}
	draft := s.cfg.Incidents.Draft
	if form.removal {
		draft = s.cfg.Incidents.DraftRemoval
	}
	plan, err := draft(r.Context(), s.who(r), x.ID, numbers, texts, form.key)
	s.planned.changed()
	if plan.ID != "" { // it was made, whatever came after
		http.Redirect(w, r, planURL(plan.ID), http.StatusSeeOther)
		return nil
	}
	status, notice, ok := askAgain(r, err)
	if !ok {
		return err
	}
	if kindOf(r.Context(), err) == cratewarden.Conflict {
		form.key = newKey()
	}
	return s.showProposal(w, r, status, x, form, notice)
}
