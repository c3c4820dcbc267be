package action

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"cratewarden/pg"
)

// sweep takes words out of every place, and gives the number of rows.
func sweep(ctx context.Context, db asker, pattern string) (n int, err error) {
	if pattern == "" {
		return 0, nil
	}
	for _, p := range textPlaces() {
		if p.free == "" {
			continue
		}
		rows, err := p.sweep(ctx, db, pattern)
		if err != nil {
			return n, pg.Map(err)
		}
		n += rows
	}
	return n, nil
}

func (p place) sweep(ctx context.Context, db asker, pattern string) (n int, err error) {
	var set, records []string
	for _, c := range strings.Fields(p.free) {
		name, kind := columnKind(c)
		switch kind {
		case "json":
			records = append(records, name)
			if p.salted != "" {
				set = append(set, name+` = `+name+` - `+p.salted)
			}
		case "list":
			set = append(set, name+` = ARRAY(SELECT regexp_replace(one, $1, '`+takenOut+`', 'gi') FROM unnest(`+name+`) WITH ORDINALITY AS u(one, at) ORDER BY at)`)
		default:
			set = append(set, name+` = regexp_replace(`+name+`, $1, '`+takenOut+`', 'gi')`)
		}
	}
	if p.also != "" {
		set = append(set, p.also)
	}
	for _, name := range records {
		rows, err := p.sweepRecords(ctx, db, name, pattern)
		if err != nil {
			return n, err
		}
		n += rows
	}
	if len(set) == 0 {
		return n, nil
	}
	done, err := db.Exec(ctx, `UPDATE `+p.table+` SET `+strings.Join(set, `, `)+` WHERE `+p.sweeps(p.free), pattern)
	return n + int(done.RowsAffected()), err
}

// sweeps is the condition of the rows from whose columns words may go.
func (p place) sweeps(columns string) string {
	if p.settled != "" {
		return having(columns) + ` AND ` + p.settled
	}
	return having(columns)
}

// sweepRecords takes words out of the values of a JSON column. Its text is not
// searched and replaced: a name may read like the marks between values.
func (p place) sweepRecords(ctx context.Context, db asker, name, pattern string) (n int, err error) {
	rows, err := db.Query(ctx, `SELECT ctid, `+name+`::text FROM `+p.table+` WHERE `+p.sweeps(name)+` FOR UPDATE`, pattern)
	if err != nil {
		return 0, err
	}
	type record struct {
		At   pgtype.TID
		Text string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[record])
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		var value any
		d := json.NewDecoder(strings.NewReader(r.Text))
		d.UseNumber()
		if err := d.Decode(&value); err != nil {
			return n, err
		}
		var texts, clean []string
		_ = eachText(value, func(text string) string { texts = append(texts, text); return text })
		if err := db.QueryRow(ctx, `SELECT ARRAY(SELECT regexp_replace(one, $1, '`+takenOut+`', 'gi') FROM unnest($2::text[]) WITH ORDINALITY AS u(one, at) ORDER BY at)`, pattern, texts).Scan(&clean); err != nil {
			return n, err
		}
		value = eachText(value, func(string) string { text := clean[0]; clean = clean[1:]; return text })
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		if err := e.Encode(value); err != nil {
			return n, err
		}
		if _, err := db.Exec(ctx, `UPDATE `+p.table+` SET `+name+` = $2 WHERE ctid = $1`, r.At, out.String()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// eachText gives a JSON value with its texts changed, in the same order each time.
func eachText(value any, change func(string) string) any {
	switch v := value.(type) {
	case string:
		return change(v)
	case []any:
		for i := range v {
			v[i] = eachText(v[i], change)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			v[name] = eachText(v[name], change)
		}
	}
	return value
}
