package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// caseDraft is a case while its form is filled in.
type caseDraft struct {
	Title, Kind, Severity, TLP, Source, Reported, Subjects, Note, Campaigns, Key string
	Anyway                                                                       bool // although a like case is open
}

// caseText is how long a text of a case may be in a form, in bytes; the keeper
// has narrower bounds of its own.
const caseText = 100_000

func (s *Server) incidentNew(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	d := caseDraft{Title: f.text("title", 300), Kind: f.text("kind", 60), Severity: f.text("severity", 20), TLP: f.text("tlp", 20), Source: f.text("source", 200), Reported: f.text("reported", 40),
		Note: f.text("note", planText), Campaigns: f.text("campaigns", 300), Key: newKey()}
	for _, x := range f.values["subject"] {
		if len(x) > ledgerSubjectMost {
			f.refuse("The field “subject” of the address may have %d bytes at most. Shorten it.", ledgerSubjectMost)
			continue
		}
		d.Subjects += x + "\n"
	}
	if f.err != nil {
		return f.err
	}
	return s.showOpening(w, r, http.StatusOK, d, s.alike(r, d)...)
}

// alike names open cases about the same things.
func (s *Server) alike(r *http.Request, d caseDraft) (out []Notice) {
	subjects, err := s.readSubjects(r.Context(), d.Subjects)
	if err != nil || len(subjects) == 0 {
		return nil
	}
	like, err := s.cfg.Incidents.Similar(r.Context(), subjects)
	if err != nil || len(like) == 0 {
		return nil
	}
	text := Phrase{}
	for i := range like[:min(len(like), 5)] {
		text = text.Link(like[i].ID+" · "+shorten(like[i].Title, 80), incidentURL(like[i].ID)).Say(", " + strings.ToLower(stateWord(like[i].State)) + ". ")
	}
	return []Notice{{Tone: Warn, Title: "A case about this is open already", Text: text.Say("Add to it rather than open a second one.")}}
}

// showOpening shows the form, perhaps once more with the reason.
func (s *Server) showOpening(w http.ResponseWriter, r *http.Request, status int, d caseDraft, notices ...Notice) error {
	p := formsPage{Page: s.page(r, "Open an incident"), Notices: notices, Narrow: true}
	p.Head = Head{Crumbs: []Link{{"Incidents", "/incidents"}}, Title: "Open an incident", Lead: Text("Two fields are enough: what it is about, and what it looks like. Everything else can follow.")}
	kinds := s.kindOptions(d.Kind)
	form := formCard{ID: "opening", Title: "What was reported", Action: "/incidents", Hidden: []Link{{"key", d.Key}, {"source", d.Source}}, Refused: s.refusal(r, "incident.open"),
		Buttons: []formButton{{Label: "Open the incident", Primary: true}}, Back: Link{"Leave it", "/incidents"}}
	if d.Anyway {
		form.Hidden = append(form.Hidden, Link{"anyway", "yes"})
		form.Buttons[0].Label = "Open another one anyway"
	}
	form.Fields = []planField{
		{ID: "case-subjects", Name: "subjects", Label: "What it is about", Type: "long", Rows: 3, Value: d.Subjects, Hint: "arraykit@0.3.10", Help: "One in a line: a crate, a version as name@1.0.0, or an account as user:login or account:42."},
		{ID: "case-kind", Name: "kind", Label: "What it looks like", Type: "choice", Required: true, Value: firstOf(d.Kind, string(incident.MaliciousUpdate)), Options: kinds, Help: "It chooses the checklist and can be changed."},
		{ID: "case-severity", Name: "severity", Label: "Severity", Type: "choice", Required: true, Value: firstOf(d.Severity, string(incident.High)), Options: severityOptions()},
		{ID: "case-title", Name: "title", Label: "Title", Type: "text", Value: d.Title, Hint: "the first subject, when empty"},
		{ID: "case-reported", Name: "reported", Label: "First reported", Type: "text", Value: d.Reported, Hint: "2026-08-20 07:46, UTC", Help: "Empty for now. The clocks count from it."},
		{ID: "case-tlp", Name: "tlp", Label: "Who may be told (TLP)", Type: "choice", Required: true, Value: firstOf(d.TLP, string(incident.Amber)), Options: tlpOptions()},
		{ID: "case-campaigns", Name: "campaigns", Label: "Campaigns", Type: "text", Value: d.Campaigns, Hint: "aug-2026", Help: "Words that cases have in common, with commas between."},
		{ID: "case-note", Name: "note", Label: "First note", Type: "long", Rows: 3, Value: d.Note, Help: "Who reported it and what they said. Colleagues read it; it stays out of all notices."},
	}
	p.Forms = []formCard{form}
	if c := s.kindsCard(); len(c.List) > 0 {
		p.Main = []Card{c}
	}
	return s.render(w, "forms", status, p)
}

// kindsCard says when each kind is the right one.
func (s *Server) kindsCard() Card {
	c := Card{ID: "kinds", Title: "What the kinds mean", Note: "when in doubt, the nearest"}
	for _, k := range s.caseKinds() {
		if about := s.cfg.Incidents.AboutKind(string(k)); about != "" {
			c.List = append(c.List, Fact{Label: firstUp(kindWords(k)), Value: Text(about)})
		}
	}
	return c
}

// kindOptions are the kinds to choose from, with one that stands already.
func (s *Server) kindOptions(now string) (out []Option) {
	for _, k := range s.caseKinds() {
		out = append(out, Option{string(k), firstUp(kindWords(k))})
	}
	if now != "" && !slices.ContainsFunc(out, func(o Option) bool { return o.Value == now }) {
		out = append(out, Option{now, kindWords(incident.Kind(now))})
	}
	return out
}

func severityOptions() (out []Option) {
	for _, x := range []incident.Severity{incident.Low, incident.Medium, incident.High, incident.Critical} {
		out = append(out, Option{string(x), string(x)})
	}
	return out
}

func tlpOptions() (out []Option) {
	for _, x := range []incident.TLP{incident.Clear, incident.Green, incident.Amber, incident.AmberStrict, incident.Red} {
		out = append(out, Option{string(x), string(x) + " – " + tlpWhom(x)})
	}
	return out
}

// tlpWhom says it in the few words that a list to choose from has room for.
func tlpWhom(x incident.TLP) string {
	switch x {
	case incident.Clear:
		return "anybody"
	case incident.Green:
		return "the community, not the public"
	case incident.Amber:
		return "us, and who needs it"
	case incident.AmberStrict:
		return "only us"
	}
	return "only who takes part"
}

func verdictOptions() (out []Option) {
	out = []Option{{"", "not decided"}}
	for _, x := range []incident.Verdict{incident.Malicious, incident.Compromised, incident.PolicyCase, incident.ServiceCase, incident.Benign} {
		out = append(out, Option{string(x), verdictWords(x)})
	}
	return out
}

// verdictWords says a verdict in a line.
func verdictWords(v incident.Verdict) string {
	switch v {
	case incident.Undecided:
		return "not decided"
	case incident.Malicious:
		return "malicious – made to do harm"
	case incident.Compromised:
		return "compromised owner – a good account was taken over"
	case incident.PolicyCase:
		return "policy – against the rules, no attack"
	case incident.ServiceCase:
		return "service incident – our own service failed"
	case incident.Benign:
		return "benign – nothing is wrong"
	}
	return visible(string(v))
}

// readCase takes the form of a new case.
func readCase(r *http.Request) (caseDraft, error) {
	if err := readForm(r); err != nil {
		return caseDraft{}, err
	}
	g := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	return caseDraft{Title: g("title"), Kind: g("kind"), Severity: g("severity"), TLP: g("tlp"), Source: g("source"), Reported: g("reported"), Subjects: textOf(g("subjects")), Note: textOf(g("note")), Campaigns: g("campaigns"),
		Key: firstOf(g("key"), newKey()), Anyway: g("anyway") != ""}, nil
}

func (s *Server) incidentOpen(w http.ResponseWriter, r *http.Request) error {
	d, err := readCase(r)
	if err != nil {
		return err
	}
	again := func(status int, notices ...Notice) error { return s.showOpening(w, r, status, d, notices...) }
	o := incident.Opening{Title: d.Title, Kind: incident.Kind(d.Kind), Severity: incident.Severity(d.Severity), TLP: incident.TLP(d.TLP), Source: d.Source, Note: d.Note, Campaigns: splitWords(d.Campaigns), Key: d.Key}
	if d.Reported != "" {
		at, ok := parseInstant(d.Reported)
		if !ok {
			return again(http.StatusBadRequest, wrongForm(cratewarden.Errorf(cratewarden.Invalid, "“First reported” must be a time in UTC, such as 2026-08-20 07:46.")))
		}
		o.ReportedAt = &at
	}
	if o.Subjects, err = s.readSubjects(r.Context(), d.Subjects); err != nil {
		if status, notice, ok := askAgain(r, err); ok {
			return again(status, notice)
		}
		return err
	}
	if o.Title == "" && len(o.Subjects) > 0 {
		o.Title = caseTitle(o.Kind, o.Subjects[0])
	}
	if !d.Anyway {
		if like := s.alike(r, d); len(like) > 0 {
			d.Anyway = true
			return again(http.StatusConflict, like...)
		}
	}
	x, err := s.cfg.Incidents.Open(r.Context(), s.who(r), o)
	s.cases.changed()
	if err != nil {
		if status, notice, ok := askAgain(r, err); ok {
			return again(status, notice)
		}
		return err
	}
	http.Redirect(w, r, incidentURL(x.ID), http.StatusSeeOther)
	return nil
}

// caseTitle is a title for a case that got none.
func caseTitle(kind incident.Kind, x incident.Subject) string {
	name := strings.Replace(firstOf(x.Label, x.Name, x.ID), "@", " ", 1)
	return firstUp(kindWords(kind)) + ": " + name
}

// splitWords are words with commas or spaces between.
func splitWords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

// readSubjects reads one subject in a line: as the ledger writes them, a name
// for a crate, name@1.0.0 for a version, user:login for an account. After a
// space or comma comes the role.
func (s *Server) readSubjects(ctx context.Context, text string) (out []incident.Subject, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		word, role, _ := strings.Cut(strings.ReplaceAll(line, ",", " "), " ")
		x := incident.Subject{Role: strings.TrimSpace(role)}
		if x.Subject, err = s.readSubject(ctx, word); err != nil {
			return nil, err
		}
		if x.Label = x.Subject.Name; !slices.ContainsFunc(out, func(y incident.Subject) bool { return y.Kind == x.Kind && y.ID == x.ID }) {
			out = append(out, x)
		}
	}
	return out, nil
}

func (s *Server) readSubject(ctx context.Context, word string) (ledger.Subject, error) {
	kind, rest, named := strings.Cut(word, ":")
	switch {
	case named && (kind == "user" || kind == "account"):
		if n, err := strconv.ParseInt(rest, 10, 32); err == nil && n > 0 {
			return ledger.Subject{Kind: "account", ID: rest}, nil
		}
		if s.cfg.Dossiers == nil {
			return ledger.Subject{}, cratewarden.Errorf(cratewarden.Invalid, "Give the number of the account: account:42.")
		}
		people, err := s.cfg.Dossiers.AccountsByLogin(ctx, strings.TrimPrefix(rest, "@"))
		if err != nil && !isNotFound(err) {
			return ledger.Subject{}, err
		}
		if len(people) != 1 {
			return ledger.Subject{}, cratewarden.Errorf(cratewarden.Invalid, "%s have the login “%s”. Give the number of the one you mean: account:42.", firstUp(Plural(len(people), "account")), shorten(visible(rest), 60))
		}
		return ledger.Subject{Kind: "account", ID: itoa(people[0].ID), Name: people[0].Login}, nil
	case named:
		if x := ledger.ParseSubject(word); x.Kind != "" && x.ID != "" {
			return x, nil
		}
	case strings.Contains(word, "@"):
		return ledger.Subject{Kind: "version", ID: word}, nil
	default:
		return ledger.Subject{Kind: "crate", ID: word}, nil
	}
	return ledger.Subject{}, cratewarden.Errorf(cratewarden.Invalid, "“%s” is not understood. Write a crate's name, name@1.0.0, user:login or account:42, one in a line.", shorten(visible(word), 60))
}
