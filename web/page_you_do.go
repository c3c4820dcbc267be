package web

import (
	"net/http"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/auth"
)

// askAgain says how to show a page again with the reason when something was not done; what
// rules say, and what nobody foresaw, goes the way of all errors.
func askAgain(r *http.Request, err error) (status int, notice Notice, ok bool) {
	kind := kindOf(r.Context(), err)
	if _, rules := asDenied(err); rules {
		return 0, notice, false
	}
	switch kind {
	case cratewarden.Invalid, cratewarden.Conflict, cratewarden.Refused, cratewarden.NotFound, cratewarden.TooLarge:
		status, title := face(kind)
		return status, Notice{Tone: Bad, Title: title, Text: Text(sentence(kind, err))}, true
	}
	return 0, notice, false
}

// youAgain leads back to the page, or shows it with the reason.
func (s *Server) youAgain(w http.ResponseWriter, r *http.Request, part string, err error) error {
	if err == nil {
		http.Redirect(w, r, "/you#"+part, http.StatusSeeOther)
		return nil
	}
	if status, notice, ok := askAgain(r, err); ok {
		return s.showYou(w, r, status, tokenForm{}, notice)
	}
	return err
}

func (s *Server) endOwnSession(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	err := s.cfg.Auth.EndSession(r.Context(), s.visitor(r), id)
	if err == nil && id == s.visitor(r).Session.ID {
		http.SetCookie(w, s.cfg.Auth.NoCookie())
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	}
	return s.youAgain(w, r, "sessions", err)
}

// tokenOrder reads what somebody wants of an API token, and keeps it for a
// second try.
func tokenOrder(r *http.Request) (o auth.TokenOrder, again tokenForm, err error) {
	if err := readForm(r); err != nil {
		return o, again, err
	}
	form := r.PostForm
	o.Name = strings.TrimSpace(form.Get("name"))
	networks := form.Get("networks")
	again.Fields = []planField{{Name: "name", Value: o.Name}, {Name: "networks", Value: networks}}
	again.Open = true
	for _, role := range form["role"] {
		o.Roles = append(o.Roles, cratewarden.Role(role))
		again.Roles = append(again.Roles, tick{Value: role, On: true})
	}
	for _, act := range form["act"] {
		o.Acts = append(o.Acts, act)
		again.Acts = append(again.Acts, tick{Value: act, On: true})
	}
	o.Networks = strings.FieldsFunc(networks, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == ';' })
	o.Days, err = strconv.Atoi(strings.TrimSpace(form.Get("days")))
	again.Days = o.Days
	if err != nil {
		err = cratewarden.Errorf(cratewarden.Invalid, "A token lives 1 to %d days. Write a whole number.", auth.MaxTokenDays)
	}
	return o, again, err
}

// madePage shows a secret once.
type madePage struct {
	Page
	Head   Head
	Secret Phrase
	What   string // what it is, for the label
	Text   Phrase
	Next   []Fact
	Back   Link
}

func (s *Server) makeToken(w http.ResponseWriter, r *http.Request) error {
	o, again, err := tokenOrder(r)
	var secret string
	var t auth.APIToken
	if err == nil {
		secret, t, err = s.cfg.Auth.MakeAPIToken(r.Context(), s.visitor(r), o)
	}
	if err != nil {
		if status, notice, ok := askAgain(r, err); ok {
			return s.showYou(w, r, status, again, notice)
		}
		return err
	}
	p := madePage{Page: s.page(r, "The new API token"), Secret: Phrase{}.Copy(secret, ""), What: "API token", Back: Link{"I have it", "/you#tokens"}}
	p.Head = Head{Crumbs: []Link{{"You", "/you"}}, Title: "The new API token", Code: visible(t.Name)}
	p.Text = Text("This is the only time it is shown: the console keeps a hash of it. Put it where your program reads it, not into a chat or a repository.")
	p.Next = []Fact{{Label: "Ends", Value: Phrase{}.UTC(t.Expires).Say(" UTC")}, {Label: "Sent as", Value: Phrase{}.Code("Authorization: Bearer cwd_…")}}
	return s.render(w, "made", http.StatusOK, p)
}

func (s *Server) revokeOwnToken(w http.ResponseWriter, r *http.Request) error {
	return s.youAgain(w, r, "tokens", s.cfg.Auth.RevokeAPIToken(r.Context(), s.visitor(r), r.PathValue("id")))
}
