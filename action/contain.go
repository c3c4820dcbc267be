package action

import (
	"context"
	"slices"

	"cratewarden"
	"cratewarden/registry/change"
)

// Contain closes every door by which an account, or whoever took it over, can
// still publish or come back (contract actions.md 20). The registry's own lock
// leaves trusted publishing, short-lived publish tokens and invitations open.
// The zero value of each field closes the most.
//
// One crack is the registry's: an exchange that began before the containment
// and ends in the same instant may get a publish token. Containing again finds
// it, and it lives half an hour at most.
type Contain struct {
	AccountRef
	LockTerms
	// Crates says of which crates the trusted publishers go: "" or "owned" for
	// all that the account owns, "sole" for those that nobody else owns.
	Crates          string `json:"crates,omitempty"`
	KeepTokens      bool   `json:"keep_tokens,omitempty"`
	KeepPublishers  bool   `json:"keep_publishers,omitempty"`
	KeepInvitations bool   `json:"keep_invitations,omitempty"`
}

// Sentence says it.
func (c Contain) Sentence() string {
	return "Contain " + c.AccountRef.String() + ", locked " + ending(c.Until)
}

// Check checks all parts.
func (c Contain) Check() error {
	if err := c.AccountRef.Check(); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "owned", "sole"}, c.Crates) {
		return cratewarden.Errorf(cratewarden.Invalid, "crates is \"owned\" or \"sole\".")
	}
	return c.LockTerms.Check()
}

func containKind() Kind {
	return onUndo(define(Kind{
		Name: "account.contain", Title: "Contain an account", Reversible: true,
		About: "Locks the account, revokes its API tokens, takes the trusted publishers and live publish tokens of its crates away, and deletes the invitations it gave and got. Undo puts all of it back.",
		Params: lockParams(
			Param{Name: "crates", Label: "Trusted publishers of", Help: "All crates it owns, or only those that nobody else owns.", Type: TextParam, Choices: []string{"owned", "sole"}},
			Param{Name: "keep_tokens", Label: "Keep API tokens", Type: YesNoParam},
			Param{Name: "keep_publishers", Label: "Keep trusted publishers and publish tokens", Type: YesNoParam},
			Param{Name: "keep_invitations", Label: "Keep invitations", Type: YesNoParam}),
	}, runContain), uncontained)
}

func runContain(ctx context.Context, r *Run, items []Item[Contain]) error {
	list := make([]wantedLock, len(items))
	ids := make([]int32, len(items))
	for i, it := range items {
		list[i] = wantedLock{onAccount{it.Step, it.Do.Account}, &it.Do.LockTerms}
		ids[i] = it.Do.Account
	}
	// Crates before accounts, as all do. A trusted publisher that somebody adds
	// at this moment holds its crate's row: we wait for it, and see it.
	if err := r.lockOwned(ctx, ids); err != nil {
		return err
	}
	known, err := r.setLocks(ctx, list)
	if err != nil {
		return err
	}
	open, err := r.openDoors(ctx, ids)
	if err != nil {
		return err
	}
	var doors []containment
	for _, it := range items {
		if a, ok := known[it.Do.Account]; ok {
			doors = append(doors, containment{Item: it, account: a})
		}
	}
	for i := range doors {
		doors[i].sort(open)
	}
	if err := r.closeDoors(ctx, doors); err != nil {
		return err
	}
	for i := range doors {
		doors[i].tell(r)
	}
	return nil
}

func (r *Run) lockOwned(ctx context.Context, accounts []int32) error {
	owned, err := r.OwnedCrates(ctx, accounts)
	if err != nil {
		return err
	}
	crates := make([]int32, 0, len(owned))
	for _, o := range owned {
		crates = append(crates, o.Crate)
	}
	_, err = r.LockCrates(ctx, crates)
	return err
}

// closeDoors writes. What two contained accounts share, such as a crate, goes
// with the first.
func (r *Run) closeDoors(ctx context.Context, list []containment) error {
	tokens, publishTokens := map[int32]int{}, map[int64]int{}
	publishers := map[string]map[int32]int{"github": {}, "gitlab": {}}
	var crates []int32
	var invitations []change.Invitation
	given := map[[2]int32]bool{}
	for _, c := range slices.Backward(list) {
		for _, id := range c.tokens {
			tokens[id] = c.Step
		}
		for _, p := range c.publishers {
			publishers[p.Provider][p.ID] = c.Step
		}
		for _, p := range c.publishTokens {
			publishTokens[p.ID] = c.Step
		}
		crates = append(crates, c.crates...)
	}
	for _, c := range list {
		for _, v := range c.invitations {
			if id := [2]int32{v.Invited, v.Crate}; !given[id] {
				given[id] = true
				v.Step = c.Step
				invitations = append(invitations, v)
			}
		}
	}
	if _, err := r.RevokeTokens(ctx, tokens); err != nil {
		return err
	}
	for _, provider := range []string{"github", "gitlab"} {
		if err := r.DeletePublishers(ctx, provider, publishers[provider]); err != nil {
			return err
		}
	}
	if err := r.ClosePublishTokens(ctx, crates, publishTokens); err != nil {
		return err
	}
	_, err := r.DeleteInvitations(ctx, invitations)
	return err
}

// uncontained says what works again; the rows themselves are put back by undo.
func uncontained(_ context.Context, r *Run, items []Item[Contain]) error {
	for _, it := range items {
		if !it.Do.KeepTokens {
			r.Warn(it.Step, "tokens-work-again", "The API tokens of account %d that the containment revoked work again. If somebody stole one, leave this step out and only unlock.", it.Do.Account)
		}
		if !it.Do.KeepInvitations {
			r.Info(it.Step, "new-invitation-links", "Invitations come back with new links; the old links stay dead, and no mail is sent.")
		}
	}
	return nil
}
