package api

import (
	"context"
	"encoding/json"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/ledger"
)

// PlanText is what a plan file holds.
type PlanText struct {
	Title    string            `json:"title,omitempty" doc:"made from the first step when empty"`
	Incident string            `json:"incident,omitempty"`
	Public   string            `json:"public,omitempty" doc:"reason that outsiders may read"`
	Internal string            `json:"internal,omitempty" doc:"note for colleagues only"`
	Steps    []json.RawMessage `json:"steps" doc:"each an object with \"do\" and the act's parameters"`
}

func (t PlanText) order() action.Order {
	return action.Order{Title: t.Title, Incident: t.Incident, Public: t.Public, Internal: t.Internal, Steps: t.Steps}
}

type makeInput struct {
	KeyInput
	Body PlanText
}

func (b bench) make(ctx context.Context, in *makeInput) (*PlanView, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.Draft(ctx, actor(ctx), in.Body.order(), in.key())
	return b.view(ctx, p, err)
}

type editInput struct {
	PlanChange
	Body struct {
		PlanText
		Revision int `json:"revision" minimum:"1" doc:"the one you saw"`
	}
}

func (b bench) edit(ctx context.Context, in *editInput) (*PlanView, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.Edit(ctx, actor(ctx), in.ID, in.Body.Revision, in.Body.order())
	return b.view(ctx, p, err)
}

// PlanReview is a plan with what its review saw.
type PlanReview struct {
	PlanView
	Effect *action.Effect `json:"effect"`
}

func (b bench) review(ctx context.Context, in *PlanChange) (*PlanReview, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, f, err := b.plans.Review(ctx, actor(ctx), in.ID)
	v, err := b.view(ctx, p, err)
	if err != nil {
		return nil, err
	}
	f.Seen = nil
	return &PlanReview{PlanView: *v, Effect: f}, nil
}

type approveInput struct {
	PlanChange
	Body struct {
		Digest string `json:"digest" doc:"of the review that you looked at"`
	}
}

func (b bench) approve(ctx context.Context, in *approveInput) (*PlanView, error) {
	digest, err := digestOf(in.Body.Digest)
	if err == nil {
		err = b.there()
	}
	if err != nil {
		return nil, err
	}
	p, err := b.plans.Approve(ctx, actor(ctx), in.ID, digest)
	return b.view(ctx, p, bound(err, auth.About{Purpose: action.ToApprove, Plan: in.ID, Digest: &digest}))
}

func digestOf(text string) (d ledger.Digest, err error) {
	if d.UnmarshalText([]byte(text)) != nil {
		err = cratewarden.Errorf(cratewarden.Invalid, "The digest must be the one that the review gave: 64 hexadecimal digits.")
	}
	return d, err
}

func (b bench) seal(ctx context.Context, in *PlanChange) (*PlanView, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.Seal(ctx, actor(ctx), in.ID)
	return b.view(ctx, p, err)
}

type applyInput struct {
	PlanChange
	Body struct {
		Digest string `json:"digest" doc:"of the review that you looked at"`
		Typed  string `json:"typed,omitempty" doc:"what the plan's confirm asks to be typed"`
	}
}

func (b bench) apply(ctx context.Context, in *applyInput) (*PlanView, error) {
	digest, err := digestOf(in.Body.Digest)
	if err == nil {
		err = b.there()
	}
	if err != nil {
		return nil, err
	}
	p, err := b.plans.Apply(ctx, actor(ctx), in.ID, action.Consent{Digest: digest, Typed: in.Body.Typed}, in.key())
	return b.view(ctx, p, bound(err, auth.About{Purpose: action.ToApply, Plan: in.ID, Digest: &digest}))
}

type undoInput struct {
	PlanChange
	Body struct {
		Steps []int `json:"steps,omitempty" doc:"which steps; all that can be undone when empty"`
	}
}

func (b bench) undo(ctx context.Context, in *undoInput) (*PlanView, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.Undo(ctx, actor(ctx), in.ID, in.Body.Steps, in.key())
	return b.view(ctx, p, err)
}

func (b bench) discard(ctx context.Context, in *PlanChange) (*PlanView, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.Discard(ctx, actor(ctx), in.ID)
	return b.view(ctx, p, err)
}

type settleInput struct {
	PlanChange
	Body struct {
		Committed bool `json:"committed" doc:"the rows show that the registry kept the change"`
	}
}

func (b bench) settle(ctx context.Context, in *settleInput) (*PlanView, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.Settle(ctx, actor(ctx), in.ID, in.Body.Committed)
	return b.view(ctx, p, err)
}

// FollowUpList is work after plans.
type FollowUpList struct {
	Rows []action.FollowUp `json:"rows"`
}

func (b bench) followUps(ctx context.Context, in *PlanInput) (*FollowUpList, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	if _, err := b.plans.Plan(ctx, in.ID); err != nil {
		return nil, err
	}
	rows, err := b.plans.FollowUps(ctx, in.ID)
	return &FollowUpList{Rows: append([]action.FollowUp{}, rows...)}, err
}

func (b bench) openFollowUps(ctx context.Context, _ *struct{}) (*FollowUpList, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	rows, err := b.plans.FollowUps(ctx, "")
	return &FollowUpList{Rows: append([]action.FollowUp{}, rows...)}, err
}

// FollowUpChange names a follow-up in a POST.
type FollowUpChange struct {
	KeyInput
	ID int64 `path:"id" minimum:"1"`
}

func (b bench) retry(ctx context.Context, in *FollowUpChange) (*action.FollowUp, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	f, err := b.plans.RetryFollowUp(ctx, actor(ctx), in.ID)
	return &f, err
}

type giveUpInput struct {
	FollowUpChange
	Body struct {
		Reason string `json:"reason" maxLength:"4000"`
	}
}

func (b bench) giveUp(ctx context.Context, in *giveUpInput) (*action.FollowUp, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	f, err := b.plans.GiveUpFollowUp(ctx, actor(ctx), in.ID, in.Body.Reason)
	return &f, err
}

type batchInput struct {
	KeyInput
	Body struct {
		Text string `json:"text" doc:"one name, or name@version, in a line"`
	}
}

func (b bench) resolve(ctx context.Context, in *batchInput) (*action.Batch, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	out, err := b.plans.Resolve(ctx, in.Body.Text)
	return &out, err
}

type batchOrderInput struct {
	KeyInput
	Body struct {
		Kind  string             `json:"kind" doc:"an act on crates or versions, such as version.hold"`
		Lines []action.BatchLine `json:"lines" doc:"resolved lines, as /batch gave them"`
		More  map[string]string  `json:"more,omitempty" doc:"further parameters of every step"`
	}
}

func (b bench) batchOrder(ctx context.Context, in *batchOrderInput) (*PlanText, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	o, err := b.plans.BatchOrder(ctx, in.Body.Kind, in.Body.Lines, in.Body.More)
	return &PlanText{Title: o.Title, Steps: o.Steps}, err
}

type containInput struct {
	KeyInput
	Body action.ContainOrder
}

func (b bench) contain(ctx context.Context, in *containInput) (*action.Proposal, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.Contain(ctx, in.Body)
	return &p, err
}

type undoSinceInput struct {
	KeyInput
	Body action.UndoSinceOrder
}

func (b bench) undoSince(ctx context.Context, in *undoSinceInput) (*action.Proposal, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	p, err := b.plans.UndoSince(ctx, in.Body)
	return &p, err
}
