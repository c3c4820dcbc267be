package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/action"
	"cratewarden/auth"
)

// registerSecond is about second persons, and about going without one.
func registerSecond(a huma.API, cfg Config) {
	b := benchOf(cfg)
	get(a, "approvals", "look.plan", "/approvals", "Plans that wait for somebody like you to agree", b.wanted)
	get(a, "break-glass-reviews", "look.plan", "/break-glass", "Plans that went without their second person, what nobody has judged first", b.broken)
	submit(a, "plan-break-glass", "plan.break-glass", "/plans/{id}/break-glass", "Let a reviewed plan be applied without the second person whom it waited for in vain; everybody is told", b.breakGlass)
	submit(a, "break-glass-close", "plan.review-break-glass", "/break-glass/{id}/close", "Judge, as somebody else, that the second person was left out", b.judge)
}

func (b bench) wanted(ctx context.Context, _ *struct{}) (*PlanList, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	rows, err := b.plans.ApprovalsWanted(ctx, actor(ctx))
	return &PlanList{Rows: append([]action.Plan{}, rows...), Counts: map[action.State]int{}}, err
}

// BrokenGlassList is about plans that went without their second person.
type BrokenGlassList struct {
	Rows []action.BrokenGlass `json:"rows"`
}

type brokenInput struct {
	Open bool `query:"open" doc:"only what nobody has judged yet"`
}

func (b bench) broken(ctx context.Context, in *brokenInput) (*BrokenGlassList, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	rows, err := b.plans.BreakGlassReviews(ctx, in.Open)
	return &BrokenGlassList{append([]action.BrokenGlass{}, rows...)}, err
}

type breakGlassInput struct {
	PlanChange
	Body struct {
		Digest string `json:"digest" doc:"of the review that you looked at"`
		Reason string `json:"reason" maxLength:"4000" doc:"why it cannot wait; colleagues read it"`
	}
}

func (b bench) breakGlass(ctx context.Context, in *breakGlassInput) (*PlanView, error) {
	digest, err := digestOf(in.Body.Digest)
	if err == nil {
		err = b.there()
	}
	if err != nil {
		return nil, err
	}
	p, err := b.plans.BreakGlass(ctx, actor(ctx), in.ID, digest, in.Body.Reason)
	return b.view(ctx, p, bound(err, auth.About{Purpose: action.ToBreakGlass, Plan: in.ID, Digest: &digest}))
}

type judgeInput struct {
	KeyInput
	ID   int64 `path:"id" minimum:"1"`
	Body struct {
		Verdict action.Verdict `json:"verdict" enum:"justified,not justified"`
		Note    string         `json:"note" maxLength:"4000" doc:"what you found"`
	}
}

func (b bench) judge(ctx context.Context, in *judgeInput) (*action.BrokenGlass, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	g, err := b.plans.CloseBreakGlassReview(ctx, actor(ctx), in.ID, in.Body.Verdict, in.Body.Note)
	return &g, err
}
