package change

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// live is SQL for an API token t that works (contract actions.md 8).
const live = `NOT t.revoked AND (t.expired_at IS NULL OR t.expired_at > now())`

// LiveTokens gives the accounts of all API tokens of theirs that work, by
// api_tokens.id. Tokens have no index by account, so this reads the table.
func (t *Tx) LiveTokens(ctx context.Context, accounts []int32) (map[int32]int32, error) {
	rows, err := t.Query(ctx, `SELECT t.id, t.user_id FROM api_tokens t WHERE t.user_id = ANY ($1) AND `+live, accounts)
	if err != nil {
		return nil, pg.Map(err)
	}
	return pairs[int32, int32](rows)
}

// TokenFilter finds API tokens that work; every condition that is set must
// hold.
type TokenFilter struct {
	Account int32
	// Scope is one that the token names; a legacy token names none and may do
	// everything.
	Scope  string
	Legacy bool
	// CratePattern is one that the token names, by its exact text.
	CratePattern string
	// NamePattern is the label that the person chose, without regard to case;
	// "*" stands for any text.
	NamePattern string
	// UnusedSince: not used at or after it, nor made after it.
	UnusedSince   *time.Time
	CreatedBefore *time.Time
	CreatedSince  *time.Time
}

// FindTokens gives the accounts of at most limit tokens, by api_tokens.id, the
// oldest tokens first. It reads the table once.
func (t *Tx) FindTokens(ctx context.Context, f TokenFilter, limit int) (map[int32]int32, error) {
	rows, err := t.Query(ctx, `
		SELECT t.id, t.user_id FROM api_tokens t
		WHERE `+live+`
		  AND ($1::int = 0 OR t.user_id = $1)
		  AND ($2::text = '' OR $2 = ANY (t.endpoint_scopes))
		  AND (NOT $3::boolean OR t.endpoint_scopes IS NULL)
		  AND ($4::text = '' OR $4 = ANY (t.crate_scopes))
		  AND ($5::text = '' OR t.name ILIKE $5)
		  AND ($6::timestamptz IS NULL OR coalesce(t.last_used_at, t.created_at) < $6)
		  AND ($7::timestamptz IS NULL OR t.created_at < $7)
		  AND ($8::timestamptz IS NULL OR t.created_at >= $8)
		ORDER BY t.id LIMIT $9`,
		f.Account, f.Scope, f.Legacy, f.CratePattern, likePattern(f.NamePattern), f.UnusedSince, f.CreatedBefore, f.CreatedSince, limit)
	if err != nil {
		return nil, pg.Map(err)
	}
	return pairs[int32, int32](rows)
}

// likePattern turns "*" into what LIKE knows, and takes all else literally.
func likePattern(pattern string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`, `*`, `%`).Replace(pattern)
}

// RevokeTokens makes API tokens be refused from the next request on. Their rows
// stay, because the registry's history refers to them. steps go by
// api_tokens.id; the images are the tokens as they were. Tokens that are
// revoked or expired are left alone.
func (t *Tx) RevokeTokens(ctx context.Context, steps map[int32]int) ([]Image, error) {
	ids, by := stepKeys(steps)
	images, err := t.Watch(ctx, Watch{Table: "api_tokens", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: by, Lock: true})
	if err != nil {
		return nil, err
	}
	_, err = t.Exec(ctx, `UPDATE api_tokens t SET revoked = true WHERE t.id = ANY ($1) AND `+live, ids)
	return images, pg.Map(err)
}

// TokenLive says whether a token's image is of one that works.
func (t *Tx) TokenLive(i Image) bool {
	end, ends := i.Columns.Time("expired_at")
	return !i.Columns.Bool("revoked") && (!ends || end.After(t.Now))
}

// pairs reads rows of two columns into a map.
func pairs[K comparable, V any](rows pgx.Rows) (map[K]V, error) {
	out := map[K]V{}
	var k K
	var v V
	_, err := pgx.ForEachRow(rows, []any{&k, &v}, func() error {
		out[k] = v
		return nil
	})
	return out, pg.Map(err)
}
