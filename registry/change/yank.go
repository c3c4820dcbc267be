package change

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// Yank says how one version shall be: yanked or not, with which message.
type Yank struct {
	Step    int
	Version int32 // versions.id
	Yanked  bool
	Message *string // nil for none; shown to everybody
}

// Yanked is a version as it was before SetYanked, with its crate.
type Yanked struct {
	Image
	Crate   Crate
	Changed bool // false: it was so already, and nothing was written
}

// SetYanked yanks and unyanks versions as the registry does (contract
// actions.md 1.3): the rows, one version_owner_actions row by the acting
// account for each version that changed, and the jobs for its crate. A version
// that is gone is missing from the answer, which goes by versions.id.
func (t *Tx) SetYanked(ctx context.Context, list []Yank) (map[int32]*Yanked, error) {
	if t.Actor == 0 {
		return nil, cratewarden.Errorf(cratewarden.Refused, "The registry records who yanked, so whoever does it needs an account of the registry. Link one, or let somebody act who has one.")
	}
	done, crates, err := t.versions(ctx, list)
	if err != nil {
		return nil, err
	}
	changed, err := t.writeYanks(ctx, list)
	if err != nil {
		return nil, err
	}
	steps := map[int32]int{}
	for _, y := range list {
		if v := done[y.Version]; v != nil && changed[y.Version] {
			v.Changed = true
			if _, ok := steps[v.Crate.ID]; !ok {
				steps[v.Crate.ID] = y.Step
			}
		}
	}
	for _, c := range crates { // in a steady order, so that review and apply enqueue alike
		if step, ok := steps[c.ID]; ok {
			t.Enqueue(IndexJobs(step, c.Name)...)
			t.Enqueue(DefaultVersionJob(step, c.ID))
		}
	}
	return done, nil
}

// versions locks the crates, then the versions, and watches what a yank
// touches: the rows, their history, and the edges that a trigger makes again.
func (t *Tx) versions(ctx context.Context, list []Yank) (map[int32]*Yanked, []Crate, error) {
	ids := make([]int32, len(list))
	steps := make(map[int64]int, len(list))
	for i, y := range list {
		ids[i] = y.Version
		steps[int64(y.Version)] = y.Step
	}
	locked, err := t.lockCratesOf(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	crates := slices.SortedFunc(maps.Values(locked), func(a, b Crate) int { return cmp.Compare(a.ID, b.ID) })
	images, err := t.Watch(ctx, Watch{Table: "versions", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: steps, Lock: true, Brief: true})
	if err != nil {
		return nil, nil, err
	}
	done := make(map[int32]*Yanked, len(images))
	byCrate := map[int64]int{}
	for _, i := range images {
		crate := locked[int32(i.Columns.Int("crate_id"))]
		done[int32(i.Columns.Int("id"))] = &Yanked{Image: i, Crate: crate}
		if _, ok := byCrate[int64(crate.ID)]; !ok {
			byCrate[int64(crate.ID)] = i.Step
		}
	}
	if _, err := t.Watch(ctx, Watch{Table: "version_owner_actions", Where: "t.version_id = ANY ($1)", Args: []any{ids}, By: "version_id", Steps: steps}); err != nil {
		return nil, nil, err
	}
	_, err = t.Watch(ctx, Watch{Table: "reverse_dependencies", Where: "t.dependent_crate_id = ANY ($1)", Args: []any{slices.Collect(maps.Keys(locked))}, By: "dependent_crate_id", Steps: byCrate, Derived: true})
	return done, crates, err
}

func (t *Tx) lockCratesOf(ctx context.Context, versions []int32) (map[int32]Crate, error) {
	rows, err := t.Query(ctx, `SELECT DISTINCT crate_id FROM versions WHERE id = ANY ($1)`, versions)
	if err != nil {
		return nil, pg.Map(err)
	}
	crates, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return nil, pg.Map(err)
	}
	return t.LockCrates(ctx, crates)
}

// writeYanks gives the versions that were not so already.
func (t *Tx) writeYanks(ctx context.Context, list []Yank) (map[int32]bool, error) {
	n := len(list)
	ids, yanked, messages := make([]int32, n), make([]bool, n), make([]*string, n)
	for i, y := range list {
		ids[i], yanked[i], messages[i] = y.Version, y.Yanked, y.Message
	}
	rows, err := t.Query(ctx, `
		WITH wanted AS (SELECT * FROM unnest($1::int[], $2::boolean[], $3::text[]) AS w (id, yanked, message)),
		changed AS (
			UPDATE versions v SET yanked = w.yanked, yank_message = w.message
			FROM wanted w
			WHERE v.id = w.id AND (v.yanked IS DISTINCT FROM w.yanked OR v.yank_message IS DISTINCT FROM w.message)
			RETURNING v.id, w.yanked)
		INSERT INTO version_owner_actions (version_id, user_id, action)
		SELECT id, $4, CASE WHEN yanked THEN 1 ELSE 2 END FROM changed ORDER BY id
		RETURNING version_id`, ids, yanked, messages, t.Actor)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int32]bool{}
	var id int32
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		out[id] = true
		return nil
	})
	return out, pg.Map(err)
}
