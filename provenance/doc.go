// Package provenance answers how a version was published. It takes what the
// registry's rows tell of that publish and of those before it, and gives back
// one sentence with the truth, the evidence with its sources, what differs
// from the crate's habit, and what the registry does not keep. It reads
// nothing itself and decides nothing; a person does.
//
// The facts and their sources are those of the contract, publish.md section 7.
package provenance
