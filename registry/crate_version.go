package registry

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// CrateVersion is a version in the list of its crate, with what the registry
// holds on how it was published.
type CrateVersion struct {
	ID                   int32
	Num                  string
	CreatedAt, UpdatedAt time.Time
	Yanked               bool
	Size                 int32
	Downloads            int32
	License              string
	SHA256               []byte
	// Publisher is nil for trusted publishing and very old versions.
	Publisher *Person
	Method    cratewarden.Method
	Claims    Claims
	// TokenID is the API token of the publish, 0 when none is known; its name
	// may identify a person and must be masked before it leaves.
	TokenID   int32
	TokenName string
	// FirstBy says that it is the publisher's first version of the crate.
	FirstBy bool
}

// Claims are the trusted-publishing facts copied to a version (contract
// actions.md section 9, shape of trustpub_data). Present is false for SQL
// NULL.
type Claims struct {
	Present  bool   `json:"-"`
	Provider string `json:"provider"`
	// Repository is GitHub's owner/repository, Project GitLab's path.
	Repository string `json:"repository"`
	Project    string `json:"project_path"`
	RunID      string `json:"run_id"`
	JobID      string `json:"job_id"`
	Commit     string `json:"sha"`
}

// Origin is the repository or project, whichever the provider has.
func (c Claims) Origin() string {
	if c.Repository != "" {
		return c.Repository
	}
	return c.Project
}

// Run is the run or job, whichever the provider has.
func (c Claims) Run() string {
	if c.RunID != "" {
		return c.RunID
	}
	return c.JobID
}

// ParseClaims reads trustpub_data. A value of another shape gives claims that
// are present and empty: somebody wrote what the registry cannot decode.
func ParseClaims(data []byte) Claims {
	if data == nil {
		return Claims{}
	}
	var c Claims
	if json.Unmarshal(data, &c) != nil {
		c = Claims{}
	}
	c.Present = true
	return c
}

// MethodOf classifies a publish (contract publish.md section 7). logged says
// that an action-0 row exists, token that it names an API token.
func MethodOf(c Claims, logged, token, publisher bool) cratewarden.Method {
	switch {
	case c.Present && c.Provider == "github":
		return cratewarden.MethodGitHub
	case c.Present && c.Provider == "gitlab":
		return cratewarden.MethodGitLab
	case c.Present:
		return cratewarden.MethodUnknown
	case logged && token:
		return cratewarden.MethodToken
	case logged:
		return cratewarden.MethodSession
	case publisher:
		return cratewarden.MethodAccount
	}
	return cratewarden.MethodUnknown
}

// publishJoins add to versions p their publisher u, the record a of their
// publish, and its API token k.
const publishJoins = `
LEFT JOIN users u ON u.id = p.published_by
LEFT JOIN LATERAL (
    SELECT id, api_token_id FROM version_owner_actions
    WHERE version_id = p.id AND action = 0 ORDER BY id LIMIT 1) a ON true
LEFT JOIN api_tokens k ON k.id = a.api_token_id`

// The page is cut before anything is joined, so that a crate of thousands of
// versions costs one sort and not thousands of look-ups.
const crateVersionsSQL = `
WITH page AS MATERIALIZED (
    SELECT id, crate_id, num, created_at, updated_at, yanked, crate_size, downloads, license, tar_sha256, published_by, trustpub_data
    FROM versions
    WHERE crate_id = $1 AND (created_at, id) < ($2, $3)
    ORDER BY created_at DESC, id DESC LIMIT $4)
SELECT p.id, p.num, p.created_at, p.updated_at, p.yanked, p.crate_size, p.downloads, p.license, p.tar_sha256, p.trustpub_data,
       u.id, u.gh_login, u.name,
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $5), false),
       a.id IS NOT NULL, a.api_token_id, k.name,
       p.published_by IS NOT NULL AND NOT EXISTS (
           SELECT FROM versions e WHERE e.crate_id = p.crate_id AND e.published_by = p.published_by
             AND (e.created_at, e.id) < (p.created_at, p.id))
FROM page p` + publishJoins + `
ORDER BY p.created_at DESC, p.id DESC`

// versionsEnd is later than any publish: the bound of the first page.
var versionsEnd = last

// VersionKey is the place in a crate's list of versions, newest first, after
// which a page begins. Zero is the start.
type VersionKey struct {
	CreatedAt time.Time
	ID        int32
}

// CrateVersions gives versions of a crate after a key, newest first: one more
// than limit when there are more. The limit is at most 500.
func (r *Reader) CrateVersions(ctx context.Context, crateID int32, after VersionKey, limit int) ([]CrateVersion, error) {
	if after.CreatedAt.IsZero() {
		after.CreatedAt = versionsEnd
	}
	return collect(ctx, r, scanCrateVersion, crateVersionsSQL, crateID, after.CreatedAt, after.ID, bounded(limit, 50, 500)+1, r.clock())
}

func scanCrateVersion(row pgx.CollectableRow) (CrateVersion, error) { return scanVersionAnd(row) }

// scanVersionAnd reads a version and what a statement gives beyond it.
func scanVersionAnd(row pgx.CollectableRow, more ...any) (v CrateVersion, err error) {
	var license, login, name, token *string
	var publisher, tokenID *int32
	var created, updated moment
	var claims []byte
	var locked, logged bool
	err = row.Scan(append([]any{&v.ID, &v.Num, &created, &updated, &v.Yanked, &v.Size, &v.Downloads, &license, &v.SHA256, &claims,
		&publisher, &login, &name, &locked, &logged, &tokenID, &token, &v.FirstBy}, more...)...)
	v.CreatedAt, v.UpdatedAt, v.License = created.time(), updated.time(), word(license)
	v.TokenID, v.TokenName, v.Claims = number(tokenID), word(token), ParseClaims(claims)
	if publisher != nil {
		v.Publisher = &Person{ID: *publisher, Login: word(login), Name: word(name), Locked: locked}
	}
	v.Method = MethodOf(v.Claims, logged, tokenID != nil, publisher != nil)
	return v, err
}
