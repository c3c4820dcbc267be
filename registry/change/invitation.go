package change

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Invitation is an invitation to own a crate. Its token, with which anybody
// can accept it without signing in, is never read.
type Invitation struct {
	Step    int
	Crate   int32
	Invited int32 // users.id
	Inviter int32
	Expires time.Time
}

func (i Invitation) key() string { return fmt.Sprintf("%d/%d", i.Invited, i.Crate) }

// Invite makes invitations by the acting account that end in 30 days (contract
// actions.md 4). Where one is there already, even an expired one, nothing is
// written, and the answer gives it by its place in the list.
func (t *Tx) Invite(ctx context.Context, list []Invitation) ([]*Invitation, error) {
	before, err := t.watchInvitations(ctx, list)
	if err != nil {
		return nil, err
	}
	var crates, invited []int32
	for i, v := range list {
		if before[i] == nil {
			crates, invited = append(crates, v.Crate), append(invited, v.Invited)
		}
	}
	_, err = t.Exec(ctx, `
		INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at)
		SELECT invited, $3, crate, now() + interval '30 days' FROM unnest($1::int[], $2::int[]) AS w (crate, invited)`, crates, invited, t.Actor)
	return before, pg.Map(err)
}

// DeleteInvitations deletes invitations by crate and invited account, and gives
// those that were there by the place in the list. A row that undo puts back has
// a new token: the old one dies with it.
func (t *Tx) DeleteInvitations(ctx context.Context, list []Invitation) ([]*Invitation, error) {
	before, err := t.watchInvitations(ctx, list)
	if err != nil {
		return nil, err
	}
	crates, invited := make([]int32, len(list)), make([]int32, len(list))
	for i, v := range list {
		crates[i], invited[i] = v.Crate, v.Invited
	}
	_, err = t.Exec(ctx, `
		DELETE FROM crate_owner_invitations v USING unnest($1::int[], $2::int[]) AS w (crate, invited)
		WHERE (v.crate_id, v.invited_user_id) = (w.crate, w.invited)`, crates, invited)
	return before, pg.Map(err)
}

func (t *Tx) watchInvitations(ctx context.Context, list []Invitation) ([]*Invitation, error) {
	keys, steps := make([]string, len(list)), make(map[string]int, len(list))
	for i, v := range list {
		keys[i], steps[v.key()] = v.key(), v.Step
	}
	where, args := byKeys("crate_owner_invitations", keys)
	images, err := t.Watch(ctx, Watch{Table: "crate_owner_invitations", Where: where, Args: args, Lock: true, keySteps: steps})
	if err != nil {
		return nil, err
	}
	found := make(map[string]*Invitation, len(images))
	for _, i := range images {
		end, _ := i.Columns.Time("expires_at")
		found[i.Key] = &Invitation{Step: i.Step, Crate: int32(i.Columns.Int("crate_id")), Invited: int32(i.Columns.Int("invited_user_id")),
			Inviter: int32(i.Columns.Int("invited_by_user_id")), Expires: end}
	}
	out := make([]*Invitation, len(list))
	for i, key := range keys {
		out[i] = found[key]
	}
	return out, nil
}

// openInvitations is SQL for what can still be accepted.
const openInvitations = `SELECT v.crate_id, v.invited_user_id, v.invited_by_user_id, v.expires_at FROM crate_owner_invitations v WHERE v.expires_at > now()`

// OpenInvitations gives invitations that accounts gave or got and that can
// still be accepted. There is no index by inviter, so this reads the table.
func (t *Tx) OpenInvitations(ctx context.Context, accounts []int32) ([]Invitation, error) {
	rows, err := t.Query(ctx, openInvitations+` AND (v.invited_user_id = ANY ($1) OR v.invited_by_user_id = ANY ($1)) ORDER BY 1, 2`, accounts)
	if err != nil {
		return nil, pg.Map(err)
	}
	return invitations(rows)
}

// OpenInvitationsTo gives those of the given owners who could become owner
// again by an open invitation to the same crate.
func (t *Tx) OpenInvitationsTo(ctx context.Context, list []Owner) ([]Invitation, error) {
	crates, ids, _ := ownerColumns(list)
	rows, err := t.Query(ctx, openInvitations+` AND (v.crate_id, v.invited_user_id) IN (SELECT c, i FROM unnest($1::int[], $2::int[]) AS w (c, i)) ORDER BY 1, 2`, crates, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	return invitations(rows)
}

func invitations(rows pgx.Rows) (out []Invitation, err error) {
	var v Invitation
	_, err = pgx.ForEachRow(rows, []any{&v.Crate, &v.Invited, &v.Inviter, &v.Expires}, func() error {
		out = append(out, v)
		return nil
	})
	return out, pg.Map(err)
}
