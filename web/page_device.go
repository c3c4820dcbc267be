package web

import (
	"net/http"
	"net/url"
	"strings"

	"cratewarden/access"
	"cratewarden/auth"
)

// devicePage is where a person answers what a program asks.
type devicePage struct {
	Page
	Head    Head
	Notices []Notice
	Done    string // what was answered; the form is not shown then
	Code    string // that is being answered; "" while one is asked for
	What    string
	Facts   []Fact
	Warning string
	Yes     string
}

// deviceAnswers is where somebody says yes or no to a program.
const deviceAnswers = "POST /device/answer"

// deviceRoutes answer programs. The code is typed and never in an address: a
// link that somebody sends must not fill it in.
func (s *Server) deviceRoutes() []route {
	if s.cfg.Auth == nil {
		return nil
	}
	return []route{
		{pattern: "GET /device", act: "own.step-up", handle: s.device, under: "/you"},
		{pattern: "POST /device", act: "own.step-up", limit: "code", handle: s.deviceAsked, under: "/you"},
		{pattern: deviceAnswers, act: "own.step-up", limit: "step-up", handle: s.deviceAnswer, under: "/you"},
	}
}

func (s *Server) devicePage(r *http.Request) devicePage {
	return devicePage{Page: s.page(r, "A program asks"), Head: Head{Crumbs: []Link{{"You", "/you"}}, Title: "A program asks",
		Lead: Text("The command line shows a code when it wants to sign in, or wants a passkey's confirmation. Type it here only if you started that program yourself, just now.")}}
}

func (s *Server) device(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, "device", http.StatusOK, s.devicePage(r))
}

func (s *Server) deviceAsked(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	a, err := s.cfg.Auth.Asked(r.Context(), s.visitor(r), strings.TrimSpace(r.PostForm.Get("code")))
	if err != nil {
		return s.deviceAgain(w, r, err)
	}
	p := s.devicePage(r)
	p.Code, p.What, p.Yes = a.Code, "It wants to sign in as you", "Sign it in"
	p.Warning = "Whoever runs the program can then do what you can. Confirm only if the terminal in front of you shows this code."
	if a.Session != "" {
		p.What, p.Yes = "It wants you to confirm a change", "Confirm with a passkey…"
		p.Warning = "Confirm only if you just asked for this in your terminal."
	}
	from := Text(orWord(a.From.Agent, "a program that does not say what it is"))
	where := Phrase{}.Muted("unknown")
	if a.From.Address != "" {
		where = Phrase{}.Code(a.From.Address)
	}
	p.Facts = []Fact{{Label: "Code", Value: Phrase{}.Code(a.Code)}, {Label: "Program", Value: from}, {Label: "From", Value: where}, {Label: "Asked", Value: Phrase{}.Ago(a.Created)}}
	if a.About.Digest != nil {
		p.Facts = append(p.Facts, Fact{Label: "For", Value: Phrase{}.Link(s.purposeWords(r, a.About), planURL(a.About.Plan))}, Fact{Label: "Digest of the review", Value: Phrase{}.Code(Short(a.About.Digest.String()))})
	}
	return s.render(w, "device", http.StatusOK, p)
}

func orWord(text, without string) string {
	if text == "" {
		return without
	}
	return text
}

// deviceAgain shows the form with the reason.
func (s *Server) deviceAgain(w http.ResponseWriter, r *http.Request, err error) error {
	status, notice, ok := askAgain(r, err)
	if !ok {
		return err
	}
	p := s.devicePage(r)
	p.Notices = []Notice{notice}
	return s.render(w, "device", status, p)
}

func (s *Server) deviceAnswer(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	v, code, yes := s.visitor(r), r.PostForm.Get("code"), r.PostForm.Get("answer") == "yes"
	err := s.cfg.Auth.AnswerAsk(r.Context(), v, code, yes)
	if d, rules := asDenied(err); rules && d.Only(access.RuleStepUp) && yes {
		a, err := s.cfg.Auth.Asked(r.Context(), v, code)
		if err != nil {
			return s.deviceAgain(w, r, err)
		}
		return s.confirm(w, r, http.StatusForbidden, deviceConfirmation(a))
	}
	if err != nil {
		return s.deviceAgain(w, r, err)
	}
	p := s.devicePage(r)
	p.Done = "The program goes on. You can close this page."
	if !yes {
		p.Done = "The program was told no. If you did not start it, somebody may be trying to use your account: tell your colleagues."
	}
	return s.render(w, "device", http.StatusOK, p)
}

// deviceConfirmation asks for the passkey that a program wants, made for exactly
// what it asks.
func deviceConfirmation(a auth.Ask) confirmation {
	return confirmation{To: "/device/answer", Post: true, About: a.About, Fields: url.Values{"code": {a.Code}, "answer": {"yes"}}.Encode()}
}

// planTitle names a plan for people, by its id when it cannot be read.
func (s *Server) planTitle(r *http.Request, id string) string {
	if s.cfg.Plans == nil {
		return id
	}
	p, err := s.cfg.Plans.Plan(r.Context(), id)
	if err != nil {
		return id
	}
	return visible(p.Title)
}
