package change

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// Name is one name that a step reserves, frees or blocks, with what the
// registry has under it in any spelling.
type Name struct {
	Step int
	Name string // as the step spells it

	Crate    Crate    // the crate that has the name; id 0 for none
	Reserved []string // stored spellings in the list of reserved names
	// Deleted is the newest deletion of a crate of that name, 0 for none, and
	// Available from when on the name may be published again.
	Deleted   int32
	Available time.Time
	// Other is the latest such time of older deletions, which count too.
	Other time.Time
}

// Names fills in what the registry has under each name.
func (t *Tx) Names(ctx context.Context, list []Name) error {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = n.Name
	}
	crates, err := t.FindCrates(ctx, texts)
	if err != nil {
		return err
	}
	rows, err := t.Query(ctx, `
		SELECT w.n, r.reserved, coalesce(d.id, 0), d.available_at, d.other
		FROM unnest($1::text[]) WITH ORDINALITY AS w (name, n)
		CROSS JOIN LATERAL (
			SELECT coalesce(array_agg(name ORDER BY name COLLATE "C"), '{}') AS reserved
			FROM reserved_crate_names WHERE canon_crate_name(name) = canon_crate_name(w.name)) r
		LEFT JOIN LATERAL (
			SELECT id, CASE WHEN isfinite(available_at) THEN available_at END AS available_at,
				max(CASE WHEN isfinite(available_at) THEN available_at END)
					OVER (ORDER BY deleted_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS other
			FROM deleted_crates WHERE canon_crate_name(name) = canon_crate_name(w.name)
			ORDER BY deleted_at DESC, id DESC LIMIT 1) d ON true`, texts)
	if err != nil {
		return pg.Map(err)
	}
	var n int64
	var found Name
	var available, other *time.Time
	_, err = pgx.ForEachRow(rows, []any{&n, &found.Reserved, &found.Deleted, &available, &other}, func() error {
		at := &list[n-1]
		at.Crate, at.Reserved, at.Deleted, at.Available, at.Other = crates[n-1], found.Reserved, found.Deleted, orZero(available), orZero(other)
		found.Reserved = nil
		return nil
	})
	return pg.Map(err)
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// ReserveNames puts names on the registry's list of names that nobody may
// publish. A crate that took one meanwhile is a Conflict, by the registry's
// own trigger.
func (t *Tx) ReserveNames(ctx context.Context, list []Name) error {
	return t.listNames(ctx, "reserved_crate_names", "name", list)
}

// ReserveUsernames puts names on the list of names that nobody may sign in
// with; Name.Name is a user name here.
func (t *Tx) ReserveUsernames(ctx context.Context, list []Name) error {
	return t.listNames(ctx, "reserved_usernames", "username", list)
}

// listNames inserts texts into one of the two lists, whose key is the text.
func (t *Tx) listNames(ctx context.Context, table, column string, list []Name) error {
	texts, steps := make([]string, len(list)), map[string]int{}
	for i, n := range list {
		texts[i], steps[n.Name] = n.Name, n.Step
	}
	if _, err := t.Watch(ctx, Watch{Table: table, Where: "t." + column + " = ANY ($1)", Args: []any{texts}, keySteps: steps}); err != nil {
		return err
	}
	_, err := t.Exec(ctx, `INSERT INTO `+pgx.Identifier{table}.Sanitize()+` (`+column+`) SELECT unnest($1::text[])`, texts)
	if pg.IsCode(err, "P0001") || pg.IsCode(err, "23505") {
		return cratewarden.Wrap(err, cratewarden.Conflict, "One of the names was taken or reserved by somebody else at this moment. Review the plan again.")
	}
	return pg.Map(err)
}

// UnreserveNames takes names off the list, in every stored spelling.
func (t *Tx) UnreserveNames(ctx context.Context, list []Name) error {
	var texts []string
	steps := map[string]int{}
	for _, n := range list {
		for _, stored := range n.Reserved {
			texts, steps[stored] = append(texts, stored), n.Step
		}
	}
	if _, err := t.Watch(ctx, Watch{Table: "reserved_crate_names", Where: "t.name = ANY ($1)", Args: []any{texts}, keySteps: steps, Lock: true}); err != nil {
		return err
	}
	_, err := t.Exec(ctx, `DELETE FROM reserved_crate_names WHERE name = ANY ($1)`, texts)
	return pg.Map(err)
}

// BlockNames sets from when on the names of deleted crates may be published
// again, in the row of each name's newest deletion.
func (t *Tx) BlockNames(ctx context.Context, list []Name, until map[int32]time.Time) error {
	ids, times, steps := make([]int32, len(list)), make([]time.Time, len(list)), map[int64]int{}
	for i, n := range list {
		ids[i], times[i], steps[int64(n.Deleted)] = n.Deleted, until[n.Deleted], n.Step
	}
	if _, err := t.Watch(ctx, Watch{Table: "deleted_crates", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: steps, Lock: true}); err != nil {
		return err
	}
	_, err := t.Exec(ctx, `UPDATE deleted_crates d SET available_at = w.until
		FROM unnest($1::int[], $2::timestamptz[]) AS w (id, until)
		WHERE d.id = w.id AND d.available_at IS DISTINCT FROM w.until`, ids, times)
	return pg.Map(err)
}

// UserOf is an account that uses a user name, by users.id and login.
type UserOf struct {
	ID    int32
	Login string
}

// UsernameState gives for each user name its stored spelling in the list of
// reserved ones, "" for none, and the accounts that use it in any spelling.
func (t *Tx) UsernameState(ctx context.Context, names []string) (reserved []string, users [][]UserOf, err error) {
	rows, err := t.Query(ctx, `
		SELECT w.n, coalesce(r.username, ''), coalesce(u.id, 0), coalesce(u.username, '')
		FROM unnest($1::text[]) WITH ORDINALITY AS w (name, n)
		LEFT JOIN reserved_usernames r ON canon_username(r.username) = canon_username(w.name)
		LEFT JOIN users u ON canon_username(u.username) = canon_username(w.name)
		ORDER BY w.n, u.id`, names)
	if err != nil {
		return nil, nil, pg.Map(err)
	}
	reserved, users = make([]string, len(names)), make([][]UserOf, len(names))
	var n int64
	var stored string
	var u UserOf
	_, err = pgx.ForEachRow(rows, []any{&n, &stored, &u.ID, &u.Login}, func() error {
		reserved[n-1] = stored
		if u.ID != 0 {
			users[n-1] = append(users[n-1], u)
		}
		return nil
	})
	return reserved, users, pg.Map(err)
}
