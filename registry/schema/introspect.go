package schema

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Querier is what [Introspect] and [Compare] need of a connection, pool or transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// contractServer is the major version of the server the contract was read from; only there do the versions of
// extensions have to be equal.
const contractServer = 15

// Compare reads the catalogs of a database and gives its differences from the contract. Objects of extensions and
// the migration bookkeeping are left out; tables, columns and indexes the contract does not know come as unexpected.
func Compare(ctx context.Context, db Querier) ([]Difference, error) {
	got, err := Introspect(ctx, db)
	if err != nil {
		return nil, err
	}
	return Diff(Contract(), got), nil
}

// Introspect reads the shape of the schema "public" from the system catalogs, in the words of the contract files.
func Introspect(ctx context.Context, db Querier) (Catalog, error) {
	c := Catalog{}
	for name, sql := range map[string]string{
		"tables": tablesSQL, "columns": columnsSQL, "constraints": constraintsSQL, "indexes": indexesSQL,
		"triggers": triggersSQL, "sequences": sequencesSQL, "extensions": extensionsSQL, "views": viewsSQL,
	} {
		rows, err := textRows(ctx, db, sql)
		if err != nil {
			return nil, fmt.Errorf("schema: introspect %s: %w", name, err)
		}
		c[name] = rows
	}
	for _, row := range c["indexes"] {
		row["columns_or_expressions"] = indexKeys(row["definition"])
	}
	return c, nil
}

// textRows runs a query whose columns are all text and never NULL.
func textRows(ctx context.Context, db Querier, sql string) ([]Row, error) {
	rows, err := db.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (Row, error) {
		fields := r.FieldDescriptions()
		values := make([]string, len(fields))
		targets := make([]any, len(fields))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := r.Scan(targets...); err != nil {
			return nil, err
		}
		row := Row{}
		for i, f := range fields {
			row[f.Name] = values[i]
		}
		return row, nil
	})
}

// indexKeys cuts the key list out of an index definition: what stands in the parentheses after USING, and any clause
// between it and WITH or WHERE, such as INCLUDE, so that an unexpected clause shows as a difference.
func indexKeys(definition string) string {
	_, rest, _ := strings.Cut(definition, " USING ")
	_, rest, _ = strings.Cut(rest, "(")
	depth, end := 1, len(rest)
	for i, r := range rest {
		if r == '(' {
			depth++
		}
		if r == ')' {
			depth--
		}
		if depth == 0 {
			end = i
			break
		}
	}
	keys, clauses := rest[:end], strings.TrimPrefix(rest[end:], ")")
	clauses, _, _ = strings.Cut(clauses, " WHERE ")
	clauses, _, _ = strings.Cut(clauses, " WITH ")
	return keys + clauses
}
