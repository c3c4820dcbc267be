// Package files knows where the registry keeps its objects and what stands in
// its index: the keys of the object store, their headers, cache tags and
// public addresses, and the lines of an index file (contract
// storage-index.md). It computes and compares; it reads and writes nothing
// itself.
//
// Every name given to it must be the stored spelling (crates.name). Another
// spelling yields a well-formed key of an object that is not there.
package files
