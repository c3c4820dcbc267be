package change

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Watch names rows that a change may touch. Each belongs to a step of the
// plan, so that a step can be shown, and undone, by itself.
type Watch struct {
	Table string
	// Where is SQL over the row t that goes by keys only, never by a column
	// that the change alters; otherwise a changed row would look deleted.
	Where string
	Args  []any
	// By is the column whose value names the step in Steps; "" for Step.
	By    string
	Steps map[int64]int
	Step  int
	// Derived rows are made by the registry's triggers from others; undo lets
	// the triggers make them again.
	Derived bool
	// Lock holds the rows until the transaction ends.
	Lock bool
	// Brief leaves the table's wide columns out of the images.
	Brief bool
	// Count keeps numbers instead of rows, for tables too large to show.
	Count bool

	// Of gives the step of a row where no single number names it, such as a row
	// known by its name; nil for none.
	Of func(Columns) int

	keySteps map[string]int // step by key, where no single column names it
}

// Image is a row as it is before a change.
type Image struct {
	Table, Key string
	Step       int
	Columns    Columns
}

// Row is a row that a step changed. Before is nil for a new row, After for one
// that is gone. The JSON form is that of the rows document in the ledger.
type Row struct {
	Step    int     `json:"step"`
	Table   string  `json:"table"`
	Key     string  `json:"key"`
	Before  Columns `json:"before"`
	After   Columns `json:"after"`
	Derived bool    `json:"derived,omitempty"`
	// Made says that an earlier step of the same plan made the row, so that
	// what the database gave it then may differ from the review's.
	Made bool `json:"made,omitempty"`
}

// Tally is how many rows of a table too large to show a step adds or removes.
type Tally struct {
	Step   int    `json:"step"`
	Table  string `json:"table"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
}

type watch struct {
	Watch
	before  []Image
	tallies map[int]int64
}

// Watch reads the rows before the change. Call it before writing; Settle reads
// them again.
func (t *Tx) Watch(ctx context.Context, w Watch) ([]Image, error) {
	kept := &watch{Watch: w}
	var err error
	if w.Count {
		kept.tallies, err = t.count(ctx, w)
	} else {
		kept.before, err = t.images(ctx, w)
	}
	if err != nil {
		return nil, err
	}
	if !w.Derived {
		t.see(kept.before)
	}
	t.watches = append(t.watches, kept)
	return kept.before, nil
}

// see keeps a digest of each row as it was when the transaction first looked.
func (t *Tx) see(images []Image) {
	for _, i := range images {
		id := i.Table + "/" + i.Key
		if _, known := t.seen[id]; known || t.made[id] {
			continue
		}
		sum := sha256.Sum256([]byte(encode(i.Steady())))
		t.seen[id] = hex.EncodeToString(sum[:8])
	}
}

// Seen gives a short digest of every row that the transaction has looked at
// before writing, without volatile columns and derived rows, by "table/key".
// It tells whether a later look sees the same.
func (t *Tx) Seen() map[string]string { return t.seen }

// images reads rows in the order of their keys, so that all who lock them do
// it in the same order.
func (t *Tx) images(ctx context.Context, w Watch) ([]Image, error) {
	columns, err := t.columnsOf(ctx, w.Table)
	if err != nil {
		return nil, err
	}
	spec := tables()[w.Table]
	if w.Brief {
		columns = slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return slices.Contains(spec.wide, c) })
	}
	lock := ""
	if may, err := t.mayLock(ctx, w); err != nil {
		return nil, err
	} else if may {
		lock = " FOR UPDATE OF t"
	}
	by := "0::bigint"
	if w.By != "" {
		by = "t." + pgx.Identifier{w.By}.Sanitize() + "::bigint"
	}
	sql := fmt.Sprintf(`SELECT x.k, x.by, to_jsonb(x) - 'k' - 'by' FROM (SELECT %s AS k, %s AS by, %s FROM %s t WHERE %s ORDER BY %s%s) x`,
		keyExpression(spec), by, columnList("t.", columns), pgx.Identifier{w.Table}.Sanitize(), w.Where, columnList("t.", spec.key), lock)
	rows, err := t.Query(ctx, sql, w.Args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	images, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Image, error) {
		i := Image{Table: w.Table, Step: w.Step}
		var value int64
		var text []byte
		if err := row.Scan(&i.Key, &value, &text); err != nil {
			return i, err
		}
		if w.By != "" {
			i.Step = w.Steps[value]
		}
		if step, ok := w.keySteps[i.Key]; ok {
			i.Step = step
		}
		var err error
		i.Columns, err = columnsFrom(text)
		if err == nil && w.Of != nil {
			i.Step = w.Of(i.Columns)
		}
		return i, err
	})
	return images, pg.Map(err)
}

// columnsFrom reads a row as JSON into the very bytes that it has when it was
// kept and read again, so that values can be compared byte by byte: PostgreSQL
// sets spaces within lists, and Go escapes some characters.
func columnsFrom(text []byte) (c Columns, err error) {
	var compact, escaped bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, err
	}
	json.HTMLEscape(&escaped, compact.Bytes())
	return c, json.Unmarshal(escaped.Bytes(), &c)
}

func (t *Tx) count(ctx context.Context, w Watch) (map[int]int64, error) {
	by := "0::bigint"
	if w.By != "" {
		by = "t." + pgx.Identifier{w.By}.Sanitize() + "::bigint"
	}
	rows, err := t.Query(ctx, fmt.Sprintf(`SELECT %s AS by, count(*) FROM %s t WHERE %s GROUP BY 1`, by, pgx.Identifier{w.Table}.Sanitize(), w.Where), w.Args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int]int64{}
	var value, n int64
	_, err = pgx.ForEachRow(rows, []any{&value, &n}, func() error {
		step := w.Step
		if w.By != "" {
			step = w.Steps[value]
		}
		out[step] += n
		return nil
	})
	return out, pg.Map(err)
}

// Settle reads all watched rows again and gives those that differ, in the
// order of steps, tables and keys. Watching begins anew afterwards.
func (t *Tx) Settle(ctx context.Context) ([]Row, []Tally, error) {
	seen := map[string]bool{}
	var rows []Row
	var tallies []Tally
	for _, w := range t.watches {
		if w.Count {
			more, err := t.settleCount(ctx, w)
			if err != nil {
				return nil, nil, err
			}
			tallies = append(tallies, more...)
			continue
		}
		after := w.Watch
		after.Lock = false
		now, err := t.images(ctx, after)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range compare(w, now) {
			if id := r.Table + "/" + r.Key; !seen[id] {
				seen[id] = true
				r.Made = t.made[id] && r.Before != nil
				t.made[id] = t.made[id] || r.Before == nil
				rows = append(rows, r)
			}
		}
	}
	t.watches = nil
	slices.SortStableFunc(rows, compareRows)
	return rows, tallies, nil
}

func compareRows(a, b Row) int {
	if a.Step != b.Step {
		return a.Step - b.Step
	}
	return strings.Compare(a.Table, b.Table)
}

func (t *Tx) settleCount(ctx context.Context, w *watch) (out []Tally, err error) {
	after, err := t.count(ctx, w.Watch)
	if err != nil {
		return nil, err
	}
	for step, n := range w.tallies {
		if after[step] != n {
			out = append(out, Tally{Step: step, Table: w.Table, Before: n, After: after[step]})
		}
	}
	slices.SortFunc(out, func(a, b Tally) int { return a.Step - b.Step })
	return out, nil
}

// compare gives the rows of one watch that differ.
func compare(w *watch, now []Image) []Row {
	after := make(map[string]Image, len(now))
	for _, i := range now {
		after[i.Key] = i
	}
	var out []Row
	for _, b := range w.before {
		a, there := after[b.Key]
		delete(after, b.Key)
		if !there || !a.Columns.Equal(b.Columns) {
			out = append(out, Row{Step: b.Step, Table: w.Table, Key: b.Key, Before: b.Columns, After: a.Columns, Derived: w.Derived})
		}
	}
	for _, i := range now {
		if a, fresh := after[i.Key]; fresh {
			out = append(out, Row{Step: a.Step, Table: w.Table, Key: a.Key, After: a.Columns, Derived: w.Derived})
		}
	}
	return out
}
