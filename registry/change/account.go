package change

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Account is what acts on accounts need to know of one. Account logins are
// public; mail addresses are not and never come this way.
type Account struct {
	ID         int32
	Login      string
	Admin      bool
	LockReason *string // nil: no lock is configured
	LockUntil  *time.Time
}

// Locked says whether the registry turns the account away at an instant
// (contract actions.md 6): a reason is set, even an empty one, and the end, if
// any, has not come.
func (a Account) Locked(now time.Time) bool {
	return a.LockReason != nil && (a.LockUntil == nil || a.LockUntil.After(now))
}

// Accounts gives accounts by users.id; one that is not there is missing.
func (t *Tx) Accounts(ctx context.Context, ids []int32) (map[int32]Account, error) {
	rows, err := t.Query(ctx, `SELECT id, gh_login, is_admin, account_lock_reason, account_lock_until FROM users WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := make(map[int32]Account, len(ids))
	var a Account
	_, err = pgx.ForEachRow(rows, []any{&a.ID, &a.Login, &a.Admin, &a.LockReason, &a.LockUntil}, func() error {
		out[a.ID] = a
		return nil
	})
	return out, pg.Map(err)
}

// Lock says how one account shall be: locked with a reason that the person
// reads, or not locked.
type Lock struct {
	Step    int
	Account int32
	Reason  *string    // nil unlocks
	Until   *time.Time // nil for ever; of no meaning without a reason
}

// SetLocks writes the two columns that are a lock (contract actions.md 6) and
// gives the accounts that were not so already. It holds the accounts' rows, so
// that whoever inserts a token or an invitation of theirs waits, or is seen by
// what is looked at afterwards.
func (t *Tx) SetLocks(ctx context.Context, list []Lock) (map[int32]bool, error) {
	n := len(list)
	ids, reasons, untils := make([]int32, n), make([]*string, n), make([]*time.Time, n)
	steps := make(map[int64]int, n)
	for i, l := range list {
		ids[i], reasons[i], untils[i] = l.Account, l.Reason, l.Until
		steps[int64(l.Account)] = l.Step
	}
	if _, err := t.Watch(ctx, Watch{Table: "users", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: steps, Lock: true}); err != nil {
		return nil, err
	}
	return t.changed(ctx, `
		UPDATE users u SET account_lock_reason = w.reason, account_lock_until = w.until
		FROM unnest($1::int[], $2::text[], $3::timestamptz[]) AS w (id, reason, until)
		WHERE u.id = w.id AND (u.account_lock_reason IS DISTINCT FROM w.reason OR u.account_lock_until IS DISTINCT FROM w.until)
		RETURNING u.id`, ids, reasons, untils)
}

// changed runs a statement that gives the ids of the rows it changed.
func (t *Tx) changed(ctx context.Context, sql string, args ...any) (map[int32]bool, error) {
	rows, err := t.Query(ctx, sql, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int32]bool{}
	var id int32
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		out[id] = true
		return nil
	})
	return out, pg.Map(err)
}

// UnverifyEmails takes the confirmation from accounts' mail addresses (contract
// actions.md 16). steps go by users.id. The answer has an entry for each
// account with an address, true where it was confirmed.
func (t *Tx) UnverifyEmails(ctx context.Context, steps map[int32]int) (map[int32]bool, error) {
	ids, bySteps := stepKeys(steps)
	images, err := t.Watch(ctx, Watch{Table: "emails", Where: "t.user_id = ANY ($1)", Args: []any{ids}, By: "user_id", Steps: bySteps, Lock: true})
	if err != nil {
		return nil, err
	}
	out := make(map[int32]bool, len(images))
	for _, i := range images {
		out[int32(i.Columns.Int("user_id"))] = i.Columns.Bool("verified")
	}
	_, err = t.Exec(ctx, `UPDATE emails SET verified = false WHERE user_id = ANY ($1) AND verified`, ids)
	return out, pg.Map(err)
}

// stepKeys gives the keys of a map of steps, and the map as Watch wants it.
func stepKeys[K int32 | int64](steps map[K]int) ([]K, map[int64]int) {
	ids := make([]K, 0, len(steps))
	by := make(map[int64]int, len(steps))
	for id, step := range steps {
		ids = append(ids, id)
		by[int64(id)] = step
	}
	return ids, by
}
