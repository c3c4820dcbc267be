package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden/registry/schema"
)

// column is what the catalogs say of one column of a table.
type column struct {
	Type     string
	Required bool // NOT NULL, and nothing fills it in
	Rights   map[privilege]bool
}

type table struct {
	Columns   map[string]column
	Delete    bool
	Populated bool
}

// facts is all that [Run] asks a database for, in four questions.
type facts struct {
	tables     map[string]*table
	functions  map[string]bool // present, with the right to call
	sequences  map[string]bool
	indexes    map[string]bool // present, valid or not
	triggers   map[string]bool // "table.name", enabled or not
	extensions map[string]string
	schema     bool // USAGE on the schema public
}

const columnFacts = `
SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
    a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
    has_column_privilege(c.oid, a.attnum, 'SELECT'), has_column_privilege(c.oid, a.attnum, 'INSERT'),
    has_column_privilege(c.oid, a.attnum, 'UPDATE'), has_table_privilege(c.oid, 'DELETE'), c.relispopulated
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND (a.attnum > 0 OR c.relname = 'emails' AND a.attname = 'xmin')
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'v', 'f')`

// One list of everything else: its kind, its name, and whether it is there in working order and ours to use.
const otherFacts = `
SELECT 'function', p.proname || '(' || replace(oidvectortypes(p.proargtypes), ', ', ',') || ')',
    has_function_privilege(p.oid, 'EXECUTE'), ''
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'sequence', c.relname::text, has_sequence_privilege(c.oid, 'USAGE'), ''
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'
UNION ALL
SELECT 'index', c.relname::text, i.indisvalid, ''
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger', c.relname || '.' || t.tgname, t.tgenabled IN ('O', 'A'), ''
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
UNION ALL
SELECT 'extension', e.extname::text, true, e.extversion FROM pg_extension e
UNION ALL
SELECT 'schema', n.nspname::text, has_schema_privilege(n.oid, 'USAGE'), '' FROM pg_namespace n WHERE n.nspname = 'public'`

func gather(ctx context.Context, db schema.Querier) (*facts, error) {
	f := &facts{tables: map[string]*table{}, functions: map[string]bool{}, sequences: map[string]bool{},
		indexes: map[string]bool{}, triggers: map[string]bool{}, extensions: map[string]string{}}
	rows, err := db.Query(ctx, columnFacts)
	if err != nil {
		return nil, fmt.Errorf("columns: %w", err)
	}
	var relation, name string
	var c column
	var s, i, u, d, populated bool
	_, err = pgx.ForEachRow(rows, []any{&relation, &name, &c.Type, &c.Required, &s, &i, &u, &d, &populated}, func() error {
		if f.tables[relation] == nil {
			f.tables[relation] = &table{Columns: map[string]column{}, Delete: d, Populated: populated}
		}
		c.Rights = map[privilege]bool{sel: s, ins: i, upd: u}
		f.tables[relation].Columns[name] = c
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("columns: %w", err)
	}
	return f, f.gatherOthers(ctx, db)
}

func (f *facts) gatherOthers(ctx context.Context, db schema.Querier) error {
	rows, err := db.Query(ctx, otherFacts)
	if err != nil {
		return fmt.Errorf("functions, sequences, indexes, triggers, extensions: %w", err)
	}
	var kind, name, version string
	var good bool
	_, err = pgx.ForEachRow(rows, []any{&kind, &name, &good, &version}, func() error {
		switch kind {
		case "function":
			f.functions[name] = good
		case "sequence":
			f.sequences[name] = good
		case "index":
			f.indexes[name] = good
		case "trigger":
			f.triggers[name] = good
		case "extension":
			f.extensions[name] = version
		case "schema":
			f.schema = good
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("functions, sequences, indexes, triggers, extensions: %w", err)
	}
	return nil
}

// sameType says whether values of one type can be read as the other: the two spellings of text can.
func sameType(want, got string) bool {
	plain := func(t string) string {
		if base, _, _ := strings.Cut(t, "("); base == "character varying" {
			return "text"
		}
		return t
	}
	return plain(want) == plain(got)
}
