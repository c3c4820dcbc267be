package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
)

// youPage is what the console knows of its visitor, and what they may end.
type youPage struct {
	Page
	Head     Head
	Notices  []Notice
	Sessions ownList
	Passkeys ownList
	Enrol    enrolForm
	Tokens   ownList
	Order    tokenForm
	Side     []Card
}

// ownList is a list of things that somebody holds and may end.
type ownList struct {
	ID, Title, Note string
	Notices         []Notice
	Rows            []ownRow
	Empty           Empty
}

// ownRow is one of them, with the buttons that end or name it.
type ownRow struct {
	What   Phrase
	Badges []Badge
	Notes  []Phrase
	Tone   Tone
	URL    string // of the forms
	Name   string // to change it; "" for none
	Button string // that ends it; "" for none
	About  string // what the button is about, for those who hear the page
}

// enrolForm asks for a new passkey.
type enrolForm struct {
	Code    bool // the first one takes a code
	Refused string
}

// tokenForm orders an API token.
type tokenForm struct {
	Fields []planField
	Roles  []tick
	Acts   []tick
	Open   bool
	Days   int
}

type tick struct {
	Value, Label string
	On           bool
}

// youRoutes are the visitor's own pages. Ending a right takes no step-up, so that
// nothing delays it; asking for a passkey takes either that or a code, which
// the service finds out.
func (s *Server) youRoutes() []route {
	if s.cfg.Auth == nil {
		return nil
	}
	own := func(pattern, act string, handle handler) route {
		return route{pattern: pattern, act: act, handle: handle, under: "/you"}
	}
	begin := own("POST /you/passkeys", "own.session", s.beginPasskey)
	begin.limit, begin.secret = "code", []string{"code"}
	return []route{
		own("GET /you", "own.session", s.you),
		own("POST /you/sessions/{id}/end", "own.session", s.endOwnSession),
		begin,
		own("POST /you/passkeys/{ceremony}", "own.session", s.finishPasskey),
		own("POST /you/passkeys/{id}/name", "own.passkey", s.renamePasskey),
		own("POST /you/passkeys/{id}/remove", "own.passkey", s.removePasskey),
		own("POST /you/tokens", "own.api-token", s.makeToken),
		own("POST /you/tokens/{id}/revoke", "own.api-token-revoke", s.revokeOwnToken),
	}
}

func (s *Server) you(w http.ResponseWriter, r *http.Request) error {
	return s.showYou(w, r, http.StatusOK, tokenForm{Days: 30})
}

// showYou renders the page, perhaps with what could not be done and what was
// typed.
func (s *Server) showYou(w http.ResponseWriter, r *http.Request, status int, order tokenForm, notices ...Notice) error {
	v, ctx := s.visitor(r), r.Context()
	sessions, err := s.cfg.Auth.Sessions(ctx, v.Person.ID)
	if err != nil {
		return err
	}
	keys, err := s.cfg.Auth.Passkeys(ctx, v.Person.ID)
	if err != nil {
		return err
	}
	tokens, err := s.cfg.Auth.APITokens(ctx, v.Person.ID)
	if err != nil {
		return err
	}
	p := youPage{Page: s.page(r, "You"), Notices: notices, Head: personHead(v.Person)}
	p.Head.Crumbs = []Link{{"People", "/people"}}
	p.Sessions = s.sessionList(sessions, v.Session.ID, "/you")
	p.Passkeys, p.Enrol = passkeyList(keys, true), enrolForm{Code: len(keys) == 0 && !s.cfg.Pretend}
	if s.cfg.Pretend {
		p.Passkeys.Empty.Text = "Only this demo lets you change things without one. Add one to see how it is elsewhere."
	}
	p.Tokens = tokenList(tokens, "/you", s.cfg.Clock())
	p.Order = fillTokenForm(order, v.Person)
	if p.Side, err = s.side(ctx, v.Person); err != nil {
		return err
	}
	return s.render(w, "you", status, p)
}

// personHead names somebody with their roles.
func personHead(p auth.Person) Head {
	h := Head{Title: visible(p.Name)}
	for _, role := range rolesOf(p) {
		h.Badges = append(h.Badges, roleBadge(role))
	}
	if p.OnCall {
		h.Badges = append(h.Badges, Badge{Tone: Good, Text: "on call"})
	}
	if !p.Listed {
		h.Badges = append(h.Badges, Badge{Tone: Bad, Text: "not on the list"})
	}
	return h
}

// rolesOf are a person's roles, each once.
func rolesOf(p auth.Person) (out []cratewarden.Role) {
	for _, g := range p.Roles {
		if !slices.Contains(out, g.Role) {
			out = append(out, g.Role)
		}
	}
	return out
}

// sessionList shows where somebody is signed in. at is the page whose forms end
// them, "" for none.
func (s *Server) sessionList(list []auth.Session, current, at string) ownList {
	out := ownList{ID: "sessions", Title: "Sessions", Note: Plural(len(list), "session"), Empty: Empty{Title: "Not signed in anywhere"}}
	for _, x := range list {
		row := ownRow{What: Text(agentWords(x)), About: "session begun " + UTC(x.Created), Notes: []Phrase{
			Text("signed in ").Ago(x.Created).Say(" with " + s.providerName(x.Provider) + " · last seen ").Ago(x.Seen),
			Text("ends ").UTC(earlier(x.IdleEnd, x.End)).Say(" UTC unless used, ").UTC(x.End).Say(" UTC at the latest"),
		}}
		if at != "" {
			row.URL, row.Button = at+Path("sessions", x.ID), "End"
		}
		if x.ID == current {
			row.Badges, row.Button = []Badge{{Tone: Good, Text: "this one"}}, "Sign out"
			row.About = "this session"
		}
		if s.cfg.Clock().Before(x.StepUpEnd) {
			row.Badges = append(row.Badges, Badge{Tone: Warn, Text: "may change things until " + clock(x.StepUpEnd)})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// providerName is a place of sign-in in words.
func (s *Server) providerName(id string) string {
	for _, p := range s.cfg.Auth.Providers() {
		if p.ID == id && p.Name != "" {
			return visible(p.Name)
		}
	}
	if id == pretended {
		return "one click in this demo"
	}
	return visible(id)
}

// pretended is the provider of a demo's sign-ins.
const pretended = "pretend"

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// agentWords says in what a session lives, in few words of what the browser says
// of itself.
func agentWords(x auth.Session) string {
	if x.Kind == auth.ProgramSession {
		return "The command line"
	}
	name := "A browser"
	for _, known := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(x.Agent, known[0]) {
			name = known[1]
			break
		}
	}
	for _, known := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(x.Agent, known[0]) {
			return name + " on " + known[1]
		}
	}
	return name
}

// rolesCard says which roles somebody has and what gives each.
func rolesCard(p auth.Person, r rosterLook) Card {
	c := Card{ID: "roles", Title: "Roles", Note: "from the list of people", More: Link{"all rules", "/rules"}}
	for _, g := range p.Roles {
		guard := Guard{Word: "role", Text: Text(string(g.Role)), Note: Text("from " + g.Source)}
		if about := r.about(g.Source); about != "" {
			guard.Note = guard.Note.Say(" · " + about)
		}
		c.Guards = append(c.Guards, guard)
	}
	if len(p.Roles) == 0 {
		c.Empty = Empty{Title: "No role", Text: "The list of people gives none."}
	}
	return c
}

// accountCard says which accounts belong to somebody.
func accountCard(p auth.Person) Card {
	c := Card{ID: "accounts", Title: "Accounts"}
	for _, x := range p.Identities {
		if x.Provider == pretended {
			continue
		}
		value := Text(x.Provider + " ").Code(x.Subject)
		if x.Login != "" {
			value = Text(x.Provider + " ").Strong(x.Login).Muted(" ").Code(x.Subject)
		}
		c.List = append(c.List, Fact{Label: "Signs in with", Value: value})
	}
	registry := Phrase{}.Muted("none is linked: what takes an account in the registry cannot be done")
	if p.RegistryUser != 0 {
		login := p.RegistryLogin
		if login == "" {
			login = "account " + digits(p.RegistryUser)
		}
		registry = Phrase{}.Link(login, Path("accounts", digits(p.RegistryUser)))
	}
	c.List = append(c.List, Fact{Label: "In the registry", Value: registry})
	return c
}

// tokenList shows a person's API tokens. at is the page whose forms end them.
func tokenList(list []auth.APIToken, at string, now time.Time) ownList {
	out := ownList{ID: "tokens", Title: "API tokens", Note: "rights given to programs", Empty: Empty{Title: "No API token", Text: "The command line signs in by itself; a token is for automation."}}
	for _, t := range list {
		row := ownRow{What: Text(t.Name), About: "the token " + visible(t.Name)}
		for _, role := range t.Roles {
			row.Badges = append(row.Badges, roleBadge(role))
		}
		switch {
		case t.Revoked != nil:
			row.Badges = append(row.Badges, Badge{Text: "revoked"})
		case !now.Before(t.Expires):
			row.Badges = append(row.Badges, Badge{Text: "expired"})
		case at != "":
			row.URL, row.Button = at+Path("tokens", t.ID), "Revoke"
		}
		row.Notes = tokenNotes(t)
		out.Rows = append(out.Rows, row)
	}
	return out
}

func tokenNotes(t auth.APIToken) []Phrase {
	life := Text("made ").Ago(t.Created)
	if t.Revoked != nil {
		life = life.Say(" · revoked ").Ago(*t.Revoked)
	} else {
		life = life.Say(" · ends ").UTC(t.Expires).Say(" UTC")
	}
	if t.Used != nil {
		life = life.Say(" · last used ").Ago(*t.Used)
	} else {
		life = life.Say(" · never used")
	}
	notes := []Phrase{life}
	if len(t.Acts) > 0 {
		notes = append(notes, Text("only: "+strings.Join(t.Acts, ", ")))
	}
	if len(t.Networks) > 0 {
		notes = append(notes, Text("from: "+strings.Join(t.Networks, ", ")))
	}
	return notes
}

// fillTokenForm offers what a token can be: the person's own roles and the acts
// that rules allow tokens.
func fillTokenForm(f tokenForm, p auth.Person) tokenForm {
	values := map[string]string{}
	for _, x := range f.Fields {
		values[x.Name] = x.Value
	}
	if f.Days == 0 {
		f.Days = 30
	}
	chosen := func(list []tick, value string, without bool) bool {
		if f.Fields == nil {
			return without
		}
		return slices.ContainsFunc(list, func(t tick) bool { return t.Value == value && t.On })
	}
	roles, acts := f.Roles, f.Acts
	f.Roles, f.Acts = nil, nil
	for _, role := range rolesOf(p) {
		f.Roles = append(f.Roles, tick{string(role), string(role), chosen(roles, string(role), len(p.Roles) == 1)})
	}
	for _, rule := range access.Table() {
		if rule.Token && (len(rule.Roles) == 0 || slices.ContainsFunc(rolesOf(p), func(r cratewarden.Role) bool { return slices.Contains(rule.Roles, r) })) {
			f.Acts = append(f.Acts, tick{rule.Act, rule.Title, chosen(acts, rule.Act, false)})
		}
	}
	f.Fields = []planField{
		{ID: "token-name", Name: "name", Label: "Name", Help: "What it is for, so that whoever finds it in a list knows.", Required: true, Value: values["name"], Hint: "nightly report"},
		{ID: "token-days", Name: "days", Label: "Days", Type: "number", Help: "1 to " + strconv.Itoa(auth.MaxTokenDays) + "; it ends then by itself.", Required: true, Value: strconv.Itoa(f.Days)},
		{ID: "token-networks", Name: "networks", Label: "Only from these networks", Help: "Address ranges with commas between, such as 192.0.2.0/24; from anywhere when empty.", Value: values["networks"]},
	}
	return f
}
