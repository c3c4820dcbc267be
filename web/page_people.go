package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
	"cratewarden/opening"
	"cratewarden/team"
)

// peopleRoutes are the pages of who may do what; none without sign-in.
func (s *Server) peopleRoutes() []route {
	rules := route{pattern: "GET /rules", act: "look.people", handle: s.rules, nav: nav{section: "Console", label: "Rules"}}
	if s.cfg.Auth == nil {
		return []route{rules}
	}
	one := func(pattern, act string, handle handler) route {
		return route{pattern: pattern, act: act, handle: handle, under: "/people"}
	}
	return []route{
		{pattern: "GET /people", act: "look.people", handle: s.peopleList, nav: nav{section: "Console", label: "People"}},
		one("GET /people/{id}", "look.people", s.personShow),
		one("POST /people/{id}/enrolment", "person.enrol", s.enrolPerson),
		one("POST /people/{id}/sessions/end", "person.end-session", s.endSessions),
		one("POST /people/{id}/sessions/{session}/end", "person.end-session", s.endSession),
		one("POST /people/{id}/tokens/{token}/revoke", "person.revoke-token", s.revokeToken),
		rules,
	}
}

// rosterLook is the list of people for the pages.
type rosterLook struct {
	team.Snapshot
	refused bool // too old for changes
}

func (s *Server) roster() rosterLook {
	snap, refused := s.cfg.Auth.Roster()
	return rosterLook{snap, refused}
}

// about tells a source apart from those with names like its own: its kind, and
// how many people are in it.
func (r rosterLook) about(source string) string {
	for _, x := range r.Sources {
		if source == x.Kind+" "+x.Name || source == x.Name || strings.HasSuffix(source, " "+x.Name) && strings.HasPrefix(source, x.Kind) {
			return visible(x.Kind) + " of " + people(x.People)
		}
	}
	return ""
}

func people(n int) string { return Plural(n, "person", "people") }

func (s *Server) peopleList(w http.ResponseWriter, r *http.Request) error {
	list, err := s.cfg.Auth.People(r.Context())
	if err != nil {
		return err
	}
	look := s.roster()
	p := dossierPage{Page: s.page(r, "People"), Head: Head{Title: "People", Lead: Text("Who may sign in, with which roles, and which team gives them. The console adds nobody by itself.")}}
	p.Head.Actions = []Action{{Label: "Rules", URL: "/rules"}}
	p.Notices = rosterNotices(look)
	p.Main = []Card{peopleCard(list, look), sourcesCard(look)}
	for _, note := range look.Notes {
		p.Main[1].Gaps = append(p.Main[1].Gaps, visible(note))
	}
	return s.render(w, "dossier", http.StatusOK, p)
}

// rosterNotices say how old the list is when that matters.
func rosterNotices(r rosterLook) (out []Notice) {
	switch {
	case r.refused:
		out = append(out, Notice{Tone: Bad, Title: "Nothing can be changed now", Text: Text("The list of people could not be read for too long, so nobody knows who still has which role. " + r.Problem)})
	case r.Problem != "":
		out = append(out, Notice{Tone: Warn, Title: "The list could not be read again", Text: Text(r.Problem + " What was read last still counts.")})
	}
	return out
}

func peopleCard(list []auth.Person, look rosterLook) Card {
	c := Card{ID: "people", Title: "People", Note: people(len(look.Members)) + " on the list"}
	c.Table = &Table{Caption: "People", Columns: []Column{{Label: "Name"}, {Label: "Roles"}, {Label: "On call"}, {Label: "Passkeys", Num: true}, {Label: "Last seen"}, {Label: "In the registry"}}}
	c.Table.Empty = Empty{Title: "Nobody has signed in yet", Text: "People appear here when they sign in the first time. Who may is in the sources below."}
	known := map[string]bool{}
	for _, p := range list {
		row := Row{Cells: []Phrase{Phrase{}.Link(p.Name, Path("people", p.ID)), rolesPhrase(p.Roles), onCall(p.OnCall), Text(Num(p.Passkeys)), seen(p.SeenAt), registryPhrase(p)}}
		if !p.Listed {
			row.Cells[1], row.Tone = Phrase{}.Badge(Plain, "not on the list").Say(" cannot sign in"), Warn
		}
		if p.Listed && p.Passkeys < 2 {
			row.Cells[3] = Text(Num(p.Passkeys)).Say(" ").Badge(Warn, map[bool]string{true: "none", false: "one only"}[p.Passkeys == 0])
		}
		c.Table.Rows = append(c.Table.Rows, row)
		for _, id := range p.Identities {
			known[id.Provider+" "+id.Subject] = true
		}
	}
	for _, m := range look.Members {
		if m.GitHubID != 0 && known["github "+digits(m.GitHubID)] || known["pretend "+m.Key()] || len(m.Grants) == 0 || anyKnown(known, m) {
			continue
		}
		var grants []auth.Grant
		for _, g := range m.Grants {
			grants = append(grants, auth.Grant(g))
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Text(m.Name), rolesPhrase(grants), onCall(m.OnCall), Phrase{}.Muted("–"), Phrase{}.Muted("never signed in"), Phrase{}.Muted("–")}})
	}
	return c
}

func anyKnown(known map[string]bool, m team.Member) bool {
	for _, id := range m.Identities {
		if known[id.Provider+" "+id.Subject] {
			return true
		}
	}
	return false
}

// rolesPhrase lists roles, each with what gives it.
func rolesPhrase(grants []auth.Grant) (out Phrase) {
	var sources []string
	for _, g := range grants {
		if !slices.Contains(sources, g.Source) {
			sources = append(sources, g.Source)
		}
	}
	for i, source := range sources {
		if i > 0 {
			out = out.Say(" · ")
		}
		for _, g := range grants {
			if b := roleBadge(g.Role); g.Source == source {
				out = out.Badge(b.Tone, b.Text).Say(" ")
			}
		}
		out = out.Muted(source)
	}
	if len(grants) == 0 {
		return Phrase{}.Muted("none")
	}
	return out
}

func onCall(is bool) Phrase {
	if is {
		return Phrase{}.Badge(Good, "on call")
	}
	return Phrase{}.Muted("–")
}

func seen(at time.Time) Phrase {
	if at.IsZero() {
		return Phrase{}.Muted("never")
	}
	return Phrase{}.Ago(at)
}

func registryPhrase(p auth.Person) Phrase {
	if p.RegistryUser == 0 {
		return Phrase{}.Muted("not linked")
	}
	name := p.RegistryLogin
	if name == "" {
		name = "account " + digits(p.RegistryUser)
	}
	return Phrase{}.Link(name, Path("accounts", digits(p.RegistryUser)))
}

// sourcesCard shows what gives roles, and teams whose names are easily taken for
// those, apart by kind and number of people.
func sourcesCard(look rosterLook) Card {
	c := Card{ID: "sources", Title: "What gives roles", Note: visible(look.Source)}
	if !look.At.IsZero() {
		c.Text = Text("Read whole ").Ago(look.At).Say(", at ").UTC(look.At).Say(" UTC. It is read again at least every few minutes, and before a plan is applied.")
	}
	c.Table = &Table{Caption: "Sources of roles", Columns: []Column{{Label: "Name"}, {Label: "Kind"}, {Label: "People", Num: true}, {Label: "Gives"}, {Label: "Easily mistaken for"}}}
	c.Table.Empty = Empty{Title: "No source", Text: "The list of people names none."}
	for _, x := range look.Sources {
		gives := Phrase{}.Muted("no role")
		if len(x.Roles) > 0 {
			gives = nil
			for i, role := range x.Roles {
				if i > 0 {
					gives = gives.Say(" ")
				}
				b := roleBadge(role)
				gives = gives.Badge(b.Tone, b.Text)
			}
		}
		if x.OnCall {
			gives = append(gives, Text(" ").Badge(Good, "on call")...)
		}
		name := Text(x.Name)
		if x.Title != "" {
			name = name.Muted(" " + x.Title)
		}
		row := Row{Cells: []Phrase{name, Text(x.Kind), Text(Num(x.People)), gives, orDash(strings.Join(x.Similar, ", "))}}
		if len(x.Similar) > 0 {
			row.Tone = Warn
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return c
}

// personPage is one person as colleagues see them.
type personPage struct {
	Page
	Head     Head
	Notices  []Notice
	Passkeys ownList
	Sessions ownList
	Tokens   ownList
	Seen     bool   // sessions and tokens are shown
	URL      string // of the person
	Enrol    string // why no code can be issued; "" when one can
	EndAll   string
	May      bool // the visitor administers people
	Side     []Card
}

func (s *Server) personShow(w http.ResponseWriter, r *http.Request) error {
	return s.showPerson(w, r, http.StatusOK)
}

func (s *Server) showPerson(w http.ResponseWriter, r *http.Request, status int, notices ...Notice) error {
	ctx, v := r.Context(), s.visitor(r)
	person, err := s.cfg.Auth.Person(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if person.ID == v.Person.ID {
		http.Redirect(w, r, "/you", http.StatusSeeOther)
		return nil
	}
	p := personPage{Page: s.page(r, visible(person.Name)), Notices: notices, Head: personHead(person), URL: Path("people", person.ID)}
	p.Head.Crumbs = []Link{{"People", "/people"}}
	p.Head.Lead = append(Text("Last seen "), seen(person.SeenAt)...)
	keys, err := s.cfg.Auth.Passkeys(ctx, person.ID)
	if err != nil {
		return err
	}
	p.Passkeys = passkeyList(keys, false)
	p.Enrol, p.EndAll = s.wouldRefuse(v, "person.enrol"), s.wouldRefuse(v, "person.end-session")
	// Where colleagues are signed in is for those who can do something about it.
	if p.May = v.Actor.Has(cratewarden.Platform); p.May {
		sessions, err := s.cfg.Auth.Sessions(ctx, person.ID)
		if err != nil {
			return err
		}
		tokens, err := s.cfg.Auth.APITokens(ctx, person.ID)
		for i, t := range tokens { // one's own are on another page
			tokens[i] = t.Masked()
		}
		if err != nil {
			return err
		}
		p.Seen, p.Sessions, p.Tokens = true, s.sessionList(sessions, "", p.URL), tokenList(tokens, p.URL, s.cfg.Clock())
		s.openAddresses(r, &p, sessions, tokens)
	}
	if p.Side, err = s.side(ctx, person); err != nil {
		return err
	}
	return s.render(w, "person", status, p)
}

// openAddresses offers to open the masked addresses that sessions began at and
// tokens were last used from.
func (s *Server) openAddresses(r *http.Request, p *personPage, sessions []auth.Session, tokens []auth.APIToken) {
	offer := func(row *ownRow, what opening.What, id string) {
		row.Notes = append(row.Notes, Text("from ••••• · ").Link("open the address", s.openURL(what, id)))
	}
	for i, x := range sessions {
		if x.Address != "" && s.mayOpen(r, opening.Session) {
			offer(&p.Sessions.Rows[i], opening.Session, x.ID)
		}
	}
	for i, t := range tokens {
		if t.Used != nil && s.mayOpen(r, opening.APIToken) {
			offer(&p.Tokens.Rows[i], opening.APIToken, t.ID)
		}
	}
}

// wouldRefuse says why an act cannot be done, but for a step-up, which is asked
// for when it comes to that; "" when it can.
func (s *Server) wouldRefuse(v auth.Visitor, act string) string {
	d := s.cfg.Auth.Would(v, act)
	if d == nil {
		return ""
	}
	for _, n := range d.Denials {
		if n.Rule != access.RuleStepUp {
			return strings.TrimSpace(n.Why)
		}
	}
	return ""
}

// enrolPerson makes the code for somebody's first passkey and shows it once.
func (s *Server) enrolPerson(w http.ResponseWriter, r *http.Request) error {
	person, err := s.cfg.Auth.Person(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	code, expires, err := s.cfg.Auth.IssueEnrolment(r.Context(), s.who(r), person.ID)
	if err != nil {
		return s.personAgain(w, r, "passkeys", err)
	}
	p := madePage{Page: s.page(r, "Enrolment code"), Secret: Phrase{}.Copy(code, ""), What: "Enrolment code", Back: Link{"I passed it on", Path("people", person.ID)}}
	p.Head = Head{Crumbs: []Link{{"People", "/people"}, {visible(person.Name), Path("people", person.ID)}}, Title: "Code for " + visible(person.Name)}
	p.Text = Text("With it ").Strong(person.Name).Say(" adds a passkey, once. It is shown only now. Pass it on where you know who listens: by voice, or face to face, and not by the account that it is meant to protect.")
	p.Next = []Fact{{Label: "Ends", Value: Phrase{}.UTC(expires).Say(" UTC")}, {Label: "Used at", Value: Phrase{}.Code("/you")}}
	return s.render(w, "made", http.StatusOK, p)
}

func (s *Server) personAgain(w http.ResponseWriter, r *http.Request, part string, err error) error {
	if err == nil {
		http.Redirect(w, r, Path("people", r.PathValue("id"))+"#"+part, http.StatusSeeOther)
		return nil
	}
	if status, notice, ok := askAgain(r, err); ok && cratewarden.KindOf(err) != cratewarden.NotFound {
		return s.showPerson(w, r, status, notice)
	}
	return err
}

// endSessions ends all of a person's sessions.
func (s *Server) endSessions(w http.ResponseWriter, r *http.Request) error {
	list, err := s.cfg.Auth.Sessions(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	for _, x := range list {
		if err = s.cfg.Auth.EndSession(r.Context(), s.visitor(r), x.ID); err != nil && cratewarden.KindOf(err) != cratewarden.NotFound {
			return s.personAgain(w, r, "sessions", err)
		}
	}
	return s.personAgain(w, r, "sessions", nil)
}

func (s *Server) endSession(w http.ResponseWriter, r *http.Request) error {
	return s.personAgain(w, r, "sessions", s.cfg.Auth.EndSession(r.Context(), s.visitor(r), r.PathValue("session")))
}

func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	return s.personAgain(w, r, "tokens", s.cfg.Auth.RevokeAPIToken(r.Context(), s.visitor(r), r.PathValue("token")))
}
