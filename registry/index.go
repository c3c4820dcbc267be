package registry

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/registry/files"
)

// VersionFact is what is needed of every version of a crate at once: to
// rebuild its index line, to name its files, to tell its history.
type VersionFact struct {
	ID        int32
	Line      files.VersionFacts
	UpdatedAt time.Time
	Size      int32
	// Zip and ZipManifest say that the registry built them.
	Zip, ZipManifest bool
	// PublisherID is 0 when nobody is known, Provider "" without claims.
	PublisherID int32
	Publisher   string
	Provider    string
	Claimed     bool
	YankMessage string
}

const factsSQL = `
SELECT v.id, v.num, v.tar_sha256, CASE WHEN $3 THEN v.features END, v.yanked, v.links, v.rust_version, v.created_at, v.updated_at,
       v.crate_size, v.zip_sha256 IS NOT NULL, v.zip_json_sha256 IS NOT NULL, v.published_by, u.gh_login,
       v.trustpub_data ->> 'provider', v.trustpub_data IS NOT NULL, left(v.yank_message, 500)
FROM versions v
LEFT JOIN users u ON u.id = v.published_by
WHERE v.crate_id = $1
ORDER BY v.created_at DESC, v.semver_ord_v2 DESC, v.id DESC
LIMIT $2`

// VersionFacts gives the newest versions of a crate in the reverse order of
// the index; features are left out unless asked for, since they can be most of
// the bytes.
func (r *Reader) VersionFacts(ctx context.Context, crateID int32, limit int, features bool) ([]VersionFact, error) {
	return collect(ctx, r, scanFact, factsSQL, crateID, bounded(limit, 2000, 5000), features)
}

func scanFact(row pgx.CollectableRow) (f VersionFact, err error) {
	var features []byte
	var publisher *int32
	var login, provider, message *string
	var created, updated moment
	err = row.Scan(&f.ID, &f.Line.Num, &f.Line.SHA256, &features, &f.Line.Yanked, &f.Line.Links, &f.Line.RustVersion, &created, &updated,
		&f.Size, &f.Zip, &f.ZipManifest, &publisher, &login, &provider, &f.Claimed, &message)
	f.Line.CreatedAt, f.UpdatedAt = created.time(), updated.time()
	f.PublisherID, f.Publisher, f.Provider, f.YankMessage = number(publisher), word(login), word(provider), word(message)
	f.Line.Features = featuresOf(features)
	return f, err
}

// featuresOf reads features; the registry treats another shape as none
// (contract pitfalls.md section 4).
func featuresOf(data []byte) (features map[string][]string) {
	switch {
	case string(data) == "{}": // most crates, at a fraction of the work
		return map[string][]string{}
	case json.Unmarshal(data, &features) != nil:
		return nil
	}
	return features
}

// DependencyFact is a dependency of one version as the index writes it.
type DependencyFact struct {
	VersionID int32
	files.DependencyFacts
}

const indexDependenciesSQL = `
SELECT d.version_id, c.name, d.explicit_name, d.req, d.features, d.optional, d.default_features, d.target, d.kind
FROM dependencies d JOIN crates c ON c.id = d.crate_id
WHERE d.version_id = ANY ($1)
LIMIT $2`

// IndexDependencies gives the dependencies of versions in no order, at most
// limit of them: that many rows mean that there may be more.
func (r *Reader) IndexDependencies(ctx context.Context, versions []int32, limit int) ([]DependencyFact, error) {
	return collect(ctx, r, scanDependencyFact, indexDependenciesSQL, versions, limit)
}

func scanDependencyFact(row pgx.CollectableRow) (d DependencyFact, err error) {
	var kind int32
	err = row.Scan(&d.VersionID, &d.Crate, &d.ExplicitName, &d.Req, &d.Features, &d.Optional, &d.DefaultFeatures, &d.Target, &kind)
	d.Kind = knownKind(kind)
	return d, err
}

// knownKind gives -1 for what is no kind: a number beyond int16 must not wrap
// into one.
func knownKind(kind int32) int16 {
	if kind >= 0 && kind <= 2 {
		return int16(kind)
	}
	return -1
}
