package incident

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cratewarden/action"
	"cratewarden/incident/related"
	"cratewarden/ledger"
)

// maker puts the steps of a proposal together: doors are closed, then the
// payload is held and what pulls it in, then good versions are put back, then
// owners who were added are taken out.
type maker struct {
	s     *Service
	blame related.Blame
	found related.Answer
	p     *Proposal
	now   time.Time
}

func (m *maker) make(ctx context.Context) error {
	if m.blame == related.Squat {
		return m.squat()
	}
	parts := []func(context.Context) error{m.publishers, m.tokens, m.contain, m.hold, m.undo, m.joined}
	for _, part := range parts {
		if err := part(ctx); err != nil {
			return err
		}
	}
	m.p.Advisories = m.advisories()
	return nil
}

// subjects gives those that pass, ticked ones first and each kind in an order
// that does not depend on where the search began, so that a step keeps its number
// when more of them are named in the case.
func (m *maker) subjects(pass func(related.Subject) bool) (list []related.Subject) {
	for _, x := range m.found.Subjects {
		if pass(x) {
			list = append(list, x)
		}
	}
	slices.SortStableFunc(list, func(a, b related.Subject) int {
		return cmp.Or(strings.Compare(string(b.Strength), string(a.Strength)), strings.Compare(a.Crate, b.Crate), b.At.Compare(a.At), strings.Compare(a.ID, b.ID))
	})
	return list
}

// add puts a step at the end.
func (m *maker) add(kind string, do action.Action, x related.Subject, ticked bool, more ...string) error {
	text, err := m.s.cfg.Engine.Catalogue().Encode(kind, do)
	if err != nil {
		return err
	}
	m.put(action.ProposedStep{Do: text, Sentence: do.Sentence(), Why: join(append([]string{m.why(x)}, more...)), Ticked: ticked}, x.Subject, !x.Start)
	return nil
}

// why is whyOf; of a version of a crate that is bad as a whole it says why the
// crate is.
func (m *maker) why(x related.Subject) string {
	if !slices.ContainsFunc(x.Reasons, func(r related.Reason) bool { return r.Rule == "whole-crate" }) {
		return whyOf(x)
	}
	n := slices.IndexFunc(m.found.Subjects, func(c related.Subject) bool { return c.Kind == "crate" && c.CrateID == x.CrateID })
	if n < 0 {
		return whyOf(x)
	}
	return "All versions of " + x.Crate + ": " + whyOf(m.found.Subjects[n])
}

func (m *maker) put(step action.ProposedStep, about ledger.Subject, found bool) {
	m.p.Steps = append(m.p.Steps, ProposedStep{Do: step.Do, Sentence: step.Sentence, Why: step.Why, Ticked: step.Ticked, Subject: about, Related: found})
}

func join(parts []string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// whyOf says in a few sentences why something is here: what leads to it first,
// then the conduct that counts most.
func whyOf(x related.Subject) string {
	var links, conduct []related.Reason
	for _, r := range x.Reasons {
		switch {
		case r.Conduct:
			conduct = append(conduct, r)
		case r.Rule != "registry":
			links = append(links, r)
		}
	}
	slices.SortStableFunc(conduct, func(a, b related.Reason) int { return b.Weight - a.Weight })
	var parts []string
	for _, r := range links[:min(len(links), 2)] {
		parts = append(parts, r.Text)
	}
	for _, r := range conduct[:min(len(conduct), 2)] {
		parts = append(parts, r.Text)
	}
	if x.Strength == related.Offer && len(conduct) == 0 {
		parts = append(parts, "Nothing in what it did itself speaks against it; look first.")
	}
	return strings.Join(parts, " ")
}

// contain closes every way in for the accounts, those of attackers first: an
// owner whose account was taken over is told something else.
func (m *maker) contain(ctx context.Context) error {
	for _, owner := range []bool{true, false} {
		list := m.subjects(func(x related.Subject) bool { return x.Kind == accountKind && m.owner(x) == owner })
		terms := action.LockTerms{Reason: lockedAttacker}
		if owner {
			terms.Reason = lockedOwner
		}
		for part := range slices.Chunk(list, 100) {
			ids := make([]int32, len(part))
			for i, x := range part {
				ids[i] = x.Account
			}
			steps, err := m.s.cfg.Engine.Contain(ctx, action.ContainOrder{Accounts: ids, LockTerms: terms})
			if err != nil {
				return err
			}
			for i, step := range steps.Steps {
				x := part[i]
				step.Why, step.Ticked = join([]string{whyOf(x), step.Why}), x.Strength == related.Tick
				if a, ok := m.s.cfg.Mirror.Account(x.Account); ok {
					step.Sentence = strings.Replace(step.Sentence, fmt.Sprintf("account %d", a.ID), fmt.Sprintf("%s (account %d)", a.Login, a.ID), 1)
					if a.Locked && (a.LockedUntil.IsZero() || a.LockedUntil.After(m.now)) {
						step.Why += " Locked already."
					}
				}
				m.put(step, x.Subject, !x.Start)
			}
			m.notes(steps.Notes)
		}
	}
	slices.SortStableFunc(m.p.Steps, func(a, b ProposedStep) int { return order(a.Ticked) - order(b.Ticked) })
	return nil
}

func order(ticked bool) int {
	if ticked {
		return 0
	}
	return 1
}

// owner says whether an account is that of somebody wronged.
func (m *maker) owner(x related.Subject) bool {
	return x.TakenOver || x.Strength == related.Offer || x.Start && m.blame == related.TakenOver && x.Since == nil
}

func (m *maker) notes(list []string) {
	for _, n := range list {
		if !slices.Contains(m.p.Notes, n) {
			m.p.Notes = append(m.p.Notes, n)
		}
	}
}

// hold takes the bad versions out of use, what others depend on first.
func (m *maker) hold(ctx context.Context) error {
	list := m.subjects(func(x related.Subject) bool {
		return x.VersionID != 0 && !x.Restore || x.Kind == "crate" && x.Strength == related.Offer
	})
	depth := m.depths(list)
	slices.SortStableFunc(list, func(a, b related.Subject) int { return depth[a.CrateID] - depth[b.CrateID] })
	held, err := m.s.cfg.Engine.Held(ctx, "")
	if err != nil {
		return err
	}
	already := map[int32]bool{}
	for _, v := range held {
		already[v.ID] = true
	}
	for _, x := range list {
		if x.VersionID == 0 {
			if err := m.add("crate.hold", action.HoldCrate{CrateRef: action.CrateRef{Crate: x.Crate}, Message: heldMessage}, x, false); err != nil {
				return err
			}
			continue
		}
		more, ticked := "", x.Strength == related.Tick && !already[x.VersionID]
		if already[x.VersionID] {
			more = "Held already."
		}
		do := action.Hold{VersionRef: action.VersionRef{Crate: x.Crate, Version: x.Version}, Message: heldMessage}
		if err := m.add("version.hold", do, x, ticked, more); err != nil {
			return err
		}
	}
	return nil
}

// depths says for each crate how far it is from what it pulls in: what depends
// on nothing bad is at 0.
func (m *maker) depths(list []related.Subject) map[int32]int {
	edges := map[int32][]int32{}
	for _, x := range list {
		edges[x.CrateID] = append(edges[x.CrateID], m.found.Depends[x.VersionID]...)
	}
	depth := map[int32]int{}
	var walk func(crate int32) int
	walk = func(crate int32) int {
		if d, seen := depth[crate]; seen {
			return d
		}
		depth[crate] = 0 // a circle ends here
		deepest := 0
		for _, on := range edges[crate] {
			if _, bad := edges[on]; bad {
				deepest = max(deepest, walk(on)+1)
			}
		}
		depth[crate] = deepest
		return deepest
	}
	for _, x := range list {
		walk(x.CrateID)
	}
	return depth
}

// undo puts back what was done with accounts that were taken over: the yanks
// first, then owners that were added. Tokens, publishers and invitations go with
// the containment.
func (m *maker) undo(ctx context.Context) error {
	restore := map[string]related.Subject{}
	for _, x := range m.found.Subjects {
		if x.Restore {
			restore[x.ID] = x
		}
	}
	for _, x := range m.subjects(func(x related.Subject) bool { return m.undoes(x) != nil }) {
		steps, err := m.s.cfg.Engine.UndoSince(ctx, *m.undoes(x))
		if err != nil {
			return err
		}
		for _, step := range steps.Steps {
			kind, err := stepKind(step.Do)
			if err != nil {
				return err
			}
			switch kind {
			case "version.unyank":
				m.restore(step, restore)
			case "version.yank", "owner.remove":
				m.put(step, x.Subject, true)
			}
		}
		m.notes(steps.Notes)
	}
	return nil
}

// undoes says what to undo of a subject: of an account that was taken over all
// since then, of a token that leaked what it did itself.
func (m *maker) undoes(x related.Subject) *action.UndoSinceOrder {
	switch {
	case x.Strength != related.Tick:
	case x.Kind == accountKind && x.TakenOver && x.Since != nil:
		return &action.UndoSinceOrder{Account: x.Account, From: *x.Since}
	case x.Kind == "token" && m.blame == related.Leaked:
		n := slices.IndexFunc(m.found.Subjects, func(a related.Subject) bool { return a.Kind == accountKind && a.Account == x.Account })
		if n >= 0 && m.found.Subjects[n].Strength == related.Offer && m.found.Subjects[n].Since != nil {
			return &action.UndoSinceOrder{Token: x.Token, From: *m.found.Subjects[n].Since}
		}
	}
	return nil
}

// restore takes over a step that unyanks, if the version was found. Somebody
// who acted on it since takes the tick away, as in the engine's own proposal.
func (m *maker) restore(step action.ProposedStep, list map[string]related.Subject) {
	for id, x := range list {
		if step.Sentence == (action.Unyank{VersionRef: action.VersionRef{Crate: x.Crate, Version: x.Version}}).Sentence() {
			step.Ticked = step.Ticked && x.Strength == related.Tick
			step.Why = join([]string{whyOf(x), "It was " + step.Why + "."})
			m.put(step, x.Subject, true)
			delete(list, id)
			return
		}
	}
}

// tokens revokes tokens that the case names, unless their account is contained
// anyway.
func (m *maker) tokens(context.Context) error {
	for _, x := range m.found.Subjects {
		t, ok := m.s.cfg.Mirror.Token(x.Token)
		if x.Kind != "token" || x.Strength != related.Tick || !ok || t.Revoked || !t.ExpireAt.IsZero() && t.ExpireAt.Before(m.now) {
			continue
		}
		contained := slices.ContainsFunc(m.found.Subjects, func(a related.Subject) bool {
			return a.Kind == accountKind && a.Account == x.Account && a.Strength == related.Tick
		})
		if contained {
			continue
		}
		if err := m.add("token.revoke", action.TokenRevoke{Token: x.Token}, x, true); err != nil {
			return err
		}
	}
	return nil
}

// advisories are the crates with bad versions, what carries the payload first.
func (m *maker) advisories() (names []string) {
	for _, step := range m.p.Steps {
		if name, _, ok := strings.Cut(step.Subject.ID, "@"); ok && step.Subject.Kind == "version" && m.bad(step.Subject) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (m *maker) bad(version ledger.Subject) bool {
	return slices.ContainsFunc(m.found.Subjects, func(x related.Subject) bool {
		return x.Kind == "version" && x.ID == version.ID && x.Strength == related.Tick && !x.Restore
	})
}

// floodGoesOn is how fresh the newest crate of a flood is if more may follow.
const floodGoesOn = 24 * time.Hour

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// squat holds the names of a flood, which anybody may undo and which keeps them
// until the policy case is decided. The account is locked, and not contained,
// only while the flood goes on: nothing here is dangerous, and the policy asks
// to write to the owner first.
func (m *maker) squat() error {
	crates := m.subjects(func(x related.Subject) bool { return x.Kind == "crate" })
	var newest time.Time
	many := 0
	for _, x := range crates {
		if x.Strength == related.Tick {
			many++
			newest = latest(newest, x.At)
		}
	}
	goesOn := m.now.Sub(newest) < floodGoesOn
	for _, x := range m.subjects(func(x related.Subject) bool { return x.Kind == accountKind }) {
		more := "A lock is a sanction: write to the owner first."
		if goesOn {
			more = "Its last crate is less than a day old, so more may follow; a lock stops that."
		}
		do := action.AccountLock{AccountRef: action.AccountRef{Account: x.Account}, LockTerms: action.LockTerms{Reason: lockedSquatter}}
		if err := m.add("account.lock", do, x, goesOn && many > 1, more); err != nil {
			return err
		}
	}
	for _, x := range crates {
		do := action.HoldCrate{CrateRef: action.CrateRef{Crate: x.Crate}, Message: heldMessage}
		if err := m.add("crate.hold", do, x, x.Strength == related.Tick); err != nil {
			return err
		}
	}
	m.p.Notes = append(m.p.Notes, "Names that are taken and not used harm nobody at once. Hold them, write to the owner, and delete them by a plan of its own when the policy case is decided.")
	return nil
}
