package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// CrateDependency is one dependency of a version.
type CrateDependency struct {
	CrateID     int32
	Crate       string
	Requirement string
	// Kind is the registry's number: 0 normal, 1 build, 2 dev.
	Kind                      int32
	Optional, DefaultFeatures bool
	Features                  []string
	// Target is empty for all targets; Rename is the manifest's key when the
	// crate was renamed there.
	Target, Rename string
	CrateCreatedAt time.Time
	// PublishedAt is when the depending version was published.
	PublishedAt time.Time
	// New says that the version published before this one, by time, did not
	// depend on the crate.
	New       bool
	Downloads int64
}

const (
	dependenciesSQL        = `WITH this AS (SELECT id, crate_id, created_at FROM versions WHERE id = $1)` + dependenciesOfThis
	defaultDependenciesSQL = `
WITH this AS (SELECT id, crate_id, created_at FROM versions WHERE id = (SELECT version_id FROM default_versions WHERE crate_id = $1))` + dependenciesOfThis
)

const dependenciesOfThis = `,
prev AS (
    SELECT p.id FROM this JOIN versions p ON p.crate_id = this.crate_id AND (p.created_at, p.id) < (this.created_at, this.id)
    ORDER BY p.created_at DESC, p.id DESC LIMIT 1)
SELECT c.id, c.name, d.req, d.kind, d.optional, d.default_features, d.features, d.target, d.explicit_name, c.created_at, this.created_at,
       EXISTS (SELECT FROM prev) AND NOT EXISTS (
           SELECT FROM dependencies q WHERE q.version_id = (SELECT id FROM prev) AND q.crate_id = d.crate_id),
       COALESCE(cd.downloads, 0)
FROM this
JOIN dependencies d ON d.version_id = this.id
JOIN crates c ON c.id = d.crate_id
LEFT JOIN crate_downloads cd ON cd.crate_id = c.id
ORDER BY d.kind, c.name COLLATE "C", d.id
LIMIT 2000`

// Dependencies gives what a version depends on: normal, build, dev, each by
// name.
func (r *Reader) Dependencies(ctx context.Context, versionID int32) ([]CrateDependency, error) {
	return collect(ctx, r, scanCrateDependency, dependenciesSQL, versionID)
}

func scanCrateDependency(row pgx.CollectableRow) (d CrateDependency, err error) {
	var target, rename *string
	var created, published moment
	err = row.Scan(&d.CrateID, &d.Crate, &d.Requirement, &d.Kind, &d.Optional, &d.DefaultFeatures, &d.Features, &target, &rename,
		&created, &published, &d.New, &d.Downloads)
	d.Target, d.Rename = word(target), word(rename)
	d.CrateCreatedAt, d.PublishedAt = created.time(), published.time()
	return d, err
}

// ReverseKey is the place in the list of dependents after which a page begins.
type ReverseKey struct {
	Downloads int64
	CrateID   int32
}

// ReverseDependency is a row of reverse_dependencies: a crate whose default
// version, not yanked, depends on another.
type ReverseDependency struct {
	CrateID     int32
	Crate       string
	Downloads   int64
	Requirement string
	Kind        int32
	Optional    bool
}

const reverseSQL = `
SELECT c.id, c.name, r.dependent_downloads, COALESCE(d.req, ''), COALESCE(d.kind, 0), COALESCE(d.optional, false)
FROM (SELECT dependent_crate_id, dependency_id, dependent_downloads FROM reverse_dependencies
      WHERE target_crate_id = $1 AND (dependent_downloads, dependent_crate_id) < ($2, $3)
      ORDER BY dependent_downloads DESC, dependent_crate_id DESC LIMIT $4) r
JOIN crates c ON c.id = r.dependent_crate_id
LEFT JOIN dependencies d ON d.id = r.dependency_id
ORDER BY r.dependent_downloads DESC, r.dependent_crate_id DESC`

// ReverseDependencies gives dependents by downloads, most first: one more than
// limit when there are more. It stands in for the mirror while that loads; it
// knows default versions only (contract pitfalls.md section 3).
func (r *Reader) ReverseDependencies(ctx context.Context, crateID int32, after ReverseKey, limit int) ([]ReverseDependency, error) {
	if after == (ReverseKey{}) {
		after.Downloads = 1 << 62
	}
	return collect(ctx, r, pgx.RowToStructByPos[ReverseDependency], reverseSQL, crateID, after.Downloads, after.CrateID,
		bounded(limit, 20, 500)+1)
}
