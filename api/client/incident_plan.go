package client

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"

	"cratewarden/api"
	"cratewarden/incident"
)

// IncidentEvents gives what was done to an incident after a number, waiting so
// many seconds, 30 at most, when there is nothing yet.
func (c *Client) IncidentEvents(ctx context.Context, id string, after int64, wait int) (*api.EventList, error) {
	return Get[api.EventList](ctx, c, url.Values{"after": {strconv.FormatInt(after, 10)}, "wait": {strconv.Itoa(wait)}}, "incidents", id, "events")
}

// Proposal gives what the console proposes to do, or with removal to delete.
func (c *Client) Proposal(ctx context.Context, id string, removal bool) (*incident.Proposal, error) {
	return Get[incident.Proposal](ctx, c, nil, "incidents", id, map[bool]string{true: "removal", false: "proposal"}[removal])
}

// IncidentPlan makes the plan of ticked steps of a proposal, or with removal of
// a proposed removal. The same key again gives the same plan.
func (c *Client) IncidentPlan(ctx context.Context, id string, o api.IncidentPlanOrder, removal bool, key string) (*api.PlanView, error) {
	return PostKey[api.PlanView](ctx, c, o, key, "incidents", id, map[bool]string{true: "removal", false: "plan"}[removal])
}

// AddFollow adds an action to follow.
func (c *Client) AddFollow(ctx context.Context, id string, o incident.FollowOrder) (*incident.Task, error) {
	return PostKey[incident.Task](ctx, c, o, NewKey(), "incidents", id, "follows")
}

// SetFollow gives an action to follow to somebody, or sets another day.
func (c *Client) SetFollow(ctx context.Context, id, item string, o incident.FollowChange) (*incident.Task, error) {
	return PostKey[incident.Task](ctx, c, o, NewKey(), "incidents", id, "follows", item)
}

// Erase erases something that a person wrote in an incident.
func (c *Client) Erase(ctx context.Context, id string, what map[string]any) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, what, NewKey(), "incidents", id, "erase")
}

// Figure enters a number.
func (c *Client) Figure(ctx context.Context, id string, o incident.FigureOrder) (*incident.Figure, error) {
	return PostKey[incident.Figure](ctx, c, o, NewKey(), "incidents", id, "figures")
}

// StartDrill starts a drill.
func (c *Client) StartDrill(ctx context.Context, name string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, map[string]string{"name": name}, NewKey(), "drills")
}

// Drafts gives what the world is told of an incident.
func (c *Client) Drafts(ctx context.Context, id string) (*api.DraftList, error) {
	return Get[api.DraftList](ctx, c, nil, "incidents", id, "drafts")
}

// Advisory gives one draft.
func (c *Client) Advisory(ctx context.Context, draft int64) (*incident.Draft, error) {
	return Get[incident.Draft](ctx, c, nil, "drafts", strconv.FormatInt(draft, 10))
}

// MakeDrafts makes drafts in the forms named; in all when none are.
func (c *Client) MakeDrafts(ctx context.Context, id string, formats []string) (*api.DraftList, error) {
	return PostKey[api.DraftList](ctx, c, map[string]any{"formats": append([]string{}, formats...)}, NewKey(), "incidents", id, "drafts")
}

// AskDrafts tells those who may approve that drafts wait; all that are open when
// none are named.
func (c *Client) AskDrafts(ctx context.Context, id string, drafts []int64) (*api.DraftList, error) {
	return PostKey[api.DraftList](ctx, c, map[string]any{"drafts": append([]int64{}, drafts...)}, NewKey(), "incidents", id, "drafts", "ask")
}

// ChangeDraft edits, approves, sends, corrects or withdraws a draft.
func (c *Client) ChangeDraft(ctx context.Context, draft int64, what string, body any) (*incident.Draft, error) {
	return PostKey[incident.Draft](ctx, c, body, NewKey(), "drafts", strconv.FormatInt(draft, 10), what)
}

// Patch writes the approved advisories of one form as a patch.
func (c *Client) Patch(ctx context.Context, id string, q url.Values, w io.Writer) error {
	return c.fetch(ctx, w, q, "incidents", id, "patch")
}

// ExportDrafts writes drafts as files in a zip archive.
func (c *Client) ExportDrafts(ctx context.Context, id string, formats []string, w io.Writer) error {
	return c.fetch(ctx, w, url.Values{"format": {strings.Join(formats, ",")}}, "incidents", id, "drafts", "export")
}
