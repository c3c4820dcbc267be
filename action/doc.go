// Package action is how anything in a registry is changed: plan, review,
// approve, apply, outcome, undo. A plan is a list of typed steps from the
// catalogue. Its review is the very code that applies it, run in a
// transaction that is rolled back; the apply refuses when the registry no
// longer is what the review saw. Each apply leaves an intent in the ledger
// before the registry commits and an outcome after, and recovery finds the
// outcome of whatever was cut short (design section 3).
//
// engine.go is the way in; the files named after families (version.go,
// account.go, …) hold the catalogue.
package action
