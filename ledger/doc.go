// Package ledger is the log of everything the console did, refused, or showed
// of personal data. It can only grow: every entry is a leaf of a Merkle tree
// whose head is signed, so that whoever holds the public key and one signed
// head can tell whether anything before it was changed, removed, inserted or
// put in another order, and which entry it was.
//
// An entry is appended in the caller's own transaction, so a change and its
// record live or die together. The tree is that of RFC 6962; heads are C2SP
// checkpoints; an export is a C2SP tiled log that other people's tools read
// too. Personal data is encrypted beside its entry with a key of its own, and
// is erased by deleting the key, which leaves the log whole.
//
// Errors of the database come back as the driver gave them; callers give them
// a kind with pg.Map, as pg.InTx does by itself.
package ledger
