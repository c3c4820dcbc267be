package web

import (
	"net/http"

	"cratewarden"
	"cratewarden/incident"
)

// drillWords say what a drill practises.
func drillWords(name string) string {
	switch name {
	case incident.DrillAugust:
		return "An owner's account is taken over; a dropper hides in a helper crate, and good versions are yanked."
	case incident.DrillTyposquat:
		return "Several accounts publish names that look like ones that everybody uses."
	case incident.DrillFlood:
		return "Somebody takes more than a hundred names and puts nothing into them."
	}
	return visible(name)
}

// drills offers what can be practised on a made-up registry.
func (s *Server) drills(w http.ResponseWriter, r *http.Request) error {
	return s.showDrills(w, r, http.StatusOK)
}

func (s *Server) showDrills(w http.ResponseWriter, r *http.Request, status int, notices ...Notice) error {
	p := formsPage{Page: s.page(r, "Drills"), Notices: notices}
	p.Head = Head{Crumbs: []Link{{"Incidents", "/incidents"}}, Title: "Drills", Badges: []Badge{{Tone: Hold, Text: "made-up registry"}}, Lead: Text("A case with no more than its first alarm, and a stopwatch. What you do is real on this made-up registry, and is scored against the right answer.")}
	refused := s.refusal(r, "incident.drill")
	for _, name := range incident.Drills() {
		p.Forms = append(p.Forms, formCard{ID: "drill-" + name, Title: firstUp(name), Action: "/drills", Hidden: []Link{{"drill", name}}, About: Text(drillWords(name)), Refused: refused, Buttons: []formButton{{Label: "Start the drill", Primary: true}}})
	}
	page, err := s.cfg.Incidents.List(r.Context(), incident.Filter{Drills: true, Limit: 20})
	if err != nil {
		return err
	}
	c := Card{ID: "past", Title: "Drills so far", Note: "newest first", Empty: Empty{Title: "None yet", Text: "The first one shows where it sticks."}}
	for i := range page.Incidents {
		x := &page.Incidents[i]
		c.Empty = Empty{}
		c.Guards = append(c.Guards, Guard{Tone: caseTone(x.State), Word: string(x.State), Text: Phrase{}.Link(x.ID+" · "+x.Drill, incidentURL(x.ID)), Note: Text(string(x.State)+" · began ").Ago(x.OpenedAt).Say(" · ").Link("score", incidentURL(x.ID, "score"))})
	}
	p.Side = []Card{c}
	return s.render(w, "forms", status, p)
}

func (s *Server) drillStart(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	x, err := s.cfg.Incidents.DrillStart(r.Context(), s.who(r), r.PostForm.Get("drill"))
	s.cases.changed()
	if err == nil {
		http.Redirect(w, r, incidentURL(x.ID), http.StatusSeeOther)
		return nil
	}
	if status, notice, ok := askAgain(r, err); ok {
		if x.ID != "" {
			notice.Text = notice.Text.Say(" ").Link(x.ID, incidentURL(x.ID))
		}
		return s.showDrills(w, r, status, notice)
	}
	return err
}

// drillScore shows how far a drill has come against the right answer.
func (s *Server) drillScore(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	if x.Drill == "" {
		return cratewarden.Errorf(cratewarden.NotFound, "The incident %s is not a drill, so there is nothing to score.", x.ID)
	}
	f := readFields(r)
	format := f.choice("format", "json", "md")
	if f.err != nil {
		return f.err
	}
	score, err := s.cfg.Incidents.DrillScore(r.Context(), x.ID)
	if err != nil {
		return err
	}
	score = score.Sealed()
	switch format {
	case "json":
		return s.sendJSON(w, x.ID+"-score", score)
	case "md":
		return s.sendFile(w, x.ID+"-score.md", "text/markdown; charset=utf-8", []byte(score.Markdown()))
	}
	p := dossierPage{Page: s.page(r, "Score of "+visible(x.ID)), Head: caseHead(&x), Tabs: s.caseTabs(&x, "score"), Notices: caseNotices(&x)}
	p.Head.Actions = []Action{{Label: "Report", URL: address(incidentURL(x.ID, "score"), "format", "md")}, {Label: "JSON", URL: address(incidentURL(x.ID, "score"), "format", "json")}}
	p.Verdict = Verdict{Tone: Warn, Word: Num(score.Points) + " of 100 points", Text: Text("So far, with the verdict " + score.Verdict + ": " + Plural(len(score.Right), "act") + " right, " + Num(len(score.Missed)) + " missing, " + Num(len(score.TooMuch)) + " too much.")}
	if score.Exact {
		p.Verdict = Verdict{Tone: Good, Word: Num(score.Points) + " of 100 points", Text: Text("Everything was done that is right, and nothing else.")}
	}
	times := Card{ID: "times", Title: "Stopwatch", Note: "since the first alarm"}
	for _, t := range score.Times {
		g := Guard{Tone: Warn, Word: "not yet", Text: Text(t.Name), Note: Text("not yet · target " + Dur(t.Target))}
		switch {
		case t.Took > 0 && t.Met:
			g.Tone, g.Word, g.Note = Good, "in time", Text("in time · "+Dur(t.Took)+" of "+Dur(t.Target))
		case t.Took > 0:
			g.Tone, g.Word, g.Note = Bad, "late", Text("late · "+Dur(t.Took)+", target "+Dur(t.Target))
		}
		times.Guards = append(times.Guards, g)
	}
	p.Main = append(p.Main, pointsCard("missed", "Missing", Warn, score.Missed), pointsCard("too-much", "Too much", Bad, score.TooMuch), pointsCard("right", "Right", Good, score.Right))
	advisories := Card{ID: "advisories", Title: "Advisories", Note: Num(len(score.Advisories.Written)) + " of " + Num(score.Advisories.Due)}
	for _, name := range score.Advisories.Missing {
		advisories.Guards = append(advisories.Guards, Guard{Tone: Warn, Word: "missing", Text: Text(name), Note: Text("missing")})
	}
	for _, name := range score.Advisories.TooMuch {
		advisories.Guards = append(advisories.Guards, Guard{Tone: Bad, Word: "too much", Text: Text(name), Note: Text("too much")})
	}
	if len(score.Order)+len(score.Notes) > 0 {
		advisories.Gaps = visibleAll(append(append([]string{}, score.Order...), score.Notes...))
	}
	p.Side = []Card{times, advisories}
	return s.render(w, "dossier", http.StatusOK, p)
}

func pointsCard(id, title string, tone Tone, points []incident.DrillPoint) Card {
	c := Card{ID: id, Title: title, Note: Plural(len(points), "act")}
	for i, x := range points {
		if i == 100 {
			c.Gaps = []string{Num(len(points)-100) + " more; the report has all."}
			break
		}
		g := Guard{Tone: tone, Word: title, Text: Text(x.What), Note: Text(firstOf(x.Note, x.About))}
		if x.Took > 0 {
			g.Note = Text("after " + Dur(x.Took))
			if x.Note != "" {
				g.Note = g.Note.Say(" · " + x.Note)
			}
		}
		if x.Plan != "" {
			g.Note = g.Note.Say(" · ").Link("plan "+x.Plan, planURL(x.Plan))
		}
		c.Guards = append(c.Guards, g)
	}
	if len(points) == 0 {
		c.Empty = Empty{Title: "None", Text: ""}
	}
	return c
}
