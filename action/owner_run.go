package action

import (
	"context"
	"slices"

	"cratewarden"
	"cratewarden/registry/change"
)

func runOwnerAdd(ctx context.Context, r *Run, items []Item[OwnerAdd]) error {
	list, crates, known, err := r.ownerPeople(ctx, refs(items, func(o OwnerAdd) OwnerRef { return o.OwnerRef }))
	if err != nil || len(list) == 0 {
		return err
	}
	states, err := r.AddOwners(ctx, list)
	if err != nil {
		return err
	}
	open, err := r.OpenInvitationsTo(ctx, list)
	if err != nil {
		return err
	}
	for i, o := range list {
		crate, a := crates[o.Crate], known[o.ID]
		if r.tellAdded(o.Step, states[i], a.Login, crate.Name); states[i] == change.ActiveOwner {
			continue
		}
		r.Warn(o.Step, "without-invitation", "The registry itself would invite %s and wait for consent. Here the person is an owner of %s at once, and nobody gets a mail.", a.Login, crate.Name)
		if a.Locked(r.Now) {
			r.Warn(o.Step, "locked-owner", "%s is locked %s and cannot act for the crate while that lasts.", a.Login, ending(a.LockUntil))
		}
		if invited(open, o) {
			r.Info(o.Step, "invited-too", "%s has an open invitation to %s as well; it stays until it is accepted or cancelled.", a.Login, crate.Name)
		}
	}
	return nil
}

func (r *Run) tellAdded(step int, state change.OwnerState, login, crate string) {
	switch state {
	case change.ActiveOwner:
		r.nothing(step, "%s is an owner of %s already; nothing is written.", login, crate)
	case change.FormerOwner:
		r.Info(step, "owner-before", "%s was an owner of %s before. The registry keeps showing when and by whom that began.", login, crate)
	}
}

func invited(open []change.Invitation, o change.Owner) bool {
	return slices.ContainsFunc(open, func(v change.Invitation) bool { return v.Crate == o.Crate && v.Invited == o.ID })
}

// ownerAddUndone refuses to take the last owner away when others left since.
func ownerAddUndone(ctx context.Context, r *Run, items []Item[OwnerAdd]) error {
	names := make([]string, len(items))
	for i, it := range items {
		names[i] = it.Do.Crate
	}
	crates, err := r.FindCrates(ctx, names)
	if err != nil {
		return err
	}
	steps := map[int32]int{}
	for i, c := range crates {
		steps[c.ID] = items[i].Step
	}
	r.keepOwned(steps)
	return nil
}

// keepOwned blocks the steps, by crate, after which a crate has no person as
// an owner. It is judged when all steps of the plan are done, as the registry
// judges a request as a whole: one step may add who stays.
func (r *Run) keepOwned(steps map[int32]int) {
	r.Closing(func(ctx context.Context) error {
		ids := make([]int32, 0, len(steps))
		for id := range steps {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		left, err := r.OwnersLeft(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			switch l, there := left[id]; {
			case !there:
			case l.People == 0:
				r.Block(steps[id], "last-owner", "%s would have no person as an owner. Add one in the same plan, or leave the last one.", l.Name)
			case l.People == l.Locked:
				r.Warn(steps[id], "only-locked-owners", "Everybody who would still own %s is locked.", l.Name)
			}
		}
		return nil
	})
}

func runOwnerAddTeam(ctx context.Context, r *Run, items []Item[OwnerAddTeam]) error {
	names, list, teams := make([]string, len(items)), make([]change.Owner, len(items)), make([]int32, len(items))
	for i, it := range items {
		names[i], teams[i] = it.Do.Crate, it.Do.Team
		list[i] = change.Owner{Step: it.Step, ID: it.Do.Team, Team: true}
	}
	known, err := r.Teams(ctx, teams)
	if err != nil {
		return err
	}
	list, crates, err := r.ownerSteps(ctx, names, list)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(o change.Owner) bool {
		_, there := known[o.ID]
		if !there {
			r.Block(o.Step, "no-such-team", "The registry has no team %d. Only somebody in the team can make it known, by adding it to a crate of theirs.", o.ID)
		}
		return !there
	})
	if len(list) == 0 {
		return nil
	}
	states, err := r.AddOwners(ctx, list)
	if err != nil {
		return err
	}
	for i, o := range list {
		if r.tellAdded(o.Step, states[i], known[o.ID], crates[o.Crate].Name); states[i] != change.ActiveOwner {
			r.Warn(o.Step, "team-not-asked", "The registry itself would ask whether the team %s exists and who is in it. Here nobody is asked, and nobody gets a mail.", known[o.ID])
		}
	}
	return nil
}

func runOwnerRemove(ctx context.Context, r *Run, items []Item[OwnerRemove]) error {
	names, list := make([]string, len(items)), make([]change.Owner, len(items))
	for i, it := range items {
		names[i] = it.Do.Crate
		list[i] = change.Owner{Step: it.Step, ID: it.Do.Account + it.Do.Team, Team: it.Do.Team != 0}
		if it.Do.Account != 0 && it.Do.Account == r.Tx.Actor {
			r.Warn(it.Step, "own-account", "Account %d is your own.", it.Do.Account)
		}
	}
	list, crates, err := r.ownerSteps(ctx, names, list)
	if err != nil || len(list) == 0 {
		return err
	}
	states, err := r.RemoveOwners(ctx, list)
	if err != nil {
		return err
	}
	lost := map[int32]int{}
	var gone []change.Owner
	for i, o := range list {
		switch crate := crates[o.Crate]; states[i] {
		case change.NeverOwner:
			r.Block(o.Step, "not-an-owner", "%s is not an owner of %s and never was.", ownerWord(o), crate.Name)
		case change.FormerOwner:
			r.nothing(o.Step, "%s is no owner of %s any more; nothing is written.", ownerWord(o), crate.Name)
		default:
			gone = append(gone, o)
			if !o.Team {
				lost[o.Crate] = o.Step
			}
		}
	}
	r.keepOwned(lost)
	return r.tellRemoved(ctx, gone, crates)
}

func ownerWord(o change.Owner) string {
	if o.Team {
		return TeamSubject(o.ID, "").Kind + " " + TeamSubject(o.ID, "").ID
	}
	return AccountRef{o.ID}.String()
}

// tellRemoved says by which doors a removed owner, or somebody for him, could
// still publish or come back (contract actions.md 4).
func (r *Run) tellRemoved(ctx context.Context, gone []change.Owner, crates map[int32]change.Crate) error {
	ids := make([]int32, len(gone))
	for i, o := range gone {
		ids[i] = o.Crate
	}
	open, err := r.OpenInvitationsTo(ctx, gone)
	if err != nil {
		return err
	}
	publishers, err := r.PublishersOf(ctx, ids)
	if err != nil {
		return err
	}
	tokens, err := r.LivePublishTokens(ctx, ids)
	if err != nil {
		return err
	}
	for _, o := range gone {
		name := crates[o.Crate].Name
		if !o.Team && invited(open, o) {
			r.Warn(o.Step, "invited-still", "An open invitation lets account %d become an owner of %s again. Cancel it too.", o.ID, name)
		}
		n, live := 0, 0
		for _, p := range publishers {
			if p.Crate == o.Crate {
				n++
			}
		}
		for _, t := range tokens {
			if slices.Contains(t.Crates, o.Crate) {
				live++
			}
		}
		if n+live > 0 {
			r.Warn(o.Step, "publishers-stay", "%s keeps %s and %s. Removing an owner does not touch them; whether the owner controls one cannot be told.",
				name, cratewarden.Amount(n, "trusted publisher", "trusted publishers"), cratewarden.Amount(live, "live publish token", "live publish tokens"))
		}
	}
	return nil
}
