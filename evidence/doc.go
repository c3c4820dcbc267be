// Package evidence keeps what is about to be destroyed. Seal copies every row,
// file and index line of some crates, versions and accounts into a bundle:
// parts stored under their own hash, and a manifest that names them, whose
// SHA-256 is the bundle's digest and stands in the ledger. Everything is read
// back after it was written. Verify tells for each part whether it is still
// what it was, years later or on another machine (VerifyExport). Personal data
// is encrypted with a key of the bundle, which can be forgotten without
// breaking the rest; to read it is an entry in the ledger.
//
// Vault is where files of held versions rest until they are put back.
//
// The console role needs these rights on its own database:
//
//	GRANT SELECT, INSERT ON evidence_bundle, evidence_subject TO console_role;
//	GRANT UPDATE (key) ON evidence_bundle TO console_role;
//	GRANT SELECT, INSERT, UPDATE ON evidence_check TO console_role;
package evidence
