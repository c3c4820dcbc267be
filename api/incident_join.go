package api

import (
	"context"

	"cratewarden/incident"
	"cratewarden/ledger"
)

type mergeInput struct {
	IncidentChange
	Body struct {
		Into   string `json:"into" maxLength:"32" doc:"the incident in which it goes on"`
		Reason string `json:"reason" maxLength:"4000"`
	}
}

func (d desk) merge(ctx context.Context, in *mergeInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	inc, err := d.incidents.Merge(ctx, actor(ctx), in.ID, in.Body.Into, in.Body.Reason)
	return d.view(ctx, inc, err)
}

type splitInput struct {
	IncidentChange
	Body struct {
		Title    string         `json:"title" maxLength:"200"`
		Kind     incident.Kind  `json:"kind,omitempty" maxLength:"64"`
		Subjects []SubjectOrder `json:"subjects" maxItems:"5000" doc:"that go, by kind and id"`
		Reason   string         `json:"reason" maxLength:"4000"`
	}
}

func (d desk) split(ctx context.Context, in *splitInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	o := incident.SplitOrder{Title: in.Body.Title, Kind: in.Body.Kind, Reason: in.Body.Reason, Key: in.key()}
	for _, s := range in.Body.Subjects {
		o.Subjects = append(o.Subjects, ledger.Subject{Kind: s.Kind, ID: s.ID})
	}
	inc, err := d.incidents.Split(ctx, actor(ctx), in.ID, o)
	return d.view(ctx, inc, err)
}

// IncidentReason says why in a POST about an incident.
type IncidentReason struct {
	IncidentChange
	Body struct {
		Reason string `json:"reason" maxLength:"4000"`
	}
}

func (d desk) reopen(ctx context.Context, in *IncidentReason) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	inc, err := d.incidents.Reopen(ctx, actor(ctx), in.ID, in.Body.Reason)
	return d.view(ctx, inc, err)
}

func (d desk) unlock(ctx context.Context, in *IncidentReason) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	inc, err := d.incidents.Override(ctx, actor(ctx), in.ID, in.Body.Reason)
	return d.view(ctx, inc, err)
}

type eraseInput struct {
	IncidentChange
	Body struct {
		Event   int64         `json:"event,omitempty" minimum:"0" doc:"the text of a note or a reason, by its event"`
		Text    string        `json:"text,omitempty" maxLength:"100" doc:"a text of the fact sheet, with all that stood there before"`
		File    int64         `json:"file,omitempty" minimum:"0" doc:"a file's name and content"`
		Task    string        `json:"task,omitempty" maxLength:"128" doc:"title and reason of a task of a person's own"`
		Subject *SubjectOrder `json:"subject,omitempty" doc:"label and reason of a subject, by kind and id"`
		Title   bool          `json:"title,omitempty" doc:"the incident's title, with those it had before"`
		Early   bool          `json:"early,omitempty" doc:"why public notices were unlocked"`
		Draft   int64         `json:"draft,omitempty" minimum:"0" doc:"a draft's text, receiver and reasons; what was not sent is withdrawn"`
		Figure  int64         `json:"figure,omitempty" minimum:"0" doc:"how a figure was found"`
		Reason  string        `json:"reason" maxLength:"4000" doc:"it is kept as it is: do not repeat what goes"`
	}
}

func (d desk) erase(ctx context.Context, in *eraseInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	b := in.Body
	e := incident.Erasure{Event: b.Event, Text: b.Text, File: b.File, Task: b.Task, Title: b.Title, Early: b.Early, Draft: b.Draft, Figure: b.Figure}
	if b.Subject != nil {
		e.Subject = ledger.Subject{Kind: b.Subject.Kind, ID: b.Subject.ID}
	}
	if err := d.incidents.Erase(ctx, actor(ctx), in.ID, e, b.Reason); err != nil {
		return nil, err
	}
	return d.show(ctx, &in.IncidentInput)
}
