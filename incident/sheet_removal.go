package incident

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"cratewarden/action"
	"cratewarden/advisory"
)

// removals finds since when nobody could get each bad version: held when its
// files were in the vault and stayed there, removed when its rows were deleted.
func (d *desk) removals(ctx context.Context) error {
	e := d.s.cfg.Engine
	if e == nil {
		return nil
	}
	for _, name := range d.scope.names() {
		stones, err := e.Tombstones(ctx, action.TombstoneFilter{Crate: name, Limit: 5000})
		if err != nil {
			return err
		}
		for _, t := range stones {
			id := canonID(t.Crate + "@" + t.Num)
			if was, known := d.gone[id]; !known || t.DeletedAt.Before(was.at) {
				d.gone[id] = buried{t.DeletedAt, t.SHA256}
			}
		}
	}
	var moves []action.FollowUp
	for _, p := range d.plans {
		if !p.applied() {
			continue
		}
		list, err := e.FollowUps(ctx, p.ID)
		if err != nil {
			return err
		}
		for _, f := range list {
			if f.State == action.FollowDone && !p.undone[f.Step] {
				moves = append(moves, f)
			}
		}
	}
	slices.SortStableFunc(moves, func(a, b action.FollowUp) int { return a.ChangedAt.Compare(b.ChangedAt) })
	for _, f := range moves {
		d.move(f)
	}
	return nil
}

// move notes since when the files of held versions are out of reach, and forgets
// it when they came back: nobody is told that something is gone which everybody
// can download.
func (d *desk) move(f action.FollowUp) {
	if f.Kind != "files.hold" && f.Kind != "files.release" {
		return
	}
	var args moved
	if json.Unmarshal(f.Args, &args) != nil {
		return
	}
	for _, v := range args.Versions {
		id := canonID(args.Crate + "@" + v.Num)
		if _, held := d.held[id]; f.Kind == "files.release" {
			delete(d.held, id)
		} else if !held {
			d.held[id] = f.ChangedAt
		}
	}
}

// profile is where the identity provider shows an account.
const profile = "https://github.com/"

// accounts gives the accounts that acted, by login, with what was done to them.
func (d *desk) accounts() []advisory.Account {
	var out []advisory.Account
	for id, role := range d.scope.accounts {
		if role == roleRelated || role == "" && !d.contained(id) {
			continue
		}
		a := advisory.Account{Role: role}
		login := ""
		if m := d.s.cfg.Mirror; m != nil {
			if known, ok := m.Account(id); ok {
				a.Login, login = known.Login, known.LinkedLogin
			}
		}
		if a.Login == "" {
			a.Login = d.loginOf(id)
		}
		if login == "" {
			login = a.Login
		}
		if login != "" {
			a.URL = profile + login
		}
		if role == "" {
			a.Role = "contained"
		}
		key := strings.ToLower(a.Login)
		a.Imitates = d.texts["imitates-account:"+key]
		a.Repositories = lines(d.texts["repositories:"+key])
		a.Locked, a.LockedAt, a.Until = d.locked(id)
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b advisory.Account) int { return strings.Compare(a.Login, b.Login) })
	return out
}

// loginOf is what an account was called in a fact.
func (d *desk) loginOf(id int32) string {
	for _, f := range d.facts {
		if f.moment.WhoID == accountKey(id) && f.moment.Who != "" {
			return f.moment.Who
		}
	}
	return ""
}

func (d *desk) contained(id int32) bool {
	is, _, _ := d.locked(id)
	return is
}

// locked says since when and until when a plan of the case locked an account.
func (d *desk) locked(id int32) (is bool, at, until time.Time) {
	for _, p := range d.plans {
		for _, step := range p.steps {
			var who int32
			var end *time.Time
			switch do := step.Do.(type) {
			case action.Contain:
				who, end = do.Account, do.Until
			case action.AccountLock:
				who, end = do.Account, do.Until
			}
			if who != id || !p.counts(step.N) {
				continue
			}
			if !is {
				at = *p.AppliedAt
			}
			is, until = true, time.Time{}
			if end != nil {
				until = end.UTC()
			}
		}
	}
	return is, at, until
}

// newest is the time of the newest fact of the sheet, to the second. Drafts are
// compared with what the facts give, so the time of asking must not be in them.
func (d *desk) newest(i Incident, sheet *advisory.Sheet) time.Time {
	at := i.OpenedAt
	see := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	for _, c := range sheet.Crates {
		for _, v := range c.Bad {
			see(v.Published)
			see(v.Removed)
			see(v.Held)
		}
	}
	for _, p := range d.plans {
		if p.applied() {
			see(*p.AppliedAt)
		}
	}
	for _, f := range d.figures {
		see(f.At)
	}
	for _, t := range i.Texts {
		see(t.At)
	}
	for _, sub := range i.Subjects {
		see(sub.At)
	}
	see(d.times.judged)
	see(d.times.contained)
	see(d.times.removed)
	// Up to the next second: facts are never older than what they tell of.
	if whole := at.Truncate(time.Second); whole.Before(at) {
		at = whole.Add(time.Second)
	}
	return at.UTC()
}
