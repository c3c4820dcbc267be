// Package check asks any database whether it is a registry we can work with: for reading and for each family of
// actions it says which tables, columns, functions, sequences, triggers and rights are there and which are missing.
// From the same list of needs it writes the least GRANT statements a role must have ([Grants]), so that the two can
// never disagree. A database loaded from the public dump is fine for reading: its private tables are there, but empty.
package check

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/registry/schema"
)

// Oldest and newest major version of PostgreSQL that we support.
const (
	OldestServer = 14
	NewestServer = 18
)

const serverFacts = `
SELECT current_database()::text, current_user::text, current_setting('server_version'),
    current_setting('server_version_num')::integer / 10000, pg_encoding_to_char(d.encoding)::text, d.datcollate::text,
    pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,
    coalesce(has_schema_privilege('public', to_regnamespace('public')::oid, 'CREATE'), false)
FROM pg_database d WHERE d.datname = current_database()`

// Run asks the database behind db, with the rights of the role it is connected as, and changes nothing. The error is
// of kind Unavailable when the catalogs could not be read; everything the database lacks is in the report instead.
func Run(ctx context.Context, db schema.Querier) (Report, error) {
	unreadable := func(err error) (Report, error) {
		return Report{}, cratewarden.Wrap(err, cratewarden.Unavailable,
			"The registry database did not say what it holds. Check that its address and role are right, then try again.")
	}
	rows, err := db.Query(ctx, serverFacts)
	if err != nil {
		return unreadable(err)
	}
	report, err := pgx.CollectExactlyOneRow(rows, func(r pgx.CollectableRow) (Report, error) {
		var p Report
		return p, r.Scan(&p.Database, &p.Role, &p.Server, &p.Major, &p.Encoding, &p.Collation, &p.CannotWrite, &p.EveryoneCreates)
	})
	if err != nil {
		return unreadable(err)
	}
	f, err := gather(ctx, db)
	if err != nil {
		return unreadable(err)
	}
	for _, name := range []string{"ltree", "pg_trgm", "pgcrypto", "plpgsql"} {
		report.Extensions = append(report.Extensions, Extension{Name: name, Version: f.extensions[name]})
	}
	types := contractTypes()
	for _, c := range Capabilities() {
		report.Rows = append(report.Rows, f.judge(c, declared(c), types)...)
	}
	report.Notes = report.notes()
	return report, nil
}

// contractTypes gives the type of each column by "table.column".
func contractTypes() map[string]string {
	types := map[string]string{}
	for _, row := range schema.Contract()["columns"] {
		types[row["table"]+"."+row["column"]] = row["type"]
	}
	return types
}

// notes are remarks for people on what does no harm to any capability by itself.
func (r Report) notes() []string {
	var notes []string
	if r.Major < OldestServer || r.Major > NewestServer {
		notes = append(notes, "This server version is not one we test with; versions 14 to 18 are.")
	}
	if r.Encoding != "UTF8" {
		notes = append(notes, "The encoding should be UTF8; names and texts may come out wrong.")
	}
	if r.Collation != "C" && !strings.HasPrefix(r.Collation, "C.") {
		notes = append(notes, "The collation should be C; searching for the beginning of a name is slow with another one.")
	}
	if r.CannotWrite {
		notes = append(notes, "The server is a replica or the session is read-only: no action can be applied here.")
	}
	if r.EveryoneCreates {
		notes = append(notes, "Every role may create objects in the schema public, as PostgreSQL 14 and older have it, so ours may too. If the registry's own role can do without, let the schema's owner run: REVOKE CREATE ON SCHEMA public FROM PUBLIC.")
	}
	return notes
}
