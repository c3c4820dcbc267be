package bulk

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Sweep is what a scan of the small tables finds: changes that no poll by
// index can see. Measured on 230,000 crates each question takes tens of
// milliseconds; they are asked a few times a minute, not each second.
type Sweep struct {
	Now int64
	// Owners are the ownerships changed since the moment asked for; the table
	// has no index on updated_at and some 300,000 rows.
	Owners []Owner
	// Yanked are the ids of all yanked versions, ascending, from the partial
	// index versions_id_yanked_idx alone.
	Yanked []int32
	// Defaults are all default versions.
	Defaults []Default
	// Locked are all accounts with a lock reason; Tokens those revoked or used
	// since the moment asked for.
	Locked   []Lock
	Tokens   []TokenUse
	Reserved []string
}

// Default is the default version of a crate and the number of its versions.
type Default struct{ Crate, Version, Declared int32 }

// Lock is an account with a lock reason and its end, 0 for none.
type Lock struct {
	Account int32
	Until   int64
}

// TokenUse is the changing part of a token.
type TokenUse struct {
	ID       int32
	Revoked  bool
	LastUsed int64
}

// Sweep scans. since is the moment of the last sweep less an overlap; hidden
// says that the tables missing from a public dump are to be read too.
func (s Source) Sweep(ctx context.Context, since int64, hidden bool) (*Sweep, error) {
	w := &Sweep{}
	err := s.read(ctx, pollLimit, func(tx pgx.Tx) error {
		questions := []question{
			{`SELECT now()`, nil, func(r *row) { w.Now = r.micros() }},
			{selectOwners + ` WHERE updated_at >= $1 AND owner_kind IN (0, 1)`, []any{time.UnixMicro(since)},
				func(r *row) { w.Owners = append(w.Owners, r.owner()) }},
			{`SELECT id FROM versions WHERE yanked ORDER BY id`, nil, func(r *row) { w.Yanked = append(w.Yanked, r.int32()) }},
			{`SELECT crate_id, version_id, num_versions FROM default_versions`, nil,
				func(r *row) { w.Defaults = append(w.Defaults, Default{r.int32(), r.int32(), r.int32()}) }},
			{selectReserved, nil, func(r *row) { w.Reserved = append(w.Reserved, string(r.text())) }},
		}
		if hidden {
			questions = append(questions,
				question{`SELECT id, account_lock_until FROM users WHERE account_lock_reason IS NOT NULL ORDER BY id`, nil,
					func(r *row) { w.Locked = append(w.Locked, Lock{r.int32(), r.micros()}) }},
				question{`SELECT id, revoked, last_used_at FROM api_tokens WHERE revoked OR last_used_at >= $1`, []any{time.UnixMicro(since)},
					func(r *row) { w.Tokens = append(w.Tokens, TokenUse{r.int32(), r.bool(), r.micros()}) }})
		}
		for _, q := range questions {
			if err := query(ctx, tx, q.each, q.sql, q.args...); err != nil {
				return err
			}
		}
		return nil
	})
	return w, err
}

type question struct {
	sql  string
	args []any
	each func(*row)
}
