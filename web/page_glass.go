package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
)

// glassPage is one time that a plan went without its second person, and what
// somebody else thinks of it.
type glassPage struct {
	Page
	Head    Head
	Notices []Notice
	Cards   []Card
	URL     string
	Open    bool
	Refused string // why the visitor cannot judge it
	Note    string // what was typed
}

// glassRoutes are the reviews of broken glass.
func (s *Server) glassRoutes() []route {
	if s.cfg.Plans == nil {
		return nil
	}
	return []route{
		{pattern: "GET /break-glass", act: "look.plan", handle: s.glassList, under: "/plans"},
		{pattern: "GET /break-glass/{id}", act: "look.plan", handle: s.glassShow, under: "/plans"},
		{pattern: "POST /break-glass/{id}", act: "plan.review-break-glass", handle: s.glassClose, under: "/plans"},
		{pattern: "POST /plans/{id}/break-glass", act: "plan.break-glass", purpose: action.ToBreakGlass, handle: s.planBreakGlass, under: "/plans"},
	}
}

func glassURL(id int64) string { return Path("break-glass", digits(id)) }

// planBreakGlass lets its visitor apply a plan without the second person.
func (s *Server) planBreakGlass(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	digest, err := shownDigest(r)
	if err == nil {
		_, err = s.cfg.Plans.BreakGlass(r.Context(), s.who(r), id, digest, textOf(r.PostForm.Get("reason")))
	}
	return s.done(w, r, id, "", err)
}

func (s *Server) glassList(w http.ResponseWriter, r *http.Request) error {
	list, err := s.cfg.Plans.BreakGlassReviews(r.Context(), false)
	if err != nil {
		return err
	}
	p := dossierPage{Page: s.page(r, "Broken glass"), Head: Head{Crumbs: []Link{{"Plans", "/plans"}}, Title: "Broken glass",
		Lead: Text("Plans that went without their second person because none answered. Somebody else must judge each.")}}
	c := Card{ID: "reviews", Title: "Reviews", Note: "what is due first", Table: &Table{Caption: "Reviews of broken glass",
		Columns: []Column{{Label: "Plan"}, {Label: "Broken by"}, {Label: "When (UTC)"}, {Label: "Review"}, {Label: "Reason"}},
		Empty:   Empty{Title: "The glass was never broken", Text: "Every plan that took a second person had one."}}}
	for _, g := range list {
		row := Row{Cells: []Phrase{Phrase{}.Link(s.planTitle(r, g.Plan), glassURL(g.ID)), Text(actorName(g.Actor)), Phrase{}.UTC(g.At).Say(" ").Ago(g.At), s.glassState(g), Text(shorten(g.Reason, 160))}}
		if g.ClosedAt == nil {
			row.Tone = Warn
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	p.Main = []Card{c}
	return s.render(w, "dossier", http.StatusOK, p)
}

// glassState says in a word where a review stands.
func (s *Server) glassState(g action.BrokenGlass) Phrase {
	switch {
	case g.Verdict == action.Justified:
		return Phrase{}.Badge(Good, string(g.Verdict))
	case g.ClosedAt != nil:
		return Phrase{}.Badge(Bad, string(g.Verdict))
	case s.cfg.Clock().After(g.Due):
		return Phrase{}.Badge(Bad, "overdue").Say(" since ").Ago(g.Due)
	}
	return Phrase{}.Badge(Warn, "open").Say(" due ").Ago(g.Due)
}

// glass finds one review by the number in the path.
func (s *Server) glass(r *http.Request) (action.BrokenGlass, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return action.BrokenGlass{}, cratewarden.Errorf(cratewarden.Invalid, "The address of a review has its number, such as /break-glass/3.")
	}
	list, err := s.cfg.Plans.BreakGlassReviews(r.Context(), false)
	if err != nil {
		return action.BrokenGlass{}, err
	}
	if at := slices.IndexFunc(list, func(g action.BrokenGlass) bool { return g.ID == id }); at >= 0 {
		return list[at], nil
	}
	return action.BrokenGlass{}, cratewarden.Errorf(cratewarden.NotFound, "There is no review %d of broken glass.", id)
}

func (s *Server) glassShow(w http.ResponseWriter, r *http.Request) error {
	return s.showGlass(w, r, http.StatusOK, "")
}

func (s *Server) showGlass(w http.ResponseWriter, r *http.Request, status int, typed string, notices ...Notice) error {
	g, err := s.glass(r)
	if err != nil {
		return err
	}
	p := glassPage{Page: s.page(r, "Broken glass"), Notices: notices, URL: glassURL(g.ID), Open: g.ClosedAt == nil, Note: typed}
	p.Head = Head{Crumbs: []Link{{"Plans", "/plans"}, {"Broken glass", "/break-glass"}}, Title: s.planTitle(r, g.Plan),
		Lead: Text(actorName(g.Actor) + " let it go without its second person, ").Ago(g.At).Say(".")}
	facts := []Fact{{Label: "Plan", Value: Phrase{}.Link(g.Plan, planURL(g.Plan))}, {Label: "Broken by", Value: Text(actorName(g.Actor))}, {Label: "At", Value: Phrase{}.UTC(g.At).Say(" UTC")},
		{Label: "Review", Value: s.glassState(g)}, {Label: "Digest", Value: Phrase{}.Copy(g.Digest.String(), Short(g.Digest.String()))}, {Label: "Reason", Value: Text(g.Reason)}}
	p.Cards = []Card{{ID: "broken", Title: "What was done", List: facts}, demandsCard("demands", "What it went without a second person for", g.Demands)}
	if g.ClosedAt != nil {
		p.Cards = append(p.Cards, Card{ID: "judged", Title: "The judgement", List: []Fact{{Label: "Verdict", Value: s.glassState(g)}, {Label: "By", Value: Text(actorName(*g.Closed))}, {Label: "At", Value: Phrase{}.UTC(*g.ClosedAt).Say(" UTC")}, {Label: "Found", Value: Text(g.Note)}}})
	}
	p.Refused = s.wouldRefuse(s.visitor(r), "plan.review-break-glass")
	if p.Refused == "" && s.who(r).ID == g.Actor.ID {
		p.Refused = "You broke the glass; somebody else must judge it."
	}
	return s.render(w, "glass", status, p)
}

func (s *Server) glassClose(w http.ResponseWriter, r *http.Request) error {
	g, err := s.glass(r)
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	note := textOf(r.PostForm.Get("note"))
	_, err = s.cfg.Plans.CloseBreakGlassReview(r.Context(), s.who(r), g.ID, action.Verdict(r.PostForm.Get("verdict")), note)
	if err != nil {
		if status, notice, ok := askAgain(r, err); ok {
			return s.showGlass(w, r, status, note, notice)
		}
		return err
	}
	http.Redirect(w, r, glassURL(g.ID), http.StatusSeeOther)
	return nil
}

// demandsCard says why a second person is wanted.
func demandsCard(id, title string, demands []access.Demand) Card {
	c := Card{ID: id, Title: title}
	for _, d := range demands {
		c.Guards = append(c.Guards, Guard{Tone: Warn, Word: d.Rule, Text: Text(d.Why), Note: Text("rule: " + d.Rule)})
	}
	return c
}

// glassForm is when and by whom the glass can be broken on a plan's page.
type glassForm struct {
	Show    bool
	Refused string
	Since   Phrase // how long it waits
	Reason  string
}

// glassOf says whether somebody may go without the second person now.
func (s *Server) glassOf(seen *planSeen, v auth.Visitor) glassForm {
	p := &seen.plan
	f := glassForm{Show: p.State == action.Reviewed && !p.Blocked && p.NeedsApproval && p.AskedAt != nil && waitsFor(p, seen.who) != ""}
	if !f.Show {
		return f
	}
	from := p.AskedAt.Add(s.cfg.Policy.Or().BreakGlassAfter)
	if glassBroken(seen) {
		return glassForm{}
	}
	f.Since = Text("It waits for a second person since ").UTC(*p.AskedAt).Say(" UTC, ").Ago(*p.AskedAt).Say(".")
	role := s.roleMissing(seen)
	wait := ""
	if left := from.Sub(seen.now); left > 0 {
		wait = "Possible from " + clock(from) + " UTC, in " + Dur(left.Round(time.Second)) + ", if nobody answers."
	}
	f.Refused = firstOf(s.wouldRefuse(v, "plan.break-glass"), role, wait)
	return f
}

// glassBreaks are the times that the glass was broken for a plan.
func (s *Server) glassBreaks(r *http.Request, p action.Plan) (out []action.BrokenGlass, err error) {
	if len(p.Demands) == 0 {
		return nil, nil
	}
	list, err := s.cfg.Plans.BreakGlassReviews(r.Context(), false)
	for _, g := range list {
		if g.Plan == p.ID {
			out = append(out, g)
		}
	}
	return out, err
}

// glassBroken says whether the visitor broke the glass for what the plan is now.
func glassBroken(seen *planSeen) bool {
	return slices.ContainsFunc(seen.glass, func(g action.BrokenGlass) bool {
		return seen.plan.Digest != nil && g.Digest == *seen.plan.Digest && g.Actor.ID == seen.who.ID
	})
}

// glassNotices say on a plan's page that its glass was broken.
func (s *Server) glassNotices(seen *planSeen) (out []Notice) {
	for _, g := range seen.glass {
		n := Notice{Tone: Warn, Title: actorName(g.Actor) + " broke the glass", Text: Text("It may go without its second person. ").Say(g.Reason+" ").Link("Its review", glassURL(g.ID)).Say(" is ")}
		n.Text = append(n.Text, s.glassState(g)...)
		out = append(out, n)
	}
	return out
}

// toJudge are the reviews of broken glass that are open, on everybody's home
// page until somebody closed them.
func (s *Server) toJudge(r *http.Request, list []action.BrokenGlass) (out []Guard) {
	for _, g := range list {
		guard := Guard{Tone: Bad, Word: "judge it", Text: Text("Broken glass: ").Link(shorten(s.planTitle(r, g.Plan), 80), glassURL(g.ID)), Note: Text("by " + actorName(g.Actor) + " · ")}
		guard.Note = append(guard.Note, s.glassState(g)...)
		out = append(out, guard)
	}
	return out
}

// fallenGuards are approvals of what the plan no longer is, with what changed.
func fallenGuards(p *action.Plan) (out []Guard) {
	for _, f := range p.Fallen {
		note := Text(f.Why).Say(" ").Ago(f.FellAt)
		for i, d := range f.Changes {
			if i == 5 {
				note = note.Say(" · and " + Plural(len(f.Changes)-i, "more change"))
				break
			}
			note = note.Say(" · " + d.Text)
		}
		out = append(out, Guard{Tone: Warn, Word: "fell", Text: Text("The approval of " + actorName(f.Actor) + " fell"), Note: note})
	}
	return out
}

// approverGuards name who could be the second person, on call first.
func approverGuards(list []auth.Person, known bool) (out []Guard) {
	const most = 6
	for i, p := range list {
		if i == most {
			return append(out, Guard{Word: "more", Text: Text("and " + people(len(list)-most) + " more")})
		}
		g := Guard{Tone: Info, Word: "could approve", Text: Phrase{}.Link(p.Name, Path("people", p.ID)).Say(" could approve it"), Note: seen(p.SeenAt)}
		g.Note = append(Text("last seen "), g.Note...)
		if p.OnCall {
			g.Note = append(Text("on call · "), g.Note...)
		}
		out = append(out, g)
	}
	if known && len(list) == 0 {
		out = append(out, Guard{Tone: Bad, Word: "nobody", Text: Text("Nobody else has the role it takes"), Note: Text("see the page of people")})
	}
	return out
}

// approvers are those of whom the list of people says that they could be the
// second person: they have every role it takes and did not write it. Whether
// they have a part in it shows when they approve.
func (s *Server) approvers(r *http.Request, seen *planSeen) (out []auth.Person, err error) {
	if s.cfg.Auth == nil {
		return nil, nil
	}
	list, err := s.cfg.Auth.People(r.Context())
	if err != nil {
		return nil, err
	}
	p := &seen.plan
	for _, person := range list {
		if person.Listed && !wrote(p, person.ID) && person.RegistryUser != 0 && s.roleMissing(&planSeen{plan: *p, who: action.Actor{Roles: rolesOf(person)}, steps: seen.steps}) == "" {
			out = append(out, person)
		}
	}
	slices.SortStableFunc(out, func(a, b auth.Person) int {
		switch {
		case a.OnCall == b.OnCall:
			return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		case a.OnCall:
			return -1
		}
		return 1
	})
	return out, nil
}
