package web

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/action"
)

// planDraft is a plan while it is written. All of it stands in the form, so
// that nothing is kept anywhere before the plan is made.
type planDraft struct {
	Plan       string // empty for a new one
	Revision   int
	Title      string
	Incident   string
	NoIncident bool
	Public     string
	Internal   string
	Steps      []action.StepText
	Kind       string // of the step that is written now; empty when none is
	Values     map[string]string
	Key        string
}

// planFormPage is the form in which a plan is written.
type planFormPage struct {
	Page
	Head    Head
	Notices []Notice
	Action  string
	Draft   planDraft
	Words   planWordsForm
	Steps   []formStep
	About   Phrase // what the chosen act does
	Marks   []Badge
	Name    string // the chosen act
	Fields  []planField
	Groups  []kindGroup // acts to choose from
	Long    string      // all steps as text, when they are too many to show
}

// planWordsForm is the end of every form that makes a plan: what it belongs to
// and why it is done.
type planWordsForm struct {
	Draft   planDraft
	Back    string
	Refused string   // why this person cannot make the plan
	Cases   []Option // open incidents to choose from; nil where one is typed
	Make    string   // the word on the button
}

// formStep is a step that is ready.
type formStep struct {
	N           int
	JSON        string
	What        Phrase
	Kind        string
	Problem     string
	Last, Alter bool // whether it is the last; whether it can be changed in a form
}

// kindGroup is a family of acts.
type kindGroup struct {
	Label string
	Kinds []kindChoice
}

// kindChoice is an act of the catalogue, and why it cannot be chosen.
type kindChoice struct {
	Name, Title, About, URL, Refused string
	Badges                           []Badge
	Current                          bool
}

// formSteps is how many steps a form shows one by one.
const formSteps = 200

// planText is how long a plan's texts may be in a form, in bytes; the engine
// has narrower bounds of its own.
const planText = 8000

// readDraft takes a form. An error says that it cannot be read at all.
func readDraft(r *http.Request) (planDraft, error) {
	if err := readForm(r); err != nil {
		return planDraft{}, err
	}
	form := r.PostForm
	d := planDraft{Plan: r.PathValue("id"), Title: strings.TrimSpace(form.Get("title")), Incident: strings.TrimSpace(form.Get("incident")), NoIncident: form.Get("no-incident") != "",
		Public: textOf(form.Get("public")), Internal: textOf(form.Get("internal")), Kind: form.Get("do"), Values: readValues(form), Key: form.Get("key")}
	if d.Incident == noIncident {
		d.Incident, d.NoIncident = "", true
	}
	d.Revision, _ = strconv.Atoi(form.Get("revision"))
	for _, text := range form["step"] {
		d.Steps = append(d.Steps, action.StepText(text))
	}
	for line := range strings.Lines(form.Get("steps")) {
		if line = strings.TrimSpace(line); line != "" {
			d.Steps = append(d.Steps, action.StepText(line))
		}
	}
	for _, text := range []string{d.Title, d.Incident, d.Public, d.Internal, d.Key} {
		if len(text) > planText {
			return d, cratewarden.Errorf(cratewarden.TooLarge, "A text of the plan has more than %s bytes. Shorten it.", Num(planText))
		}
	}
	if d.Key == "" {
		d.Key = newKey()
	}
	return d, nil
}

// textOf is a text of several lines as programs write it.
func textOf(value string) string {
	return strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n"))
}

// readForm reads a form from the body alone: PostForm leaves out the address.
func readForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		return nil
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return cratewarden.Wrap(err, cratewarden.TooLarge, "The form is larger than this console takes. Make two plans of it.")
	}
	return cratewarden.Wrap(err, cratewarden.Invalid, "The form could not be read. Go back, load the page again and send it once more.")
}

// planNew shows an empty form, filled from the address.
func (s *Server) planNew(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	d := planDraft{Kind: f.text("do", 100), Title: f.text("title", planText), Incident: f.text("incident", planText), Public: f.text("public", planText), Internal: f.text("internal", planText),
		Values: map[string]string{}, Key: newKey()}
	if f.err != nil {
		return f.err
	}
	for name := range f.values {
		d.Values[strings.TrimPrefix(name, fieldPrefix)] = f.text(name, planText)
	}
	status := http.StatusOK
	var notices []Notice
	if _, ok := s.planned.catalogue.Kind(d.Kind); d.Kind != "" && !ok {
		status, notices = http.StatusNotFound, []Notice{{Tone: Warn, Title: "There is no such act", Text: Text("Choose one of these.")}}
		d.Kind = ""
	}
	return s.showDraft(w, r, status, d, notices...)
}

// planEdit shows the form with an existing plan.
func (s *Server) planEdit(w http.ResponseWriter, r *http.Request) error {
	p, err := s.cfg.Plans.Plan(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !p.State.Open() || p.Undoes != "" {
		return cratewarden.Errorf(cratewarden.Conflict, "The plan %s is %s and cannot be edited. Make a new one.", p.ID, stateWords(&p))
	}
	d := planDraft{Plan: p.ID, Revision: p.Revision, Title: p.Title, Incident: p.Incident, NoIncident: p.Incident == "", Public: p.Public, Internal: p.Internal, Steps: p.Steps, Key: newKey()}
	return s.showDraft(w, r, http.StatusOK, d)
}

func stateWords(p *action.Plan) string {
	if p.Undoes != "" && p.State.Open() {
		return "one that undoes another"
	}
	return string(p.State)
}

// planCompose takes the form: some of its buttons only change the form, one
// makes or changes the plan.
func (s *Server) planCompose(w http.ResponseWriter, r *http.Request) error {
	d, err := readDraft(r)
	if err != nil {
		return err
	}
	op, at, _ := strings.Cut(r.PostForm.Get("op"), ":")
	if op == "" || op == "make" {
		return s.makePlan(w, r, d)
	}
	n, _ := strconv.Atoi(at)
	if err := s.rework(r, &d, op, n-1); err != nil {
		return s.showDraft(w, r, http.StatusBadRequest, d, wrongForm(err))
	}
	return s.showDraft(w, r, http.StatusOK, d)
}

func wrongForm(err error) Notice {
	return Notice{Tone: Warn, Title: "Something is to be corrected", Text: Text(cratewarden.MessageOf(err))}
}

// rework does what a button asks that changes only the form.
func (s *Server) rework(r *http.Request, d *planDraft, op string, at int) error {
	there := at >= 0 && at < len(d.Steps)
	switch {
	case op == "choose":
		kind := r.PostForm.Get("next")
		if _, ok := s.planned.catalogue.Kind(kind); kind != "" && !ok {
			return cratewarden.Errorf(cratewarden.Invalid, "Choose one of the acts of the list.")
		}
		d.Kind = kind
	case op == "add":
		return s.addStep(r, d)
	case op == "drop" && there:
		d.Steps = slices.Delete(d.Steps, at, at+1)
	case op == "up" && there && at > 0:
		d.Steps[at-1], d.Steps[at] = d.Steps[at], d.Steps[at-1]
	case op == "alter" && there:
		return s.alterStep(d, at)
	}
	return nil
}

// addStep puts the step that is being written to the others. The crate stays in
// the form: the next step is often about it too.
func (s *Server) addStep(r *http.Request, d *planDraft) error {
	kind, ok := s.planned.catalogue.Kind(d.Kind)
	if !ok {
		return cratewarden.Errorf(cratewarden.Invalid, "Choose an act first.")
	}
	step, err := s.stepOf(r.Context(), kind, d.Values)
	if err != nil {
		return err
	}
	// The form as it was sent may be shown again, so it is not written into.
	d.Steps, d.Values = append(slices.Clone(d.Steps), step), maps.Clone(d.Values)
	for _, p := range kind.Params {
		if p.Type != action.CrateParam {
			delete(d.Values, p.Name)
		}
	}
	return nil
}

// alterStep takes a step out of the list and into the fields.
func (s *Server) alterStep(d *planDraft, at int) error {
	read, err := s.planned.catalogue.Decode(d.Steps[at : at+1])
	if err != nil {
		return err
	}
	kind, _ := s.planned.catalogue.Kind(read[0].Kind)
	values, ok := valuesOf(kind, d.Steps[at])
	if !ok {
		return cratewarden.Errorf(cratewarden.Invalid, "The form has no fields for all that this step holds. Take it away and add another.")
	}
	d.Kind, d.Values, d.Steps = kind.Name, values, slices.Delete(d.Steps, at, at+1)
	return nil
}

// makePlan makes the plan, or changes it, and leads to it.
func (s *Server) makePlan(w http.ResponseWriter, r *http.Request, d planDraft) error {
	written := d
	if s.started(&d) {
		if err := s.addStep(r, &d); err != nil {
			return s.showDraft(w, r, http.StatusBadRequest, written, wrongForm(err))
		}
	}
	if d.Incident == "" && !d.NoIncident {
		return s.showDraft(w, r, http.StatusBadRequest, written, Notice{Tone: Warn, Title: "Which incident does this belong to?", Text: Text("Name it, or tick that there is none. Nothing else is missing here.")})
	}
	if d.Incident != "" && d.NoIncident {
		return s.showDraft(w, r, http.StatusBadRequest, written, Notice{Tone: Warn, Title: "Is there an incident or not?", Text: Text("An incident is named, and the tick says that there is none. Keep one of the two.")})
	}
	order := action.Order{Title: d.Title, Incident: d.Incident, Public: d.Public, Internal: d.Internal, Steps: d.Steps}
	var p action.Plan
	var err error
	if d.Plan == "" {
		p, err = s.cfg.Plans.Draft(r.Context(), s.who(r), order, d.Key)
	} else {
		p, err = s.cfg.Plans.Edit(r.Context(), s.who(r), d.Plan, d.Revision, order)
	}
	s.planned.changed()
	if err != nil {
		return s.notMade(w, r, written, err)
	}
	http.Redirect(w, r, planURL(p.ID), http.StatusSeeOther)
	return nil
}

// notMade shows the form again with what was typed.
func (s *Server) notMade(w http.ResponseWriter, r *http.Request, d planDraft, err error) error {
	kind := kindOf(r.Context(), err)
	if kind == cratewarden.Internal || kind == cratewarden.Canceled || kind == cratewarden.Timeout {
		return err
	}
	status, title := face(kind)
	notice := Notice{Tone: Warn, Title: title, Text: Text(cratewarden.MessageOf(err))}
	if kind == cratewarden.Conflict && d.Plan == "" {
		// The form was sent before with other words, perhaps after “back”.
		d.Key = newKey()
		notice.Title = "This form was sent before"
		notice.Text = Text("Other words stood in it then, and what came of them is ").Link("in the list", "/plans").Say(". Send the form once more to make another plan of what stands here now.")
	}
	if kind == cratewarden.Conflict && d.Plan != "" {
		notice.Text = notice.Text.Say(" ").Link("The plan as it is now", planURL(d.Plan)).Say(".")
	}
	return s.showDraft(w, r, status, d, notice)
}

// started says whether something was typed for a step that is not in the list
// yet. With no step in the list, the chosen act is meant.
func (s *Server) started(d *planDraft) bool {
	kind, ok := s.planned.catalogue.Kind(d.Kind)
	if !ok {
		return false
	}
	if len(d.Steps) == 0 {
		return true
	}
	return slices.ContainsFunc(kind.Params, func(p action.Param) bool { return p.Type != action.CrateParam && d.Values[p.Name] != "" })
}
