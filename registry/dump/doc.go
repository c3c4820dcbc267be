// Package dump brings the registry's public database dump into an empty
// database. [Open] reads an archive (tar.gz, zip or folder) and [Import] loads
// it: the archive's own schema.sql when it has one, ours when it has not; every
// CSV file goes into COPY as it is, and only its header line is read here
// (contract db-dump.md).
//
// Everything happens in one transaction of the target, so an import that fails,
// is cancelled, or dies with its process leaves the target as it was and leaves
// nothing to clean up. One transaction also means that PostgreSQL can write
// rows frozen and, on a server with wal_level=minimal, without a log. Keys,
// indexes and triggers come after the rows.
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
