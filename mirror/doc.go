// Package mirror keeps a compact picture of a registry in memory, so that the
// questions a responder asks are answered in microseconds although the registry
// has no index for them: who published what, with which token, who owns what,
// who depends on whom, which names look alike, whose archive has this checksum
// (contract pitfalls.md 12). Search, feeds and account pages read it. A review
// or an apply never trusts it: those read the rows they touch from the registry.
//
// A Mirror loads in parts, the small ones first, and then follows the registry
// in three ways that cost the registry next to nothing: polls that only walk
// indexes, sweeps over small tables for what leaves no trace in an index, and
// a full re-read (from a replica if there is one) for the rest. What is
// promised, with the default pauses, once the part concerned is loaded:
//
//	change                                                  seen within   found by
//	a version published, a crate made or touched            2 s           poll
//	a yank or unyank through the registry's API             2 s           poll
//	a crate deleted, with its row in deleted_crates         2 s           poll
//	an account, an API token or a team made                 2 s           poll
//	an owner added, removed or re-added                     20 s          sweep
//	a yank or unyank by command line, without a log row     20 s          sweep
//	a version deleted, a default version moved              20 s          sweep
//	a crate deleted without a trace                         20 s          sweep
//	an account locked, unlocked or its lock's end changed   20 s          sweep
//	an API token used, revoked or restored                  20 s          sweep
//	a crate name reserved or released                       20 s          sweep
//	downloads, renamed accounts, mail addresses, anything   the hour      full
//
// Polls run each second, sweeps each 15 s, full re-reads each hour (Config).
// Whoever changes the registry calls Hurry, and both run at once.
// Every method reads one unchanging state and never waits: a change makes a new
// state that shares with the old what stayed. The unit of change is the crate:
// a touched crate is read whole, by indexes, and stands before the tables until
// the next full re-read. Mail addresses are kept as keyed hashes and domains,
// token hashes not at all.
package mirror
