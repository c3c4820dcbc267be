package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/registry/credential"
)

// Token is an API token without its hash.
type Token struct {
	ID    int32
	Owner Person
	// Name may identify a person and must be masked before it leaves.
	Name                             string
	CreatedAt, LastUsedAt, ExpiresAt time.Time
	Revoked                          bool
	// Legacy says that no scope was ever set: the token may do everything. An
	// empty Endpoints without it means nothing, an empty Crates every crate
	// (contract pitfalls.md section 5).
	Legacy            bool
	Endpoints, Crates []string
}

const tokenSelect = `
SELECT k.id, k.user_id, u.gh_login, u.name,
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $2), false),
       k.name, k.created_at, k.last_used_at, k.expired_at, k.revoked, k.endpoint_scopes IS NULL,
       array_remove(k.endpoint_scopes, NULL), array_remove(k.crate_scopes, NULL)
FROM api_tokens k
LEFT JOIN users u ON u.id = k.user_id`

const tokenByHashSQL = tokenSelect + ` WHERE k.token = $1`

// accountTokensSQL leaves the owner's name to the caller, who knows it.
const accountTokensSQL = `
SELECT id, user_id, NULL, NULL, false, name, created_at, last_used_at, expired_at, revoked, endpoint_scopes IS NULL,
       array_remove(endpoint_scopes, NULL), array_remove(crate_scopes, NULL)
FROM api_tokens
WHERE id = ANY ($1)
ORDER BY id DESC`

func scanToken(row pgx.CollectableRow) (t Token, err error) {
	var login, name *string
	var created, used, expires moment
	err = row.Scan(&t.ID, &t.Owner.ID, &login, &name, &t.Owner.Locked, &t.Name, &created, &used, &expires, &t.Revoked, &t.Legacy,
		&t.Endpoints, &t.Crates)
	t.Owner.Login, t.Owner.Name = word(login), word(name)
	t.CreatedAt, t.LastUsedAt, t.ExpiresAt = created.time(), used.time(), expires.time()
	return t, err
}

// TokenByHash finds the API token of a credential, revoked and run out ones
// too, nil when there is none. It reads only: the registry's own look-up moves
// last_used_at, this one does not (contract actions.md section 8).
func (r *Reader) TokenByHash(ctx context.Context, c credential.Credential) (*Token, error) {
	if c.Kind != credential.APIToken {
		return nil, nil
	}
	rows, err := collect(ctx, r, scanToken, tokenByHashSQL, c.Hash[:], r.clock())
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}
