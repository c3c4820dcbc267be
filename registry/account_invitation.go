package registry

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// AccountInvitation is an invitation to own a crate that an account gave or
// received, open or run out.
type AccountInvitation struct {
	CrateID              int32
	Crate                string
	Invitee, Inviter     Person
	CreatedAt, ExpiresAt time.Time
}

// Invitations received lie on the primary key; those given need a scan of the
// table, which holds what nobody answered yet and is small.
const accountInvitationsSQL = invitationsSelect + `
WHERE i.invited_user_id = $1 OR i.invited_by_user_id = $1` + invitationsEnd

// keyedInvitationsSQL finds them by their primary keys.
const keyedInvitationsSQL = invitationsSelect + `
WHERE i.invited_user_id = ANY ($3) AND i.crate_id = ANY ($4) AND (i.invited_user_id = $1 OR i.invited_by_user_id = $1)` + invitationsEnd

const invitationsEnd = `
ORDER BY i.created_at DESC, i.crate_id, i.invited_user_id
LIMIT 500`

const invitationsSelect = `
SELECT i.crate_id, c.name, i.created_at, i.expires_at,
       i.invited_user_id, u.gh_login, u.name,
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $2), false),
       i.invited_by_user_id, b.gh_login, b.name,
       COALESCE(b.account_lock_reason IS NOT NULL AND (b.account_lock_until IS NULL OR b.account_lock_until > $2), false)
FROM crate_owner_invitations i
JOIN crates c ON c.id = i.crate_id
LEFT JOIN users u ON u.id = i.invited_user_id
LEFT JOIN users b ON b.id = i.invited_by_user_id`

func scanAccountInvitation(row pgx.CollectableRow) (i AccountInvitation, err error) {
	var created, expires moment
	var login, name, byLogin, byName *string
	err = row.Scan(&i.CrateID, &i.Crate, &created, &expires, &i.Invitee.ID, &login, &name, &i.Invitee.Locked,
		&i.Inviter.ID, &byLogin, &byName, &i.Inviter.Locked)
	i.CreatedAt, i.ExpiresAt = created.time(), expires.time()
	i.Invitee.Login, i.Invitee.Name, i.Inviter.Login, i.Inviter.Name = word(login), word(name), word(byLogin), word(byName)
	return i, err
}
