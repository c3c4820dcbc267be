package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/action"
	"cratewarden/incident"
)

// CaseFollows is what is to be done after cases, and what needs somebody now.
type CaseFollows interface {
	Needs(ctx context.Context, who action.Actor) (incident.Needs, error)
	Follows(ctx context.Context, f incident.FollowFilter) ([]incident.Follow, error)
	AddFollow(ctx context.Context, who action.Actor, id string, o incident.FollowOrder, key string) (incident.Task, error)
	SetFollow(ctx context.Context, who action.Actor, id, item string, c incident.FollowChange) (incident.Task, error)
}

func registerCaseFollows(a huma.API, d desk) {
	get(a, "incident-needs", "incident.look", "/incident-needs", "What needs you now", d.needs)
	get(a, "incident-follows", "incident.look", "/incident-follows", "Actions to follow of all incidents, with who does them and by when", d.follows)
	submit(a, "incident-follow-add", "incident.note", "/incidents/{id}/follows", "Add an action to follow; tick it like a task", d.addFollow)
	submit(a, "incident-follow-set", "incident.note", "/incidents/{id}/follows/{item}", "Give an action to follow to somebody, or set another day", d.setFollow)
}

func (d desk) needs(ctx context.Context, _ *struct{}) (*incident.Needs, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	n, err := d.incidents.Needs(ctx, actor(ctx))
	return &n, err
}

// FollowList is actions to follow.
type FollowList struct {
	Rows []incident.Follow `json:"rows"`
}

type followsInput struct {
	Incident string `query:"incident" maxLength:"32"`
	Holder   string `query:"holder" maxLength:"256" doc:"id of who does it"`
	Overdue  bool   `query:"overdue" doc:"only those whose day is over"`
	All      bool   `query:"all" doc:"also those that are done or skipped"`
}

func (d desk) follows(ctx context.Context, in *followsInput) (*FollowList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	rows, err := d.incidents.Follows(ctx, incident.FollowFilter{Incident: in.Incident, Holder: in.Holder, Overdue: in.Overdue, All: in.All})
	return &FollowList{append([]incident.Follow{}, rows...)}, err
}

type addFollowInput struct {
	IncidentChange
	Body struct {
		Title  string    `json:"title" maxLength:"400"`
		Holder string    `json:"holder" maxLength:"256" doc:"id of who does it"`
		Due    time.Time `json:"due" doc:"by when"`
	}
}

func (d desk) addFollow(ctx context.Context, in *addFollowInput) (*incident.Task, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	t, err := d.incidents.AddFollow(ctx, actor(ctx), in.ID, incident.FollowOrder{Title: in.Body.Title, Holder: in.Body.Holder, Due: in.Body.Due}, in.key())
	return &t, err
}

type setFollowInput struct {
	IncidentChange
	Item string `path:"item" maxLength:"128"`
	Body struct {
		Holder string     `json:"holder,omitempty" maxLength:"256" doc:"id of who does it from now on"`
		Due    *time.Time `json:"due,omitempty" doc:"another day"`
		Why    string     `json:"why,omitempty" maxLength:"4000"`
		Was    *time.Time `json:"was,omitempty" doc:"the day that you saw; it is a conflict when another stands there by now"`
	}
}

func (d desk) setFollow(ctx context.Context, in *setFollowInput) (*incident.Task, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	b := in.Body
	t, err := d.incidents.SetFollow(ctx, actor(ctx), in.ID, in.Item, incident.FollowChange{Holder: b.Holder, Due: b.Due, Why: b.Why, Was: b.Was})
	return &t, err
}
