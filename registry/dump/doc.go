// Package dump brings the registry's public database dump into an empty
// database. [Open] reads an archive (tar.gz, zip or folder) and [Import] loads
// it: the archive's own schema.sql when it has one, ours when it has not; every
// CSV file goes into COPY as it is, and only its header line is read here
// (contract db-dump.md).
//
// An import that fails, is cancelled, or dies with its process leaves the target
// as it was. There are two ways to that. Where the role owns the target and may
// make databases, nobody else is connected, and nothing is set on the database
// itself, the import copies the empty target to a database beside it, loads the
// copy with two connections at once, one bringing rows and the other building
// what stands on them, and at the end gives the copy the target's name in one
// transaction (beside.go, crew.go). A program that is killed leaves the copy,
// cratewarden_import_ and a number, which the next import removes. Everywhere
// else all happens in one transaction of the target. Either way each table's
// rows go into a new file, so that PostgreSQL can write them frozen and, on a
// server with wal_level=minimal, without a log; keys, indexes and triggers come
// after the rows.
//
// The dump lacks what is private. What can be computed is computed (search
// vectors, version order, reverse dependencies, counters, sequences); what
// cannot stays at its default, and whoever shows it must know from [Result]
// that the data is a public dump and say "not in the public dump". No mark is
// left in the registry's database; the caller keeps the Result.
//
// schema.sql is a program: its functions run in the target with the rights of
// the connection. Import only archives from a source you trust with that
// database, or set [Config.OwnSchema].
package dump
