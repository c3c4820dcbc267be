package client

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// Incidents lists incidents; the fields of the query are those of the interface.
func (c *Client) Incidents(ctx context.Context, q url.Values) (*api.IncidentList, error) {
	return Get[api.IncidentList](ctx, c, q, "incidents")
}

// Incident gives one incident with its next steps, tasks and files.
func (c *Client) Incident(ctx context.Context, id string) (*api.IncidentView, error) {
	return Get[api.IncidentView](ctx, c, nil, "incidents", id)
}

// OpenIncident opens an incident. The same key again gives the same one.
func (c *Client) OpenIncident(ctx context.Context, o api.IncidentOrder, key string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, o, key, "incidents")
}

// SimilarIncidents gives the open incidents about the same things.
func (c *Client) SimilarIncidents(ctx context.Context, list []api.SubjectOrder) (*api.IncidentList, error) {
	return PostKey[api.IncidentList](ctx, c, map[string]any{"subjects": list}, NewKey(), "incidents", "similar")
}

// Decide sets fields of an incident. was holds what the person saw of them; nil
// takes them as they are.
func (c *Client) Decide(ctx context.Context, id string, set, was map[incident.Field]string, reason string) (*api.IncidentView, error) {
	body := map[string]any{"set": set, "reason": reason}
	if was != nil {
		body["was"] = was
	}
	return PostKey[api.IncidentView](ctx, c, body, NewKey(), "incidents", id, "decide")
}

// MoveIncident moves an incident to a state.
func (c *Client) MoveIncident(ctx context.Context, id, state, reason string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, map[string]string{"state": state, "reason": reason}, NewKey(), "incidents", id, "move")
}

// SyncIncident ticks what the ledger shows done.
func (c *Client) SyncIncident(ctx context.Context, id string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, nil, NewKey(), "incidents", id, "sync")
}

// MergeIncident lets an incident go on in another.
func (c *Client) MergeIncident(ctx context.Context, id, into, reason string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, map[string]string{"into": into, "reason": reason}, NewKey(), "incidents", id, "merge")
}

// SplitOrder parts an incident.
type SplitOrder struct {
	Title    string             `json:"title"`
	Kind     string             `json:"kind,omitempty"`
	Subjects []api.SubjectOrder `json:"subjects"`
	Reason   string             `json:"reason"`
}

// SplitIncident makes an incident of some subjects of another. The same key
// again gives the same one.
func (c *Client) SplitIncident(ctx context.Context, id string, o SplitOrder, key string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, o, key, "incidents", id, "split")
}

// ReopenIncident opens a closed incident again.
func (c *Client) ReopenIncident(ctx context.Context, id, reason string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, map[string]string{"reason": reason}, NewKey(), "incidents", id, "reopen")
}

// UnlockIncident unlocks public notices before the removal.
func (c *Client) UnlockIncident(ctx context.Context, id, reason string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, map[string]string{"reason": reason}, NewKey(), "incidents", id, "unlock")
}

// AddSubjects says what an incident is about.
func (c *Client) AddSubjects(ctx context.Context, id string, list []api.SubjectOrder) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, map[string]any{"subjects": list}, NewKey(), "incidents", id, "subjects")
}

// RemoveSubject takes a subject away.
func (c *Client) RemoveSubject(ctx context.Context, id string, s ledger.Subject, reason string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, map[string]string{"kind": s.Kind, "id": s.ID, "reason": reason}, NewKey(), "incidents", id, "subjects", "remove")
}

// RecastSubject says what part a subject played, in place of the part that the
// person saw.
func (c *Client) RecastSubject(ctx context.Context, id string, s ledger.Subject, was, role string) (*api.IncidentView, error) {
	return PostKey[api.IncidentView](ctx, c, map[string]string{"kind": s.Kind, "id": s.ID, "was": was, "role": role}, NewKey(), "incidents", id, "subjects", "role")
}

// NoteIncident writes a note. The same key again writes nothing.
func (c *Client) NoteIncident(ctx context.Context, id, text, key string) (*incident.Event, error) {
	return PostKey[incident.Event](ctx, c, map[string]string{"text": text}, key, "incidents", id, "notes")
}

// WriteText writes one text of the fact sheet in place of a revision.
func (c *Client) WriteText(ctx context.Context, id, field string, revision int, text string) (*incident.Text, error) {
	return PostKey[incident.Text](ctx, c, map[string]any{"revision": revision, "text": text}, NewKey(), "incidents", id, "texts", field)
}

// AddTask adds a task of a person's own.
func (c *Client) AddTask(ctx context.Context, id string, o incident.TaskOrder) (*incident.Task, error) {
	return PostKey[incident.Task](ctx, c, o, NewKey(), "incidents", id, "tasks")
}

// DoTask takes, releases, ticks (done), skips or redoes a task. from is whom the
// person saw holding it, for take.
func (c *Client) DoTask(ctx context.Context, id, item, do, why, from string) (*incident.Task, error) {
	return PostKey[incident.Task](ctx, c, map[string]string{"do": do, "why": why, "from": from}, NewKey(), "incidents", id, "tasks", item)
}

// Attach attaches a file. The same key again attaches nothing.
func (c *Client) Attach(ctx context.Context, id, name string, content []byte, key string) (*incident.File, error) {
	address, err := c.address([]string{"incidents", id, "files"})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"?"+url.Values{"name": {name}}.Encode(), bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Idempotency-Key", key)
	return do[incident.File](c, req)
}

// IncidentFile writes an attached file.
func (c *Client) IncidentFile(ctx context.Context, id string, file int64, w io.Writer) error {
	return c.fetch(ctx, w, nil, "incidents", id, "files", strconv.FormatInt(file, 10))
}

// ExportIncident writes the timeline as md, json or csv.
func (c *Client) ExportIncident(ctx context.Context, id, format string, w io.Writer) error {
	return c.fetch(ctx, w, url.Values{"format": {format}}, "incidents", id, "export")
}

// ExportCase writes the case for a court as a zip archive.
func (c *Client) ExportCase(ctx context.Context, id string, w io.Writer) error {
	return c.unhurried().fetch(ctx, w, nil, "incidents", id, "case")
}

// fetch writes an answer that is a file.
func (c *Client) fetch(ctx context.Context, w io.Writer, q url.Values, parts ...string) error {
	address, err := c.address(parts)
	if err != nil {
		return err
	}
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := c.send(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The download broke off. Try again.")
	}
	return nil
}
