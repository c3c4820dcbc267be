package bulk

import "context"

// Crate is a crate with its totals.
type Crate struct {
	ID               int32
	Name, Repository []byte
	Created, Updated int64
	Downloads        int64
	TrustpubOnly     bool
	// Default is the default version; Declared is the number of versions the
	// registry's trigger counted. Both are 0 when there is no row.
	Default, Declared int32
}

const selectCrates = `SELECT c.id, c.name, c.repository, c.created_at, c.updated_at, d.downloads, c.trustpub_only,
	v.version_id, v.num_versions
	FROM crates c
	LEFT JOIN crate_downloads d ON d.crate_id = c.id
	LEFT JOIN default_versions v ON v.crate_id = c.id`

func (r *row) crate() Crate {
	return Crate{
		ID: r.int32(), Name: r.text(), Repository: r.text(), Created: r.micros(), Updated: r.micros(),
		Downloads: r.int64(), TrustpubOnly: r.bool(), Default: r.int32(), Declared: r.int32(),
	}
}

// Crates streams all crates.
func (s Source) Crates(ctx context.Context, each func(Crate)) error {
	return s.load(ctx, selectCrates, func(r *row) { each(r.crate()) })
}

// Owner is one ownership, former ones too where the registry has them.
type Owner struct {
	Crate, Owner     int32
	Team, Deleted    bool
	Created, Updated int64
	CreatedBy        int32
}

const selectOwners = `SELECT crate_id, owner_id, owner_kind = 1, deleted, created_at, updated_at, created_by
	FROM crate_owners`

func (r *row) owner() Owner {
	return Owner{
		Crate: r.int32(), Owner: r.int32(), Team: r.bool(), Deleted: r.bool(),
		Created: r.micros(), Updated: r.micros(), CreatedBy: r.int32(),
	}
}

// Owners streams all ownerships. Rows of a kind the registry does not know
// are left out, as it does itself (contract schema/enums.csv).
func (s Source) Owners(ctx context.Context, each func(Owner)) error {
	return s.load(ctx, selectOwners+` WHERE owner_kind IN (0, 1)`, func(r *row) { each(r.owner()) })
}

// DeletedName is a row of deleted_crates.
type DeletedName struct {
	ID                          int32
	Name                        []byte
	Created, Deleted, Available int64
}

const selectDeleted = `SELECT id, name, created_at, deleted_at, available_at FROM deleted_crates`

func (r *row) deletedName() DeletedName {
	return DeletedName{ID: r.int32(), Name: r.text(), Created: r.micros(), Deleted: r.micros(), Available: r.micros()}
}

// Deleted streams the names of deleted crates, in the order they were deleted.
func (s Source) Deleted(ctx context.Context, each func(DeletedName)) error {
	return s.load(ctx, selectDeleted+` ORDER BY id`, func(r *row) { each(r.deletedName()) })
}

const selectReserved = `SELECT name FROM reserved_crate_names ORDER BY name COLLATE "C"`

// Reserved streams the reserved crate names.
func (s Source) Reserved(ctx context.Context, each func(name []byte)) error {
	return s.load(ctx, selectReserved, func(r *row) { each(r.text()) })
}
