// Package content makes believable crate archives for the made-up registry:
// a gzip tar that obeys the registry's publishing rules (contract
// storage-index.md section 3) with Rust sources, a manifest, a README, tests
// and the odd things real archives hold, plus every fact that the registry
// stores beside an archive. Equal specs give equal bytes on every machine, and
// the next generation of a crate differs from the last as a release does.
//
// Some archives carry text that looks like an attack. It is inert: it names
// only hosts under the reserved top-level domain "invalid", decodes to nothing
// but the marker, and nothing this program ships ever compiles or runs it.
package content
