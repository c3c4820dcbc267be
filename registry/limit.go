package registry

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// AccountLimit is what the registry holds on one of an account's rate limits:
// the bucket of the last request, an override, or both (contract actions.md
// section 11).
type AccountLimit struct {
	// Action is 0 publish new crate, 1 publish new version, 2 yank or unyank.
	Action int32
	// Bucket says that there is one: Tokens are those left after the last
	// request, 0 when it was refused.
	Bucket     bool
	Tokens     int32
	LastRefill time.Time
	// Override says that there is one, perhaps run out; OverrideUntil nil
	// means for ever.
	Override      bool
	Burst         int32
	OverrideUntil *time.Time
}

const accountLimitsSQL = `
SELECT COALESCE(b.action, o.action), b.tokens, b.last_refill, o.burst, o.expires_at
FROM (SELECT action, tokens, last_refill FROM publish_limit_buckets WHERE user_id = $1) b
FULL JOIN (SELECT action, burst, expires_at FROM publish_rate_overrides WHERE user_id = $1) o ON o.action = b.action
ORDER BY 1`

func scanAccountLimit(row pgx.CollectableRow) (l AccountLimit, err error) {
	var tokens, burst *int32
	var refill, until moment
	err = row.Scan(&l.Action, &tokens, &refill, &burst, &until)
	l.Bucket, l.Tokens, l.LastRefill = tokens != nil, number(tokens), refill.time()
	l.Override, l.Burst, l.OverrideUntil = burst != nil, number(burst), until.pointer()
	return l, err
}
