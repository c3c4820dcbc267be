package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/ledger"
)

// Plans is the engine that changes the registry; *action.Engine is one.
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
	Seal(ctx context.Context, who action.Actor, id string) (action.Plan, error)
	SealNow(ctx context.Context, who action.Actor, o action.SealOrder, key string) (evidence.Bundle, error)
	Apply(ctx context.Context, who action.Actor, id string, yes action.Consent, key string) (action.Plan, error)
	Undo(ctx context.Context, who action.Actor, id string, steps []int, key string) (action.Plan, error)
	Discard(ctx context.Context, who action.Actor, id string) (action.Plan, error)
	Settle(ctx context.Context, who action.Actor, id string, committed bool) (action.Plan, error)
	RetryFollowUp(ctx context.Context, who action.Actor, id int64) (action.FollowUp, error)
	GiveUpFollowUp(ctx context.Context, who action.Actor, id int64, reason string) (action.FollowUp, error)

	ApprovalsWanted(ctx context.Context, who action.Actor) ([]action.Plan, error)
	BreakGlass(ctx context.Context, who action.Actor, id string, digest ledger.Digest, reason string) (action.Plan, error)
	BreakGlassReviews(ctx context.Context, open bool) ([]action.BrokenGlass, error)
	CloseBreakGlassReview(ctx context.Context, who action.Actor, id int64, verdict action.Verdict, note string) (action.BrokenGlass, error)

	Resolve(ctx context.Context, text string) (action.Batch, error)
	BatchOrder(ctx context.Context, kind string, lines []action.BatchLine, more map[string]string) (action.Order, error)
	Contain(ctx context.Context, o action.ContainOrder) (action.Proposal, error)
	UndoSince(ctx context.Context, o action.UndoSinceOrder) (action.Proposal, error)
}

// bench answers what concerns plans.
type bench struct {
	plans    Plans
	readOnly string
	login    func(account int32) string // nil names nobody
}

func benchOf(cfg Config) bench {
	b := bench{plans: cfg.Plans, readOnly: cfg.ReadOnly}
	if teller, ok := cfg.Dossiers.(interface{ Login(id int32) string }); ok {
		b.login = teller.Login
	}
	return b
}

// planTime bounds a request that runs a plan's steps.
const planTime = 55 * time.Second

// maxPlan is the most that a plan's text or a pasted list may have.
const maxPlan = 4 << 20

func registerPlans(a huma.API, cfg Config) {
	b := benchOf(cfg)
	get(a, "kinds", "look", "/kinds", "The catalogue: every act with its parameters", b.kinds)
	get(a, "plans", "look.plan", "/plans", "Plans, newest first", b.list)
	get(a, "plan", "look.plan", "/plans/{id}", "A plan with its state", b.show)
	get(a, "plan-effect", "look.plan", "/plans/{id}/effect", "What a plan did, or by its last review would do", b.effect)
	get(a, "plan-follow-ups", "look.plan", "/plans/{id}/follow-ups", "The work that a plan still owes, and has done", b.followUps)
	get(a, "follow-ups", "look.plan", "/follow-ups", "Work of all plans that is not done", b.openFollowUps)
	huma.Register(a, operation(http.MethodGet, "plan-rows", "look.plan", "/plans/{id}/rows", "The rows before and after, as JSON lines"), b.rows)

	submit(a, "plan-make", "plan.draft", "/plans", "Make a plan; nothing in the registry changes", b.make)
	submit(a, "plan-edit", "plan.edit", "/plans/{id}/edit", "Give an open plan another text; its review and approvals fall", b.edit)
	submit(a, "plan-review", "plan.review", "/plans/{id}/review", "Run a plan's steps in a transaction that is rolled back, and show everything it would do", b.review)
	submit(a, "plan-approve", "plan.approve", "/plans/{id}/approve", "Agree as the second person to exactly one review", b.approve)
	submit(a, "plan-seal", "evidence.seal", "/plans/{id}/seal", "Seal the evidence that an irreversible plan needs", b.seal)
	submit(a, "plan-apply", "plan.apply", "/plans/{id}/apply", "Carry out a reviewed plan", b.apply)
	submit(a, "plan-undo", "plan.undo", "/plans/{id}/undo", "Make the plan that puts an applied one back", b.undo)
	submit(a, "plan-discard", "plan.discard", "/plans/{id}/discard", "Put an open plan away", b.discard)
	submit(a, "plan-settle", "plan.settle", "/plans/{id}/settle", "Say what became of a plan whose fate nobody can tell", b.settle)
	submit(a, "follow-up-retry", "plan.follow-up", "/follow-ups/{id}/retry", "Do a follow-up now", b.retry)
	submit(a, "follow-up-give-up", "plan.follow-up", "/follow-ups/{id}/give-up", "End a follow-up that nobody will do, with the reason", b.giveUp)

	submit(a, "batch", "look.plan", "/batch", "Read a pasted list of crates and versions", b.resolve)
	submit(a, "batch-order", "look.plan", "/batch/order", "The text of a plan that does the same to every line of a list", b.batchOrder)
	submit(a, "propose-contain", "look.plan", "/proposals/contain", "The steps that contain accounts, with reasons; makes no plan", b.contain)
	submit(a, "propose-undo-since", "look.plan", "/proposals/undo-since", "The inverse of what somebody did in a window, with reasons; makes no plan", b.undoSince)
}

// KeyInput carries the idempotency key that every POST needs.
type KeyInput struct {
	Key string `header:"Idempotency-Key" maxLength:"200" doc:"any text that is new for a new request; the same again gives the same answer and does nothing twice"`
}

func (k KeyInput) key() string { return strings.TrimSpace(k.Key) }

type keyed interface{ key() string }

// submit registers a POST. Without an idempotency key it is refused, so that
// nobody finds out after a lost answer that he cannot safely ask again.
func submit[I any, O any](a huma.API, id, act, path, summary string, fn func(context.Context, *I) (*O, error)) {
	op := operation(http.MethodPost, id, act, path, summary)
	op.MaxBodyBytes = maxPlan
	huma.Register(a, op, serveFor(planTime, func(ctx context.Context, in *I) (*O, error) {
		if k, ok := any(in).(keyed); ok && k.key() == "" {
			return nil, noKey()
		}
		return fn(ctx, in)
	}))
}

func noKey() error {
	return cratewarden.Errorf(cratewarden.Invalid, "The header Idempotency-Key is missing. Send any text that is new for each new request, such as a random one.")
}

// there refuses what changes something when nothing can be changed.
func (b bench) there() error {
	if b.plans != nil {
		return nil
	}
	return readOnly(b.readOnly)
}

func readOnly(why string) error {
	if why == "" {
		why = "This console is read only."
	}
	return cratewarden.Errorf(cratewarden.Refused, "%s", why)
}

// PlanInput names a plan.
type PlanInput struct {
	ID string `path:"id" maxLength:"64" doc:"the plan's id"`
}

// PlanChange names a plan in a POST.
type PlanChange struct {
	KeyInput
	PlanInput
}

// KindList is the catalogue.
type KindList struct {
	Rows []KindRow `json:"rows"`
}

// KindRow is one act of the catalogue.
type KindRow struct {
	Name         string           `json:"name" doc:"what a step's \"do\" says"`
	Title        string           `json:"title"`
	About        string           `json:"about"`
	Role         cratewarden.Role `json:"role" doc:"who may apply it"`
	Reversible   bool             `json:"reversible"`
	SecondPerson bool             `json:"second_person" doc:"somebody else must approve"`
	Final        string           `json:"final,omitempty" doc:"what cannot be undone"`
	NeedsAccount bool             `json:"needs_account" doc:"the registry records the acting person's account"`
	Params       []KindParam      `json:"params"`
}

// KindParam is one parameter of an act.
type KindParam struct {
	Name     string           `json:"name"`
	Label    string           `json:"label"`
	Help     string           `json:"help,omitempty"`
	Type     action.ParamType `json:"type"`
	Required bool             `json:"required"`
	Choices  []string         `json:"choices,omitempty"`
}

func (b bench) kinds(context.Context, *struct{}) (*KindList, error) {
	catalogue := action.NewCatalogue()
	out := &KindList{}
	for _, k := range catalogue.Kinds() {
		row := KindRow{Name: k.Name, Title: k.Title, About: k.About, Role: k.Role, Reversible: k.Reversible, SecondPerson: k.SecondPerson,
			Final: k.Final, NeedsAccount: k.NeedsAccount, Params: []KindParam{}}
		for _, p := range k.Params {
			row.Params = append(row.Params, KindParam(p))
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// PlanList is a page of plans.
type PlanList struct {
	Rows   []action.Plan        `json:"rows"`
	Next   string               `json:"next,omitempty" doc:"what to set before to for the next page"`
	Counts map[action.State]int `json:"counts" doc:"plans by state, all pages"`
}

type plansInput struct {
	State    string `query:"state" maxLength:"200" doc:"states, separated by commas"`
	Author   string `query:"author" maxLength:"256" doc:"id of who made it"`
	Incident string `query:"incident" maxLength:"256"`
	Subject  string `query:"subject" maxLength:"512" doc:"kind:id, such as crate:serde"`
	Undoes   string `query:"undoes" maxLength:"64" doc:"id of the plan that it undoes"`
	Before   string `query:"before" maxLength:"64" doc:"the next key of the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

func (b bench) list(ctx context.Context, in *plansInput) (*PlanList, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	f := action.PlanFilter{Author: in.Author, Incident: in.Incident, Undoes: in.Undoes, Before: in.Before, Limit: in.Limit, Subject: ledger.ParseSubject(in.Subject)}
	for s := range strings.SplitSeq(in.State, ",") {
		if s = strings.TrimSpace(s); s != "" {
			f.States = append(f.States, action.State(s))
		}
	}
	rows, err := b.plans.Plans(ctx, f)
	if err != nil {
		return nil, err
	}
	counts, err := b.plans.Counts(ctx)
	out := &PlanList{Rows: append([]action.Plan{}, rows...), Counts: counts}
	if len(rows) > 0 && len(rows) == in.Limit {
		out.Next = rows[len(rows)-1].ID
	}
	return out, err
}

// PlanView is a plan with what a person needs to go on.
type PlanView struct {
	Plan      action.Plan `json:"plan"`
	Sentences []string    `json:"sentences" doc:"the steps in words"`
	Undone    []int       `json:"undone,omitempty" doc:"steps that were undone since"`
}

func (b bench) view(ctx context.Context, p action.Plan, err error) (*PlanView, error) {
	if err != nil {
		return nil, err
	}
	v := &PlanView{Plan: p, Sentences: []string{}}
	steps, err := b.plans.Catalogue().Decode(p.Steps)
	if err != nil {
		return nil, err
	}
	undone := map[int]bool{}
	if p.State == action.Applied || p.State == action.Undone {
		if undone, err = b.plans.UndoneSteps(ctx, p.ID); err != nil {
			return nil, err
		}
	}
	for _, s := range steps {
		v.Sentences = append(v.Sentences, action.Sentence(s.Do, b.login))
		if undone[s.N] {
			v.Undone = append(v.Undone, s.N)
		}
	}
	return v, nil
}

func (b bench) show(ctx context.Context, in *PlanInput) (*PlanView, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.Plan(ctx, in.ID)
	return b.view(ctx, p, err)
}

type effectInput struct {
	PlanInput
	Brief bool `query:"brief" doc:"leave the rows out"`
}

func (b bench) effect(ctx context.Context, in *effectInput) (*action.Effect, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.Plan(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	f, err := b.plans.Effect(ctx, p)
	if err == nil {
		f.Seen = nil // for the engine alone
		if in.Brief {
			f.Rows = nil
		}
	}
	return f, err
}

type file struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (b bench) rows(ctx context.Context, in *PlanInput) (*file, error) {
	f, err := b.effect(ctx, &effectInput{PlanInput: *in})
	if err != nil {
		return nil, problem(ctx, err)
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	for _, r := range f.Rows {
		if err := e.Encode(r); err != nil {
			return nil, problem(ctx, err)
		}
	}
	return &file{"application/x-ndjson", `attachment; filename="rows.jsonl"`, []byte(text.String())}, nil
}
