// Package archive reads a crate's archive (a `.crate` file) the way one reads
// a letter that may be poisoned. It streams the gzip and the tar inside it
// once, within limits of size, count, depth and time, writes nothing to disk
// and follows nothing. What it gives back is a list of files with their
// hashes and kinds, the content of the small text ones, the facts of the
// manifest, and a plain list of everything that is wrong. Two archives can be
// compared, and a source file can be cut into coloured spans that a template
// escapes.
//
// The people who write these archives include attackers, so a broken archive
// is an answer and not an error: Read returns what could be read together with
// its Problems. It stops at the first place where two honest programs could
// read the bytes differently, because whatever lies beyond is a guess.
//
// The rules are those of the contract, storage-index.md section 3 and
// publish.md section 6; the default limits are never below the registry's.
package archive
