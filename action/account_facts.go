package action

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// AccountRef names an account by its users.id, the only name that is its own
// (contract pitfalls.md 1).
type AccountRef struct {
	Account int32 `json:"account"`
}

// Check refuses ids that no account can have.
func (a AccountRef) Check() error {
	if a.Account < 1 {
		return cratewarden.Errorf(cratewarden.Invalid, "name the account by its number in the registry (users.id).")
	}
	return nil
}

// Subjects is the account.
func (a AccountRef) Subjects() []ledger.Subject {
	return []ledger.Subject{AccountSubject(a.Account, "")}
}

func (a AccountRef) String() string { return fmt.Sprintf("account %d", a.Account) }

// LockTerms are what a lock says and when it ends.
type LockTerms struct {
	// Reason is shown to the locked person, word for word.
	Reason string     `json:"reason"`
	Until  *time.Time `json:"until,omitempty"`
}

// maxLockReason is the longest reason in bytes; it travels in each answer to a
// locked person.
const maxLockReason = 1000

// Check refuses an empty reason, because the person would learn nothing.
func (l LockTerms) Check() error {
	switch {
	case !worded(l.Reason):
		return cratewarden.Errorf(cratewarden.Invalid, "give a reason: the locked person reads it.")
	case len(l.Reason) > maxLockReason:
		return cratewarden.Errorf(cratewarden.TooLarge, "the reason has at most %d bytes.", maxLockReason)
	}
	return nil
}

// worded says that a text is there and that PostgreSQL can keep it.
func worded(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0) && strings.TrimSpace(s) != ""
}

func accountParams(more ...Param) []Param {
	return append([]Param{{Name: "account", Label: "Account", Help: "The account's number in the registry.", Type: PersonParam, Required: true}}, more...)
}

func lockParams(more ...Param) []Param {
	return accountParams(append([]Param{
		{Name: "reason", Label: "Reason", Help: "The locked person reads it, word for word.", Type: LongParam, Required: true},
		{Name: "until", Label: "Until", Help: "The lock ends by itself then. Empty: it stays until somebody unlocks.", Type: TimeParam},
	}, more...)...)
}

// onAccount is a step about an account.
type onAccount struct {
	step    int
	account int32
}

// people looks up the accounts of steps. It blocks steps about accounts that
// are not there, and warns of one's own account and of administrators.
func (r *Run) people(ctx context.Context, list []onAccount) (map[int32]change.Account, error) {
	ids := make([]int32, len(list))
	for i, p := range list {
		ids[i] = p.account
	}
	known, err := r.Accounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		a, there := known[p.account]
		if !there {
			r.Block(p.step, "no-such-account", "The registry has no account %d.", p.account)
			continue
		}
		if p.account == r.Tx.Actor {
			r.Warn(p.step, "own-account", "Account %d (%s) is your own.", a.ID, a.Login)
		}
		if a.Admin {
			r.Warn(p.step, "admin-account", "Account %d (%s) is an administrator of the registry.", a.ID, a.Login)
		}
	}
	return known, nil
}

// endPassed blocks a step whose end lies behind us, because it would do
// nothing.
func (r *Run) endPassed(step int, until *time.Time) bool {
	if until == nil || until.After(r.Now) {
		return false
	}
	r.Block(step, "end-passed", "The end, %s, is past already.", inUTC(*until))
	return true
}

// inUTC writes an instant for people.
func inUTC(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// ending writes an end for people, "for ever" when there is none.
func ending(t *time.Time) string {
	if t == nil {
		return "without an end"
	}
	return "until " + inUTC(*t)
}
