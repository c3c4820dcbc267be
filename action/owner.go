package action

import (
	"context"
	"fmt"
	"strconv"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// CrateOf names a crate by any spelling of its name.
type CrateOf struct {
	Crate string `json:"crate"`
}

// Check refuses names that no crate can have.
func (c CrateOf) Check() error {
	if !worded(c.Crate) || len(c.Crate) > 255 {
		return cratewarden.Errorf(cratewarden.Invalid, "name a crate.")
	}
	return nil
}

// OwnerRef names a person and a crate.
type OwnerRef struct {
	CrateOf
	AccountRef
}

// Check checks both parts.
func (o OwnerRef) Check() error {
	if err := o.CrateOf.Check(); err != nil {
		return err
	}
	return o.AccountRef.Check()
}

// Subjects are the crate and the account.
func (o OwnerRef) Subjects() []ledger.Subject {
	return []ledger.Subject{CrateSubject(o.Crate), AccountSubject(o.Account, "")}
}

func (o OwnerRef) String() string { return o.AccountRef.String() }

// OwnerAdd makes a person an owner at once.
type OwnerAdd struct{ OwnerRef }

// Sentence says it.
func (o OwnerAdd) Sentence() string {
	return fmt.Sprintf("Make %s an owner of %s", o.OwnerRef, o.Crate)
}

// OwnerInvite invites a person to become an owner.
type OwnerInvite struct{ OwnerRef }

// Sentence says it.
func (o OwnerInvite) Sentence() string {
	return fmt.Sprintf("Invite %s to own %s", o.OwnerRef, o.Crate)
}

// OwnerCancel deletes an invitation.
type OwnerCancel struct{ OwnerRef }

// Sentence says it.
func (o OwnerCancel) Sentence() string {
	return fmt.Sprintf("Cancel the invitation of %s to own %s", o.OwnerRef, o.Crate)
}

// OwnerAddTeam makes a team that the registry knows an owner.
type OwnerAddTeam struct {
	CrateOf
	Team int32 `json:"team"` // teams.id
}

// Check checks both parts.
func (o OwnerAddTeam) Check() error {
	if o.Team < 1 {
		return cratewarden.Errorf(cratewarden.Invalid, "name the team by its number in the registry (teams.id).")
	}
	return o.CrateOf.Check()
}

// Subjects are the crate and the team.
func (o OwnerAddTeam) Subjects() []ledger.Subject {
	return []ledger.Subject{CrateSubject(o.Crate), TeamSubject(o.Team, "")}
}

// Sentence says it.
func (o OwnerAddTeam) Sentence() string {
	return fmt.Sprintf("Make team %d an owner of %s", o.Team, o.Crate)
}

// OwnerRemove takes a person or a team off a crate's owners.
type OwnerRemove struct {
	CrateOf
	Account int32 `json:"account,omitempty"`
	Team    int32 `json:"team,omitempty"`
}

// Check wants exactly one of the two.
func (o OwnerRemove) Check() error {
	if o.Account < 0 || o.Team < 0 || (o.Account == 0) == (o.Team == 0) {
		return cratewarden.Errorf(cratewarden.Invalid, "name one owner: an account by its number, or a team by its number.")
	}
	return o.CrateOf.Check()
}

// Subjects are the crate and the owner.
func (o OwnerRemove) Subjects() []ledger.Subject {
	owner := AccountSubject(o.Account, "")
	if o.Team != 0 {
		owner = TeamSubject(o.Team, "")
	}
	return []ledger.Subject{CrateSubject(o.Crate), owner}
}

// Sentence says it.
func (o OwnerRemove) Sentence() string {
	if o.Team != 0 {
		return fmt.Sprintf("Remove team %d from the owners of %s", o.Team, o.Crate)
	}
	return fmt.Sprintf("Remove account %d from the owners of %s", o.Account, o.Crate)
}

// TeamSubject names a team by its teams.id.
func TeamSubject(id int32, login string) ledger.Subject {
	return ledger.Subject{Kind: "team", ID: strconv.Itoa(int(id)), Name: login}
}

func ownerKinds() []Kind {
	crate := Param{Name: "crate", Label: "Crate", Type: CrateParam, Required: true}
	person := Param{Name: "account", Label: "Account", Help: "The account's number in the registry.", Type: PersonParam, Required: true}
	team := Param{Name: "team", Label: "Team", Help: "The team's number in the registry.", Type: NumberParam, Required: true}
	either := []Param{crate, person, team}
	either[1].Required, either[2].Required = false, false // one of the two
	return []Kind{
		onUndo(define(Kind{
			Name: "owner.add", Title: "Add an owner", Reversible: true, NeedsAccount: true,
			About: "The person is an owner at once, without an invitation.", Params: []Param{crate, person},
		}, runOwnerAdd), ownerAddUndone),
		define(Kind{
			Name: "owner.invite", Title: "Invite an owner", Reversible: true, NeedsAccount: true,
			About: "The person finds an invitation in the registry and has 30 days to accept it.", Params: []Param{crate, person},
		}, runOwnerInvite),
		define(Kind{
			Name: "owner.add_team", Title: "Add a team", Reversible: true, NeedsAccount: true,
			About: "The members of a team that the registry knows may publish and yank at once.", Params: []Param{crate, team},
		}, runOwnerAddTeam),
		define(Kind{
			Name: "owner.remove", Title: "Remove an owner", Reversible: true,
			About:  "The person or team may no longer publish or yank with their own credentials. At least one person must stay.",
			Params: either,
		}, runOwnerRemove),
		define(Kind{
			Name: "owner.cancel_invitation", Title: "Cancel an invitation", Reversible: true,
			About: "The invitation can no longer be accepted.", Params: []Param{crate, person},
		}, runOwnerCancel),
	}
}

// ownerSteps finds the crates of steps, blocks those that are not there, and
// locks the rest. The answer leaves blocked steps out.
func (r *Run) ownerSteps(ctx context.Context, names []string, list []change.Owner) ([]change.Owner, map[int32]change.Crate, error) {
	crates, err := r.FindCrates(ctx, names)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]int32, 0, len(crates))
	for _, c := range crates {
		ids = append(ids, c.ID)
	}
	locked, err := r.LockCrates(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	var out []change.Owner
	for i, o := range list {
		if _, there := locked[crates[i].ID]; !there {
			r.Block(o.Step, "no-such-crate", "The registry has no crate %s.", names[i])
			continue
		}
		o.Crate = crates[i].ID
		out = append(out, o)
	}
	return out, locked, nil
}
