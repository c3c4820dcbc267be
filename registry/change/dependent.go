package change

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Dependent is a crate of which some version depends on another, whether yanked
// or not, default or not (contract pitfalls.md 3).
type Dependent struct {
	Target   int32 // crates.id of what is depended on
	Crate    Crate // who depends
	Rows     int64 // of dependencies
	Versions []int32
}

// Dependents gives who depends on crates, those among themselves left out, by
// the dependent's id. It looks at no more than most rows; more says that there
// are others.
func (t *Tx) Dependents(ctx context.Context, crates []int32, most int) (list []Dependent, more bool, err error) {
	rows, err := t.Query(ctx, `
		WITH found AS MATERIALIZED (
			SELECT d.crate_id AS target, v.crate_id AS dependent, v.id AS version
			FROM dependencies d JOIN versions v ON v.id = d.version_id
			WHERE d.crate_id = ANY ($1) AND v.crate_id <> ALL ($1) LIMIT $2 + 1)
		SELECT s.target, c.id, c.name, count(*), array_agg(DISTINCT s.version ORDER BY s.version), (SELECT count(*) > $2 FROM found)
		FROM found s JOIN crates c ON c.id = s.dependent GROUP BY s.target, c.id ORDER BY s.target, c.id`, crates, most)
	if err != nil {
		return nil, false, pg.Map(err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Dependent, err error) {
		err = row.Scan(&d.Target, &d.Crate.ID, &d.Crate.Name, &d.Rows, &d.Versions, &more)
		return d, err
	})
	return list, more, pg.Map(err)
}

// Requirement is one wording of a requirement on a crate, with the crates that
// use it in any version.
type Requirement struct {
	Target int32 // crates.id
	Req    string
	Crates []string // stored names, sorted
}

// Requirements gives how other crates word their requirements on crates. It
// looks at no more than most rows; more says that there are others.
func (t *Tx) Requirements(ctx context.Context, crates []int32, most int) (list []Requirement, more bool, err error) {
	rows, err := t.Query(ctx, `
		WITH found AS MATERIALIZED (
			SELECT d.crate_id AS target, d.req, v.crate_id AS dependent
			FROM dependencies d JOIN versions v ON v.id = d.version_id
			WHERE d.crate_id = ANY ($1) AND v.crate_id <> d.crate_id LIMIT $2 + 1)
		SELECT s.target, s.req, array_agg(DISTINCT c.name::text), (SELECT count(*) > $2 FROM found)
		FROM found s JOIN crates c ON c.id = s.dependent GROUP BY s.target, s.req ORDER BY s.target, s.req COLLATE "C"`, crates, most)
	if err != nil {
		return nil, false, pg.Map(err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Requirement, err error) {
		err = row.Scan(&r.Target, &r.Req, &r.Crates, &more)
		return r, err
	})
	return list, more, pg.Map(err)
}

// Numbered is a version as dependents see it.
type Numbered struct {
	ID     int32
	Num    string
	Yanked bool
}

// Numbers gives all versions of crates, by crate.
func (t *Tx) Numbers(ctx context.Context, crates []int32) (map[int32][]Numbered, error) {
	rows, err := t.Query(ctx, `SELECT crate_id, id, num, yanked FROM versions WHERE crate_id = ANY ($1) ORDER BY crate_id, id`, crates)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int32][]Numbered{}
	var crate int32
	var v Numbered
	_, err = pgx.ForEachRow(rows, []any{&crate, &v.ID, &v.Num, &v.Yanked}, func() error {
		out[crate] = append(out[crate], v)
		return nil
	})
	return out, pg.Map(err)
}

// Standing is what the registry's own rule on deletion asks about a crate
// (contract actions.md 2.1).
type Standing struct {
	Owners    int // users and teams, active ones
	Downloads int64
	AgeHours  int64
	Versions  int
	Configs   int // trusted publishers
}

// Standings gives the standing of crates.
func (t *Tx) Standings(ctx context.Context, crates []int32) (map[int32]Standing, error) {
	rows, err := t.Query(ctx, `
		SELECT c.id, (SELECT count(*) FROM crate_owners o WHERE o.crate_id = c.id AND NOT o.deleted),
			coalesce((SELECT d.downloads FROM crate_downloads d WHERE d.crate_id = c.id), 0),
			(extract(epoch FROM now() - c.created_at) / 3600)::bigint,
			(SELECT count(*) FROM versions v WHERE v.crate_id = c.id),
			(SELECT count(*) FROM trustpub_configs_github g WHERE g.crate_id = c.id) + (SELECT count(*) FROM trustpub_configs_gitlab l WHERE l.crate_id = c.id)
		FROM crates c WHERE c.id = ANY ($1)`, crates)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int32]Standing{}
	var id int32
	var s Standing
	_, err = pgx.ForEachRow(rows, []any{&id, &s.Owners, &s.Downloads, &s.AgeHours, &s.Versions, &s.Configs}, func() error {
		out[id] = s
		return nil
	})
	return out, pg.Map(err)
}
