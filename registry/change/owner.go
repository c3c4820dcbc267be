package change

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Owner is a person or a team as an owner of a crate.
type Owner struct {
	Step  int
	Crate int32
	ID    int32 // users.id, or teams.id for a team
	Team  bool
}

// kind is crate_owners.owner_kind.
func (o Owner) kind() int32 {
	if o.Team {
		return 1
	}
	return 0
}

func (o Owner) key() string { return fmt.Sprintf("%d/%d/%d", o.Crate, o.ID, o.kind()) }

// OwnerState is how an owner's row was before a change.
type OwnerState int

// The states of an owner's row.
const (
	NeverOwner  OwnerState = iota // no row
	FormerOwner                   // a row marked deleted
	ActiveOwner
)

// AddOwners makes owners at once, as the registry does for teams and accepted
// invitations (contract actions.md 4): a former owner's row is only marked as
// active again. It gives each one's state before, by the place in the list.
func (t *Tx) AddOwners(ctx context.Context, list []Owner) ([]OwnerState, error) {
	states, err := t.watchOwners(ctx, list)
	if err != nil {
		return nil, err
	}
	crates, ids, kinds := ownerColumns(list)
	_, err = t.Exec(ctx, `
		INSERT INTO crate_owners AS o (crate_id, owner_id, created_by, owner_kind)
		SELECT crate, id, $4, kind FROM unnest($1::int[], $2::int[], $3::int[]) AS w (crate, id, kind)
		ON CONFLICT (crate_id, owner_id, owner_kind) DO UPDATE SET deleted = false WHERE o.deleted`, crates, ids, kinds, t.Actor)
	return states, pg.Map(err)
}

// RemoveOwners marks owners' rows as deleted, as the registry does, and gives
// each one's state before. Whether a crate keeps an owner is for the caller to
// judge.
func (t *Tx) RemoveOwners(ctx context.Context, list []Owner) ([]OwnerState, error) {
	states, err := t.watchOwners(ctx, list)
	if err != nil {
		return nil, err
	}
	crates, ids, kinds := ownerColumns(list)
	_, err = t.Exec(ctx, `
		UPDATE crate_owners o SET deleted = true
		FROM unnest($1::int[], $2::int[], $3::int[]) AS w (crate, id, kind)
		WHERE (o.crate_id, o.owner_id, o.owner_kind) = (w.crate, w.id, w.kind) AND NOT o.deleted`, crates, ids, kinds)
	return states, pg.Map(err)
}

// OwnerStates gives each one's state, by the place in the list, and holds the
// rows.
func (t *Tx) OwnerStates(ctx context.Context, list []Owner) ([]OwnerState, error) {
	return t.watchOwners(ctx, list)
}

func (t *Tx) watchOwners(ctx context.Context, list []Owner) ([]OwnerState, error) {
	keys, steps := make([]string, len(list)), make(map[string]int, len(list))
	for i, o := range list {
		keys[i], steps[o.key()] = o.key(), o.Step
	}
	where, args := byKeys("crate_owners", keys)
	images, err := t.Watch(ctx, Watch{Table: "crate_owners", Where: where, Args: args, Lock: true, keySteps: steps})
	if err != nil {
		return nil, err
	}
	found := make(map[string]OwnerState, len(images))
	for _, i := range images {
		found[i.Key] = ActiveOwner
		if i.Columns.Bool("deleted") {
			found[i.Key] = FormerOwner
		}
	}
	states := make([]OwnerState, len(list))
	for i, key := range keys {
		states[i] = found[key]
	}
	return states, nil
}

func ownerColumns(list []Owner) (crates, ids, kinds []int32) {
	for _, o := range list {
		crates, ids, kinds = append(crates, o.Crate), append(ids, o.ID), append(kinds, o.kind())
	}
	return crates, ids, kinds
}

// OwnersLeft is who owns a crate.
type OwnersLeft struct {
	Crate  int32
	Name   string
	People int // active owners who are people
	Locked int // of these, those whom the registry turns away
	Teams  int
}

// OwnersLeft counts crates' active owners by crates.id; a crate that is gone is
// missing.
func (t *Tx) OwnersLeft(ctx context.Context, crates []int32) (map[int32]OwnersLeft, error) {
	rows, err := t.Query(ctx, `
		SELECT c.id, c.name, count(u.id),
			count(u.id) FILTER (WHERE u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > now())),
			count(*) FILTER (WHERE o.owner_kind = 1)
		FROM crates c
		LEFT JOIN crate_owners o ON o.crate_id = c.id AND NOT o.deleted
		LEFT JOIN users u ON u.id = o.owner_id AND o.owner_kind = 0
		WHERE c.id = ANY ($1) GROUP BY c.id`, crates)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := make(map[int32]OwnersLeft, len(crates))
	var l OwnersLeft
	_, err = pgx.ForEachRow(rows, []any{&l.Crate, &l.Name, &l.People, &l.Locked, &l.Teams}, func() error {
		out[l.Crate] = l
		return nil
	})
	return out, pg.Map(err)
}

// Owned is a crate that an account owns.
type Owned struct {
	Account int32
	Crate   int32
	Name    string
	Others  int // other active owners, people and teams
}

// OwnedCrates gives the crates that accounts own themselves, not through a
// team. There is no index by owner, so this reads the table.
func (t *Tx) OwnedCrates(ctx context.Context, accounts []int32) ([]Owned, error) {
	rows, err := t.Query(ctx, `
		SELECT o.owner_id, c.id, c.name,
			(SELECT count(*) FROM crate_owners x WHERE x.crate_id = c.id AND NOT x.deleted AND (x.owner_id, x.owner_kind) <> (o.owner_id, 0))
		FROM crate_owners o JOIN crates c ON c.id = o.crate_id
		WHERE o.owner_id = ANY ($1) AND o.owner_kind = 0 AND NOT o.deleted
		ORDER BY c.id, o.owner_id`, accounts)
	if err != nil {
		return nil, pg.Map(err)
	}
	owned, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Owned])
	return owned, pg.Map(err)
}

// Teams gives the logins of teams that the registry knows, by teams.id.
func (t *Tx) Teams(ctx context.Context, ids []int32) (map[int32]string, error) {
	rows, err := t.Query(ctx, `SELECT id, login FROM teams WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	return pairs[int32, string](rows)
}
