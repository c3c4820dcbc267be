package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// CrateAction is a recorded publish, yank or unyank of a version of a crate.
type CrateAction struct {
	VersionID int32
	Num       string
	// Action is the registry's number: 0 publish, 1 yank, 2 unyank.
	Action int32
	Time   time.Time
	By     Person
	// TokenID is 0 for a browser session.
	TokenID int32
}

const crateActionsSQL = `
SELECT a.version_id, v.num, a.action, a.time, a.user_id, u.gh_login, u.name,
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $3), false),
       a.api_token_id
FROM versions v
JOIN version_owner_actions a ON a.version_id = v.id
LEFT JOIN users u ON u.id = a.user_id
WHERE v.crate_id = $1
ORDER BY a.time DESC, a.id DESC
LIMIT $2`

// CrateActions gives what people did to a crate's versions, newest first.
// Yanks by the registry's own command line leave no row (contract actions.md
// section 1.2).
func (r *Reader) CrateActions(ctx context.Context, crateID int32, limit int) ([]CrateAction, error) {
	return collect(ctx, r, scanCrateAction, crateActionsSQL, crateID, bounded(limit, 200, 2000), r.clock())
}

func scanCrateAction(row pgx.CollectableRow) (a CrateAction, err error) {
	var login, name *string
	var token *int32
	var at moment
	err = row.Scan(&a.VersionID, &a.Num, &a.Action, &at, &a.By.ID, &login, &name, &a.By.Locked, &token)
	a.By.Login, a.By.Name, a.Time, a.TokenID = word(login), word(name), at.time(), number(token)
	return a, err
}
