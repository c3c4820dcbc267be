// Package schema builds the registry's database: the 35 tables, the materialized view, the functions and the
// 25 triggers that the registry itself runs on. The statements are our own, written from the contract
// (contract/schema), and [Compare] proves that a database has the shape the contract describes.
//
// The text comes in two halves so that a bulk load can put its rows between them: [PreData] makes bare tables,
// [PostData] adds keys, foreign keys, indexes, the materialized view and the triggers. [Seed] is what an empty
// registry starts with.
package schema

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed sql/*.sql
var files embed.FS

// NewestMigration is the migration of the registry the contract was written from; [PreData] stores it in
// __diesel_schema_migrations.
const NewestMigration = "20260730140000"

// PreData is the first half of the DDL: extensions, the composite type, functions, sequences, and tables with their
// defaults, NOT NULL and CHECK constraints, and the migration bookkeeping. No trigger fires while only this half exists.
func PreData() string { return text("1", "2", "3", "4") }

// PostData is the second half: primary and unique keys, foreign keys, indexes, the materialized view (populated from
// the rows present) and the triggers.
func PostData() string { return text("5", "6") }

// Seed is the content of a new registry: one metadata row with 0 downloads and 62 reserved crate names. A load from
// a dump brings its own and must leave this out.
func Seed() string { return text("7") }

// SQL is the whole DDL, [PreData] followed by [PostData], without [Seed].
func SQL() string { return PreData() + "\n" + PostData() }

// Create builds the registry schema with its seed in an empty database, in one transaction. An error means nothing
// was built.
func Create(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, half := range []struct{ name, sql string }{
			{"tables", PreData()}, {"keys, indexes and triggers", PostData()}, {"seed", Seed()},
		} {
			// The simple protocol takes many statements in one message.
			if _, err := tx.Conn().PgConn().Exec(ctx, half.sql).ReadAll(); err != nil {
				return fmt.Errorf("schema: create %s: %w", half.name, err)
			}
		}
		return nil
	})
}

// text joins the SQL files whose names start with one of the given digits, in the order of their names.
func text(groups ...string) string {
	entries, err := files.ReadDir("sql")
	if err != nil {
		panic("schema: embedded files: " + err.Error())
	}
	var b strings.Builder
	for _, group := range groups {
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), group) {
				continue
			}
			sql, err := files.ReadFile("sql/" + e.Name())
			if err != nil {
				panic("schema: embedded files: " + err.Error())
			}
			b.Write(sql)
			b.WriteByte('\n')
		}
	}
	return b.String()
}
