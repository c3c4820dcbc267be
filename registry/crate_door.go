package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Doors are the ways by which somebody could come to publish crates without being
// their owner yet: trusted publishers and invitations, as they stand now. Neither
// table has a history (contract actions.md sections 5 and 9).
type Doors struct {
	Publishers  []DoorPublisher
	Invitations []AccountInvitation
	// Owners are the accounts that own the crates, or did: an invitation that was
	// accepted is one of them, and nowhere else.
	Owners []DoorOwner
}

// How much one answer has at most, as the statements say.
const (
	mostInvitations = 500
	mostPublishers  = 5000
	mostOwners      = 20_000
)

// Whole says that nothing was left out, so that what is not among them is not there.
func (d Doors) Whole() bool {
	return len(d.Invitations) < mostInvitations && len(d.Publishers) < mostPublishers && len(d.Owners) < mostOwners
}

// DoorOwner is an account's ownership. MadeAt is its first time, and stays when it
// is taken up again; ChangedAt is its last change.
type DoorOwner struct {
	CrateID, AccountID int32
	MadeAt, ChangedAt  time.Time
	Former             bool
}

// DoorPublisher is a trusted publisher with the crate that it may publish.
type DoorPublisher struct {
	CrateID int32
	CratePublisher
}

const doorPublishersSQL = `SELECT provider, crate_id, id, origin, owner_id, workflow, environment, created_at
FROM (` + publisherTables + `) p ORDER BY created_at, provider, id LIMIT 5000`

// doorInvitationsSQL walks the table, which holds what nobody answered yet and is
// small.
const doorInvitationsSQL = invitationsSelect + `
WHERE i.crate_id = ANY ($1) OR i.invited_user_id = ANY ($3) OR i.invited_by_user_id = ANY ($3)` + invitationsEnd

const doorOwnersSQL = `SELECT crate_id, owner_id, created_at, updated_at, deleted FROM crate_owners
WHERE crate_id = ANY ($1) AND owner_kind = 0 ORDER BY created_at, crate_id, owner_id LIMIT 20000`

// Doors gives the trusted publishers of crates, at most 5000, and the newest
// invitations to own them or that the accounts gave or got. A public dump has no
// invitations.
func (r *Reader) Doors(ctx context.Context, crates, accounts []int32) (d Doors, err error) {
	if crates == nil {
		crates = []int32{}
	}
	if accounts == nil {
		accounts = []int32{}
	}
	b := &pgx.Batch{}
	queue(b, &d.Publishers, scanDoorPublisher, doorPublishersSQL, r.publisherArgs(crates...)...)
	if !r.Dump {
		queue(b, &d.Owners, scanDoorOwner, doorOwnersSQL, crates)
		queue(b, &d.Invitations, scanAccountInvitation, doorInvitationsSQL, crates, r.clock(), accounts)
	}
	return d, r.send(ctx, b)
}

func scanDoorOwner(row pgx.CollectableRow) (o DoorOwner, err error) {
	var made, changed moment
	err = row.Scan(&o.CrateID, &o.AccountID, &made, &changed, &o.Former)
	o.MadeAt, o.ChangedAt = made.time(), changed.time()
	return o, err
}

func scanDoorPublisher(row pgx.CollectableRow) (p DoorPublisher, err error) {
	var owner, environment *string
	var created moment
	err = row.Scan(&p.Provider, &p.CrateID, &p.ID, &p.Origin, &owner, &p.Workflow, &environment, &created)
	p.OwnerID, p.Environment, p.CreatedAt = word(owner), word(environment), created.time()
	return p, err
}
