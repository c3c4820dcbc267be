package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
)

// planPage is one plan: what it does, what its review saw, what became of it.
type planPage struct {
	Page
	Head     Head
	Buttons  []planButton
	Notices  []Notice
	Live     planLive
	Facts    []Fact
	Steps    planSteps
	Forms    planForms
	Checks   Card
	Public   planPublic
	Internal string
	Main     []Card // jobs, files, who else is affected
	Final    Card
	Record   Card
	Approval Card
	Glass    glassForm
	Revision int
}

// planButton is a button at the top: a link, or one that sends a form of the
// page.
type planButton struct {
	Label   string
	URL     string // for a link
	Form    string // for a form's button
	Primary bool
	Danger  bool
	Refused string
}

// planForms is what can be sent, and why it cannot.
type planForms struct {
	URL     string // of the plan
	Digest  string // of the review that is shown
	Key     string // of apply
	UndoKey string

	Confirm string // what must be typed; empty for nothing
	Typed   string
	Apply   string // why it cannot be applied; empty when it can
	Approve string
	Undo    string
	Discard string
	Leave   string // why no step can be left out
	Settle  string
	Seal    string

	ShowApply, ShowApprove, ShowUndo, ShowSettle, ShowSeal, ShowDiscard, ShowLeave bool
	Summary                                                                        string // what applying does, in few words
	Compared                                                                       Card   // for settling
}

// planPublic is what outsiders will read.
type planPublic struct {
	Reason string
	Texts  []planWords
	Note   string
}

// planWords is one text for outsiders and where it stands.
type planWords struct {
	Where, Text string
	Steps       string
	at          []int
}

func (s *Server) planShow(w http.ResponseWriter, r *http.Request) error {
	p, err := s.cfg.Plans.Plan(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.showPlan(w, r, http.StatusOK, p, "")
}

// showPlan renders a plan, perhaps with what could not be done and with what
// was typed.
func (s *Server) showPlan(w http.ResponseWriter, r *http.Request, status int, p action.Plan, typed string, notices ...Notice) error {
	seen, err := s.look(r, p)
	if err != nil {
		return err
	}
	page := planPage{Page: s.page(r, visible(p.Title)), Notices: notices, Head: planHead(&p, s.caseURL(p.Incident)), Live: s.livePart(seen), Internal: p.Internal, Revision: p.Revision}
	page.Forms = s.planForms(seen)
	if page.Forms.ShowSettle {
		page.Forms.Compared = s.comparedCard(r, p)
	}
	page.Forms.Typed = typed
	page.Buttons = planButtons(seen, page.Forms)
	if p.AppliedAt != nil && p.Incident != "" {
		page.Buttons = append(page.Buttons, planButton{Label: "Back to " + visible(p.Incident), URL: s.caseURL(p.Incident), Primary: true})
	}
	page.Steps = s.planSteps(seen)
	page.Approval, page.Record = approvalCard(&p), s.recordCard(seen)
	page.Notices = append(page.Notices, s.glassNotices(seen)...)
	page.Glass = s.glassOf(seen, s.visitor(r))
	page.Glass.Reason = shorten(textOf(r.PostForm.Get("reason")), planText)
	if waitsFor(&p, seen.who) != "" && p.ReviewedAt != nil && p.State.Open() {
		people, err := s.approvers(r, seen)
		if err != nil {
			return err
		}
		page.Approval.Guards = append(page.Approval.Guards, approverGuards(people, s.cfg.Auth != nil)...)
	}
	page.Public = planPublic{Reason: p.Public}
	if f := seen.effect; f != nil {
		page.Facts = effectFacts(seen)
		page.Checks = checksOf(seen)
		page.Public.Texts = publicTexts(f)
		page.Final = finalCard(f)
		page.Main = []Card{affectedCard(f), jobsCardOf(f), filesCard(f), laterCard(seen)}
		page.Main = slices.DeleteFunc(page.Main, func(c Card) bool { return c.Title == "" })
	}
	if seen.problem != nil {
		page.Notices = append(page.Notices, Notice{Tone: Bad, Title: "What the review saw cannot be shown", Text: Text(cratewarden.MessageOf(seen.problem))})
	}
	return s.render(w, "plan", status, page)
}

// planSeen is everything that a page of one plan shows.
type planSeen struct {
	plan    action.Plan
	who     action.Actor
	steps   []action.Step
	effect  *action.Effect
	problem error // why there is no effect although there should be one
	undone  map[int]bool
	follow  []action.FollowUp
	undoes  []action.Plan // plans that undo it, newest first
	glass   []action.BrokenGlass
	now     time.Time
}

func (s *Server) look(r *http.Request, p action.Plan) (*planSeen, error) {
	seen := &planSeen{plan: p, who: s.who(r), steps: s.steps(&p), now: s.cfg.Clock()}
	var err error
	if p.ReviewedAt != nil || p.AppliedAt != nil || p.Intent != nil {
		// A page without the review is better than none: somebody must be able
		// to discard or settle the plan.
		if seen.effect, seen.problem = s.cfg.Plans.Effect(r.Context(), p); cratewarden.KindOf(seen.problem) == cratewarden.NotFound {
			seen.problem = nil
		}
	}
	if seen.glass, err = s.glassBreaks(r, p); err != nil {
		return nil, err
	}
	if p.Intent == nil {
		return seen, nil
	}
	if seen.undone, err = s.cfg.Plans.UndoneSteps(r.Context(), p.ID); err != nil {
		return nil, err
	}
	if seen.follow, err = s.cfg.Plans.FollowUps(r.Context(), p.ID); err != nil {
		return nil, err
	}
	seen.undoes, err = s.cfg.Plans.Plans(r.Context(), action.PlanFilter{Undoes: p.ID, Limit: 50})
	return seen, err
}

func planHead(p *action.Plan, incidentURL string) Head {
	h := Head{Crumbs: []Link{{"Plans", "/plans"}}, Title: visible(p.Title), Badges: []Badge{{Tone: planTone(p.State), Text: string(p.State)}}}
	if p.Incident != "" {
		h.Crumbs = append(h.Crumbs, Link{visible(p.Incident), incidentURL})
	}
	for _, mark := range planMarks(p) {
		if mark.Kind == "badge" {
			h.Badges = append(h.Badges, Badge{Tone: mark.Tone, Text: mark.Text})
		}
	}
	if p.ReviewedAt != nil {
		kind := Badge{Tone: Hold, Text: "can be undone"}
		if p.Irreversible {
			kind = Badge{Tone: Bad, Text: "cannot be undone"}
		}
		h.Badges = append(h.Badges, kind)
	}
	h.Badges = append(h.Badges, Badge{Text: p.ID})
	incident := Phrase{}.Muted(" · no incident")
	if p.Incident != "" {
		incident = Phrase{}.Say(" · incident ").Link(p.Incident, incidentURL)
	}
	h.Lead = append(Text("by ").Link(actorName(p.Author), address("/plans", "author", p.Author.ID)).Say(", ").UTC(p.CreatedAt).Say(" UTC, ").Ago(p.CreatedAt), incident...)
	return h
}

// planButtons are the acts at the top, greyed with the reason where they cannot
// be done. What takes words or ticks stands beside those, further down.
func planButtons(seen *planSeen, f planForms) []planButton {
	p := &seen.plan
	if p.State == action.Applied || p.State == action.Undone {
		return []planButton{{Label: "Undo…", URL: "#steps", Refused: f.Undo}}
	}
	if !p.State.Open() {
		return nil
	}
	review := planButton{Label: "Review", Form: "review", Primary: p.State == action.Draft || p.State == action.Stale || p.State == action.Failed, Refused: f.Discard}
	if p.ReviewedAt != nil {
		review.Label = "Review again"
	}
	edit := planButton{Label: "Edit", URL: planURL(p.ID, "edit"), Refused: f.Discard}
	if p.Undoes != "" && f.Discard == "" {
		edit.Refused = "Choose other steps in the plan that it undoes."
	}
	apply := planButton{Label: "Apply", Form: "apply", Primary: !review.Primary, Danger: p.Irreversible, Refused: f.Apply}
	if p.Confirm != "" && f.Apply == "" {
		apply.Label, apply.Form, apply.URL = "Apply…", "", "#confirm"
	}
	if f.ShowApprove && f.Approve == "" && waitsFor(p, action.Actor{}) != "" { // the second person reads it for this
		apply.Primary = false
		return []planButton{edit, review, {Label: "Approve…", URL: "#approve", Primary: true}, apply}
	}
	return []planButton{edit, review, apply}
}

// planForms finds out what can be done now and by whom. The engine asks itself
// all of it again.
func (s *Server) planForms(seen *planSeen) planForms {
	p := &seen.plan
	may := s.mayPlan(seen.who)
	f := planForms{URL: planURL(p.ID), Key: newKey(), UndoKey: newKey(), Confirm: p.Confirm, Discard: may}
	if p.Digest != nil {
		f.Digest = p.Digest.String()
	}
	role := s.roleMissing(seen)
	open := p.State.Open()
	f.ShowApply = open
	f.ShowApprove = open && p.NeedsApproval
	f.ShowDiscard = open
	f.ShowLeave = open && len(p.Steps) > 1 && p.Undoes == ""
	f.Leave = may
	missing := waitsFor(p, seen.who)
	if glassBroken(seen) {
		missing = ""
	}
	f.Apply = firstOf(may, notReviewed(p), blockedWords(p), missing, role, evidenceWords(p))
	f.Approve = firstOf(may, notReviewed(p), blockedWords(p), ownPlan(p, seen.who), role)
	f.ShowSeal = open && p.Irreversible && p.ReviewedAt != nil && p.Evidence == ""
	f.Seal = firstOf(may, notReviewed(p), blockedWords(p))
	f.ShowUndo = p.State == action.Applied || p.State == action.Undone
	f.Undo = firstOf(may, s.undoRefused(seen))
	f.ShowSettle = p.State == action.Unknown
	f.Settle = firstOf(may, role)
	f.Summary = applySummary(seen)
	return f
}

func firstOf(reasons ...string) string {
	for _, why := range reasons {
		if why != "" {
			return why
		}
	}
	return ""
}

func notReviewed(p *action.Plan) string {
	switch {
	case p.State == action.Stale:
		return "The registry changed since the review. Review it again."
	case p.State == action.Failed:
		return "It failed. Review it again."
	case p.State == action.Draft:
		return "Review it first."
	case p.State != action.Reviewed && p.State != action.Approved:
		return "The plan is " + string(p.State) + "."
	}
	return ""
}

func blockedWords(p *action.Plan) string {
	if p.Blocked {
		return "A check forbids it."
	}
	return ""
}

// waitsFor says whose approval is missing.
func waitsFor(p *action.Plan, who action.Actor) string {
	if !p.NeedsApproval {
		return ""
	}
	for _, a := range p.Approvals {
		if p.Digest != nil && a.Digest == *p.Digest && !wrote(p, a.Actor.ID) && (a.Actor.ID != who.ID || p.Author.ID != who.ID) {
			return ""
		}
	}
	return "A second person must approve it."
}

func ownPlan(p *action.Plan, who action.Actor) string {
	if wrote(p, who.ID) {
		return "You wrote it; somebody else must approve it."
	}
	return ""
}

// wrote says whether somebody is among those who wrote a plan, who are never
// its second person.
func wrote(p *action.Plan, person string) bool {
	return p.Author.ID == person || slices.ContainsFunc(p.Editors, func(a action.Actor) bool { return a.ID == person })
}

func evidenceWords(p *action.Plan) string {
	if p.Irreversible && p.Evidence == "" {
		return "It destroys something for good: seal its evidence first."
	}
	return ""
}

// roleMissing names the first role that a step takes and the person lacks.
func (s *Server) roleMissing(seen *planSeen) string {
	for _, step := range seen.steps {
		kind, ok := s.planned.catalogue.Kind(step.Kind)
		if !ok {
			return "Step " + digits(step.N) + " is not known to this release."
		}
		if !slices.ContainsFunc(kind.Rule.Roles, seen.who.Has) {
			return "Step " + digits(step.N) + " takes the role " + access.RoleList(kind.Rule.Roles) + "."
		}
	}
	return ""
}

func (s *Server) undoRefused(seen *planSeen) string {
	left := 0
	for _, step := range seen.steps {
		if kind, ok := s.planned.catalogue.Kind(step.Kind); ok && kind.Reversible && !seen.undone[step.N] {
			left++
		}
	}
	switch {
	case seen.plan.State == action.Undone || left == 0 && len(seen.undone) > 0:
		return "Everything in it that can be undone is undone."
	case left == 0:
		return "Nothing in it can be undone."
	}
	return ""
}

// applySummary is what the button does, in a line.
func applySummary(seen *planSeen) string {
	f := seen.effect
	if f == nil {
		return ""
	}
	words := []string{Plural(len(f.Rows), "row")}
	if len(f.Files)+len(f.Later) > 0 {
		words = append(words, Plural(len(f.Files), "file"))
	}
	words = append(words, Plural(len(f.Jobs), "job"))
	return strings.Join(words, " · ")
}
