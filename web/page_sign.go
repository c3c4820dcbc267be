package web

import (
	"net/http"
	"strings"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
	"cratewarden/team"
)

// signInPage offers the ways in. It tells nobody anything but the registry's
// name: whoever sees it is not known yet.
type signInPage struct {
	Page
	Head      Head
	Notices   []Notice
	Back      string
	Providers []providerButton
	People    []pretender
}

type providerButton struct{ Name, URL string }

// pretender is a made-up person whom a demo's visitor may be.
type pretender struct {
	Key, Name string
	Badges    []Badge
}

// signRoutes are the ways in and out, and what the gate itself needs; none
// without sign-in.
func (s *Server) signRoutes() []route {
	if s.cfg.Auth == nil {
		return nil
	}
	return []route{
		{pattern: "GET /sign-in", act: access.Public, handle: s.signIn},
		{pattern: "POST /sign-in", act: access.Public, limit: "sign-in", handle: s.pretendSignIn},
		{pattern: "POST /sign-in/{provider}", act: access.Public, limit: "sign-in", handle: s.beginSignIn},
		{pattern: "GET /sign-in/{provider}/callback", act: access.Public, limit: "sign-in", handle: s.finishSignIn},
		{pattern: "POST /sign-out", act: access.Public, handle: s.signOut},
		{pattern: "POST /step-up", act: "own.step-up", limit: "step-up", handle: s.stepUp},
		{pattern: "POST /step-up/drop", act: "own.step-up", handle: s.dropStepUp},
	}
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	back := inside(r.URL.Query().Get("back"))
	if visitOf(r.Context()).signed {
		http.Redirect(w, r, back, http.StatusSeeOther)
		return nil
	}
	return s.showSignIn(w, r, http.StatusOK, back)
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, back string, notices ...Notice) error {
	p := signInPage{Page: s.page(r, "Sign in"), Back: back, Notices: notices}
	p.Head = Head{Title: "Sign in", Lead: Text("This console shows and changes a registry. Only people on its list get in.")}
	for _, provider := range s.cfg.Auth.Providers() {
		name := provider.Name
		if name == "" {
			name = provider.ID
		}
		p.Providers = append(p.Providers, providerButton{Name: visible(name), URL: Path("sign-in", provider.ID)})
	}
	if s.cfg.Pretend {
		roster, _ := s.cfg.Auth.Roster()
		for _, m := range roster.Members {
			p.People = append(p.People, pretenderOf(m))
		}
	}
	return s.render(w, "sign_in", status, p)
}

func pretenderOf(m team.Member) pretender {
	p := pretender{Key: strings.ToLower(m.Name), Name: visible(m.Name)}
	if m.GitHubID != 0 {
		p.Key = digits(m.GitHubID)
	}
	for _, g := range m.Grants {
		p.Badges = append(p.Badges, roleBadge(g.Role))
	}
	if m.OnCall {
		p.Badges = append(p.Badges, Badge{Tone: Good, Text: "on call"})
	}
	return p
}

// roleBadge colours the roles that can change something.
func roleBadge(role cratewarden.Role) Badge {
	b := Badge{Text: string(role)}
	switch role {
	case cratewarden.Remover:
		b.Tone = Bad
	case cratewarden.Responder:
		b.Tone = Warn
	case cratewarden.Platform:
		b.Tone = Info
	}
	return b
}

// pretendSignIn is a demo's one click.
func (s *Server) pretendSignIn(w http.ResponseWriter, r *http.Request) error {
	if !s.cfg.Pretend {
		return cratewarden.Errorf(cratewarden.Refused, "Only a demo lets visitors choose whom to be.")
	}
	if err := readForm(r); err != nil {
		return err
	}
	in, err := s.cfg.Auth.PretendSignIn(r.Context(), r.PostForm.Get("person"), auth.BrowserSession, s.from(r))
	if err != nil {
		return err
	}
	return s.signedIn(w, r, in, r.PostForm.Get("back"))
}

// signedIn gives the browser its session. An older one ends, so that nobody goes
// on with a session that somebody else put into the browser.
func (s *Server) signedIn(w http.ResponseWriter, r *http.Request, in auth.SignedIn, back string) error {
	if visitOf(r.Context()).signed {
		if err := s.cfg.Auth.SignOut(r.Context(), s.visitor(r)); err != nil && cratewarden.KindOf(err) != cratewarden.Unsigned {
			return err
		}
	}
	http.SetCookie(w, s.cfg.Auth.Cookie(in))
	http.Redirect(w, r, inside(back), http.StatusSeeOther)
	return nil
}

// leavingPage is the step to a provider. A form may lead only within the console,
// so the page itself goes on.
type leavingPage struct {
	Page
	Provider, URL string
}

func (s *Server) beginSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	provider := r.PathValue("provider")
	url, cookie, err := s.cfg.Auth.BeginSignIn(r.Context(), provider, inside(r.PostForm.Get("back")))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") || strings.ContainsAny(url, "\r\n\"'<> ;") {
		return cratewarden.Errorf(cratewarden.Unavailable, "The sign-in provider's address cannot be used. Tell whoever runs this console.")
	}
	http.SetCookie(w, s.browserCookie(cookie))
	name := provider
	for _, p := range s.cfg.Auth.Providers() {
		if p.ID == provider && p.Name != "" {
			name = p.Name
		}
	}
	w.Header().Set("Refresh", "0; url="+url)
	return s.render(w, "leaving", http.StatusOK, leavingPage{Page: s.page(r, "Sign in"), Provider: visible(name), URL: url})
}

// browserCookie ties a sign-in that is under way to the browser that began it.
func (s *Server) browserCookie(c *http.Cookie) *http.Cookie {
	own := s.cfg.Auth.NoCookie()
	own.Name, own.Value, own.MaxAge = s.browserName(), c.Value, 600
	return own
}

func (s *Server) browserName() string { return s.cfg.Auth.NoCookie().Name + "-sign-in" }

// finishSignIn is where a provider sends people back. It is a GET, as the
// protocols have it; what makes it safe is the state, which only the browser
// that began can know and which counts once.
func (s *Server) finishSignIn(w http.ResponseWriter, r *http.Request) error {
	browser := ""
	if c, err := r.Cookie(s.browserName()); err == nil {
		browser = c.Value
	}
	gone := s.browserCookie(&http.Cookie{})
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	in, err := s.cfg.Auth.FinishSignIn(r.Context(), r.PathValue("provider"), r.URL.Query(), browser, s.from(r))
	switch kind := cratewarden.KindOf(err); kind {
	case "":
		return s.signedIn(w, r, in, in.Back)
	case cratewarden.Internal, cratewarden.Canceled:
		return err
	default:
		status, _ := face(kind)
		return s.showSignIn(w, r, status, "/", Notice{Tone: Bad, Title: "You are not signed in", Text: Text(cratewarden.MessageOf(err))})
	}
}

// signOut ends the session on the server. Without one there is nothing to end.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if visitOf(r.Context()).signed {
		if err := s.cfg.Auth.SignOut(r.Context(), s.visitor(r)); err != nil && cratewarden.KindOf(err) != cratewarden.Unsigned {
			return err
		}
	}
	http.SetCookie(w, s.cfg.Auth.NoCookie())
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}
