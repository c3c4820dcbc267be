package registry

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
)

// crateKey is what a crate's rows are found by. The ids of its versions are nil
// when nobody knows them.
type crateKey struct {
	ID       int32
	Name     string
	versions []int32
}

// errOthers says that a crate has versions that its key lacks.
var errOthers = errors.New("the crate has other versions")

// either gives the statement by the ids of versions and its first argument when
// those are known, else the one by the crate.
func (k crateKey) either(byVersions, byCrate string) (sql string, key any) {
	if k.versions != nil {
		return byVersions, k.versions
	}
	return byCrate, k.ID
}

// covers says whether the key has all of the versions.
func (k crateKey) covers(versions []gatheredVersion) bool {
	if k.versions == nil {
		return true
	}
	for _, v := range versions {
		if !slices.Contains(k.versions, v.version.ID) {
			return false
		}
	}
	return true
}

// gatherCrateSQL is crateSQL without what the crate's versions tell, which are
// read beside it.
const gatherCrateSQL = `
SELECT c.id, c.name, c.description, c.homepage, c.repository, c.documentation, c.created_at, c.updated_at,
       c.trustpub_only, c.max_upload_size, c.max_features,
       (SELECT downloads FROM crate_downloads WHERE crate_id = $1),
       ARRAY(SELECT k.keyword FROM keywords k
             WHERE k.id = ANY (ARRAY(SELECT keyword_id FROM crates_keywords WHERE crate_id = $1)) ORDER BY k.keyword COLLATE "C"),
       ARRAY(SELECT g.slug FROM categories g
             WHERE g.id = ANY (ARRAY(SELECT category_id FROM crates_categories WHERE crate_id = $1)) ORDER BY g.slug COLLATE "C"),
       COALESCE(dv.num_versions, -1), dv.version_id,
       (SELECT count(*) FROM reverse_dependencies r WHERE r.target_crate_id = $1 AND r.dependent_crate_id <> $1)
FROM crates c
LEFT JOIN default_versions dv ON dv.crate_id = c.id
WHERE c.id = $1`

type gatheredCrate struct{ Crate }

func scanGatheredCrate(row pgx.CollectableRow) (c gatheredCrate, err error) {
	var description, homepage, repository, documentation *string
	var created, updated moment
	var downloads *int64
	var defaultID *int32
	err = row.Scan(&c.ID, &c.Name, &description, &homepage, &repository, &documentation, &created, &updated,
		&c.TrustpubOnly, &c.MaxUploadSize, &c.MaxFeatures, &downloads, &c.Keywords, &c.Categories, &c.Recorded, &defaultID, &c.ReverseRows)
	c.Description, c.Homepage, c.Repository, c.Documentation = word(description), word(homepage), word(repository), word(documentation)
	c.CreatedAt, c.UpdatedAt = created.time(), updated.time()
	c.Downloads, c.DefaultID = number(downloads), number(defaultID)
	return c, err
}

// crate adds to the crate's row what its versions tell.
func (g *gathered) crate() Crate {
	c := g.crates[0].Crate
	c.Versions = len(g.versions)
	var best *gatheredVersion
	for i := range g.versions {
		v := &g.versions[i]
		if v.version.Yanked {
			c.Yanked++
		}
		if v.version.CreatedAt.After(c.LastPublish) {
			c.LastPublish = v.version.CreatedAt
		}
		if v.version.ID == c.DefaultID {
			c.Default, c.DefaultYanked = v.version.Num, v.version.Yanked
		}
		if best == nil || betterDefault(v, best) < 0 {
			best = v
		}
	}
	if best != nil {
		c.Best = best.version.Num
	}
	return c
}

// betterDefault orders versions as the registry's rule for the default version
// does (contract actions.md section 14): those not yanked first, then releases,
// then the highest number.
func betterDefault(a, b *gatheredVersion) int {
	return cmp.Or(falseFirst(a.version.Yanked, b.version.Yanked), falseFirst(a.prerelease(), b.prerelease()),
		bytes.Compare(b.order, a.order), cmp.Compare(b.version.ID, a.version.ID))
}

// prerelease reads the last byte of the order, which is 3 for releases.
func (g *gatheredVersion) prerelease() bool {
	return len(g.order) == 0 || g.order[len(g.order)-1] != 3
}

// falseFirst puts what does not hold before what does.
func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
