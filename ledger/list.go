package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// Filter narrows a list; the zero value lists everything, newest first. All
// that is set must match.
type Filter struct {
	Actor    string  // Actor.ID
	Subject  Subject // by Kind and ID, or by ID alone; Name is ignored
	Kind     Kind
	Action   string
	Plan     string
	Incident string
	// From and Until bound the time of recording: at From or later, before Until.
	From, Until time.Time
	// Before goes on after a page: only entries with a smaller index; 0 begins
	// with the newest.
	Before int64
	// Limit is the most entries to give; 0 means 50, more than 1000 means 1000.
	Limit int
}

// Page is a part of a list. Next is what to set Before to for the next page, 0
// when there is none.
type Page struct {
	Entries []Entry
	Next    int64
}

// Record is one entry with what proves it.
type Record struct {
	Entry Entry
	Body  []byte // the entry as it was hashed
	// Proof is nil when the last signed head does not hold the entry yet.
	Proof *Inclusion
	// Erased says that the entry had personal data, which was erased.
	Erased bool
}

// List gives entries newest first. It trusts the database; Verify does not.
func (l *Log) List(ctx context.Context, f Filter) (Page, error) {
	limit := 50
	if f.Limit > 0 {
		limit = min(f.Limit, 1000)
	}
	sql, args := f.query(limit + 1)
	rows, err := l.db.Query(ctx, sql, args...)
	if err != nil {
		return Page{}, err
	}
	var p Page
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&body}, func() error {
		e, err := readStored(body)
		p.Entries = append(p.Entries, e)
		return err
	})
	if err == nil && len(p.Entries) > limit {
		p.Entries = p.Entries[:limit]
		p.Next = p.Entries[limit-1].Index
	}
	return p, err
}

// query writes the statement. A subject is looked up first and by itself:
// asked for the newest few of a rare subject, the planner would rather read the
// whole ledger backwards.
func (f Filter) query(limit int) (string, []any) {
	var where []string
	var args []any
	add := func(condition string, arg any) {
		args = append(args, arg)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	from := `ledger_entry`
	if f.Subject.ID != "" {
		subject := map[string]string{"id": f.Subject.ID}
		if f.Subject.Kind != "" {
			subject["kind"] = f.Subject.Kind
		}
		want, _ := json.Marshal([]any{subject}) // strings never fail
		args = append(args, string(want))
		from = `(SELECT index, body FROM ledger_entry WHERE (body::jsonb -> 'subjects') @> $1::jsonb OFFSET 0) AS ledger_entry`
	}
	for _, c := range []struct{ condition, value string }{
		{`(body::jsonb #>> '{actor,id}') = $%d`, f.Actor},
		{`(body::jsonb ->> 'kind') = $%d`, string(f.Kind)},
		{`(body::jsonb ->> 'action') = $%d`, f.Action},
		{`(body::jsonb ->> 'plan') = $%d`, f.Plan},
		{`(body::jsonb ->> 'incident') = $%d`, f.Incident},
	} {
		if c.value != "" {
			add(c.condition, c.value)
		}
	}
	if !f.From.IsZero() {
		add(`(body::jsonb ->> 'at') COLLATE "C" >= $%d`, f.From.UTC().Format(stamp))
	}
	if !f.Until.IsZero() {
		add(`(body::jsonb ->> 'at') COLLATE "C" < $%d`, f.Until.UTC().Format(stamp))
	}
	if f.Before > 0 {
		add(`index < $%d`, f.Before)
	}
	sql := `SELECT body FROM ` + from
	if len(where) > 0 {
		sql += ` WHERE ` + strings.Join(where, ` AND `)
	}
	return sql + fmt.Sprintf(` ORDER BY index DESC LIMIT %d`, limit), args
}

// Get gives one entry and its proof against the last signed head. NotFound
// when there is no such entry.
func (l *Log) Get(ctx context.Context, index int64) (Record, error) {
	var r Record
	err := l.db.QueryRow(ctx, `SELECT e.body, s.index IS NOT NULL AND k.index IS NULL FROM ledger_entry e
		LEFT JOIN ledger_sealed s ON s.index = e.index LEFT JOIN ledger_key k ON k.index = e.index WHERE e.index = $1`, index).Scan(&r.Body, &r.Erased)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, cratewarden.Errorf(cratewarden.NotFound, "There is no entry %d in the ledger.", index)
	}
	if err != nil {
		return r, err
	}
	if r.Entry, err = readStored(r.Body); err != nil {
		return r, err
	}
	head, err := lastHead(ctx, l.db, l.keys)
	if err != nil || head.Size <= index {
		return r, err
	}
	proof, err := l.ProveInclusion(ctx, index, head)
	r.Proof = &proof
	return r, err
}
