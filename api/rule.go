package api

import (
	"context"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
)

// RuleList is the whole table of who may do what.
type RuleList struct {
	Rows []RuleRow `json:"rows"`
}

// RuleRow is one act with its conditions, and what stands between it and the
// asker.
type RuleRow struct {
	Act          string             `json:"act"`
	Title        string             `json:"title"`
	Roles        []cratewarden.Role `json:"roles" doc:"any of them; everybody when empty"`
	StepUp       string             `json:"step_up" enum:"none,recent,bound" doc:"passkey: none, within the last minutes, or for exactly this review"`
	SecondPerson bool               `json:"second_person,omitempty" doc:"always; wide plans take one whatever their acts"`
	Weight       int                `json:"weight,omitempty" doc:"what one act counts against the budget of an hour"`
	Recusal      bool               `json:"recusal,omitempty" doc:"not alone by who has a part in the subject"`
	Incident     bool               `json:"incident,omitempty" doc:"an incident must be named"`
	OnCall       bool               `json:"on_call,omitempty"`
	Token        bool               `json:"token,omitempty" doc:"an API token may do it"`
	May          bool               `json:"may" doc:"you may, as far as that can be said without a subject; a passkey may have to confirm"`
	Denials      []access.Denial    `json:"denials,omitempty" doc:"what stands in your way"`
}

// stepUps are the words for the degrees of confirmation.
func stepUps() map[access.StepUp]string {
	return map[access.StepUp]string{access.NoStepUp: "none", access.Recent: "recent", access.Bound: "bound"}
}

func (h hall) rules(ctx context.Context, _ *struct{}) (*RuleList, error) {
	v, facts := visitor(ctx), access.Facts{}
	if v.SteppedUp(time.Now()) {
		facts.StepUp = access.Recent
	}
	if h.auth != nil {
		s, refused := h.auth.Roster()
		facts.AnyTime = !s.KnowsOnCall
		if refused {
			facts.Stale = "The list of people is too old to decide by."
		}
	}
	out := &RuleList{Rows: []RuleRow{}}
	for _, r := range access.Table() {
		if r.Act == access.Public {
			continue
		}
		row := RuleRow{Act: r.Act, Title: r.Title, Roles: append([]cratewarden.Role{}, r.Roles...), StepUp: stepUps()[r.StepUp], SecondPerson: r.SecondPerson,
			Weight: r.Weight, Recusal: r.Recusal, Incident: r.Incident, OnCall: r.OnCall, Token: r.Token}
		d := access.Decide(r.AtDoor(), asker(v), facts)
		if row.May = d == nil || d.Only(access.RuleStepUp); d != nil {
			row.Denials = d.Denials
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func asker(v auth.Visitor) access.Asker {
	a := v.Actor
	return access.Asker{ID: a.ID, Name: a.Name, Roles: a.Roles, OnCall: a.OnCall, Token: a.Token, Acts: a.Acts}
}
