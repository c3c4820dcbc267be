package ledger

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// State says how long the log is and how much of it the newest head covers. It
// trusts the database, as lists do; Verify does not.
type State struct {
	Size int64
	// Head is the newest head; its Note is nil as long as nothing was signed.
	Head Checkpoint
	// SignedAt is when the head was stored, by the database's clock; zero for
	// heads that an older release stored. Nothing is proved by it.
	SignedAt time.Time
	// Keyed says that this process has a key to sign with.
	Keyed bool
}

// Covered says whether a signed head holds every entry.
func (s State) Covered() bool { return s.Head.Note != nil && s.Head.Size == s.Size }

// State reads the size and the newest head at one instant.
func (l *Log) State(ctx context.Context) (State, error) {
	s := State{Keyed: len(l.keys) > 0}
	var text *string
	var at *time.Time
	err := l.db.QueryRow(ctx, `SELECT coalesce((SELECT max(index) + 1 FROM ledger_entry), 0), c.note, c.signed_at
		FROM (SELECT) AS one LEFT JOIN LATERAL (
			SELECT note, signed_at FROM ledger_checkpoint ORDER BY size DESC, note LIMIT 1) AS c ON true`).Scan(&s.Size, &text, &at)
	if err != nil || text == nil {
		return s, err
	}
	if at != nil {
		s.SignedAt = at.UTC()
	}
	if s.Head, err = ParseCheckpoint([]byte(*text), nil); err != nil {
		return s, forked(err)
	}
	return s, nil
}

// AnswersMost is the most entries that Answers gives.
const AnswersMost = 1000

// answersSQL repeats the condition of its index, which the planner could not
// conclude from an array that it does not know yet.
const answersSQL = `SELECT body FROM ledger_entry
	WHERE (body::jsonb ->> 'refers') IS NOT NULL AND (body::jsonb ->> 'refers') = ANY($1) AND ($2::text = '' OR (body::jsonb ->> 'kind') = $2)
	ORDER BY index LIMIT $3`

// Answers gives the entries that refer to any of these, oldest first: outcomes
// of intents, openings and erasures. An empty kind means all.
func (l *Log) Answers(ctx context.Context, kind Kind, indexes ...int64) ([]Entry, error) {
	refers := make([]string, len(indexes))
	for i, index := range indexes {
		refers[i] = strconv.FormatInt(index, 10)
	}
	rows, err := l.db.Query(ctx, answersSQL, refers, string(kind), AnswersMost)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&body}, func() error {
		e, err := readStored(body)
		entries = append(entries, e)
		return err
	})
	return entries, err
}

// readStored reads an entry of the database. One that Append cannot have
// written is no mistake of whoever asks, so it is a Conflict.
func readStored(body []byte) (Entry, error) {
	e, err := ParseEntry(body)
	if err != nil {
		err = cratewarden.Wrap(err, cratewarden.Conflict, "The ledger holds an entry that this release did not write: a newer one did, or somebody changed it. Run: cratewarden ledger verify.")
	}
	return e, err
}

// Hash is the entry's leaf of the tree.
func (r Record) Hash() tlog.Hash { return tlog.RecordHash(r.Body) }
