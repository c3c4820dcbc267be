package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
	"cratewarden/ledger"
)

// carriedField holds a whole form in one field: encoded, so that what was typed
// arrives byte for byte although pages name characters that steer text instead
// of writing them.
const carriedField = "carried"

// carry keeps the fields of the form that was sent, so that nothing that was
// typed is lost while somebody signs in or confirms. Secrets stay behind.
func carry(r *http.Request, rt route) (fields string, left bool) {
	if r.Method != http.MethodPost || unpack(r) != nil {
		return "", false
	}
	out := url.Values{}
	for name, values := range r.PostForm {
		switch {
		case strings.HasPrefix(name, confirmPrefix):
		case slices.Contains(rt.secret, name):
			left = true
		default:
			out[name] = values
		}
	}
	return out.Encode(), left
}

// unpack puts carried fields back, as if the form had been sent now. Fields that
// were sent beside them count.
func unpack(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	if err := readForm(r); err != nil {
		return err
	}
	text := r.PostForm.Get(carriedField)
	if text == "" {
		return nil
	}
	fields, err := url.ParseQuery(text)
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "The form could not be read. Go back, load the page again and send it once more.")
	}
	delete(r.PostForm, carriedField)
	for name, values := range fields {
		if _, there := r.PostForm[name]; !there && name != carriedField && !strings.HasPrefix(name, confirmPrefix) {
			r.PostForm[name] = values
		}
	}
	return nil
}

// unsignedPage is for somebody whose session ended while they worked.
type unsignedPage struct {
	Page
	SignIn string // in another tab, so that this one keeps what was typed
	Action string
	Fields string
	Left   bool // a secret was not kept
}

// unsigned leads whoever looks to the sign-in and back. What was sent cannot be
// redirected, so its page keeps it.
func (s *Server) unsigned(w http.ResponseWriter, r *http.Request, rt route) error {
	back := r.URL.RequestURI()
	switch {
	case renewsItself(r):
		return cratewarden.Errorf(cratewarden.Unsigned, "Your session is over. Load the page again to sign in.")
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		http.Redirect(w, r, address("/sign-in", "back", back), http.StatusSeeOther)
		return nil
	}
	p := unsignedPage{Page: s.page(r, "Sign in first"), SignIn: address("/sign-in", "back", "/you"), Action: r.URL.RequestURI()}
	p.Fields, p.Left = carry(r, rt)
	return s.render(w, "unsigned", http.StatusUnauthorized, p)
}

// deniedPage says which rules stand in the way, and what would satisfy each.
type deniedPage struct {
	Page
	What    string
	Denials []access.Denial
	Rules   bool // there is a page of all rules
}

// denied shows what rules forbid; where only a passkey is missing it asks for
// that.
func (s *Server) denied(w http.ResponseWriter, r *http.Request, err *access.Denied) error {
	rt := visitOf(r.Context()).route
	if err.Only(access.RuleStepUp) && s.cfg.Auth != nil && s.visitor(r).Token == nil {
		about, bad := aboutOf(r, rt)
		if bad != nil {
			return bad
		}
		fields, left := carry(r, rt)
		return s.confirm(w, r, http.StatusForbidden, confirmation{To: r.URL.RequestURI(), Post: r.Method == http.MethodPost, About: about, Fields: fields, Left: left})
	}
	p := deniedPage{Page: s.page(r, "That is not allowed"), What: s.actTitle(err.Act), Denials: err.Denials, Rules: s.has("GET /rules")}
	return s.render(w, "denied", http.StatusForbidden, p)
}

// confirmPrefix marks the fields of the confirmation itself, which are not the
// form's own.
const confirmPrefix = "confirm."

// confirmation is what somebody is asked to confirm, and where it goes on.
type confirmation struct {
	To      string // address of this console
	Post    bool   // it is a form; else a page
	About   auth.About
	Fields  string
	Left    bool // a secret was not kept
	Problem string
}

// confirmPage is “Confirm it is you”: a question to the authenticator, and the
// form that goes on afterwards with its fields.
type confirmPage struct {
	Page
	Head    Head
	To      string
	Post    bool
	Fields  string
	Left    bool
	What    string // what will be done then
	Digest  string // of the review it is bound to; "" for none
	Purpose string
	Plan    string
	Problem string
	Ceremony
	Pretend string // who, on the button of a demo; "" elsewhere
	Devices string // why no passkey can be asked; "" when one can
}

// Ceremony is a question to the authenticator as the script reads it.
type Ceremony struct{ ID, Options string }

func (s *Server) confirm(w http.ResponseWriter, r *http.Request, status int, c confirmation) error {
	v := s.visitor(r)
	p := confirmPage{Page: s.page(r, "Confirm it is you"), To: c.To, Post: c.Post, Fields: c.Fields, Left: c.Left, Purpose: c.About.Purpose, Plan: c.About.Plan, Problem: c.Problem}
	p.Head = Head{Title: "Confirm it is you", Lead: Text("Changes take a passkey, so that an open window or a stolen session changes nothing. What you typed is kept.")}
	if c.About.Digest != nil {
		p.Digest = c.About.Digest.String()
		p.What = s.purposeWords(r, c.About)
	} else if rt := s.target(c.To, c.Post); rt.pattern == deviceAnswers {
		p.What = "Let your terminal change things"
	} else if rt.act != "" {
		p.What = s.actTitle(rt.act)
	}
	ceremony, err := s.cfg.Auth.BeginStepUp(r.Context(), v, c.About)
	switch kind := cratewarden.KindOf(err); {
	case err == nil:
		p.Ceremony = Ceremony{ID: ceremony.ID, Options: string(ceremony.Options)}
	case kind == cratewarden.Internal || kind == cratewarden.Unsigned:
		return err
	default: // such as nobody's first passkey
		p.Devices = cratewarden.MessageOf(err)
	}
	if s.cfg.Pretend {
		p.Pretend = visible(v.Person.Name)
		if p.Devices != "" {
			p.Devices = "Elsewhere a passkey confirms it. You have none here, so one click does."
		}
	}
	return s.render(w, "confirm", status, p)
}

// purposeWords says what an assertion will be good for.
func (s *Server) purposeWords(r *http.Request, about auth.About) string {
	title := about.Plan
	if s.cfg.Plans != nil {
		if p, err := s.cfg.Plans.Plan(r.Context(), about.Plan); err == nil {
			title = "“" + visible(p.Title) + "”"
		}
	}
	switch about.Purpose {
	case "approve":
		return "Approve the plan " + title
	case "break-glass":
		return "Apply the plan " + title + " without a second person"
	}
	return "Apply the plan " + title
}

// actTitle is an act in words.
func (s *Server) actTitle(act string) string {
	rule, _ := access.Of(act)
	return rule.Title
}

// target is the route that an address of this console leads to; one without an
// act when there is none.
func (s *Server) target(to string, post bool) route {
	method := http.MethodGet
	if post {
		method = http.MethodPost
	}
	u, err := url.Parse(to)
	if err != nil {
		return route{}
	}
	_, pattern := s.mux.Handler(&http.Request{Method: method, URL: u, Host: "localhost"})
	for _, rt := range s.table {
		if rt.pattern == pattern {
			return rt
		}
	}
	return route{}
}

// stepUp takes the authenticator's answer and goes on: a form with its own
// fields by 307, which makes the browser send the same body there, and a page by
// 303. The session's cookie is a new one from here on.
func (s *Server) stepUp(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	c := confirmation{To: inside(r.PostForm.Get(confirmPrefix + "to")), Post: r.PostForm.Get(confirmPrefix+"post") != ""}
	rt := s.target(c.To, c.Post)
	if c.Post && (rt.act == "" || rt.act == access.Public) {
		return cratewarden.Errorf(cratewarden.Invalid, "The form does not say what to go on with. Go back and do it once more.")
	}
	var err error
	if c.About, err = confirmAbout(r); err != nil {
		return err
	}
	in, err := s.answered(r, c.About)
	if err != nil {
		kind := cratewarden.KindOf(err)
		if kind == cratewarden.Internal || kind == cratewarden.Unsigned {
			return err
		}
		c.Fields, c.Left = carry(r, rt)
		c.Problem = cratewarden.MessageOf(err)
		status, _ := face(kind)
		return s.confirm(w, r, status, c)
	}
	http.SetCookie(w, s.cfg.Auth.Cookie(in))
	if c.Post {
		http.Redirect(w, r, c.To, http.StatusTemporaryRedirect)
		return nil
	}
	http.Redirect(w, r, c.To, http.StatusSeeOther)
	return nil
}

// confirmAbout reads what the confirmation is for. It is the page's own word, but
// nothing hangs on it: the question that was asked is kept on the server with
// what it is good for.
func confirmAbout(r *http.Request) (about auth.About, err error) {
	if about.Purpose = r.PostForm.Get(confirmPrefix + "purpose"); about.Purpose == "" {
		return about, nil
	}
	about.Plan, about.Digest = r.PostForm.Get(confirmPrefix+"plan"), new(ledger.Digest)
	if err := about.Digest.UnmarshalText([]byte(r.PostForm.Get(confirmPrefix + "digest"))); err != nil {
		return about, cratewarden.Wrap(err, cratewarden.Invalid, "The form does not say which review was looked at. Load the plan again.")
	}
	return about, nil
}

// answered gives the authenticator's answer to whoever asked, or pretends in a
// demo.
func (s *Server) answered(r *http.Request, about auth.About) (auth.SignedIn, error) {
	if s.cfg.Pretend && r.PostForm.Get(confirmPrefix+"pretend") != "" {
		return s.cfg.Auth.PretendStepUp(r.Context(), s.visitor(r), about)
	}
	answer := r.PostForm.Get(confirmPrefix + "answer")
	if answer == "" {
		return auth.SignedIn{}, cratewarden.Errorf(cratewarden.Invalid, "The browser sent no answer of an authenticator. Press the button again.")
	}
	return s.cfg.Auth.FinishStepUp(r.Context(), s.visitor(r), r.PostForm.Get(confirmPrefix+"ceremony"), []byte(answer))
}

// dropStepUp ends the time in which changes are allowed.
func (s *Server) dropStepUp(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	if err := s.cfg.Auth.DropStepUp(r.Context(), s.visitor(r)); err != nil {
		return err
	}
	http.Redirect(w, r, inside(r.PostForm.Get("back")), http.StatusSeeOther)
	return nil
}

// asDenied finds the rules that an error speaks of.
func asDenied(err error) (*access.Denied, bool) { return errors.AsType[*access.Denied](err) }
