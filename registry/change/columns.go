package change

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Columns are the values of a row by column, each as PostgreSQL writes it in
// JSON.
type Columns map[string]json.RawMessage

// Equal says that both have the same columns with the same values.
func (c Columns) Equal(d Columns) bool {
	return maps.EqualFunc(c, d, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

// Text gives a column as text, "" for NULL and for one that is not there.
func (c Columns) Text(name string) string {
	var s string
	_ = json.Unmarshal(c[name], &s)
	return s
}

// Int gives a column as a number, 0 for NULL.
func (c Columns) Int(name string) int64 {
	var n int64
	_ = json.Unmarshal(c[name], &n)
	return n
}

// Bool gives a column as a truth value, false for NULL.
func (c Columns) Bool(name string) bool { return string(c[name]) == "true" }

// Null says that a column is NULL or not there.
func (c Columns) Null(name string) bool { return len(c[name]) == 0 || string(c[name]) == "null" }

// Time gives a column as an instant in UTC; ok is false for NULL and for an
// infinite one.
func (c Columns) Time(name string) (t time.Time, ok bool) {
	s := c.Text(name)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999-07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// Changed gives the columns that differ between before and after, sorted; for
// a new or removed row all its columns.
func (r Row) Changed() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(r.union())) {
		if !bytes.Equal(r.Before[name], r.After[name]) {
			out = append(out, name)
		}
	}
	return out
}

func (r Row) union() map[string]bool {
	all := map[string]bool{}
	for name := range r.Before {
		all[name] = true
	}
	for name := range r.After {
		all[name] = true
	}
	return all
}

// Steady gives the row without what may differ between a review and its apply
// although nobody changed anything: counters, times of use, and for new rows
// what the database gives them.
func (r Row) Steady() Row {
	spec := tables()[r.Table]
	drop := slices.Clone(spec.volatile)
	if r.Before == nil || r.Made {
		drop = append(drop, spec.given...)
		if slices.Contains(spec.given, "id") {
			r.Key = "new"
		}
	}
	r.Before, r.After = without(r.Before, drop), without(r.After, drop)
	return r
}

// Steady gives an image without its volatile columns.
func (i Image) Steady() Columns { return without(i.Columns, tables()[i.Table].volatile) }

func without(c Columns, names []string) Columns {
	if c == nil {
		return nil
	}
	out := maps.Clone(c)
	for _, n := range names {
		delete(out, n)
	}
	return out
}

// Name says in words which row it is, by what people know it by.
func (r Row) Name() string {
	c := r.Before
	if c == nil {
		c = r.After
	}
	for _, column := range []string{"num", "gh_login", "login", "name"} {
		if text := c.Text(column); text != "" {
			return r.Table + " " + text
		}
	}
	return r.Table + " " + r.Key
}

// Compact gives a changed row with what tells it apart, what undo puts back,
// and what changed; new and removed rows stay whole. Five thousand versions
// have thirty columns each, and a plan's record shall hold those that matter.
func (r Row) Compact() Row {
	if r.Before == nil || r.After == nil {
		return r
	}
	keep := append(r.Changed(), tables()[r.Table].key...)
	keep = append(keep, restorable()[r.Table]...)
	keep = append(keep, "crate_id", "version_id", "user_id", "name", "num", "gh_login", "login")
	r.Before, r.After = only(r.Before, keep), only(r.After, keep)
	return r
}

func only(c Columns, names []string) Columns {
	out := make(Columns, len(names))
	for _, n := range names {
		if v, ok := c[n]; ok {
			out[n] = v
		}
	}
	return out
}
