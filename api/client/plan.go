package client

import (
	"context"
	"net/url"
	"strconv"

	"cratewarden/action"
	"cratewarden/api"
)

// Kinds gives the catalogue.
func (c *Client) Kinds(ctx context.Context) (*api.KindList, error) {
	return Get[api.KindList](ctx, c, nil, "kinds")
}

// Plans lists plans; the fields of the query are those of the interface.
func (c *Client) Plans(ctx context.Context, q url.Values) (*api.PlanList, error) {
	return Get[api.PlanList](ctx, c, q, "plans")
}

// Plan gives one plan.
func (c *Client) Plan(ctx context.Context, id string) (*api.PlanView, error) {
	return Get[api.PlanView](ctx, c, nil, "plans", id)
}

// Effect gives what a plan did, or by its last review would do.
func (c *Client) Effect(ctx context.Context, id string) (*action.Effect, error) {
	return Get[action.Effect](ctx, c, nil, "plans", id, "effect")
}

// FollowUps gives the work after a plan.
func (c *Client) FollowUps(ctx context.Context, id string) (*api.FollowUpList, error) {
	return Get[api.FollowUpList](ctx, c, nil, "plans", id, "follow-ups")
}

// Draft makes a plan. The same key again gives the same plan.
func (c *Client) Draft(ctx context.Context, text api.PlanText, key string) (*api.PlanView, error) {
	return PostKey[api.PlanView](ctx, c, text, key, "plans")
}

// Edit gives an open plan another text.
func (c *Client) Edit(ctx context.Context, id string, revision int, text api.PlanText) (*api.PlanView, error) {
	body := struct {
		api.PlanText
		Revision int `json:"revision"`
	}{text, revision}
	return PostKey[api.PlanView](ctx, c, body, NewKey(), "plans", id, "edit")
}

// Review shows everything that a plan would do.
func (c *Client) Review(ctx context.Context, id string) (*api.PlanReview, error) {
	return PostKey[api.PlanReview](ctx, c, nil, NewKey(), "plans", id, "review")
}

// Approve agrees as the second person to one review.
func (c *Client) Approve(ctx context.Context, id, digest string) (*api.PlanView, error) {
	return PostKey[api.PlanView](ctx, c, map[string]string{"digest": digest}, NewKey(), "plans", id, "approve")
}

// Seal seals the evidence of a reviewed plan.
func (c *Client) Seal(ctx context.Context, id string) (*api.PlanView, error) {
	return PostKey[api.PlanView](ctx, c, nil, NewKey(), "plans", id, "seal")
}

// Apply carries out a reviewed plan. The same key again does nothing and gives
// the plan as it is by then.
func (c *Client) Apply(ctx context.Context, id, digest, typed, key string) (*api.PlanView, error) {
	return PostKey[api.PlanView](ctx, c, map[string]string{"digest": digest, "typed": typed}, key, "plans", id, "apply")
}

// Undo makes the plan that puts steps of an applied one back; all when none are
// named.
func (c *Client) Undo(ctx context.Context, id string, steps []int, key string) (*api.PlanView, error) {
	return PostKey[api.PlanView](ctx, c, map[string]any{"steps": append([]int{}, steps...)}, key, "plans", id, "undo")
}

// Discard puts an open plan away.
func (c *Client) Discard(ctx context.Context, id string) (*api.PlanView, error) {
	return PostKey[api.PlanView](ctx, c, nil, NewKey(), "plans", id, "discard")
}

// Settle says what became of a plan whose fate nobody could tell.
func (c *Client) Settle(ctx context.Context, id string, committed bool) (*api.PlanView, error) {
	return PostKey[api.PlanView](ctx, c, map[string]bool{"committed": committed}, NewKey(), "plans", id, "settle")
}

// RetryFollowUp does a follow-up now.
func (c *Client) RetryFollowUp(ctx context.Context, id int64) (*action.FollowUp, error) {
	return PostKey[action.FollowUp](ctx, c, nil, NewKey(), "follow-ups", strconv.FormatInt(id, 10), "retry")
}

// GiveUpFollowUp ends a follow-up with the reason.
func (c *Client) GiveUpFollowUp(ctx context.Context, id int64, reason string) (*action.FollowUp, error) {
	return PostKey[action.FollowUp](ctx, c, map[string]string{"reason": reason}, NewKey(), "follow-ups", strconv.FormatInt(id, 10), "give-up")
}

// Batch reads a pasted list.
func (c *Client) Batch(ctx context.Context, text string) (*action.Batch, error) {
	return PostKey[action.Batch](ctx, c, map[string]string{"text": text}, NewKey(), "batch")
}

// BatchOrder makes the text of a plan for every line of a list.
func (c *Client) BatchOrder(ctx context.Context, kind string, lines []action.BatchLine, more map[string]string) (*api.PlanText, error) {
	return PostKey[api.PlanText](ctx, c, map[string]any{"kind": kind, "lines": lines, "more": more}, NewKey(), "batch", "order")
}

// Contain proposes the steps that contain accounts.
func (c *Client) Contain(ctx context.Context, o action.ContainOrder) (*action.Proposal, error) {
	return PostKey[action.Proposal](ctx, c, o, NewKey(), "proposals", "contain")
}

// UndoSince proposes the inverse of what somebody did.
func (c *Client) UndoSince(ctx context.Context, o action.UndoSinceOrder) (*action.Proposal, error) {
	return PostKey[action.Proposal](ctx, c, o, NewKey(), "proposals", "undo-since")
}
