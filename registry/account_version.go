package registry

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// versionsByIDSQL gives what a list of versions shows. It leaves out whether
// each is its publisher's first, which would cost a walk over each crate.
const versionsByIDSQL = `
WITH page AS MATERIALIZED (
    SELECT id, num, created_at, updated_at, yanked, crate_size, downloads, license, tar_sha256, published_by, trustpub_data
    FROM versions WHERE id = ANY ($1))
SELECT p.id, p.num, p.created_at, p.updated_at, p.yanked, p.crate_size, p.downloads, p.license, p.tar_sha256, p.trustpub_data,
       u.id, u.gh_login, u.name,
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $2), false),
       a.id IS NOT NULL, a.api_token_id, k.name, false
FROM page p` + publishJoins + `
ORDER BY p.id DESC`

// VersionsByID gives versions of whatever crates, the newest id first, without
// FirstBy. Versions that are gone are left out.
func (r *Reader) VersionsByID(ctx context.Context, ids []int32) ([]CrateVersion, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return collect(ctx, r, scanCrateVersion, versionsByIDSQL, ids, r.clock())
}

// TotalDownloads is the registry's own count of all downloads ever, 0 when it
// has none.
func (r *Reader) TotalDownloads(ctx context.Context) (int64, error) {
	rows, err := collect(ctx, r, pgx.RowTo[int64], `SELECT total_downloads FROM metadata LIMIT 1`)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0], nil
}
