package action

import (
	"context"
	"fmt"
	"slices"

	"cratewarden"
	"cratewarden/registry/change"
)

// openDoors is every way that an account's lock leaves open, and its API
// tokens, which the lock stops but an unlock would let work again.
type openDoors struct {
	owned         []change.Owned
	tokens        map[int32]int32 // accounts by api_tokens.id
	publishers    []change.Publisher
	publishTokens []change.PublishToken
	invitations   []change.Invitation
}

func (r *Run) openDoors(ctx context.Context, accounts []int32) (d openDoors, err error) {
	if d.owned, err = r.OwnedCrates(ctx, accounts); err != nil {
		return d, err
	}
	crates := make([]int32, len(d.owned))
	for i, o := range d.owned {
		crates[i] = o.Crate
	}
	if d.tokens, err = r.LiveTokens(ctx, accounts); err != nil {
		return d, err
	}
	if d.publishers, err = r.PublishersOf(ctx, crates); err != nil {
		return d, err
	}
	if d.publishTokens, err = r.LivePublishTokens(ctx, crates); err != nil {
		return d, err
	}
	d.invitations, err = r.OpenInvitations(ctx, accounts)
	return d, err
}

// containment is the doors of one account, parted into those to close and
// those that the plan leaves open.
type containment struct {
	Item[Contain]
	account       change.Account
	owned         []change.Owned // the account's crates
	crates        []int32        // those whose trusted publishers go
	tokens        []int32
	publishers    []change.Publisher
	publishTokens []change.PublishToken
	invitations   []change.Invitation
	kept          struct{ tokens, publishers, publishTokens, invitations int }
}

// sort finds the account's own among all open doors.
func (c *containment) sort(d openDoors) {
	all := map[int32]bool{}
	for _, o := range d.owned {
		if o.Account != c.account.ID {
			continue
		}
		c.owned = append(c.owned, o)
		all[o.Crate] = true
		if !c.Do.KeepPublishers && (c.Do.Crates != "sole" || o.Others == 0) {
			c.crates = append(c.crates, o.Crate)
		}
	}
	for id, account := range d.tokens {
		if account == c.account.ID {
			c.tokens = append(c.tokens, id)
		}
	}
	for _, p := range d.publishers {
		if slices.Contains(c.crates, p.Crate) {
			c.publishers = append(c.publishers, p)
		} else if all[p.Crate] {
			c.kept.publishers++
		}
	}
	for _, t := range d.publishTokens {
		if slices.ContainsFunc(t.Crates, func(id int32) bool { return slices.Contains(c.crates, id) }) {
			c.publishTokens = append(c.publishTokens, t)
		} else if slices.ContainsFunc(t.Crates, func(id int32) bool { return all[id] }) {
			c.kept.publishTokens++
		}
	}
	for _, v := range d.invitations {
		if v.Invited == c.account.ID || v.Inviter == c.account.ID {
			c.invitations = append(c.invitations, v)
		}
	}
	if c.Do.KeepTokens {
		c.kept.tokens, c.tokens = len(c.tokens), nil
	}
	if c.Do.KeepInvitations {
		c.kept.invitations, c.invitations = len(c.invitations), nil
	}
}

// tell says how many doors of each kind were closed, who else feels it, and
// what stays open.
func (c *containment) tell(r *Run) {
	r.Fact(c.Step, "crates owned", len(c.owned))
	r.Fact(c.Step, "API tokens revoked", len(c.tokens))
	r.Fact(c.Step, "trusted publishers removed", len(c.publishers))
	r.Fact(c.Step, "publish tokens closed", len(c.publishTokens))
	r.Fact(c.Step, "invitations deleted", len(c.invitations))
	closed := map[int32]bool{}
	for _, p := range c.publishers {
		closed[p.Crate] = true
	}
	for _, t := range c.publishTokens {
		for _, id := range t.Crates {
			closed[id] = true
		}
	}
	for _, o := range c.owned {
		switch {
		case !closed[o.Crate] || !slices.Contains(c.crates, o.Crate):
		case o.Others == 0:
			r.Affects(c.Step, CrateSubject(o.Name), "Stops trusted publishing of %s, which nobody else owns.", o.Name)
		default:
			r.Affects(c.Step, CrateSubject(o.Name), "Also stops trusted publishing of %s, owned with %s.", o.Name, cratewarden.Amount(o.Others, "other", "others"))
		}
	}
	for _, v := range c.invitations {
		if v.Invited != c.account.ID {
			r.Affects(c.Step, AccountSubject(v.Invited, ""), "The invitation of account %d, given by the contained account, is gone.", v.Invited)
		} else {
			r.Affects(c.Step, AccountSubject(v.Inviter, ""), "The invitation that account %d gave to the contained account is gone.", v.Inviter)
		}
	}
	for _, door := range c.leftOpen() {
		r.Warn(c.Step, "door-left-open", "Stays open: %s.", door)
	}
}

// leftOpen names the doors that the plan leaves open.
func (c *containment) leftOpen() (out []string) {
	add := func(n int, one, many string) {
		if n > 0 {
			out = append(out, cratewarden.Amount(n, one, many))
		}
	}
	add(c.kept.tokens, "API token, which the lock stops while it lasts", "API tokens, which the lock stops while it lasts")
	add(c.kept.publishers, "trusted publisher", "trusted publishers")
	add(c.kept.publishTokens, "live publish token", "live publish tokens")
	add(c.kept.invitations, "invitation", "invitations")
	return out
}

// tellOpenDoors warns of what a lock alone does not stop.
func (r *Run) tellOpenDoors(ctx context.Context, list []wantedLock, known map[int32]change.Account) error {
	ids := make([]int32, len(list))
	for i, w := range list {
		ids[i] = w.account
	}
	open, err := r.openDoors(ctx, ids)
	if err != nil {
		return err
	}
	for _, w := range list {
		a, ok := known[w.account]
		if !ok {
			continue
		}
		c := containment{Item: Item[Contain]{Step: w.step, Do: Contain{KeepPublishers: true, KeepInvitations: true}}, account: a}
		c.sort(open)
		if doors := c.leftOpen(); len(doors) > 0 {
			r.Warn(w.step, "lock-leaves-open", "A lock does not stop everything of %s: %s. Contain the account to close these too.", a.Login, join(doors))
		}
	}
	return nil
}

// join writes a list for people: "a, b and c".
func join(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		text := words[0]
		for _, w := range words[1 : n-1] {
			text += ", " + w
		}
		return fmt.Sprintf("%s and %s", text, words[n-1])
	}
}
