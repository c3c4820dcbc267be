// Package demo makes up a whole registry: crates with years of versions, the
// people behind them, their tokens and teams, the audit log, downloads, the
// job queue, real archives and index files, and three prepared situations for
// a responder to find. Everything is invented. The same options give the same
// registry to the last byte, with all times told relative to one instant.
//
// Nothing is read from any real registry. What looks like an attack is inert
// text (see package demo/content).
package demo
