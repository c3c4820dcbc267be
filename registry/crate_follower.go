package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// followerCounts are the followers of every crate. follows has no index that
// begins with the crate (contract pitfalls.md section 12), so that counting
// for one crate costs as much as counting for all.
type followerCounts struct {
	at     time.Time
	counts map[int32]int
	// refused is kept as well: a role that may not read follows gets no right
	// by asking again for every page.
	refused error
}

// followersFresh is how old a count of followers may be.
const followersFresh = 10 * time.Minute

type followerRow struct {
	Crate int32
	Count int
}

// Followers counts who follows a crate, as of at most ten minutes ago; it
// costs one statement in that time, whatever the number of crates asked for.
func (r *Reader) Followers(ctx context.Context, crateID int32) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock()
	if kept := r.followers; now.Sub(kept.at) < followersFresh && (kept.counts != nil || kept.refused != nil) {
		return kept.counts[crateID], kept.refused
	}
	rows, err := collect(ctx, r, pgx.RowToStructByPos[followerRow], `SELECT crate_id, count(*) FROM follows GROUP BY crate_id`)
	if err != nil {
		if cratewarden.KindOf(err) == cratewarden.Refused {
			r.followers = followerCounts{at: now, refused: err}
		}
		return 0, err
	}
	counts := make(map[int32]int, len(rows))
	for _, row := range rows {
		counts[row.Crate] = row.Count
	}
	r.followers = followerCounts{at: now, counts: counts}
	return counts[crateID], nil
}
