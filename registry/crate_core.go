package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// CrateCore is what nearly every look at a crate needs beside its row.
type CrateCore struct {
	Owners      []Owner
	Invitations []CrateInvitation
	Publishers  []CratePublisher
	// LiveTokens counts trusted-publishing tokens that could publish the crate
	// at this moment; they outlive a lock and their configuration.
	LiveTokens   int
	Versions     []CrateVersion
	Dependencies []CrateDependency
	Names        NameRecord
}

// CrateCore reads it in one round trip of five statements. versions bounds the
// first page of versions, of which one more is read than asked for, so that
// the caller sees whether there is a next page.
func (r *Reader) CrateCore(ctx context.Context, c Crate, versions int) (CrateCore, error) {
	batch := &pgx.Batch{}
	core := r.queueCore(batch, c, versions, r.clock())
	if err := r.send(ctx, batch); err != nil {
		return CrateCore{}, err
	}
	return core(), nil
}

// queueCore adds the statements to a batch and gives what puts the answers
// together after it was sent.
func (r *Reader) queueCore(batch *pgx.Batch, c Crate, versions int, now time.Time) func() CrateCore {
	core := &CrateCore{}
	var owners []ownerRow
	var publishers []publisherRow
	var names []nameRow
	queue(batch, &owners, scanOwner, ownersSQL, c.ID, now)
	r.queuePublishers(batch, &publishers, c.ID, now)
	queue(batch, &core.Versions, scanCrateVersion, crateVersionsSQL, c.ID, versionsEnd, int32(0), versions+1, now)
	queue(batch, &core.Dependencies, scanCrateDependency, dependenciesSQL, c.DefaultID)
	queue(batch, &names, scanName, namesSQL, c.Name)
	return func() CrateCore {
		core.Owners, core.Invitations = splitOwners(owners, c)
		core.Publishers, core.LiveTokens = splitPublishers(publishers)
		core.Names = nameRecord(names)
		return *core
	}
}
