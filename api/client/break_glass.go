package client

import (
	"context"
	"net/url"
	"strconv"

	"cratewarden/action"
	"cratewarden/api"
)

// ApprovalsWanted gives the plans that wait for somebody like the asker.
func (c *Client) ApprovalsWanted(ctx context.Context) (*api.PlanList, error) {
	return Get[api.PlanList](ctx, c, nil, "approvals")
}

// BreakGlass lets exactly one review be applied without its second person.
func (c *Client) BreakGlass(ctx context.Context, id, digest, reason, key string) (*api.PlanView, error) {
	return PostKey[api.PlanView](ctx, c, map[string]string{"digest": digest, "reason": reason}, key, "plans", id, "break-glass")
}

// BrokenGlass gives the plans that went without their second person; with open
// only those that nobody has judged.
func (c *Client) BrokenGlass(ctx context.Context, open bool) (*api.BrokenGlassList, error) {
	return Get[api.BrokenGlassList](ctx, c, url.Values{"open": {strconv.FormatBool(open)}}, "break-glass")
}

// JudgeBrokenGlass closes a review of broken glass.
func (c *Client) JudgeBrokenGlass(ctx context.Context, id int64, verdict action.Verdict, note string) (*action.BrokenGlass, error) {
	return PostKey[action.BrokenGlass](ctx, c, map[string]string{"verdict": string(verdict), "note": note}, NewKey(), "break-glass", strconv.FormatInt(id, 10), "close")
}
