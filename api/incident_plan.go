package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/incident/playbook"
)

// CasePlans is what a case proposes to do, and the exercises of it.
type CasePlans interface {
	Propose(ctx context.Context, id string) (incident.Proposal, error)
	ProposeRemoval(ctx context.Context, id string) (incident.Proposal, error)
	Draft(ctx context.Context, who action.Actor, id string, ticked []int, texts incident.DraftTexts, key string) (action.Plan, error)
	DraftRemoval(ctx context.Context, who action.Actor, id string, ticked []int, texts incident.DraftTexts, key string) (action.Plan, error)

	DrillStart(ctx context.Context, who action.Actor, name string) (incident.Incident, error)
	DrillScore(ctx context.Context, id string) (incident.DrillScore, error)
}

func registerCasePlans(a huma.API, d desk) {
	get(a, "playbooks", "incident.look", "/playbooks", "The kinds of incidents with their checklists", d.playbooks)
	get(a, "incident-proposal", "incident.propose", "/incidents/{id}/proposal", "What the console proposes to do, with what else belongs to it, each with its reason; makes no plan", d.proposal)
	get(a, "incident-removal", "incident.propose", "/incidents/{id}/removal", "What the console proposes to delete of what the incident's plans hold; makes no plan", d.removal)
	submit(a, "incident-plan-removal", "plan.draft", "/incidents/{id}/removal", "Make the plan of the ticked steps of a proposed removal; nothing in the registry changes", d.planRemoval)
	submit(a, "drill-start", "incident.drill", "/drills", "Start a drill on a made-up registry; any other refuses", d.drill)
	get(a, "drill-score", "incident.look", "/drills/{id}/score", "A drill's stopwatch and score against the right answer", d.score)
	submit(a, "incident-plan", "plan.draft", "/incidents/{id}/plan", "Make the plan of the ticked steps of a proposal; nothing in the registry changes", d.plan)
}

// PlaybookList is the kinds of incidents.
type PlaybookList struct {
	Rows []playbook.Playbook `json:"rows"`
}

func (d desk) playbooks(context.Context, *struct{}) (*PlaybookList, error) {
	return &PlaybookList{append([]playbook.Playbook{}, d.playbook.All()...)}, nil
}

func (d desk) proposal(ctx context.Context, in *IncidentInput) (*incident.Proposal, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	p, err := d.incidents.Propose(ctx, in.ID)
	return &p, err
}

func (d desk) removal(ctx context.Context, in *IncidentInput) (*incident.Proposal, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	p, err := d.incidents.ProposeRemoval(ctx, in.ID)
	return &p, err
}

// IncidentPlanOrder chooses among proposed steps, and says why for outsiders
// and colleagues.
type IncidentPlanOrder struct {
	Steps    []int  `json:"steps,omitempty" maxItems:"5000" doc:"numbers of the proposed steps from 1; those that are proposed with a tick when left out"`
	Title    string `json:"title,omitempty" maxLength:"200" doc:"the proposal's when left out"`
	Public   string `json:"public,omitempty" maxLength:"4000" doc:"why, in words that outsiders may read"`
	Internal string `json:"internal,omitempty" maxLength:"4000" doc:"a note for colleagues"`
	Seen     string `json:"seen,omitempty" maxLength:"64" doc:"that of the proposal that you looked at; it is a conflict when the proposal is another by now"`
}

type incidentPlanInput struct {
	IncidentChange
	Body IncidentPlanOrder
}

func (o IncidentPlanOrder) ticked() (list []int) {
	for _, n := range o.Steps {
		list = append(list, n-1)
	}
	return list
}

func (d desk) plan(ctx context.Context, in *incidentPlanInput) (*PlanView, error) {
	return d.drafted(ctx, in, Incidents.Draft)
}

func (d desk) planRemoval(ctx context.Context, in *incidentPlanInput) (*PlanView, error) {
	return d.drafted(ctx, in, Incidents.DraftRemoval)
}

func (d desk) drafted(ctx context.Context, in *incidentPlanInput, draft func(Incidents, context.Context, action.Actor, string, []int, incident.DraftTexts, string) (action.Plan, error)) (*PlanView, error) {
	err := d.there()
	if err == nil {
		err = d.bench.there()
	}
	if err != nil {
		return nil, err
	}
	b := in.Body
	p, err := draft(d.incidents, ctx, actor(ctx), in.ID, b.ticked(), incident.DraftTexts{Title: b.Title, Public: b.Public, Internal: b.Internal, Seen: b.Seen}, in.key())
	return d.bench.view(ctx, p, err)
}

type drillInput struct {
	KeyInput
	Body struct {
		Name string `json:"name" enum:"august,typosquat,flood"`
	}
}

func (d desk) drill(ctx context.Context, in *drillInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	inc, err := d.incidents.DrillStart(ctx, actor(ctx), in.Body.Name)
	return d.view(ctx, inc, err)
}

func (d desk) score(ctx context.Context, in *IncidentInput) (*incident.DrillScore, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	s, err := d.incidents.DrillScore(ctx, in.ID)
	s = s.Sealed()
	return &s, err
}
