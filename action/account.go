package action

import (
	"context"
	"strings"

	"cratewarden/registry/change"
)

// AccountLock turns an account away from everything that takes a session or an
// API token.
type AccountLock struct {
	AccountRef
	LockTerms
}

// Sentence says it.
func (l AccountLock) Sentence() string {
	return "Lock " + l.AccountRef.String() + " " + ending(l.Until)
}

// Check checks both parts.
func (l AccountLock) Check() error {
	if err := l.AccountRef.Check(); err != nil {
		return err
	}
	return l.LockTerms.Check()
}

// AccountUnlock lets an account in again.
type AccountUnlock struct{ AccountRef }

// Sentence says it.
func (u AccountUnlock) Sentence() string { return "Unlock " + u.AccountRef.String() }

// UnverifyEmail takes the confirmation from an account's mail address.
type UnverifyEmail struct{ AccountRef }

// Sentence says it.
func (u UnverifyEmail) Sentence() string {
	return "Unverify the mail address of " + u.AccountRef.String()
}

func accountKinds() []Kind {
	return append([]Kind{
		define(Kind{
			Name: "account.lock", Title: "Lock an account", Reversible: true,
			About:  "Refuses every request with the account's sessions and API tokens. Trusted publishing and invitations go on; to close those too, contain the account.",
			Params: lockParams(),
		}, runLock),
		define(Kind{
			Name: "account.unlock", Title: "Unlock an account", Reversible: true,
			About: "Lets the account's sessions and API tokens work again.", Params: accountParams(),
		}, runUnlock),
		containKind(), accountReleaseKind(),
		define(Kind{
			Name: "account.unverify_email", Title: "Unverify a mail address", Reversible: true,
			About:  "Without a confirmed address an account cannot publish with its own credentials, accept invitations or add trusted publishers. Yanking and changing owners still work.",
			Params: accountParams(),
		}, runUnverify),
	}, rateKinds()...)
}

func runLock(ctx context.Context, r *Run, items []Item[AccountLock]) error {
	list := make([]wantedLock, len(items))
	for i, it := range items {
		list[i] = wantedLock{onAccount{it.Step, it.Do.Account}, &it.Do.LockTerms}
	}
	known, err := r.setLocks(ctx, list)
	if err != nil {
		return err
	}
	return r.tellOpenDoors(ctx, list, known)
}

func runUnlock(ctx context.Context, r *Run, items []Item[AccountUnlock]) error {
	list := make([]wantedLock, len(items))
	for i, it := range items {
		list[i] = wantedLock{onAccount{it.Step, it.Do.Account}, nil}
	}
	_, err := r.setLocks(ctx, list)
	return err
}

// wantedLock is how an account shall be; without terms it shall be open.
type wantedLock struct {
	onAccount
	terms *LockTerms
}

// setLocks locks and unlocks, and gives the accounts as they were, without
// those whose step it blocked.
func (r *Run) setLocks(ctx context.Context, list []wantedLock) (map[int32]change.Account, error) {
	people := make([]onAccount, len(list))
	for i, w := range list {
		people[i] = w.onAccount
	}
	known, err := r.people(ctx, people)
	if err != nil {
		return nil, err
	}
	var locks []change.Lock
	for _, w := range list {
		a, there := known[w.account]
		if !there {
			continue
		}
		if w.terms != nil && r.endPassed(w.step, w.terms.Until) {
			delete(known, w.account)
			continue
		}
		lock := change.Lock{Step: w.step, Account: w.account}
		if w.terms != nil {
			lock.Reason, lock.Until = &w.terms.Reason, w.terms.Until
			r.Public(w.step, "to "+a.Login+", in the answer to each request, "+ending(w.terms.Until), w.terms.Reason)
		}
		r.formerLock(w, a)
		locks = append(locks, lock)
	}
	if len(locks) == 0 {
		return known, nil
	}
	done, err := r.SetLocks(ctx, locks)
	if err != nil {
		return nil, err
	}
	for _, l := range locks {
		if !done[l.Account] {
			r.nothing(l.Step, "Account %d (%s) is so already; nothing is written.", l.Account, known[l.Account].Login)
		}
	}
	return known, nil
}

// formerLock says what the lock was that a step writes over.
func (r *Run) formerLock(w wantedLock, a change.Account) {
	if a.LockReason == nil {
		return
	}
	was := strings.TrimSpace(*a.LockReason)
	switch {
	case w.terms == nil && !a.Locked(r.Now):
		r.Info(w.step, "lock-ended", "The lock of %s ended by itself %s; what is left of it is cleared. Its reason was: %s", a.Login, ending(a.LockUntil), was)
	case w.terms == nil:
		r.Info(w.step, "locked-before", "%s is locked %s, for the reason: %s", a.Login, ending(a.LockUntil), was)
	case !a.Locked(r.Now):
		r.Info(w.step, "lock-ended", "An earlier lock of %s ended %s. Its reason was: %s", a.Login, ending(a.LockUntil), was)
	case w.terms.Until != nil && (a.LockUntil == nil || a.LockUntil.After(*w.terms.Until)):
		r.Warn(w.step, "shortens-lock", "%s is locked %s already, for the reason: %s. This lock ends sooner.", a.Login, ending(a.LockUntil), was)
	default:
		r.Warn(w.step, "locked-already", "%s is locked %s already, for the reason: %s. This lock takes its place.", a.Login, ending(a.LockUntil), was)
	}
}

func runUnverify(ctx context.Context, r *Run, items []Item[UnverifyEmail]) error {
	people := make([]onAccount, len(items))
	for i, it := range items {
		people[i] = onAccount{it.Step, it.Do.Account}
	}
	known, err := r.people(ctx, people)
	if err != nil {
		return err
	}
	steps := map[int32]int{}
	for _, p := range people {
		if _, there := known[p.account]; there {
			steps[p.account] = p.step
		}
	}
	verified, err := r.UnverifyEmails(ctx, steps)
	if err != nil {
		return err
	}
	for _, p := range people {
		if _, there := known[p.account]; !there {
			continue
		}
		was, has := verified[p.account]
		switch {
		case !has:
			r.nothing(p.step, "%s has no mail address; nothing is written.", known[p.account].Login)
		case !was:
			r.nothing(p.step, "The mail address of %s is not confirmed; nothing is written.", known[p.account].Login)
		default:
			r.Warn(p.step, "old-link-works", "The link in the old confirmation mail has no end and needs no sign-in: who opens it confirms the address of %s again.", known[p.account].Login)
		}
	}
	return nil
}
