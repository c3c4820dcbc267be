package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
)

// hall answers what concerns people and their rights.
type hall struct {
	auth    Auth
	budgets Budgets
	policy  access.Policy
}

// Budgets knows how much of their hourly budget somebody has used;
// *action.Engine does.
type Budgets interface {
	Spent(ctx context.Context, person string) (weight int, err error)
}

func (h hall) there() error {
	if h.auth == nil {
		return cratewarden.Errorf(cratewarden.Unavailable, "This console has no sign-in, so it knows no people.")
	}
	return nil
}

func registerPeople(a huma.API, cfg Config) {
	h := hall{auth: cfg.Auth, budgets: cfg.Budgets, policy: cfg.Policy.Or()}
	get(a, "me", "look", "/me", "Who asks, with which roles, until when changes are allowed, and what is left of the budget", h.me)
	get(a, "rules", "look.people", "/rules", "Who may do what, and why not you", h.rules)
	get(a, "people", "look.people", "/people", "Everybody who may sign in, with the teams that give them their roles", h.people)
	get(a, "person", "look.people", "/people/{id}", "One of them", h.person)
	get(a, "person-sessions", "person.end-session", "/people/{id}/sessions", "Where somebody else is signed in", h.sessionsOf)
	get(a, "person-api-tokens", "look.people", "/people/{id}/api-tokens", "The API tokens of a person", h.tokensOf)
	get(a, "person-passkeys", "look.people", "/people/{id}/passkeys", "The passkeys of a person", h.passkeysOf)
	post(a, "person-enrol", "person.enrol", "/people/{id}/enrolment", "Issue the code under which somebody registers the first passkey; it is shown once", h.enrol)
}

// Me is who asks.
type Me struct {
	action.Actor
	Person   *auth.Person   `json:"person,omitempty" doc:"left out without sign-in"`
	SignedIn *auth.Session  `json:"signed_in,omitempty" doc:"the session that asks"`
	APIToken *auth.APIToken `json:"api_token,omitempty" doc:"the API token that asks"`
	// StepUpEnd is nil when changes take a confirmation first.
	StepUpEnd *time.Time `json:"step_up_end,omitempty" doc:"until when changes are allowed without confirming again"`
	Budget    *Budget    `json:"budget,omitempty" doc:"left out where no plans are applied"`
}

// Budget is the weight of what one person applies alone.
type Budget struct {
	Used int `json:"used" doc:"within the last hour"`
	Most int `json:"most" doc:"beyond it a plan takes a second person"`
	Left int `json:"left"`
}

func (h hall) me(ctx context.Context, _ *struct{}) (*Me, error) {
	v := visitor(ctx)
	out := &Me{Actor: v.Actor, APIToken: v.Token}
	if h.auth == nil {
		return out, nil
	}
	out.Person = &v.Person
	if v.Token == nil {
		out.SignedIn = &v.Session
	}
	if end := v.Session.StepUpEnd; !end.IsZero() && v.SteppedUp(time.Now()) {
		out.StepUpEnd = &end
	}
	if h.budgets != nil {
		used, err := h.budgets.Spent(ctx, v.Person.ID)
		if err != nil {
			return nil, err
		}
		out.Budget = &Budget{used, h.policy.Budget, max(h.policy.Budget-used, 0)}
	}
	return out, nil
}

// PeopleList is the list of people with where it comes from.
type PeopleList struct {
	Rows   []auth.Person `json:"rows"`
	Source string        `json:"source" doc:"where the list comes from"`
	ReadAt time.Time     `json:"read_at" doc:"when it was read whole the last time"`
	// Trouble and Refused are about a source that cannot be read.
	Trouble string `json:"trouble,omitempty" doc:"why it could not be read again since"`
	Refused bool   `json:"refused,omitempty" doc:"it is too old: nothing can be changed until it can be read"`
}

func (h hall) people(ctx context.Context, _ *struct{}) (*PeopleList, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	rows, err := h.auth.People(ctx)
	if err != nil {
		return nil, err
	}
	s, refused := h.auth.Roster()
	return &PeopleList{Rows: append([]auth.Person{}, rows...), Source: s.Source, ReadAt: s.At, Trouble: s.Problem, Refused: refused}, nil
}

// PersonInput names a person.
type PersonInput struct {
	ID string `path:"id" maxLength:"100" doc:"the person's id in the console"`
}

func (h hall) person(ctx context.Context, in *PersonInput) (*auth.Person, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	p, err := h.auth.Person(ctx, in.ID)
	return &p, err
}

// Enrolment is the code for a first passkey. It is not kept in plain and cannot
// be shown again.
type Enrolment struct {
	Code    string    `json:"code"`
	Expires time.Time `json:"expires_at"`
}

func (h hall) enrol(ctx context.Context, in *PersonInput) (*Enrolment, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	code, expires, err := h.auth.IssueEnrolment(ctx, actor(ctx), in.ID)
	return &Enrolment{code, expires}, err
}
