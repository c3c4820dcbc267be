// Package extract reads out of the registry's database, in the caller's
// transaction, everything that speaks of some crates, versions and accounts:
// each row that would change or vanish if they were deleted, each row about
// the people concerned, and the lines of the index. It knows the contract's
// tables (pitfalls.md section 3) and finds those that are newer than the
// contract by their foreign keys. Secrets are never read. It writes nothing.
package extract
