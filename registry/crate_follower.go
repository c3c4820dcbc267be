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
	// counting is set while somebody counts. The others do not wait for it: one
	// slow count would hold up the page of every crate.
	counting bool
}

// followersFresh is how old a count of followers may be before somebody counts
// anew, followersOld how old one may be that is given meanwhile.
const (
	followersFresh = 10 * time.Minute
	followersOld   = 20 * time.Minute
)

type followerRow struct {
	Crate int32
	Count int
}

// Followers counts who follows a crate, as of at most ten minutes ago; it
// costs one statement in that time, whatever the number of crates asked for.
// While one caller counts, the others have the count before if it is at most
// twenty minutes old, and otherwise Unavailable.
func (r *Reader) Followers(ctx context.Context, crateID int32) (int, error) {
	now := r.clock()
	kept, mine := r.startFollowers(now)
	if !mine {
		if now.Sub(kept.at) > followersOld {
			return 0, cratewarden.Errorf(cratewarden.Unavailable, "The followers are being counted. Look again in a moment.")
		}
		return kept.counts[crateID], kept.refused
	}
	next := kept
	// Also after a panic, or nobody would ever count again.
	defer func() { r.endFollowers(next) }()
	rows, err := collect(ctx, r, pgx.RowToStructByPos[followerRow], `SELECT crate_id, count(*) FROM follows GROUP BY crate_id`)
	if err != nil {
		if cratewarden.KindOf(err) == cratewarden.Refused {
			next = followerCounts{at: now, refused: err}
		}
		return 0, err
	}
	counts := make(map[int32]int, len(rows))
	for _, row := range rows {
		counts[row.Crate] = row.Count
	}
	next = followerCounts{at: now, counts: counts}
	return counts[crateID], nil
}

// startFollowers gives the last count, and whether the caller has to count.
func (r *Reader) startFollowers(now time.Time) (kept followerCounts, mine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept = r.followers
	fresh := now.Sub(kept.at) < followersFresh && (kept.counts != nil || kept.refused != nil)
	mine = !fresh && !kept.counting
	r.followers.counting = kept.counting || mine
	return kept, mine
}

// endFollowers keeps a count, or the one before when there is no new one.
func (r *Reader) endFollowers(next followerCounts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next.counting = false
	r.followers = next
}
