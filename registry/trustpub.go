package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/registry/credential"
)

// OwnedPublisher is a trusted-publishing configuration of one of several
// crates.
type OwnedPublisher struct {
	CratePublisher
	CrateID int32
}

const ownedPublishersSQL = `
SELECT provider, crate_id, id, origin, owner_id, workflow, environment, created_at FROM (` + publisherTables + `) p
ORDER BY 8 DESC, 1, 3
LIMIT 1000`

func scanOwnedPublisher(row pgx.CollectableRow) (p OwnedPublisher, err error) {
	var owner, environment *string
	var created moment
	err = row.Scan(&p.Provider, &p.CrateID, &p.ID, &p.Origin, &owner, &p.Workflow, &environment, &created)
	p.OwnerID, p.Environment, p.CreatedAt = word(owner), word(environment), created.time()
	return p, err
}

// LiveTokens are trusted-publishing tokens that have not run out.
type LiveTokens struct {
	Count int
	// Until is when the last of them runs out, nil without any.
	Until *time.Time
}

const liveTokensSQL = `SELECT count(*), max(expires_at) FROM trustpub_tokens WHERE crate_ids && $1::integer[] AND expires_at > $2`

// PublisherToken is a trusted-publishing token without its hash.
type PublisherToken struct {
	ID                   int64
	CreatedAt, ExpiresAt time.Time
	// CrateIDs are those it may publish; of deleted ones Crates has no name.
	CrateIDs []int32
	Crates   []string
	Claims   Claims
	// Versions are those of its crates with the very claims of the token, the
	// newest id first: they came from the same run.
	Versions []RunVersion
}

// RunVersion is a version with the crate it belongs to.
type RunVersion struct{ ID, CrateID int32 }

const publisherTokenSQL = `
SELECT t.id, t.created_at, t.expires_at, t.crate_ids, t.trustpub_data,
       ARRAY(SELECT c.name FROM crates c WHERE c.id = ANY (t.crate_ids) ORDER BY c.name COLLATE "C")
FROM trustpub_tokens t WHERE t.hashed_token = $1`

// Versions are looked for in the token's crates only, for which there is an
// index; no other can have been published with it.
const runVersionsSQL = `
SELECT v.id, v.crate_id FROM trustpub_tokens t JOIN versions v ON v.crate_id = ANY (t.crate_ids) AND v.trustpub_data = t.trustpub_data
WHERE t.hashed_token = $1
ORDER BY v.id DESC LIMIT 100`

// PublisherTokenByHash finds a trusted-publishing token, one that has run out
// too while the registry keeps it, nil when there is none. It reads only.
func (r *Reader) PublisherTokenByHash(ctx context.Context, c credential.Credential) (*PublisherToken, error) {
	if c.Kind != credential.PublisherToken {
		return nil, nil
	}
	var tokens []PublisherToken
	var versions []RunVersion
	batch := &pgx.Batch{}
	queue(batch, &tokens, scanPublisherToken, publisherTokenSQL, c.Hash[:])
	queue(batch, &versions, pgx.RowToStructByPos[RunVersion], runVersionsSQL, c.Hash[:])
	if err := r.send(ctx, batch); err != nil || len(tokens) == 0 {
		return nil, err
	}
	tokens[0].Versions = versions
	return &tokens[0], nil
}

func scanPublisherToken(row pgx.CollectableRow) (t PublisherToken, err error) {
	var created, expires moment
	var claims []byte
	err = row.Scan(&t.ID, &created, &expires, &t.CrateIDs, &claims, &t.Crates)
	t.CreatedAt, t.ExpiresAt, t.Claims = created.time(), expires.time(), ParseClaims(claims)
	return t, err
}
