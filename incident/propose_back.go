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
	b := returner{s.cfg.Engine.Catalogue(), p}
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
		if err := b.accounts(s, done); err != nil {
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
	catalogue *action.Catalogue
	p         *Proposal
}

func (b returner) add(kind string, do action.Action, why string) error {
	text, err := b.catalogue.Encode(kind, do)
	if err != nil || slices.ContainsFunc(b.p.Steps, func(s ProposedStep) bool { return string(s.Do) == string(text) }) {
		return err
	}
	b.p.Steps = append(b.p.Steps, ProposedStep{Do: text, Sentence: do.Sentence(), Why: why, Ticked: true, Subject: do.Subjects()[0]})
	return nil
}

// accounts lets those in again whom a plan contained or locked, if they are out
// still.
func (b returner) accounts(s *Service, done planDone) error {
	others := 0
	for _, step := range done.steps {
		if !done.counts(step.N) {
			continue
		}
		var err error
		switch do := step.Do.(type) {
		case action.Contain:
			if a, ok := s.account(do.Account); ok && a.Locked {
				err = b.add("account.release", action.AccountRelease{AccountRef: do.AccountRef, Restore: true}, fmt.Sprintf("Contained by the plan %s. %s gets back every way in.", done.ID, a.Login))
			}
		case action.AccountLock:
			if a, ok := s.account(do.Account); ok && a.Locked {
				err = b.add("account.unlock", action.AccountUnlock{AccountRef: do.AccountRef}, fmt.Sprintf("%s was locked by the plan %s.", a.Login, done.ID))
			}
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
