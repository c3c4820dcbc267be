package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Bounds of what is read of the publishes before one: in detail, and with
// method, origin and person only.
const (
	comparedPublishes = 10
	historyPublishes  = 2000
)

// VersionCore is what is known around one version of a crate.
type VersionCore struct {
	// Publishes are the version itself and up to ten published before it,
	// newest first.
	Publishes []CrateVersion
	// Tokens are the API tokens of Publishes by their own id.
	Tokens map[int32]Token
	// Inherited are the normal and build dependencies of Publishes by version
	// id, and Dependencies all those of the version itself.
	Inherited    map[int32][]PastDependency
	Dependencies []CrateDependency
	// History are up to 2,000 publishes before the last of Publishes.
	History []PastPublish
	// Actions are all recorded for the version, and yanks of other versions of
	// the crate by its publisher within an hour after the publish.
	Actions    []CrateAction
	Owners     []Owner
	Publishers []CratePublisher
	Downloads  []DayDownloads
}

// VersionCore reads it in one round trip of nine statements. Downloads are
// those from first to last day.
func (r *Reader) VersionCore(ctx context.Context, c Crate, v Version, first, last time.Time) (VersionCore, error) {
	var core VersionCore
	var owners []ownerRow
	var publishers []publisherRow
	var tokens []Token
	var inherited []PastDependency
	now, compared := r.clock(), comparedPublishes+1
	batch := &pgx.Batch{}
	queue(batch, &core.Publishes, scanCrateVersion, crateVersionsSQL, c.ID, v.CreatedAt, v.ID+1, compared, now)
	queue(batch, &tokens, scanToken, comparedTokensSQL, c.ID, now, v.CreatedAt, v.ID, compared)
	queue(batch, &inherited, scanPastDependency, pastDependenciesSQL, c.ID, v.CreatedAt, v.ID, compared)
	queue(batch, &core.Dependencies, scanCrateDependency, dependenciesSQL, v.ID)
	queue(batch, &core.History, scanPastPublish, historySQL, c.ID, v.CreatedAt, v.ID, comparedPublishes, historyPublishes)
	queue(batch, &core.Actions, scanCrateAction, versionActionsSQL, c.ID, v.ID, now)
	queue(batch, &owners, scanOwner, ownersSQL, c.ID, now)
	r.queuePublishers(batch, &publishers, c.ID, now)
	queue(batch, &core.Downloads, pgx.RowToStructByPos[DayDownloads], versionDownloadsSQL, v.ID, first, last)
	if err := r.send(ctx, batch); err != nil {
		return VersionCore{}, err
	}
	core.Owners, _ = splitOwners(owners, c)
	core.Publishers, _ = splitPublishers(publishers)
	core.Tokens = make(map[int32]Token, len(tokens))
	for _, t := range tokens {
		core.Tokens[t.ID] = t
	}
	core.Inherited = map[int32][]PastDependency{}
	for _, d := range inherited {
		core.Inherited[d.VersionID] = append(core.Inherited[d.VersionID], d)
	}
	return core, nil
}

const versionDownloadsSQL = `
SELECT v.num, d.date, d.downloads::bigint
FROM version_downloads d JOIN versions v ON v.id = d.version_id
WHERE d.version_id = $1 AND d.date BETWEEN $2 AND $3
ORDER BY d.date`

// Yanks within the hour steer users to the version just published: the shape
// of attacks that republish a crate.
const versionActionsSQL = `
SELECT a.version_id, v.num, a.action, a.time, a.user_id, u.gh_login, u.name,
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $3), false),
       a.api_token_id
FROM versions s
JOIN versions v ON v.crate_id = s.crate_id
JOIN version_owner_actions a ON a.version_id = v.id
LEFT JOIN users u ON u.id = a.user_id
WHERE s.id = $2 AND s.crate_id = $1
  AND (v.id = s.id OR a.action = 1 AND a.user_id = s.published_by AND a.time >= s.created_at AND a.time <= s.created_at + interval '1 hour')
ORDER BY a.time DESC, a.id DESC
LIMIT 1000`

// comparedTokensSQL gives the tokens of the publishes compared; $2 is the time,
// as in tokenSelect.
const comparedTokensSQL = tokenSelect + `
WHERE k.id IN (
    SELECT a.api_token_id
    FROM (SELECT id FROM versions WHERE crate_id = $1 AND (created_at, id) <= ($3, $4)
          ORDER BY created_at DESC, id DESC LIMIT $5) p
    JOIN version_owner_actions a ON a.version_id = p.id AND a.action = 0)`

// PastDependency is a dependency of one of several versions.
type PastDependency struct {
	VersionID int32
	Crate     string
	// Kind is 0 for normal, 1 for build.
	Kind           int32
	CrateCreatedAt time.Time
}

const pastDependenciesSQL = `
WITH page AS MATERIALIZED (
    SELECT id FROM versions WHERE crate_id = $1 AND (created_at, id) <= ($2, $3)
    ORDER BY created_at DESC, id DESC LIMIT $4)
SELECT d.version_id, c.name, d.kind, c.created_at
FROM page p
JOIN dependencies d ON d.version_id = p.id AND d.kind IN (0, 1)
JOIN crates c ON c.id = d.crate_id
ORDER BY d.version_id, d.kind, c.name COLLATE "C", d.id
LIMIT 6000`

func scanPastDependency(row pgx.CollectableRow) (d PastDependency, err error) {
	var created moment
	err = row.Scan(&d.VersionID, &d.Crate, &d.Kind, &created)
	d.CrateCreatedAt = created.time()
	return d, err
}
