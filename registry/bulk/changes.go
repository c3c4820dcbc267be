package bulk

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Stream is a table whose new rows are found by their ids.
type Stream int

// The streams a poll follows.
const (
	StreamVersions Stream = iota
	StreamActions
	StreamDeleted
	StreamAccounts
	StreamTokens
	StreamTeams
	Streams // their number
)

// Mark is how far a reader has come: every row with an id up to Last has been
// seen, however late its transaction committed; and every crate whose
// updated_at is before Updated.
type Mark struct {
	Last    [Streams]int32
	Updated int64
}

// Head is the state of the registry at one moment.
type Head struct {
	Now    int64
	Newest [Streams]int32
	// Oldest and Next bound the running transactions: those with an id before
	// Oldest are over, those from Next on have not begun (txid_snapshot).
	Oldest, Next int64
}

// selectHead reads the ends of primary keys only.
const selectHead = `SELECT now(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
	(SELECT max(id) FROM versions), (SELECT max(id) FROM version_owner_actions), (SELECT max(id) FROM deleted_crates),
	(SELECT max(id) FROM users), (SELECT max(id) FROM api_tokens), (SELECT max(id) FROM teams)`

func (r *row) head() Head {
	h := Head{Now: r.micros(), Oldest: r.int64(), Next: r.int64()}
	for i := range h.Newest {
		h.Newest[i] = r.int32()
	}
	return h
}

// Head reads the state of the registry.
func (s Source) Head(ctx context.Context) (h Head, err error) {
	err = s.read(ctx, pollLimit, func(tx pgx.Tx) error {
		return query(ctx, tx, func(r *row) { h = r.head() }, selectHead)
	})
	return h, err
}

// PageRows bounds the rows of each kind that one poll reads.
const PageRows = 20_000

// Changes is what a poll finds after a mark. Full says that a stream had more
// rows than one poll reads, up to the id in Seen.
type Changes struct {
	Head Head
	// Versions are new versions as (id, crate id); Crates those with a changed
	// updated_at.
	Versions [][2]int32
	Crates   []TouchedCrate
	Actions  []LoggedAction
	Deleted  []DeletedName
	Accounts []Account
	Tokens   []Token
	Teams    []Team
	Seen     [Streams]int32
	Full     bool
}

// TouchedCrate is a crate and when the registry last touched it.
type TouchedCrate struct {
	ID      int32
	Updated int64
}

// LoggedAction is an action with the crate of its version.
type LoggedAction struct {
	Action
	Crate int32
}

// changeQueries are sent together, so a quiet registry costs one round trip.
// Each walks an index from the mark on.
var changeQueries = [...]string{
	`SELECT id, crate_id FROM versions WHERE id > $1 ORDER BY id LIMIT 20000`,
	`SELECT ` + actionColumns + `, v.crate_id FROM (SELECT * FROM version_owner_actions WHERE id > $1 ORDER BY id LIMIT 20000) a
		LEFT JOIN versions v ON v.id = a.version_id ORDER BY a.id`,
	selectDeleted + ` WHERE id > $1 ORDER BY id LIMIT 20000`,
	selectAccounts + ` WHERE u.id > $1 ORDER BY u.id LIMIT 20000`,
	selectTokens + ` WHERE id > $1 ORDER BY id LIMIT 20000`,
	selectTeams + ` WHERE id > $1 ORDER BY id LIMIT 20000`,
}

const selectTouched = `SELECT id, updated_at FROM crates WHERE updated_at >= $1 ORDER BY updated_at DESC LIMIT 20000`

// Changes polls: it hands over what came after the mark.
func (s Source) Changes(ctx context.Context, mark Mark) (*Changes, error) {
	c := &Changes{}
	err := s.read(ctx, pollLimit, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(selectHead)
		for i, sql := range changeQueries {
			batch.Queue(sql, mark.Last[i])
		}
		batch.Queue(selectTouched, time.UnixMicro(mark.Updated))
		return c.read(tx.SendBatch(ctx, batch))
	})
	return c, err
}

// read takes the answers in the order the questions were sent. A batch answers
// in the form the driver prefers for each type, which is binary for all that
// are not text; a column in another form fails by its width.
func (c *Changes) read(results pgx.BatchResults) error {
	defer func() { _ = results.Close() }()
	readers := []func(*row){
		func(r *row) { c.Head = r.head() },
		func(r *row) { c.Versions = append(c.Versions, [2]int32{c.seen(StreamVersions, r.int32()), r.int32()}) },
		func(r *row) {
			a := LoggedAction{Action: r.action(), Crate: r.int32()}
			c.seen(StreamActions, a.ID)
			c.Actions = append(c.Actions, a)
		},
		func(r *row) {
			d := r.deletedName()
			c.seen(StreamDeleted, d.ID)
			d.Name = clone(d.Name)
			c.Deleted = append(c.Deleted, d)
		},
		func(r *row) { c.Accounts = append(c.Accounts, r.account().clone()) },
		func(r *row) { c.Tokens = append(c.Tokens, r.token().clone()) },
		func(r *row) { c.Teams = append(c.Teams, r.team().clone()) },
		func(r *row) { c.Crates = append(c.Crates, TouchedCrate{ID: r.int32(), Updated: r.micros()}) },
	}
	for _, reader := range readers {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		if err := drain(rows, reader); err != nil {
			return err
		}
	}
	c.finish()
	return results.Close()
}

func (c *Changes) seen(s Stream, id int32) int32 {
	c.Seen[s] = id
	return id
}

// finish notes what the bounded questions may have left unread.
func (c *Changes) finish() {
	if n := len(c.Accounts); n > 0 {
		c.seen(StreamAccounts, c.Accounts[n-1].ID)
	}
	if n := len(c.Tokens); n > 0 {
		c.seen(StreamTokens, c.Tokens[n-1].ID)
	}
	if n := len(c.Teams); n > 0 {
		c.seen(StreamTeams, c.Teams[n-1].ID)
	}
	for _, n := range []int{len(c.Versions), len(c.Actions), len(c.Deleted), len(c.Accounts), len(c.Tokens), len(c.Teams), len(c.Crates)} {
		c.Full = c.Full || n >= PageRows
	}
}
