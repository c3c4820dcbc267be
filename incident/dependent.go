package incident

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/action"
	"cratewarden/mirror"
	"cratewarden/pg"
)

// dependency is a version that depended directly on a bad crate and was in use,
// with who owned its crate.
type dependency struct {
	Version     int32     `json:"version"`
	Crate       int32     `json:"crate"`
	Name        string    `json:"name"`
	Requirement string    `json:"requirement"`
	Owners      []int32   `json:"owners,omitempty"` // accounts; teams have no mail
	Seen        time.Time `json:"seen"`             // when it was so
}

// dependents is who depended on one bad crate, as it is kept with the case.
type dependents struct {
	ID    int32
	Crate string // canonical
	Seen  time.Time
	Plan  string // that deleted the crate, and whose images this comes from
	Rows  []dependency
}

// mostKept is how many dependencies on a crate are kept. A crate with more cannot
// be deleted through the console.
const mostKept = 50_000

// keepDependents writes down who depends on the bad crates of a case while the
// registry knows it, and of crates that are gone what the images of the deletion
// still have. What was seen once stays: a version that the case held since was in
// use all the same.
func (s *Service) keepDependents(ctx context.Context, i Incident, c scope) error {
	m := s.cfg.Mirror
	if m == nil || !m.Ready(mirror.PartVersions) || !m.Ready(mirror.PartDependencies) {
		return nil
	}
	have, err := s.keptDependents(ctx, i, "")
	if err != nil {
		return err
	}
	now := s.clock().UTC().Truncate(time.Microsecond)
	held := sync.OnceValues(func() (map[int32]bool, error) { return s.heldIDs(ctx, i) })
	for _, name := range c.names() {
		if !c.anyBad(name) {
			continue
		}
		crate, there := m.CrateByName(name)
		last := lastKept(have, name, crate.ID)
		var next dependents
		switch {
		case there && i.State.Open() && (last == nil || now.Sub(last.Seen) >= countAgain):
			if next, err = s.dependentsNow(crate, name, now, held); err != nil {
				return err
			}
		case !there && (last == nil || last.Plan == ""):
			if next, err = s.dependentsBefore(ctx, name, held); err != nil {
				return err
			}
		}
		if next.ID == 0 || len(next.Rows) > mostKept {
			continue
		}
		if err := s.writeDependents(ctx, i, next); err != nil {
			return err
		}
	}
	return nil
}

// lastKept gives what is kept of a crate; with an id of no other crate of the name.
func lastKept(list []dependents, name string, id int32) (last *dependents) {
	for n := range list {
		if list[n].Crate == name && (id == 0 || list[n].ID == id) {
			last = &list[n]
		}
	}
	return last
}

// anyBad says that a crate of the case has bad versions.
func (c scope) anyBad(name string) bool {
	if c.whole(name) {
		return true
	}
	for id, bad := range c.versions {
		if bad && len(id) > len(name) && id[len(name)] == '@' && id[:len(name)] == name {
			return true
		}
	}
	return false
}

// dependentsNow reads who depends on a crate now. What the case holds is yanked by
// that, and was in use until then.
func (s *Service) dependentsNow(crate mirror.Crate, name string, now time.Time, held func() (map[int32]bool, error)) (dependents, error) {
	m := s.cfg.Mirror
	out := dependents{ID: crate.ID, Crate: name, Seen: now}
	ours, err := held()
	if err != nil {
		return out, err
	}
	seen := map[dependencyKey]bool{}
	for d := range m.DependentVersions(crate.ID) {
		v, ok := m.Version(d.VersionID)
		key := dependencyKey{d.VersionID, d.Requirement}
		if !ok || v.CrateID == crate.ID || v.Yanked && !ours[v.ID] || seen[key] {
			continue
		}
		seen[key] = true
		if out.Rows = append(out.Rows, s.dependencyOf(v, d.Requirement, now)); len(out.Rows) > mostKept {
			break
		}
	}
	return out, nil
}

type dependencyKey struct {
	version     int32
	requirement string
}

func (s *Service) dependencyOf(v mirror.Version, requirement string, at time.Time) dependency {
	d := dependency{Version: v.ID, Crate: v.CrateID, Requirement: requirement, Seen: at, Owners: s.accountsOwning(v.CrateID)}
	if c, ok := s.cfg.Mirror.Crate(v.CrateID); ok {
		d.Name = c.Name
	}
	return d
}

// accountsOwning gives the accounts that own a crate now.
func (s *Service) accountsOwning(crate int32) (ids []int32) {
	for _, o := range s.cfg.Mirror.Owners(crate) {
		if !o.Team && !o.Deleted {
			ids = append(ids, o.OwnerID)
		}
	}
	return ids
}

// merged keeps what was seen before beside what is seen now, whose times are newer.
func merged(old, now []dependency) []dependency {
	known := map[dependencyKey]bool{}
	for _, d := range now {
		known[dependencyKey{d.Version, d.Requirement}] = true
	}
	for _, d := range old {
		if !known[dependencyKey{d.Version, d.Requirement}] && len(now) < mostKept {
			now = append(now, d)
		}
	}
	return now
}

// dependentsBefore reads who depended on a crate that a plan deleted from the
// images that the plan kept.
func (s *Service) dependentsBefore(ctx context.Context, name string, held func() (map[int32]bool, error)) (out dependents, err error) {
	stones, err := s.tombstones(ctx, name)
	if err != nil || len(stones) == 0 {
		return out, err
	}
	plan, err := s.cfg.Engine.Plan(ctx, stones[0].Plan) // the last deletion
	if err != nil {
		return out, err
	}
	effect, err := s.cfg.Engine.Effect(ctx, plan)
	if err != nil {
		return out, err
	}
	out = dependents{Crate: name, Seen: stones[0].DeletedAt.UTC().Truncate(time.Microsecond), Plan: plan.ID}
	for _, r := range effect.Rows {
		if r.Table == "crates" && r.After == nil && canonID(r.Before.Text("name")) == name {
			out.ID = int32(r.Before.Int("id"))
		}
	}
	ours, err := held()
	if err != nil {
		return out, err
	}
	for _, r := range effect.Rows {
		if r.Table != "dependencies" || r.After != nil || int32(r.Before.Int("crate_id")) != out.ID {
			continue
		}
		v, ok := s.cfg.Mirror.Version(int32(r.Before.Int("version_id")))
		if ok && v.CrateID != out.ID && (!v.Yanked || ours[v.ID]) {
			out.Rows = append(out.Rows, s.dependencyOf(v, r.Before.Text("req"), out.Seen))
		}
	}
	slices.SortFunc(out.Rows, func(a, b dependency) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Requirement, b.Requirement))
	})
	return out, nil
}

func (s *Service) tombstones(ctx context.Context, name string) ([]action.Tombstone, error) {
	if s.cfg.Engine == nil {
		return nil, nil
	}
	return s.cfg.Engine.Tombstones(ctx, action.TombstoneFilter{Crate: name, Limit: 1})
}

// heldIDs are the versions that the case holds.
func (s *Service) heldIDs(ctx context.Context, i Incident) (map[int32]bool, error) {
	out := map[int32]bool{}
	if s.cfg.Engine == nil {
		return out, nil
	}
	list, err := s.heldBy(ctx, i)
	for _, v := range list {
		out[v.ID] = true
	}
	return out, err
}

// writeDependents puts what is seen now beside what was seen before.
func (s *Service) writeDependents(ctx context.Context, i Incident, d dependents) error {
	return pg.InTx(ctx, s.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO incident_dependent (incident, crate_id, crate, seen_at, rows) VALUES ($1, $2, $3, 'epoch', '[]') ON CONFLICT DO NOTHING`,
			i.number(), d.ID, d.Crate); err != nil {
			return err
		}
		var body []byte
		var old []dependency
		if err := tx.QueryRow(ctx, `SELECT rows FROM incident_dependent WHERE incident = $1 AND crate_id = $2 FOR UPDATE`, i.number(), d.ID).Scan(&body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &old); err != nil {
			return err
		}
		body, err := json.Marshal(merged(old, d.Rows))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE incident_dependent SET seen_at = $3, plan = $4, rows = $5 WHERE incident = $1 AND crate_id = $2 AND seen_at < $3`, i.number(), d.ID, d.Seen, d.Plan, body)
		return err
	})
}

// keptDependents gives what is kept with a case and those merged into it, the
// oldest first; with their rows for one crate, without for "".
func (s *Service) keptDependents(ctx context.Context, i Incident, crate string) ([]dependents, error) {
	var numbers []int64
	for _, id := range i.ids() {
		n, _ := numberOf(id) // made by idOf
		numbers = append(numbers, n)
	}
	rows, err := s.db.Query(ctx, `SELECT crate_id, crate, seen_at, plan, CASE WHEN $2 <> '' THEN rows ELSE '[]' END FROM incident_dependent
		WHERE incident = ANY ($1) AND ($2 = '' OR crate = $2) ORDER BY seen_at, incident`, numbers, crate)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d dependents, err error) {
		var body []byte
		if err := row.Scan(&d.ID, &d.Crate, &d.Seen, &d.Plan, &body); err != nil {
			return d, err
		}
		d.Seen = d.Seen.UTC()
		return d, json.Unmarshal(body, &d.Rows)
	})
	return out, pg.Map(err)
}
