package extract

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Sheet is the rows of one table, or of its personal columns, that speak of
// the subjects.
type Sheet struct {
	// Name is like "versions" or "users.personal".
	Name, Table string
	// Personal says that the sheet holds personal data, or what is newer than
	// the contract and may be personal.
	Personal bool

	sql string
}

// LeftOut is something that is not in the sheets, and why.
type LeftOut struct {
	Table  string `json:"table"`
	Column string `json:"column,omitempty"` // empty for the whole table
	Reason string `json:"reason"`
}

// Why something was left out.
const (
	Secret        = "secret"              // never copied: it would let somebody in
	MaybeSecret   = "looks like a secret" // newer than the contract, and called like one
	NotReadable   = "not readable"        // the database role has no right to read it
	NotThere      = "not there"           // this database has no such table
	NotConfigured = "not configured"      // for storage, by the caller
)

// Plan gives the sheets that this database has for the subjects, and what is
// left out.
func Plan(ctx context.Context, tx pgx.Tx, s *Subjects) ([]Sheet, []LeftOut, error) {
	c, err := readCatalog(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	var sheets []Sheet
	left := []LeftOut{}
	contract, asked := tables(), slices.ContainsFunc(s.Accounts, func(a Account) bool { return a.Asked })
	for _, t := range append(contract, c.newer(contract, asked)...) {
		if c.columns[t.name] == nil {
			left = append(left, LeftOut{Table: t.name, Reason: NotThere})
			continue
		}
		plain, personal, out := t.split(c.columns[t.name])
		left = append(left, out...)
		sheets = append(sheets, t.sheets(plain, personal, asked)...)
	}
	return sheets, left, nil
}

// split sorts a table's columns: those for everybody, the personal ones, and
// those left out.
func (t known) split(columns []column) (plain, personal []column, left []LeftOut) {
	for _, col := range columns {
		reason := ""
		switch {
		case has(t.secret, col.name):
			reason = Secret
		case !col.contract && secretive(col):
			reason = MaybeSecret
		case !col.readable:
			reason = NotReadable
		}
		switch {
		case reason != "":
			left = append(left, LeftOut{t.name, col.name, reason})
		case t.personal == "*" || has(t.personal, col.name) || !col.contract:
			personal = append(personal, col)
		default:
			plain = append(plain, col)
		}
	}
	if len(plain)+len(personal) == 0 {
		left = []LeftOut{{Table: t.name, Reason: NotReadable}}
	}
	return plain, personal, left
}

func has(words, word string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
}

// sheets gives one sheet for each kind of column. The personal one repeats the
// key of a row, so that the two can be put together again.
func (t known) sheets(plain, personal []column, asked bool) []Sheet {
	var out []Sheet
	if len(plain) > 0 {
		out = append(out, Sheet{Name: t.name, Table: t.name, sql: t.query(plain, asked)})
	}
	switch {
	case len(personal) == 0:
	case len(plain) == 0:
		out = append(out, Sheet{Name: t.name, Table: t.name, Personal: true, sql: t.query(personal, asked)})
	default:
		var keys []column
		for _, col := range plain {
			if col.key {
				keys = append(keys, col)
			}
		}
		out = append(out, Sheet{Name: t.name + ".personal", Table: t.name, Personal: true, sql: t.query(append(keys, personal...), asked)})
	}
	return out
}

// query orders by key and then by the text itself, so that equal rows give
// equal bytes on every server.
func (t known) query(columns []column, asked bool) string {
	var names, order []string
	for _, col := range columns {
		name := pgx.Identifier{col.name}.Sanitize()
		names = append(names, `t.`+name)
		if col.key && (col.kind == "integer" || col.kind == "bigint" || col.kind == "smallint" || col.kind == "date") {
			order = append(order, `r.`+name)
		}
	}
	order = append(order, `row_to_json(r)::text COLLATE "C"`)
	return `SELECT row_to_json(r)::text FROM (SELECT ` + strings.Join(names, `, `) + ` FROM ` + t.name + ` t WHERE ` + t.rows(asked) + `) r ORDER BY ` + strings.Join(order, `, `)
}

// Write writes the sheet's rows, one JSON object for each line, and counts
// them. The transaction's time zone must be UTC.
func (sh Sheet) Write(ctx context.Context, tx pgx.Tx, s *Subjects, w io.Writer) (rows int64, err error) {
	answer, err := tx.Query(ctx, sh.sql, s.args())
	if err != nil {
		return 0, err
	}
	defer answer.Close()
	for answer.Next() {
		line := answer.RawValues()[0]
		if _, err := w.Write(line); err != nil {
			return rows, err
		}
		if _, err := w.Write([]byte{'\n'}); err != nil {
			return rows, err
		}
		rows++
	}
	return rows, answer.Err()
}
