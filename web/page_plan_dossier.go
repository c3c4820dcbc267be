package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
)

// Menu is what can be done to the subject of a page. An act that cannot be done
// is in it too, with the reason.
type Menu struct {
	Label   string
	Refused string // why nothing in it can be done
	Groups  []MenuGroup
}

// MenuGroup is a family of acts.
type MenuGroup struct {
	Label string
	Items []MenuItem
}

// MenuItem is one act.
type MenuItem struct {
	Label   string
	URL     string
	Refused string
}

// offer puts onto a dossier what can be done to its subject, and which plans
// about it are open.
func (s *Server) offer(r *http.Request, p *dossierPage, x ledger.Subject) {
	p.Head.Menu = s.actMenu(r, x)
	p.Head.Small = s.bundlesLine(x)
	p.Notices = append(p.Notices, s.openPlans(r.Context(), x)...)
	s.offerCase(r, p, x)
}

// actMenu lists the acts whose parameters the subject fills.
func (s *Server) actMenu(r *http.Request, x ledger.Subject) *Menu {
	who := s.who(r)
	m := &Menu{Label: "Act", Refused: s.mayPlan(who)}
	for _, k := range s.planned.catalogue.Kinds() {
		pairs, ok := filled(k, x)
		if !ok {
			continue
		}
		family, _, _ := strings.Cut(k.Name, ".")
		label := families()[family]
		if len(m.Groups) == 0 || m.Groups[len(m.Groups)-1].Label != label {
			m.Groups = append(m.Groups, MenuGroup{Label: label})
		}
		item := MenuItem{Label: k.Title + "…", URL: address("/plans/new", append([]any{"do", k.Name}, pairs...)...)}
		if m.Refused == "" {
			item.Refused = s.mayDo(who, k)
		}
		g := &m.Groups[len(m.Groups)-1]
		g.Items = append(g.Items, item)
	}
	m.Groups = append(m.Groups, s.sealMenu(x)...)
	if len(m.Groups) == 0 {
		return nil
	}
	return m
}

// filled says which parameters of an act a subject fills. Acts of the engine
// itself, such as undoing, are no one's to choose.
func filled(k action.Kind, x ledger.Subject) (pairs []any, ok bool) {
	family, _, _ := strings.Cut(k.Name, ".")
	if family == "plan" {
		return nil, false
	}
	param := func(want func(action.Param) bool, value string) bool {
		for _, p := range k.Params {
			if want(p) {
				pairs = append(pairs, p.Name, value)
				return true
			}
		}
		return false
	}
	of := func(t action.ParamType) func(action.Param) bool {
		return func(p action.Param) bool { return p.Type == t }
	}
	switch x.Kind {
	case "crate":
		ok = param(of(action.CrateParam), x.ID)
	case "version":
		crate, num, _ := strings.Cut(x.ID, "@")
		ok = param(of(action.CrateParam), crate) && param(of(action.NumParam), num)
	case "account":
		ok = param(of(action.PersonParam), x.ID)
	default:
		ok = param(func(p action.Param) bool { return p.Name == x.Kind || p.Name == "id" && family == x.Kind }, x.ID)
	}
	return pairs, ok
}

// openPlans says which plans about a subject are not over. A dossier is worth
// having without that, so trouble is said and not more.
func (s *Server) openPlans(ctx context.Context, x ledger.Subject) []Notice {
	if s.cfg.Plans == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if !s.planned.mayBeOpen(ctx, x) {
		return nil
	}
	const most = 3
	plans, err := s.cfg.Plans.Plans(ctx, action.PlanFilter{States: openStates(), Subject: x, Limit: most + 1})
	if err != nil {
		return []Notice{{Tone: Warn, Title: "It cannot be said whether a plan is open here", Text: Text(cratewarden.MessageOf(err))}}
	}
	if len(plans) == 0 {
		return nil
	}
	var text Phrase
	for i, p := range plans[:min(len(plans), most)] {
		if i > 0 {
			text = text.Say(" · ")
		}
		text = text.Link(shorten(p.Title, 80), planURL(p.ID)).Say(" ").Badge(planTone(p.State), string(p.State)).Say(" by " + actorName(p.Author) + ", ").Ago(p.ChangedAt)
	}
	title := Plural(len(plans), "plan") + " open"
	if len(plans) > most {
		title = "More than " + Plural(most, "plan") + " open"
	}
	return []Notice{{Tone: Info, Title: title, Text: text.Say(" · ").Link("all about it", address("/plans", "subject", x.Kind+":"+x.ID))}}
}

// homePlans is what waits for the person who looks: plans to approve or apply,
// plans nobody can judge, and work that failed.
func (s *Server) homePlans(r *http.Request) Card {
	if s.cfg.Plans == nil {
		return Card{}
	}
	c := Card{ID: "plans", Title: "Plans that wait", More: Link{"all", address("/plans", "state", "open")}}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	who := s.who(r)
	plans, err := s.cfg.Plans.Plans(ctx, action.PlanFilter{States: waitingStates(), Limit: 100})
	if err != nil {
		return c.missing(cratewarden.MessageOf(err))
	}
	work, err := s.cfg.Plans.FollowUps(ctx, "")
	if err != nil {
		return c.missing(cratewarden.MessageOf(err))
	}
	reviews, err := s.cfg.Plans.BreakGlassReviews(ctx, true)
	if err != nil {
		return c.missing(cratewarden.MessageOf(err))
	}
	c.Guards = append(s.toJudge(r, reviews), append(s.waiting(plans, who, reviews), failedWork(work)...)...)
	if n := len(c.Guards) - homePlansMost; n > 0 {
		c.Guards = c.Guards[:homePlansMost]
		c.Gaps = []string{Num(n) + " more are in the list."}
	}
	if len(c.Guards) == 0 {
		c.Empty = Empty{Title: "Nothing waits for you", Text: "No plan is to be approved, applied or settled."}
	}
	return c
}

// homePlansMost is how many plans the landing page shows.
const homePlansMost = 8

// waiting puts plans with what is to be done about each, the most urgent first.
func (s *Server) waiting(plans []action.Plan, who action.Actor, glass []action.BrokenGlass) []Guard {
	var ranked [4][]Guard
	for i := range plans {
		p := &plans[i]
		g := Guard{Text: Phrase{}.Link(shorten(p.Title, 90), planURL(p.ID)), Note: Text("by " + actorName(p.Author) + ", ").Ago(p.ChangedAt)}
		rank := 2
		switch {
		case p.State == action.Unknown:
			rank, g.Tone, g.Word = 0, Bad, "settle it"
		case p.State == action.Failed:
			rank, g.Tone, g.Word = 3, Bad, "failed"
		case p.State == action.Stale:
			rank, g.Tone, g.Word = 3, Warn, "stale"
		case p.Blocked:
			rank, g.Tone, g.Word = 3, Warn, "blocked"
		case waitsFor(p, action.Actor{}) != "" && glassBroken(&planSeen{plan: *p, who: who, glass: glass}):
			g.Tone, g.Word = Info, "apply it without a second person"
		case waitsFor(p, action.Actor{}) != "" && wrote(p, who.ID):
			rank, g.Tone, g.Word = 3, Info, "waits for a second person"
		case waitsFor(p, action.Actor{}) != "" && s.roleMissing(&planSeen{plan: *p, who: who, steps: s.steps(p)}) != "":
			rank, g.Tone, g.Word = 3, Info, "waits for somebody with its roles"
		case waitsFor(p, action.Actor{}) != "":
			rank, g.Tone, g.Word = 1, Warn, "approve it"
		default:
			g.Tone, g.Word = Info, "apply it"
		}
		g.Note = append(Text(g.Word+" · "), g.Note...)
		ranked[rank] = append(ranked[rank], g)
	}
	return append(append(append(ranked[0], ranked[1]...), ranked[2]...), ranked[3]...)
}

func failedWork(work []action.FollowUp) (out []Guard) {
	seen := map[string]int{}
	for _, f := range work {
		if f.State != action.FollowFailed {
			continue
		}
		if i, again := seen[f.Plan]; again {
			out[i].Word += "+"
			continue
		}
		seen[f.Plan] = len(out)
		out = append(out, Guard{Tone: Bad, Word: "failed", Text: Phrase{}.Link("Work after the plan "+f.Plan, planURL(f.Plan)+"#follow-ups"), Note: Text(followWords(f.Kind) + " · tried " + Plural(f.Attempts, "time") + " · next ").Ago(f.NextAt)})
	}
	for i := range out {
		if n := strings.Count(out[i].Word, "+"); n > 0 {
			out[i].Word = "failed"
			out[i].Note = out[i].Note.Say(" · and " + Num(n) + " more")
		}
	}
	return out
}
