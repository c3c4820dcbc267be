package web

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// noIncident is what a plan's form says instead of a case.
const noIncident = "none"

var incidentName = regexp.MustCompile(`^INC-[1-9][0-9]{0,17}$`)

// caseURL leads to a case that a plan names; without a keeper of cases, or for a
// name that is none, to the plans of that name.
func (s *Server) caseURL(id string) string {
	if s.cfg.Incidents == nil || !incidentName.MatchString(id) {
		return address("/plans", "incident", id)
	}
	return incidentURL(id)
}

// openCases are the cases that a plan can belong to, for a form; nil without a
// keeper, and then the case is typed.
func (s *Server) openCases(r *http.Request, now string) []Option {
	if s.cfg.Incidents == nil {
		return nil
	}
	page, err := s.cfg.Incidents.List(r.Context(), incident.Filter{Open: true, All: true, Limit: 200})
	if err != nil {
		return nil
	}
	out := []Option{{"", "choose one"}, {noIncident, "there is none"}}
	for i := range page.Incidents {
		x := &page.Incidents[i]
		out = append(out, Option{x.ID, visible(x.ID + " · " + shorten(x.Title, 70))})
	}
	if now != "" && !slices.ContainsFunc(out, func(o Option) bool { return o.Value == now }) {
		out = append(out, Option{now, visible(now)})
	}
	return out
}

// newCaseURL is the form of a new case about a subject; "" where there are none.
func (s *Server) newCaseURL(x ledger.Subject, source string) string {
	if s.cfg.Incidents == nil {
		return ""
	}
	subject := x.Kind + ":" + x.ID
	switch x.Kind {
	case "crate", "version", "account":
	default:
		return ""
	}
	return address("/incidents/new", "subject", subject, "source", source)
}

// offerCase puts onto a dossier the way to a case about its subject, and which
// cases about it are open.
func (s *Server) offerCase(r *http.Request, p *dossierPage, x ledger.Subject) {
	url := s.newCaseURL(x, "dossier of the "+x.Kind)
	if url == "" {
		return
	}
	p.Head.Actions = append(p.Head.Actions, Action{Label: "Open an incident…", URL: url, Refused: s.refusal(r, "incident.open")})
	list := s.cases.of(x)
	if len(list) == 0 {
		return
	}
	text := Phrase{}
	for i := range list[:min(len(list), 4)] {
		text = text.Link(list[i].ID+" · "+shorten(list[i].Title, 80), incidentURL(list[i].ID)).Say(", " + strings.ToLower(stateWord(list[i].State)) + ". ")
	}
	p.Notices = append(p.Notices, Notice{Tone: Warn, Title: "An incident about this is open", Text: text})
}

// needsTime is how long a page waits for what it shows beside its own matter.
const needsTime = 2 * time.Second

// needsMost is how many things of a kind the landing page shows.
const needsMost = 6

// homeNeeds is what needs the visitor now. Without cases there is no card, and
// without sign-in nobody whom anything could need.
func (s *Server) homeNeeds(r *http.Request) Card {
	if s.cfg.Incidents == nil || s.cfg.Auth == nil {
		return Card{}
	}
	c := Card{ID: "needs", Title: "What needs me now", More: Link{"my incidents", address("/incidents", "following", s.who(r).ID)}}
	ctx, cancel := context.WithTimeout(r.Context(), needsTime)
	defer cancel()
	n, err := s.cfg.Incidents.Needs(ctx, s.who(r))
	if err != nil {
		return c.missing(cratewarden.MessageOf(err))
	}
	for _, part := range []struct {
		list []incident.Need
		tone Tone
		word string
	}{
		{n.Risen, Bad, "is there again"}, {n.Unled, Bad, "nobody leads"}, {n.Approvals, Warn, "approve it"}, {n.Tasks, Info, "my task"},
		{n.Lead, Info, "I lead it"}, {n.Reviews, Warn, "judge it"}, {n.Ending, Warn, "runs out"}, {n.Follows, Info, "to follow"},
	} {
		for i := range part.list[:min(len(part.list), needsMost)] {
			c.Guards = append(c.Guards, needGuard(&part.list[i], part.tone, part.word))
		}
		if left := len(part.list) - needsMost; left > 0 {
			c.Gaps = append(c.Gaps, Num(left)+" more: "+part.word+".")
		}
	}
	c.Gaps = append(c.Gaps, visibleAll(n.Missing)...)
	total := n.Count()
	c.Note = Plural(total, "thing")
	if urgent := n.Urgent(); urgent > 0 {
		c.Note += " · " + Num(urgent) + " pressing"
	}
	if total == 0 {
		c.Empty = Empty{Title: "Nothing waits for you", Text: "No task, approval, review or incident needs you now."}
	}
	return c
}

func needGuard(n *incident.Need, tone Tone, word string) Guard {
	if n.Urgent {
		tone = Bad
	}
	g := Guard{Tone: tone, Word: word, Text: Text(shorten(n.Title, 140)), Note: Text(word)}
	if local(n.Link) {
		g.Text = Phrase{}.Link(shorten(n.Title, 140), n.Link)
	}
	if n.Urgent {
		g.Note = g.Note.Say(" · ").Strong("pressing")
	}
	if n.Incident != "" && !strings.Contains(n.Title+" "+n.Text, n.Incident) {
		g.Note = g.Note.Say(" · " + n.Incident)
	}
	if n.Text != "" {
		g.Note = g.Note.Say(" · " + shorten(n.Text, 160))
	}
	switch {
	case n.Due != nil:
		g.Note = g.Note.Say(" · due ").Ago(*n.Due)
	case n.Since != nil:
		g.Note = g.Note.Say(" · ").Ago(*n.Since)
	}
	return g
}
