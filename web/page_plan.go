package web

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/ledger"
)

// Plans is the engine that the pages of plans ask; *action.Engine is one. Every
// change goes through it, and it decides at the last moment who may do what:
// what the pages grey is a courtesy.
type Plans interface {
	Catalogue() *action.Catalogue
	Plan(ctx context.Context, id string) (action.Plan, error)
	Plans(ctx context.Context, f action.PlanFilter) ([]action.Plan, error)
	Counts(ctx context.Context) (map[action.State]int, error)
	Effect(ctx context.Context, p action.Plan) (*action.Effect, error)
	UndoneSteps(ctx context.Context, id string) (map[int]bool, error)
	FollowUps(ctx context.Context, plan string) ([]action.FollowUp, error)

	Draft(ctx context.Context, who action.Actor, o action.Order, key string) (action.Plan, error)
	Edit(ctx context.Context, who action.Actor, id string, revision int, o action.Order) (action.Plan, error)
	Review(ctx context.Context, who action.Actor, id string) (action.Plan, *action.Effect, error)
	Approve(ctx context.Context, who action.Actor, id string, digest ledger.Digest) (action.Plan, error)
	Apply(ctx context.Context, who action.Actor, id string, yes action.Consent, key string) (action.Plan, error)
	Undo(ctx context.Context, who action.Actor, id string, steps []int, key string) (action.Plan, error)
	Discard(ctx context.Context, who action.Actor, id string) (action.Plan, error)
	Settle(ctx context.Context, who action.Actor, id string, committed bool) (action.Plan, error)
	Compare(ctx context.Context, p action.Plan) ([]action.Standing, error)
	Seal(ctx context.Context, who action.Actor, id string) (action.Plan, error)
	SealNow(ctx context.Context, who action.Actor, o action.SealOrder, key string) (evidence.Bundle, error)
	BreakGlass(ctx context.Context, who action.Actor, id string, digest ledger.Digest, reason string) (action.Plan, error)
	BreakGlassReviews(ctx context.Context, open bool) ([]action.BrokenGlass, error)
	CloseBreakGlassReview(ctx context.Context, who action.Actor, id int64, verdict action.Verdict, note string) (action.BrokenGlass, error)
	RetryFollowUp(ctx context.Context, who action.Actor, id int64) (action.FollowUp, error)
	GiveUpFollowUp(ctx context.Context, who action.Actor, id int64, reason string) (action.FollowUp, error)

	Resolve(ctx context.Context, text string) (action.Batch, error)
	BatchOrder(ctx context.Context, kind string, lines []action.BatchLine, more map[string]string) (action.Order, error)
	Contain(ctx context.Context, o action.ContainOrder) (action.Proposal, error)
	UndoSince(ctx context.Context, o action.UndoSinceOrder) (action.Proposal, error)
}

// applyTime is how long a request that runs a plan's steps may take.
const applyTime = 2 * time.Minute

// planRoutes are the pages of plans, none without an engine. Only routes with
// POST change anything.
func (s *Server) planRoutes() []route {
	if s.cfg.Plans == nil {
		return nil
	}
	one := func(pattern, act string, handle handler, limit time.Duration) route {
		return route{pattern: pattern, act: act, handle: handle, under: "/plans", timeout: limit}
	}
	renewing := func(rt route, ops ...string) route {
		rt.renews = ops
		return rt
	}
	compose := []string{"choose", "add", "drop", "up", "alter", "preview"}
	bound := func(rt route, purpose string) route {
		rt.purpose = purpose
		return rt
	}
	return append(s.glassRoutes(), []route{
		{pattern: "GET /plans", act: "look.plan", handle: s.planList, timeout: listTime, nav: nav{section: "Now", label: "Plans", count: s.planned.open}},
		renewing(one("POST /plans", "plan.draft", s.planCompose, 0), compose...),
		one("GET /plans/new", "look.plan", s.planNew, 0),
		one("GET /plans/batch", "look.plan", s.batchForm, 0),
		renewing(one("POST /plans/batch", "plan.draft", s.batchTake, applyTime), "look"),
		one("GET /plans/propose", "look.plan", s.proposeForm, 0),
		renewing(one("POST /plans/propose", "plan.draft", s.proposeTake, applyTime), "look"),
		one("GET /plans/{id}", "look.plan", s.planShow, listTime),
		one("GET /plans/{id}/edit", "look.plan", s.planEdit, 0),
		renewing(one("POST /plans/{id}/edit", "plan.edit", s.planCompose, 0), compose...),
		one("GET /plans/{id}/effect.json", "look.plan", s.planEffect, listTime),
		one("GET /plans/{id}/live", "look.plan", s.planLivePart, 0),
		one("GET /plans/{id}/events", "look.plan", s.planEvents, eventsTime),
		one("POST /plans/{id}/leave-out", "plan.edit", s.planLeaveOut, 0),
		one("POST /plans/{id}/review", "plan.review", s.planReview, applyTime),
		bound(one("POST /plans/{id}/approve", "plan.approve", s.planApprove, 0), action.ToApprove),
		bound(one("POST /plans/{id}/apply", "plan.apply", s.planApply, applyTime), action.ToApply),
		one("POST /plans/{id}/undo", "plan.undo", s.planUndo, 0),
		one("POST /plans/{id}/discard", "plan.discard", s.planDiscard, 0),
		one("POST /plans/{id}/settle", "plan.settle", s.planSettle, applyTime),
		one("POST /plans/{id}/seal", "evidence.seal", s.planSeal, applyTime),
		one("POST /plans/{id}/follow-ups/{follow}", "plan.follow-up", s.planFollow, applyTime),
	}...)
}

func planURL(id string, rest ...string) string {
	return Path(append([]string{"plans", id}, rest...)...)
}

// newKey is an idempotency key, made when a form is shown, so that a form that
// is sent twice acts once.
func newKey() string { return rand.Text() }

// actingRoles are those who may make plans at all.
func actingRoles() []cratewarden.Role {
	return []cratewarden.Role{cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Platform}
}

// mayPlan says why this person cannot make plans here, empty when that is
// possible.
func (s *Server) mayPlan(who action.Actor) string {
	if s.cfg.Plans == nil {
		if s.cfg.ReadOnly != "" {
			return s.cfg.ReadOnly
		}
		return "This console only looks: it was started without the right to change the registry."
	}
	for _, role := range actingRoles() {
		if who.Has(role) {
			return ""
		}
	}
	return "Plans are made by responders, removers, policy and platform people. " + actorName(who) + " has none of these roles."
}

// mayDo says why this person cannot do acts of a kind, empty when that is
// possible.
func (s *Server) mayDo(who action.Actor, k action.Kind) string {
	if why := s.mayPlan(who); why != "" {
		return why
	}
	if !slices.ContainsFunc(k.Rule.Roles, who.Has) {
		return "It takes the role " + access.RoleList(k.Rule.Roles) + ", which " + actorName(who) + " does not have."
	}
	return ""
}

func actorName(a action.Actor) string {
	switch {
	case a.Name != "":
		return visible(a.Name)
	case a.ID != "":
		return visible(a.ID)
	}
	return "nobody"
}

// planned is what the pages of plans remember between requests: the catalogue,
// how many plans wait, and how many visitors follow one.
type planned struct {
	plans     Plans
	catalogue *action.Catalogue

	mu      sync.Mutex
	count   int
	counted time.Time

	subjects openSubjects

	followers chan struct{}
	closing   <-chan struct{}
}

func newPlanned(cfg Config) *planned {
	p := &planned{plans: cfg.Plans, followers: make(chan struct{}, followersMost), closing: cfg.Closing}
	if p.plans != nil {
		p.catalogue = p.plans.Catalogue()
	} else {
		p.catalogue = action.NewCatalogue() // to say what could be done elsewhere
	}
	return p
}

// countAge is how old the number in the side bar may be: it stands on every
// page, and no page should wait for it.
const countAge = 5 * time.Second

// open is the number of plans that wait for somebody. When the console's
// database does not answer, the last number stays.
func (p *planned) open() int {
	p.mu.Lock()
	count, fresh := p.count, time.Since(p.counted) < countAge
	if !fresh {
		p.counted = time.Now() // whoever comes meanwhile does not wait
	}
	p.mu.Unlock()
	if fresh {
		return count
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	counts, err := p.plans.Counts(ctx)
	if err != nil {
		return count
	}
	count = 0
	for _, state := range waitingStates() {
		count += counts[state]
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count = count
	return count
}

// changed makes the next page count anew.
func (p *planned) changed() {
	p.mu.Lock()
	p.counted = time.Time{}
	p.mu.Unlock()
	p.subjects.forget()
}

// waitingStates are those in which somebody has to do something.
func waitingStates() []action.State {
	return []action.State{action.Reviewed, action.Approved, action.Stale, action.Failed, action.Unknown}
}

// openStates are those of plans that are not over.
func openStates() []action.State {
	return []action.State{action.Draft, action.Reviewed, action.Approved, action.Applying, action.Stale, action.Failed, action.Unknown}
}

// planStates are all states in the order in which they are shown.
func planStates() []action.State {
	return []action.State{action.Draft, action.Reviewed, action.Approved, action.Applying, action.Stale, action.Failed, action.Unknown, action.Applied, action.Undone, action.Discarded}
}

// planTone colours a state; the word stands beside the colour.
func planTone(state action.State) Tone {
	switch state {
	case action.Reviewed, action.Applying:
		return Info
	case action.Approved, action.Applied:
		return Good
	case action.Stale:
		return Warn
	case action.Failed, action.Unknown:
		return Bad
	case action.Undone:
		return Hold
	}
	return Plain
}

// sentenceOf is an error's sentence without the step's number, for a form that
// shows one step.
func sentenceOf(err error) string {
	text := cratewarden.MessageOf(err)
	if rest, ok := strings.CutPrefix(text, "Step 1: "); ok && rest != "" {
		return strings.ToUpper(rest[:1]) + rest[1:]
	}
	return text
}
