package registry

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// Crate is the row of a crate with its counters.
type Crate struct {
	ID   int32
	Name string
	// Description to Documentation are of the version published last.
	Description, Homepage, Repository, Documentation string
	CreatedAt, UpdatedAt                             time.Time
	Downloads                                        int64
	TrustpubOnly                                     bool
	MaxUploadSize                                    *int32
	MaxFeatures                                      *int16
	Keywords, Categories                             []string
	// Versions and Yanked count rows of versions; Recorded is the registry's
	// own counter (default_versions.num_versions), -1 when it has none.
	Versions, Yanked, Recorded int
	LastPublish                time.Time
	// DefaultID is 0 when the crate has no default version. Best is the
	// version that the registry's rule would choose (contract actions.md
	// section 14); another default means that a job is late or failed.
	DefaultID     int32
	Default, Best string
	DefaultYanked bool
	// ReverseRows counts rows of reverse_dependencies for the crate, itself
	// left out.
	ReverseRows int
}

const crateSQL = `
SELECT c.id, c.name, c.description, c.homepage, c.repository, c.documentation, c.created_at, c.updated_at,
       cd.downloads, c.trustpub_only, c.max_upload_size, c.max_features,
       ARRAY(SELECT k.keyword FROM keywords k
             WHERE k.id = ANY (ARRAY(SELECT keyword_id FROM crates_keywords WHERE crate_id = c.id)) ORDER BY k.keyword COLLATE "C"),
       ARRAY(SELECT g.slug FROM categories g
             WHERE g.id = ANY (ARRAY(SELECT category_id FROM crates_categories WHERE crate_id = c.id)) ORDER BY g.slug COLLATE "C"),
       n.versions, n.yanked, n.last_publish, n.best, COALESCE(dv.num_versions, -1), dv.version_id, v.num, v.yanked,
       (SELECT count(*) FROM reverse_dependencies r WHERE r.target_crate_id = c.id AND r.dependent_crate_id <> c.id)
FROM crates c
LEFT JOIN crate_downloads cd ON cd.crate_id = c.id
LEFT JOIN default_versions dv ON dv.crate_id = c.id
LEFT JOIN versions v ON v.id = dv.version_id
CROSS JOIN LATERAL (
    SELECT count(*) AS versions, count(*) FILTER (WHERE w.yanked) AS yanked, max(w.created_at) AS last_publish,
           (array_agg(w.num ORDER BY w.yanked, get_byte(w.semver_ord_v2, length(w.semver_ord_v2) - 1) <> 3,
                      w.semver_ord_v2 DESC, w.id DESC))[1] AS best
    FROM versions w WHERE w.crate_id = c.id) n
WHERE canon_crate_name(c.name) = canon_crate_name($1)`

// Crate finds a crate by its canonical name (contract pitfalls.md 1.1). The
// error is NotFound when there is none.
func (r *Reader) Crate(ctx context.Context, name string) (Crate, error) {
	if !askable(name) {
		return Crate{}, noCrate()
	}
	found, err := collect(ctx, r, scanCrate, crateSQL, name)
	if err != nil {
		return Crate{}, err
	}
	if len(found) == 0 {
		return Crate{}, noCrate()
	}
	return found[0], nil
}

func noCrate() error {
	return cratewarden.Errorf(cratewarden.NotFound, "There is no crate of this name.")
}

// askable keeps text that PostgreSQL cannot take as a value, or that no name
// can be, out of statements. Old names may break today's rules, so nothing
// more is asked of them.
func askable(name string) bool {
	if name == "" || len(name) > 256 || !utf8.ValidString(name) {
		return false
	}
	for i := range len(name) {
		if name[i] == 0 {
			return false
		}
	}
	return true
}

func scanCrate(row pgx.CollectableRow) (c Crate, err error) {
	var description, homepage, repository, documentation, best, def *string
	var created, updated, lastPublish moment
	var downloads *int64
	var defaultID *int32
	var yanked *bool
	err = row.Scan(&c.ID, &c.Name, &description, &homepage, &repository, &documentation, &created, &updated,
		&downloads, &c.TrustpubOnly, &c.MaxUploadSize, &c.MaxFeatures, &c.Keywords, &c.Categories,
		&c.Versions, &c.Yanked, &lastPublish, &best, &c.Recorded, &defaultID, &def, &yanked, &c.ReverseRows)
	c.Description, c.Homepage, c.Repository = word(description), word(homepage), word(repository)
	c.Documentation, c.Best, c.Default = word(documentation), word(best), word(def)
	c.CreatedAt, c.UpdatedAt, c.LastPublish = created.time(), updated.time(), lastPublish.time()
	c.Downloads, c.DefaultID = number(downloads), number(defaultID)
	c.DefaultYanked = yanked != nil && *yanked
	return c, err
}
