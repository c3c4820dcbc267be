package registry

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// VersionFilter narrows a crate's list of versions; zero fields do not filter.
type VersionFilter struct {
	Method cratewarden.Method
	// Yanked keeps yanked versions, or with false the others; Pre keeps
	// pre-releases, or with false the others.
	Yanked, Pre *bool
	// Publisher is a login in any spelling, or a user name; Num what the
	// version number starts with.
	Publisher, Num string
}

// methodSQL is MethodOf for a version m, in the same order. Claims that Go
// could not decode, because a field is no text, are of no provider here too.
const methodSQL = `
CASE WHEN m.trustpub_data IS NOT NULL THEN CASE m.origin WHEN 'github' THEN 'github' WHEN 'gitlab' THEN 'gitlab' ELSE 'unknown' END
     WHEN EXISTS (SELECT FROM version_owner_actions l WHERE l.version_id = m.id AND l.action = 0) THEN
         CASE WHEN (SELECT l.api_token_id FROM version_owner_actions l WHERE l.version_id = m.id AND l.action = 0 ORDER BY l.id LIMIT 1) IS NULL
              THEN 'session' ELSE 'token' END
     WHEN m.published_by IS NOT NULL THEN 'account'
     ELSE 'unknown' END`

// A filter reads all versions of the crate by its index once; only those that
// pass the cheap conditions have their method looked up, by the index on the
// version. What stands before a version is worked out before anything is
// filtered away.
const versionsMatchingSQL = `
WITH mine AS MATERIALIZED (
    SELECT v.id, v.crate_id, v.num, v.created_at, v.updated_at, v.yanked, v.crate_size, v.downloads, v.license, v.tar_sha256,
           v.published_by, v.trustpub_data, o.origin,
           COALESCE(lag(o.origin) OVER (ORDER BY v.created_at, v.id) IN ('github', 'gitlab'), false) AS after_trusted
    FROM versions v
    CROSS JOIN LATERAL (
        SELECT CASE WHEN jsonb_typeof(v.trustpub_data) = 'object' AND NOT EXISTS (
                   SELECT FROM unnest(ARRAY['provider', 'repository', 'project_path', 'run_id', 'job_id', 'sha']) k(name)
                   WHERE jsonb_typeof(v.trustpub_data -> k.name) NOT IN ('string', 'null'))
               THEN v.trustpub_data ->> 'provider' END AS origin) o
    WHERE v.crate_id = $1),
page AS MATERIALIZED (
    SELECT m.* FROM mine m
    WHERE (m.created_at, m.id) < ($2, $3)
      AND ($6::boolean IS NULL OR m.yanked = $6)
      AND ($7::boolean IS NULL OR (strpos(split_part(m.num, '+', 1), '-') > 0) = $7)
      AND ($8::text = '' OR starts_with(m.num, $8))
      AND ($9::text = '' OR m.published_by IN (
          SELECT s.id FROM users s WHERE lower(s.gh_login) = lower($9) OR canon_username(s.username) = canon_username($9)))
      AND ($10::text = '' OR $10 = ` + methodSQL + `)
    ORDER BY m.created_at DESC, m.id DESC LIMIT $4)
SELECT p.id, p.num, p.created_at, p.updated_at, p.yanked, p.crate_size, p.downloads, p.license, p.tar_sha256, p.trustpub_data,
       u.id, u.gh_login, u.name,
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $5), false),
       a.id IS NOT NULL, a.api_token_id, k.name,
       p.published_by IS NOT NULL AND NOT EXISTS (
           SELECT FROM mine e WHERE e.published_by = p.published_by AND (e.created_at, e.id) < (p.created_at, p.id)),
       p.after_trusted
FROM page p` + publishJoins + `
ORDER BY p.created_at DESC, p.id DESC`

// FilteredVersion is a version of a list in which the one published before it
// may be missing.
type FilteredVersion struct {
	CrateVersion
	// AfterTrusted says that the version published before this one, whether it
	// passed the filter or not, came by trusted publishing.
	AfterTrusted bool
}

// VersionsMatching is CrateVersions with a filter.
func (r *Reader) VersionsMatching(ctx context.Context, crateID int32, f VersionFilter, after VersionKey, limit int) ([]FilteredVersion, error) {
	if f.Publisher != "" && !askable(f.Publisher) || f.Num != "" && !askable(f.Num) {
		return nil, nil
	}
	if after.CreatedAt.IsZero() {
		after.CreatedAt = versionsEnd
	}
	return collect(ctx, r, scanFilteredVersion, versionsMatchingSQL, crateID, after.CreatedAt, after.ID, bounded(limit, 50, 500)+1, r.clock(),
		f.Yanked, f.Pre, f.Num, f.Publisher, string(f.Method))
}

func scanFilteredVersion(row pgx.CollectableRow) (v FilteredVersion, err error) {
	v.CrateVersion, err = scanVersionAnd(row, &v.AfterTrusted)
	return v, err
}

// ReverseFilter narrows a list of dependents; zero fields do not filter.
type ReverseFilter struct {
	Kind *int32 // the registry's number
	// Prefix is what the dependent's name starts with, in canonical form.
	Prefix string
}

const reverseMatchingSQL = `
SELECT c.id, c.name, r.dependent_downloads, COALESCE(d.req, ''), COALESCE(d.kind, 0), COALESCE(d.optional, false)
FROM reverse_dependencies r
JOIN crates c ON c.id = r.dependent_crate_id
LEFT JOIN dependencies d ON d.id = r.dependency_id
WHERE r.target_crate_id = $1 AND (r.dependent_downloads, r.dependent_crate_id) < ($2, $3)
  AND ($5::integer IS NULL OR COALESCE(d.kind, 0) = $5) AND canon_crate_name(c.name) LIKE $6
ORDER BY r.dependent_downloads DESC, r.dependent_crate_id DESC LIMIT $4`

// ReverseMatching is ReverseDependencies with a filter.
func (r *Reader) ReverseMatching(ctx context.Context, crateID int32, f ReverseFilter, after ReverseKey, limit int) ([]ReverseDependency, error) {
	if f == (ReverseFilter{}) {
		return r.ReverseDependencies(ctx, crateID, after, limit)
	}
	if f.Prefix != "" && !askable(f.Prefix) {
		return nil, nil
	}
	if after == (ReverseKey{}) {
		after.Downloads = 1 << 62
	}
	return collect(ctx, r, pgx.RowToStructByPos[ReverseDependency], reverseMatchingSQL, crateID, after.Downloads, after.CrateID,
		bounded(limit, 20, 500)+1, f.Kind, startsWith(f.Prefix))
}
