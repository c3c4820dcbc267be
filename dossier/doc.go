// Package dossier puts everything known about one subject on one page: a
// crate, a version with its provenance and files, an account, a token, a name,
// and the lists between them. A dossier is a plain struct; the web page, the
// JSON answer and the command line show the same struct, so they can never
// disagree. It asks the registry for exact facts in few statements, the mirror
// for what the registry has no index for, and the storage for files.
//
// A part that cannot be shown says why in its Absent sentence and is never
// shown as empty.
package dossier
