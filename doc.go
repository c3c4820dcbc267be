// Package cratewarden holds the words that everybody in this program uses:
// kinds of error, names of crates, ways of publishing, the clock. cratewarden
// is an administration and incident-response console for registries that run
// the crates.io software; the words here are those its users say aloud. The
// package imports nothing but the standard library, and every other package
// may import it.
package cratewarden
