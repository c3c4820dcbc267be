package change

import (
	"context"
	"fmt"
	"time"

	"cratewarden/pg"
)

// RateLimit is one account's own limit for one kind of request (contract
// actions.md 11).
type RateLimit struct {
	Step    int
	Account int32
	Action  int32      // 0 new crate, 1 new version, 2 yank and unyank
	Burst   *int32     // requests at once; nil takes the override away
	Until   *time.Time // nil for ever
	// Refill also fills the account's bucket up to Burst, since a higher limit
	// alone lets it fill by one request per period only.
	Refill bool
}

func (l RateLimit) key() string { return fmt.Sprintf("%d/%d", l.Account, l.Action) }

// SetRateLimits writes overrides and gives those that were there before, by
// the place in the list. A bucket's time of last refill is left alone: the
// registry counts whole periods from it.
func (t *Tx) SetRateLimits(ctx context.Context, list []RateLimit) ([]Columns, error) {
	keys, steps := make([]string, len(list)), make(map[string]int, len(list))
	for i, l := range list {
		keys[i], steps[l.key()] = l.key(), l.Step
	}
	before := make([]Columns, len(list))
	for _, table := range []string{"publish_rate_overrides", "publish_limit_buckets"} {
		where, args := byKeys(table, keys)
		images, err := t.Watch(ctx, Watch{Table: table, Where: where, Args: args, Lock: true, keySteps: steps})
		if err != nil {
			return nil, err
		}
		for _, image := range images {
			for i := range list {
				if table == "publish_rate_overrides" && keys[i] == image.Key {
					before[i] = image.Columns
				}
			}
		}
	}
	return before, t.writeRateLimits(ctx, list)
}

func (t *Tx) writeRateLimits(ctx context.Context, list []RateLimit) error {
	n := len(list)
	ids, actions, bursts := make([]int32, n), make([]int32, n), make([]*int32, n)
	untils, refill := make([]*time.Time, n), make([]bool, n)
	for i, l := range list {
		ids[i], actions[i], bursts[i], untils[i], refill[i] = l.Account, l.Action, l.Burst, l.Until, l.Refill
	}
	_, err := t.Exec(ctx, `
		WITH wanted AS (SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::timestamptz[], $5::boolean[]) AS w (account, action, burst, until, refill)),
		cleared AS (
			DELETE FROM publish_rate_overrides o USING wanted w WHERE (o.user_id, o.action) = (w.account, w.action) AND w.burst IS NULL),
		refilled AS (
			UPDATE publish_limit_buckets b SET tokens = w.burst FROM wanted w
			WHERE (b.user_id, b.action) = (w.account, w.action) AND w.refill AND b.tokens < w.burst)
		INSERT INTO publish_rate_overrides AS o (user_id, action, burst, expires_at)
		SELECT account, action, burst, until FROM wanted WHERE burst IS NOT NULL
		ON CONFLICT (user_id, action) DO UPDATE SET burst = excluded.burst, expires_at = excluded.expires_at
		WHERE (o.burst, o.expires_at) IS DISTINCT FROM (excluded.burst, excluded.expires_at)`, ids, actions, bursts, untils, refill)
	return pg.Map(err)
}
