package change

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// Undo asks that a row be put back as it was before an earlier change.
type Undo struct {
	Step int    // of the plan that undoes
	Row  Row    // as the earlier change left it
	Tx   string // Tx.ID of the earlier change; "" when it is not known
}

// Clash is a row that cannot be put back, because somebody changed it since.
type Clash struct {
	Step    int      `json:"step"`
	Row     Row      `json:"row"`
	Now     Columns  `json:"now"` // nil when the row is gone
	Columns []string `json:"columns"`
	// Orphan says that what the row belongs to is gone.
	Orphan bool `json:"orphan,omitempty"`
	// Touched says that somebody wrote the row since, and that it cannot be
	// told what.
	Touched bool `json:"touched,omitempty"`
	// Yields says that the row is of a kind that is better left as it is now
	// than in the way of the rest of the undo.
	Yields bool `json:"yields,omitempty"`
}

// restorable gives the columns that undo may set, by table. A table with no
// columns has rows that come and go whole. What is not here is either history
// that nobody may rewrite (version_owner_actions), or gone for good.
func restorable() map[string][]string {
	return map[string][]string{
		"api_tokens":              {"revoked"},
		"crate_owner_invitations": {"expires_at"},
		"crate_owners":            {"deleted"},
		"crates":                  {"trustpub_only", "max_upload_size", "max_features"},
		"deleted_crates":          {"available_at"},
		"emails":                  {"verified"},
		"publish_limit_buckets":   {"tokens"},
		"publish_rate_overrides":  {"burst", "expires_at"},
		"reserved_crate_names":    {},
		"reserved_usernames":      {},
		"trustpub_configs_github": {},
		"trustpub_configs_gitlab": {},
		"trustpub_tokens":         {"crate_ids"},
		"users":                   {"account_lock_reason", "account_lock_until"},
		"versions":                {"yanked", "yank_message"},
	}
}

// Restorable says that undo can put a row of this kind back.
func Restorable(r Row) bool {
	_, ok := restorable()[r.Table]
	if r.After == nil && (r.Table == "versions" || r.Table == "crates" || r.Table == "trustpub_tokens") {
		return false // the row's hidden columns and all that hung on it are gone
	}
	return ok && !r.Derived
}

// Restore puts rows back to what they were. A row is written only if what the
// earlier change set in it still stands; otherwise it is left alone and given
// as a clash.
func (t *Tx) Restore(ctx context.Context, list []Undo) ([]Clash, error) {
	byTable := map[string][]Undo{}
	for _, u := range list {
		if Restorable(u.Row) {
			byTable[u.Row.Table] = append(byTable[u.Row.Table], u)
		}
	}
	var clashes []Clash
	for _, table := range order(byTable) {
		fit, found, err := t.fitting(ctx, table, byTable[table])
		if err != nil {
			return nil, err
		}
		clashes = append(clashes, found...)
		if table == "versions" {
			err = t.restoreYanks(ctx, fit)
		} else {
			err = t.restoreRows(ctx, table, fit)
		}
		if err != nil {
			return nil, err
		}
	}
	return clashes, nil
}

// order puts crates and users first, because all others lock after them.
func order(byTable map[string][]Undo) []string {
	var out []string
	for table := range byTable {
		out = append(out, table)
	}
	rank := func(table string) int { return slices.Index([]string{"versions", "crates", "users"}, table) & 3 }
	slices.SortFunc(out, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return out
}

// fitting watches and locks the rows as they are now and parts those that
// still stand as the earlier change left them from those that do not.
func (t *Tx) fitting(ctx context.Context, table string, list []Undo) (fit []Undo, clashes []Clash, err error) {
	keys := make([]string, len(list))
	steps := map[string]int{}
	for i, u := range list {
		keys[i] = u.Row.Key
		steps[u.Row.Key] = u.Step
	}
	where, args := byKeys(table, keys)
	w := Watch{Table: table, Where: where, Args: args, Lock: true, keySteps: steps}
	images, err := t.Watch(ctx, w)
	if err != nil {
		return nil, nil, err
	}
	now := map[string]Columns{}
	for _, i := range images {
		now[i.Key] = i.Columns
	}
	unsure, err := t.unsure(ctx, table, list)
	if err != nil {
		return nil, nil, err
	}
	for i, u := range list {
		is := now[u.Row.Key]
		switch changed := differs(u.Row, is); {
		case already(u.Row, is):
		case unsure[i] != nil:
			clashes = append(clashes, *unsure[i])
		case len(changed) > 0:
			clashes = append(clashes, Clash{Step: u.Step, Row: u.Row, Now: is, Columns: changed, Yields: yields(u.Row)})
		default:
			fit = append(fit, u)
		}
	}
	return fit, clashes, nil
}

// byKeys is a condition on the rows with these keys that the primary key's
// index answers.
func byKeys(table string, keys []string) (where string, args []any) {
	spec := tables()[table]
	parts := make([][]string, len(spec.key))
	for _, key := range keys {
		values := strings.SplitN(key, "/", len(spec.key))
		for i := range parts {
			parts[i] = append(parts[i], values[i])
		}
	}
	var columns, casts, sources []string
	for i, name := range spec.key {
		kind := "bigint"
		if name == "name" || name == "username" {
			kind = "text"
		}
		columns = append(columns, "t."+name)
		casts = append(casts, fmt.Sprintf("k%d::%s", i, kind))
		sources = append(sources, fmt.Sprintf("$%d::text[]", i+1))
		args = append(args, parts[i])
	}
	names := make([]string, len(casts))
	for i := range casts {
		names[i] = fmt.Sprintf("k%d", i)
	}
	return fmt.Sprintf("(%s) IN (SELECT %s FROM unnest(%s) AS k (%s))", strings.Join(columns, ", "), strings.Join(casts, ", "),
		strings.Join(sources, ", "), strings.Join(names, ", ")), args
}

// differs gives the columns in which a row is no longer as the change left it.
func differs(r Row, now Columns) (out []string) {
	if (r.After == nil) != (now == nil) {
		return []string{"the row itself"}
	}
	for _, c := range r.columnsSet() {
		if !bytes.Equal(r.After[c], now[c]) {
			out = append(out, c)
		}
	}
	return out
}

// columnsSet gives the columns of an updated row that the change set; for a new
// row those that undo knows.
func (r Row) columnsSet() []string {
	if r.Table == "versions" {
		return restorable()[r.Table] // a yank and its message are written together
	}
	return slices.DeleteFunc(slices.Clone(restorable()[r.Table]), func(c string) bool {
		return r.After == nil || r.Before != nil && bytes.Equal(r.Before[c], r.After[c])
	})
}

func (t *Tx) restoreYanks(ctx context.Context, fit []Undo) error {
	var yanks []Yank
	for _, u := range fit {
		y := Yank{Step: u.Step, Version: int32(u.Row.Before.Int("id")), Yanked: u.Row.Before.Bool("yanked")}
		if !u.Row.Before.Null("yank_message") {
			text := u.Row.Before.Text("yank_message")
			y.Message = &text
		}
		yanks = append(yanks, y)
	}
	if len(yanks) == 0 {
		return nil
	}
	_, err := t.SetYanked(ctx, yanks)
	return err
}

// restoreRows writes one statement for each row, all in one round trip. A row
// whose parent is gone is a Conflict.
func (t *Tx) restoreRows(ctx context.Context, table string, fit []Undo) error {
	columns, err := t.columnsOf(ctx, table)
	if err != nil {
		return err
	}
	granted, err := t.insertable(ctx, table)
	if err != nil {
		return err
	}
	var batch pgx.Batch
	for _, u := range fit {
		// A column newer than our grants is left out while it is empty.
		known := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return u.Row.Before.Null(c) && !granted[c] })
		sql, args := restoreSQL(table, u.Row, known)
		if sql == "" {
			continue
		}
		batch.Queue(sql, args...)
	}
	if batch.Len() == 0 {
		return nil
	}
	err = t.SendBatch(ctx, &batch).Close()
	if pg.IsCode(err, "23503") || pg.IsCode(err, "23505") || pg.IsCode(err, "P0001") {
		return cratewarden.Wrap(err, cratewarden.Conflict, "A row cannot be put back into %s, because what it belongs to is gone or its place is taken. Leave that step out.", table)
	}
	return pg.Map(err)
}

func restoreSQL(table string, r Row, columns []string) (string, []any) {
	name := pgx.Identifier{table}.Sanitize()
	switch {
	case r.Before == nil:
		where, args := byKeys(table, []string{r.Key})
		return fmt.Sprintf("DELETE FROM %s t WHERE %s", name, where), args
	case r.After == nil:
		known := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return r.Before[c] == nil })
		list := columnList("", known)
		return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM jsonb_populate_record(NULL::%s, $1)", name, list, list, name), []any{encode(r.Before)}
	}
	set := r.columnsSet()
	if len(set) == 0 {
		return "", nil
	}
	assign := make([]string, len(set))
	for i, c := range set {
		assign[i] = fmt.Sprintf("%[1]s = r.%[1]s", pgx.Identifier{c}.Sanitize())
	}
	match := make([]string, 0, 3)
	for _, k := range tables()[table].key {
		match = append(match, fmt.Sprintf("t.%[1]s = r.%[1]s", pgx.Identifier{k}.Sanitize()))
	}
	return fmt.Sprintf("UPDATE %s t SET %s FROM jsonb_populate_record(NULL::%s, $1) r WHERE %s", name, strings.Join(assign, ", "), name, strings.Join(match, " AND ")), []any{encode(r.Before)}
}

func encode(c Columns) string {
	text, err := json.Marshal(c)
	if err != nil { // the values came from the database's own JSON
		panic(err)
	}
	return string(text)
}
