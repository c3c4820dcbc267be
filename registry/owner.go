package registry

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// Owner is a present or former owner of a crate.
type Owner struct {
	Person
	// AddedAt is the first time; adding again keeps it (contract pitfalls.md
	// section 6).
	AddedAt time.Time
	// AddedBy is who added the owner first, for an accepted invitation the
	// inviter; nil when the row does not say.
	AddedBy *Person
	Former  bool
	// ChangedAt is the last change of the row: for former owners the removal,
	// for present ones later than AddedAt when they were removed and added
	// again. A public dump leaves it out.
	ChangedAt time.Time
	// Publishes counts versions of the crate by this account.
	Publishes int
	// FirstPublish says that the ownership came with the crate's creation.
	FirstPublish bool
}

// CrateInvitation is an invitation to own a crate, open or run out.
type CrateInvitation struct {
	Invitee, Inviter     Person
	CreatedAt, ExpiresAt time.Time
}

// Locks follow the registry's own rule (contract actions.md section 6): a reason
// is set and its end, if any, is after $2.
const ownersSQL = `
WITH published AS (
    SELECT published_by, count(*) AS n FROM versions WHERE crate_id = $1 AND published_by IS NOT NULL GROUP BY published_by)
SELECT false AS invitation, o.owner_id, o.owner_kind, COALESCE(u.gh_login, t.login), COALESCE(u.name, t.name),
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $2), false),
       o.created_at, b.id, b.gh_login, b.name,
       COALESCE(b.account_lock_reason IS NOT NULL AND (b.account_lock_until IS NULL OR b.account_lock_until > $2), false),
       o.deleted, o.updated_at, COALESCE(p.n, 0)
FROM crate_owners o
LEFT JOIN users u ON o.owner_kind = 0 AND u.id = o.owner_id
LEFT JOIN teams t ON o.owner_kind = 1 AND t.id = o.owner_id
LEFT JOIN users b ON b.id = o.created_by
LEFT JOIN published p ON o.owner_kind = 0 AND p.published_by = o.owner_id
WHERE o.crate_id = $1
UNION ALL
SELECT true, i.invited_user_id, 0, u.gh_login, u.name,
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $2), false),
       i.created_at, b.id, b.gh_login, b.name,
       COALESCE(b.account_lock_reason IS NOT NULL AND (b.account_lock_until IS NULL OR b.account_lock_until > $2), false),
       false, i.expires_at, 0
FROM crate_owner_invitations i
LEFT JOIN users u ON u.id = i.invited_user_id
LEFT JOIN users b ON b.id = i.invited_by_user_id
WHERE i.crate_id = $1
ORDER BY 1, 12, 7, 2
LIMIT 2000`

type ownerRow struct {
	invitation bool
	owner      Owner
}

func scanOwner(row pgx.CollectableRow) (o ownerRow, err error) {
	var kind int32
	var login, name, byLogin, byName *string
	var created, changed moment
	var by *int32
	var byLocked bool
	own := &o.owner
	err = row.Scan(&o.invitation, &own.ID, &kind, &login, &name, &own.Locked, &created, &by, &byLogin, &byName, &byLocked,
		&own.Former, &changed, &own.Publishes)
	own.Team, own.Login, own.Name = kind == 1, word(login), word(name)
	own.AddedAt, own.ChangedAt = created.time(), changed.time()
	if by != nil {
		own.AddedBy = &Person{ID: *by, Login: word(byLogin), Name: word(byName), Locked: byLocked}
	}
	return o, err
}

func splitOwners(rows []ownerRow, c Crate) (owners []Owner, invitations []CrateInvitation) {
	for _, row := range rows {
		o := row.owner
		if !row.invitation {
			// One transaction writes both rows with its one time.
			o.FirstPublish = !o.Team && o.AddedAt.Equal(c.CreatedAt)
			owners = append(owners, o)
			continue
		}
		inv := CrateInvitation{Invitee: o.Person, CreatedAt: o.AddedAt, ExpiresAt: o.ChangedAt}
		if o.AddedBy != nil {
			inv.Inviter = *o.AddedBy
		}
		invitations = append(invitations, inv)
	}
	return owners, invitations
}
