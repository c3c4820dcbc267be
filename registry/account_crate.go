package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// OwnedCrate is a crate with the facts that a moderator judges an owner by, and
// that owner's ownership of it.
type OwnedCrate struct {
	ID                            int32
	Name, Description, Repository string
	CreatedAt                     time.Time
	Downloads, Recent             int64
	Owners                        int
	Versions, Yanked              int
	LastPublish                   time.Time
	// DefaultID is 0 when the crate has no default version, from which Default
	// to BinNames are.
	DefaultID int32
	Default   string
	Size      int32
	// CodeLines is -1 when the registry has not counted them.
	CodeLines int
	BinNames  []string
	// Owned says that an ownership row is there; Former that it is a former
	// one, in which case ChangedAt is the removal.
	Owned, Former    bool
	Since, ChangedAt time.Time
	AddedBy          int32
}

// Every join is by a primary key or by the crate of a version, both indexed.
const ownedCratesSQL = `
SELECT c.id, c.name, c.description, c.repository, c.created_at, COALESCE(cd.downloads, 0), COALESCE(rd.downloads, 0),
       (SELECT count(*) FROM crate_owners a WHERE a.crate_id = c.id AND NOT a.deleted),
       n.versions, n.yanked, n.last_publish, v.id, v.num, v.crate_size, v.linecounts, array_remove(v.bin_names, NULL),
       o.crate_id IS NOT NULL, COALESCE(o.deleted, false), o.created_at, o.updated_at, o.created_by
FROM crates c
LEFT JOIN crate_downloads cd ON cd.crate_id = c.id
LEFT JOIN recent_crate_downloads rd ON rd.crate_id = c.id
LEFT JOIN default_versions dv ON dv.crate_id = c.id
LEFT JOIN versions v ON v.id = dv.version_id
LEFT JOIN crate_owners o ON o.crate_id = c.id AND o.owner_id = $2 AND o.owner_kind = $3
CROSS JOIN LATERAL (
    SELECT count(*) AS versions, count(*) FILTER (WHERE w.yanked) AS yanked, max(w.created_at) AS last_publish
    FROM versions w WHERE w.crate_id = c.id) n
WHERE c.id = ANY ($1)`

func scanOwnedCrate(row pgx.CollectableRow) (c OwnedCrate, err error) {
	var description, repository, num *string
	var created, published, since, changed moment
	var version, size, by *int32
	var counts []byte
	err = row.Scan(&c.ID, &c.Name, &description, &repository, &created, &c.Downloads, &c.Recent, &c.Owners,
		&c.Versions, &c.Yanked, &published, &version, &num, &size, &counts, &c.BinNames,
		&c.Owned, &c.Former, &since, &changed, &by)
	c.Description, c.Repository, c.Default = word(description), word(repository), word(num)
	c.CreatedAt, c.LastPublish, c.Since, c.ChangedAt = created.time(), published.time(), since.time(), changed.time()
	c.DefaultID, c.Size, c.AddedBy, c.CodeLines = number(version), number(size), number(by), codeLines(counts)
	return c, err
}

// codeLines is -1 when the registry has not counted them.
func codeLines(counts []byte) int {
	var v Version
	if v.countLines(counts); !v.Analysed {
		return -1
	}
	return v.CodeLines
}

// OwnedCrates gives some crates with their ownership by an account, or by a
// team, in no order. Crates that are gone are left out.
func (r *Reader) OwnedCrates(ctx context.Context, ids []int32, owner int32, team bool) ([]OwnedCrate, error) {
	kind := 0
	if team {
		kind = 1
	}
	return collect(ctx, r, scanOwnedCrate, ownedCratesSQL, ids, owner, kind)
}
