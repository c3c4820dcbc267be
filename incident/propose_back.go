package incident

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/action"
)

// proposeBack proposes to put back what the case's plans took away, for a case
// that turned out to be about nothing bad: versions come back as they were, then
// accounts get all their ways in again. What else those plans did is named with
// the plan to undo.
func (s *Service) proposeBack(ctx context.Context, i Incident, p *Proposal) error {
	if s.cfg.Engine == nil {
		return nil
	}
	held, err := s.heldBy(ctx, i)
	if err != nil {
		return err
	}
	plans, err := s.plansOf(ctx, i)
	if err != nil {
		return err
	}
	f, err := s.readFacts(ctx, i)
	if err != nil {
		return err
	}
	b := returner{s, i, f.acts, dealtOf(f.acts), p}
	slices.SortFunc(held, func(a, b action.HeldVersion) int { return strings.Compare(a.Crate+"@"+a.Num, b.Crate+"@"+b.Num) })
	for _, v := range held {
		if v.Files == action.FilesReturning { // released; its files are on their way
			continue
		}
		if err := b.add("version.release", action.Release{VersionRef: action.VersionRef{Crate: v.Crate, Version: v.Num}}, fmt.Sprintf("Held by the plan %s since %s.", v.Plan, v.HeldAt.UTC().Format("2006-01-02 15:04:05 UTC"))); err != nil {
			return err
		}
	}
	for _, done := range plans {
		if err := b.accounts(ctx, done); err != nil {
			return err
		}
	}
	if len(p.Steps) > 0 {
		p.Notes = slices.DeleteFunc(p.Notes, func(n string) bool { return n == nothingToDo })
		p.Notes = append([]string{"Nothing bad was found, so this puts back what the case's plans took away."}, p.Notes...)
		p.Title = titleOf(*p)
	}
	return nil
}

type returner struct {
	s     *Service
	inc   Incident
	acts  []actFact
	dealt dealt
	p     *Proposal
}

func (b returner) add(kind string, do action.Action, why string) error {
	text, err := b.s.cfg.Engine.Catalogue().Encode(kind, do)
	if err != nil || slices.ContainsFunc(b.p.Steps, func(s ProposedStep) bool { return string(s.Do) == string(text) }) {
		return err
	}
	b.p.Steps = append(b.p.Steps, ProposedStep{Do: text, Sentence: do.Sentence(), Why: why, Ticked: true, Subject: do.Subjects()[0]})
	return nil
}

// accounts lets those in again whom a plan contained or locked, if they are out by
// that still.
func (b returner) accounts(ctx context.Context, done planDone) error {
	others := 0
	for _, step := range done.steps {
		if !done.counts(step.N) {
			continue
		}
		var err error
		switch do := step.Do.(type) {
		case action.Contain:
			err = b.account(ctx, done, do.AccountRef, "account.release", action.AccountRelease{AccountRef: do.AccountRef, Restore: true}, "Contained by the plan %[1]s. %[2]s gets back every way in.")
		case action.AccountLock:
			err = b.account(ctx, done, do.AccountRef, "account.unlock", action.AccountUnlock{AccountRef: do.AccountRef}, "%[2]s was locked by the plan %[1]s.")
		case action.Hold, action.HoldCrate, action.Release, action.ReleaseCrate, action.AccountRelease, action.AccountUnlock:
		default:
			others++
		}
		if err != nil {
			return err
		}
	}
	if others > 0 {
		b.p.Notes = append(b.p.Notes, fmt.Sprintf("The plan %s did %s beside that. Look at it, and undo what was wrong.", done.ID, cratewarden.Amount(others, "thing", "things")))
	}
	return nil
}

// account proposes to let one account in again. Who was let in before and is out
// anew, or is out by a plan of another case as well, stays out: that is not undone by
// this case's being a false alarm.
func (b returner) account(ctx context.Context, done planDone, ref action.AccountRef, kind string, do action.Action, why string) error {
	a, ok := b.s.account(ref.Account)
	if !ok || !a.Locked {
		return nil
	}
	about := b.dealt.with(accountSubject(ref.Account, ""))
	if !slices.ContainsFunc(about, func(n int) bool {
		_, back := takenBack(b.acts, n, about)
		return b.acts[n].plan == done.ID && contains(b.acts[n].kind) && !back
	}) {
		return nil
	}
	other, err := b.outElsewhere(ctx, ref.Account)
	if err != nil {
		return err
	}
	if other != "" {
		b.p.Notes = append(b.p.Notes, fmt.Sprintf("%s is locked by the plan %s, too, which is not of this case, and stays out.", a.Login, other))
		return nil
	}
	return b.add(kind, do, fmt.Sprintf(why, done.ID, a.Login))
}

// outElsewhere gives the plan of another case, or of none, by which an account is out
// as well.
func (b returner) outElsewhere(ctx context.Context, account int32) (plan string, err error) {
	sub := accountSubject(account, "")
	plans, err := b.s.cfg.Engine.Plans(ctx, action.PlanFilter{Subject: sub, States: []action.State{action.Applied}, Limit: 500})
	if err != nil {
		return "", err
	}
	var there facts
	for _, p := range plans {
		if slices.Contains(b.inc.ids(), p.Incident) || p.Undoes != "" {
			continue
		}
		if err := b.s.readPlan(ctx, p, &there); err != nil {
			return "", err
		}
	}
	slices.SortStableFunc(there.acts, func(a, b actFact) int { return a.at.Compare(b.at) })
	for _, n := range dealtOf(there.acts).with(sub) {
		switch a := there.acts[n]; {
		case letsGo(a.kind):
			plan = ""
		case stops(a.kind):
			plan = a.plan
		}
	}
	return plan, nil
}
