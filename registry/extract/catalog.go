package extract

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden/registry/schema"
)

// column is a column as this database has it.
type column struct {
	name, kind    string
	readable, key bool
	// contract says that the contract knows it; a newer one may hold anything.
	contract bool
}

// reference is a foreign key: the columns of child that name those of parent.
type reference struct {
	child, parent string
	from, to      []string
}

// catalog is what this database has, by the names that statements use.
type catalog struct {
	columns    map[string][]column
	references []reference
}

const columnsSQL = `
SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, NULL),
       has_column_privilege(c.oid, a.attnum, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE'),
       coalesce(a.attnum = ANY (i.indkey), false)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind IN ('r', 'p', 'm') AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
  AND c.relpersistence <> 't' AND c.relispopulated
ORDER BY 1, a.attname COLLATE "C"`

// A key of a partition repeats that of its table, which has conparentid 0.
const referencesSQL = `
SELECT k.conrelid::regclass::text, k.confrelid::regclass::text,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (n, o) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.o),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (n, o) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.o)
FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY 1, k.conname COLLATE "C"`

func readCatalog(ctx context.Context, tx pgx.Tx) (*catalog, error) {
	c := &catalog{columns: map[string][]column{}}
	contract := contractColumns()
	rows, err := tx.Query(ctx, columnsSQL)
	if err != nil {
		return nil, err
	}
	var table string
	var col column
	_, err = pgx.ForEachRow(rows, []any{&table, &col.name, &col.kind, &col.readable, &col.key}, func() error {
		col.contract = contract[table+"."+col.name]
		c.columns[table] = append(c.columns[table], col)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if rows, err = tx.Query(ctx, referencesSQL); err != nil {
		return nil, err
	}
	var r reference
	_, err = pgx.ForEachRow(rows, []any{&r.child, &r.parent, &r.from, &r.to}, func() error {
		c.references = append(c.references, reference{r.child, r.parent, slices.Clone(r.from), slices.Clone(r.to)})
		return nil
	})
	return c, err
}

// contractColumns are the columns that the contract knows, as "table.column".
func contractColumns() map[string]bool {
	out := map[string]bool{}
	for _, row := range schema.Contract()["columns"] {
		out[row["table"]+"."+row["column"]] = true
	}
	return out
}

// secretive guesses whether a column that is newer than the contract holds a
// secret, which must not be copied anywhere.
func secretive(col column) bool {
	switch col.kind {
	case "text", "character varying", "bytea", "character":
	default:
		return false
	}
	name := strings.ToLower(col.name)
	for _, word := range []string{"token", "secret", "passw", "credential", "encrypted", "private_key", "cookie", "session"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
