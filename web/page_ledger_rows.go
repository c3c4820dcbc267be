package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/ledger"
)

// Documents keeps the long things that entries name by hash. What it gives is
// held to the hash before it is shown.
type Documents interface {
	Document(ctx context.Context, digest ledger.Digest) ([]byte, error)
}

const (
	// rowsDocument is the name of the document that holds every row before and
	// after: a line of JSON for each (see rowChange).
	rowsDocument = "rows"
	// rowsMost is how many rows a page shows, rowCellsMost how many of their
	// columns: a row that was inserted or deleted is shown whole.
	rowsMost, rowCellsMost = 200, 2000
	// rowsBytesMost is the largest document that is read for a page.
	rowsBytesMost = 64 << 20
	// valueMost is how much of one value is shown.
	valueMost = 300
)

// rowChange is one row before and after an act; nil means that there was none.
type rowChange struct {
	Step    int                        `json:"step"` // of the plan
	Table   string                     `json:"table"`
	Key     string                     `json:"key"`
	Before  map[string]json.RawMessage `json:"before"`
	After   map[string]json.RawMessage `json:"after"`
	Derived bool                       `json:"derived"` // a trigger or cascade of the database did it
}

func (c *rowChange) what() string {
	switch {
	case c.Before == nil && c.After == nil:
		return "nothing"
	case c.Before == nil:
		return "inserted"
	case c.After == nil:
		return "deleted"
	}
	return "changed"
}

// columns are those that differ.
func (c *rowChange) columns() []string {
	names := map[string]bool{}
	for _, side := range []map[string]json.RawMessage{c.Before, c.After} {
		for name := range side {
			if !bytes.Equal(c.Before[name], c.After[name]) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// rowsRead is what was understood of a document of rows.
type rowsRead struct {
	shown  []rowChange
	tables []string // in the order of their first row
	counts map[string]map[string]int
	total  int
	err    error
}

// readRows reads a document and keeps the first rows for showing; the rest is
// counted.
func readRows(body []byte, most int) rowsRead {
	out := rowsRead{counts: map[string]map[string]int{}}
	for line := range bytes.Lines(body) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var c rowChange
		if err := json.Unmarshal(line, &c); err != nil {
			out.err = cratewarden.Wrap(err, cratewarden.Invalid, "Line %d is not a row as this release reads them.", out.total+1)
			return out
		}
		out.total++
		if out.counts[c.Table] == nil {
			out.counts[c.Table] = map[string]int{}
			out.tables = append(out.tables, c.Table)
		}
		out.counts[c.Table][c.what()]++
		if len(out.shown) < most {
			out.shown = append(out.shown, c)
		}
	}
	return out
}

// secretColumn says whether a column holds a credential or its hash.
func secretColumn(name string) bool {
	return name == "token" || strings.HasSuffix(name, "_token") || name == "email" || strings.HasSuffix(name, "_email")
}

// private says whether a document, of whatever form, names a secret column with
// a value. One that is not JSON is private: nobody knows what is in it.
func private(body []byte) bool {
	in := json.NewDecoder(bytes.NewReader(body))
	for {
		var v any
		if err := in.Decode(&v); err != nil {
			return !errors.Is(err, io.EOF)
		}
		if holdsSecret(v) {
			return true
		}
	}
}

func holdsSecret(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, holdsSecret)
	case map[string]any:
		for name, value := range v {
			if secretColumn(name) && value != nil || holdsSecret(value) {
				return true
			}
		}
	}
	return false
}

// valuePhrase shows a value as JSON has it, so that null and "null" differ.
func valuePhrase(column string, side map[string]json.RawMessage) Phrase {
	value, ok := side[column]
	switch {
	case !ok:
		return Phrase{}.Muted("–")
	case string(value) == "null":
		return Phrase{}.Muted("null")
	case secretColumn(column):
		var text string
		if strings.HasSuffix(column, "email") && json.Unmarshal(value, &text) == nil {
			return Phrase{}.Masked(cratewarden.MaskMail(text))
		}
		return Phrase{}.Masked("••••")
	case len(value) > valueMost:
		return Phrase{}.Code(strings.ToValidUTF8(string(value[:valueMost]), "") + "…").Muted(" " + Bytes(int64(len(value))) + " in all")
	}
	return Phrase{}.Code(string(value))
}

// cards show the rows by table; left says what is not shown.
func (x *rowsRead) cards() (cards []Card, left string) {
	cells, rows := 0, 0
	for i, name := range x.tables {
		t := &Table{Caption: "Rows of " + visible(name), Columns: []Column{{Label: "Row"}, {Label: "What"}, {Label: "Column"}, {Label: "Before"}, {Label: "After"}}}
		for j := range x.shown {
			if c := &x.shown[j]; c.Table == name && cells < rowCellsMost {
				lines := c.lines()
				t.Rows = append(t.Rows, lines...)
				cells, rows = cells+len(lines), rows+1
			}
		}
		if len(t.Rows) > 0 {
			cards = append(cards, Card{ID: "rows-" + digits(i+1), Title: "Rows of", Code: visible(name), Note: x.tally(name), Table: t})
		}
	}
	if rows < x.total {
		left = fmt.Sprintf("%s of %s are shown.", Num(rows), Plural(x.total, "row"))
	}
	return cards, left
}

// lines are a row's columns that differ, one in a line.
func (c *rowChange) lines() []Row {
	what := Phrase{}.Badge(map[string]Tone{"inserted": Info, "deleted": Bad, "changed": Warn}[c.what()], c.what())
	if c.Derived {
		what = what.Say(" ").Badge(Plain, "by the database")
	}
	if c.Step > 0 {
		what = what.Muted(" step " + digits(c.Step))
	}
	columns := c.columns()
	if len(columns) == 0 {
		return []Row{{Cells: []Phrase{Phrase{}.Code(c.Key), what, Phrase{}.Muted("no column differs"), Phrase{}.Muted("–"), Phrase{}.Muted("–")}}}
	}
	var out []Row
	for _, name := range columns {
		out = append(out, Row{Cells: []Phrase{Phrase{}.Code(c.Key), what, Phrase{}.Code(name), valuePhrase(name, c.Before), valuePhrase(name, c.After)}})
	}
	return out
}

// tally says how many rows of a table did what.
func (x *rowsRead) tally(table string) string {
	var words []string
	for _, what := range []string{"changed", "inserted", "deleted", "nothing"} {
		if n := x.counts[table][what]; n > 0 {
			words = append(words, Num(n)+" "+what)
		}
	}
	return strings.Join(words, ", ")
}
