package action

import (
	"context"
	"slices"

	"cratewarden/registry/change"
)

// ownerRef is a step about a person and a crate.
type ownerRef struct {
	step int
	ref  OwnerRef
}

func refs[A Action](items []Item[A], ref func(A) OwnerRef) []ownerRef {
	out := make([]ownerRef, len(items))
	for i, it := range items {
		out[i] = ownerRef{it.Step, ref(it.Do)}
	}
	return out
}

// ownerPeople finds the crates and people of steps and leaves out those that it
// blocks.
func (r *Run) ownerPeople(ctx context.Context, steps []ownerRef) ([]change.Owner, map[int32]change.Crate, map[int32]change.Account, error) {
	names, list, people := make([]string, len(steps)), make([]change.Owner, len(steps)), make([]onAccount, len(steps))
	for i, s := range steps {
		names[i] = s.ref.Crate
		list[i] = change.Owner{Step: s.step, ID: s.ref.Account}
		people[i] = onAccount{s.step, s.ref.Account}
	}
	list, crates, err := r.ownerSteps(ctx, names, list)
	if err != nil {
		return nil, nil, nil, err
	}
	known, err := r.people(ctx, people)
	if err != nil {
		return nil, nil, nil, err
	}
	list = slices.DeleteFunc(list, func(o change.Owner) bool { return known[o.ID].ID == 0 })
	return list, crates, known, nil
}

func runOwnerInvite(ctx context.Context, r *Run, items []Item[OwnerInvite]) error {
	list, crates, known, err := r.ownerPeople(ctx, refs(items, func(o OwnerInvite) OwnerRef { return o.OwnerRef }))
	if err != nil || len(list) == 0 {
		return err
	}
	states, err := r.OwnerStates(ctx, list)
	if err != nil {
		return err
	}
	var invite []change.Invitation
	for i, o := range list {
		if states[i] == change.ActiveOwner {
			r.Block(o.Step, "owner-already", "%s is an owner of %s already.", known[o.ID].Login, crates[o.Crate].Name)
			continue
		}
		invite = append(invite, change.Invitation{Step: o.Step, Crate: o.Crate, Invited: o.ID})
	}
	before, err := r.Invite(ctx, invite)
	if err != nil {
		return err
	}
	for i, v := range invite {
		login, name := known[v.Invited].Login, crates[v.Crate].Name
		switch b := before[i]; {
		case b == nil:
			r.Warn(v.Step, "no-mail", "The registry sends no mail for this invitation. Tell %s to look at the invitations in the registry, within 30 days.", login)
		case b.Expires.After(r.Now):
			r.nothing(v.Step, "%s has an open invitation to %s until %s; nothing is written.", login, name, inUTC(b.Expires))
		default:
			r.Block(v.Step, "expired-invitation", "An invitation of %s to %s ended on %s and is in the way. Cancel it in a step before this one.", login, name, inUTC(b.Expires))
		}
	}
	return nil
}

func runOwnerCancel(ctx context.Context, r *Run, items []Item[OwnerCancel]) error {
	list, crates, known, err := r.ownerPeople(ctx, refs(items, func(o OwnerCancel) OwnerRef { return o.OwnerRef }))
	if err != nil || len(list) == 0 {
		return err
	}
	cancel := make([]change.Invitation, len(list))
	for i, o := range list {
		cancel[i] = change.Invitation{Step: o.Step, Crate: o.Crate, Invited: o.ID}
	}
	before, err := r.DeleteInvitations(ctx, cancel)
	if err != nil {
		return err
	}
	for i, v := range cancel {
		login, name := known[v.Invited].Login, crates[v.Crate].Name
		switch b := before[i]; {
		case b == nil:
			r.nothing(v.Step, "%s has no invitation to %s; it was accepted, declined, or never given. Nothing is written.", login, name)
		case !b.Expires.After(r.Now):
			r.Info(v.Step, "expired-invitation", "The invitation ended on %s; nobody could accept it.", inUTC(b.Expires))
		default:
			r.Info(v.Step, "new-invitation-links", "The link in the mail to %s stops working. Undo gives the invitation back with a new link; the old one stays dead, and no mail is sent.", login)
		}
	}
	return nil
}
