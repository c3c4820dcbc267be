package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/opening"
)

// Openings shows what is masked; *opening.Service does.
type Openings interface {
	Open(ctx context.Context, who action.Actor, o opening.Order) (*opening.Opened, error)
	OpenPart(ctx context.Context, who action.Actor, o opening.Order) (io.ReadCloser, evidence.Part, error)
}

// openPage asks why something masked shall be seen, or shows it, once.
type openPage struct {
	Page
	Head    Head
	Notices []Notice
	Action  string
	Hidden  []Link // fields of the form that are known: name and value
	Fields  []planField
	Refused string // why the visitor cannot
	Button  string
	Shown   *Card // what was opened
	Before  Card  // who opened it before
}

// openRoutes are the only pages on which masked data is ever seen. The answer of
// the form is the page itself and nothing leads to it again: it is in no
// address, no history and no cache.
func (s *Server) openRoutes() []route {
	if s.cfg.Openings == nil || s.cfg.Auth == nil {
		return nil
	}
	return []route{
		{pattern: "GET /open", act: "look", handle: s.openForm, under: "/search"},
		{pattern: "POST /open", act: opening.Mail.Act(), limit: "token", handle: s.open, under: "/search"},
		{pattern: "POST /evidence/{digest}/open", act: opening.Part.Act(), limit: "token", handle: s.openPart, under: "/evidence"},
	}
}

// openURL leads to the form; "" where nothing can be opened.
func (s *Server) openURL(what opening.What, subject string) string {
	if s.cfg.Openings == nil || s.cfg.Auth == nil {
		return ""
	}
	return address("/open", "what", string(what), "subject", subject)
}

func (s *Server) openForm(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	choices := []string{string(opening.Part)}
	for _, x := range opening.Whats() {
		choices = append(choices, string(x))
	}
	o := opening.Order{What: opening.What(f.choice("what", choices...)), Subject: f.text("subject", 300), Part: f.values.Get("part")}
	if f.err != nil {
		return f.err
	}
	if o.What == "" || o.Subject == "" {
		return cratewarden.Errorf(cratewarden.Invalid, "Say what to open and of whom. Use the links beside what is masked.")
	}
	return s.showOpen(w, r, http.StatusOK, o)
}

// showOpen asks for the reason, perhaps once more.
func (s *Server) showOpen(w http.ResponseWriter, r *http.Request, status int, o opening.Order, notices ...Notice) error {
	p := openPage{Page: s.page(r, "Open private data"), Notices: notices, Action: "/open", Button: "Open and record it"}
	p.Head = openHead(o)
	p.Head.Lead = Text("Your name, the time and the reason go into the ledger first. Colleagues see them there and beside the data.")
	p.Hidden = []Link{{"what", string(o.What)}, {"subject", o.Subject}}
	if o.What == opening.Part {
		p.Action, p.Hidden, p.Button = Path("evidence", o.Subject, "open"), []Link{{"part", o.Part}}, "Record it and download"
	}
	p.Fields = []planField{
		{ID: "open-incident", Name: "incident", Label: "Incident", Type: "text", Value: o.Incident, Hint: "INC-118"},
		{ID: "open-reason", Name: "reason", Label: "Why", Help: "At least ten letters, unless an incident is named. It stays in the ledger for ever: no addresses in it.", Type: "long", Required: true, Value: o.Reason, Rows: 3},
	}
	p.Refused = s.wouldRefuse(s.visitor(r), o.What.Act())
	p.Before = s.openingsCard(r, openSubject(o))
	return s.render(w, "open", status, p)
}

func openHead(o opening.Order) Head {
	x := openSubject(o)
	h := Head{Title: "Open: " + o.What.Title(), Code: visible(x.Kind + " " + o.Subject)}
	if url := subjectURL(x); url != "" {
		h.Crumbs = []Link{{visible(x.Kind + " " + shorten(o.Subject, 40)), url}}
	}
	return h
}

// openSubject is whom an order is about, as the ledger names it.
func openSubject(o opening.Order) ledger.Subject {
	kinds := map[opening.What]string{opening.Mail: "account", opening.Tokens: "account", opening.PublishMail: "version", opening.Part: "evidence"}
	if kind, ok := kinds[o.What]; ok {
		return ledger.Subject{Kind: kind, ID: o.Subject}
	}
	return ledger.Subject{Kind: string(o.What), ID: o.Subject}
}

func readOrder(r *http.Request) (opening.Order, error) {
	if err := readForm(r); err != nil {
		return opening.Order{}, err
	}
	f := r.PostForm
	return opening.Order{What: opening.What(f.Get("what")), Subject: f.Get("subject"), Part: f.Get("part"), Reason: textOf(f.Get("reason")), Incident: f.Get("incident")}, nil
}

func (s *Server) open(w http.ResponseWriter, r *http.Request) error {
	o, err := readOrder(r)
	if err != nil {
		return err
	}
	opened, err := s.cfg.Openings.Open(r.Context(), s.who(r), o)
	if err != nil {
		if status, notice, ok := askAgain(r, err); ok {
			return s.showOpen(w, r, status, o, notice)
		}
		return err
	}
	p := openPage{Page: s.page(r, "Opened"), Head: openHead(o)}
	p.Head.Title = "Opened: " + o.What.Title()
	p.Head.Lead = Text("Shown once, and recorded as ").Link("entry "+strconv.FormatInt(opened.Entry, 10)+" of the ledger", entryURL(opened.Entry)).Say(". Loading this page again is another opening.")
	c := Card{ID: "opened", Title: "What was masked", Note: Plural(len(opened.Values), "value")}
	for _, v := range opened.Values {
		fact := Fact{Label: visible(v.Name), Value: Phrase{}.Copy(visible(v.Text), ""), Note: visible(v.Note)}
		c.List = append(c.List, fact)
	}
	p.Shown = &c
	return s.render(w, "open", http.StatusOK, p)
}

// openPart sends a personal part of a bundle, whose opening is recorded by then.
func (s *Server) openPart(w http.ResponseWriter, r *http.Request) error {
	digest, err := bundleDigest(r)
	if err != nil {
		return err
	}
	o, err := readOrder(r)
	if err != nil {
		return err
	}
	o.What, o.Subject = opening.Part, digest.String()
	patient(w, sendTime)
	body, part, err := s.cfg.Openings.OpenPart(r.Context(), s.who(r), o)
	if err != nil {
		if status, notice, ok := askAgain(r, err); ok {
			return s.showOpen(w, r, status, o, notice)
		}
		return err
	}
	d := &download{w: w, name: digest.String()[:12] + "-" + path.Base(part.Name), size: -1}
	_, err = io.Copy(d, body)
	return d.end(s, r, errors.Join(err, body.Close()))
}

// openingsCard says who saw a subject's private data, for colleagues; without a
// title when nobody did, or when the visitor may not read the ledger.
func (s *Server) openingsCard(r *http.Request, x ledger.Subject) Card {
	if s.cfg.Ledger == nil || s.cfg.Auth == nil || s.wouldRefuse(s.visitor(r), "look.ledger") != "" {
		return Card{}
	}
	list, more, err := opening.List(r.Context(), s.cfg.Ledger, x, 5)
	c := Card{ID: "openings", Title: "Opened by", Note: "private data that somebody saw"}
	if err != nil {
		return c.missing(sentenceOf(err))
	}
	if len(list) == 0 {
		return Card{}
	}
	for _, o := range list {
		why := o.Reason
		if o.Incident != "" && o.Incident != "none" {
			why = firstOf(why, "incident "+o.Incident)
		}
		c.Guards = append(c.Guards, Guard{Tone: Info, Word: "opened", Text: Text(visible(o.By.Name)+" saw the "+o.What.Title()+" ").Link("entry "+strconv.FormatInt(o.Entry, 10), entryURL(o.Entry)),
			Note: Phrase{}.UTC(o.At).Say(" UTC for: " + visible(shorten(why, 200)))})
	}
	if more {
		c.More = Link{"all", address("/ledger", "kind", string(ledger.Opening), "subject", x.Kind+":"+x.ID)}
	}
	return c
}

// mayOpen says whether a page offers to open something to its visitor.
func (s *Server) mayOpen(r *http.Request, what opening.What) bool {
	if s.cfg.Openings == nil || s.cfg.Auth == nil {
		return false
	}
	rule, ok := access.Of(what.Act())
	return ok && s.wouldRefuse(s.visitor(r), rule.Act) == ""
}
