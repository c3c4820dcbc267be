package web

import (
	"context"

	"cratewarden/auth"
)

// Budgets knows how much of their hourly budget somebody has used;
// *action.Engine does.
type Budgets interface {
	Spent(ctx context.Context, person string) (weight int, err error)
}

// side is what stands beside a person: roles with their sources, accounts, and
// what is left of the budget where plans are applied.
func (s *Server) side(ctx context.Context, p auth.Person) ([]Card, error) {
	out := []Card{rolesCard(p, s.roster()), accountCard(p)}
	if s.cfg.Budgets == nil || s.cfg.Plans == nil {
		return out, nil
	}
	spent, err := s.cfg.Budgets.Spent(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	most := s.cfg.Policy.Or().Budget
	c := Card{ID: "budget", Title: "Budget", Note: "weight of what one person applies alone"}
	left := Text(Num(max(most-spent, 0)))
	if spent >= most {
		left = left.Say(" ").Badge(Warn, "all used")
	}
	c.List = []Fact{
		{Label: "Used in the last hour", Value: Text(Num(spent) + " of " + Num(most))},
		{Label: "Left", Value: left},
	}
	c.Text = Text("Beyond it a plan takes a second person. What a second person agreed to costs nothing.")
	return append(out, c), nil
}
