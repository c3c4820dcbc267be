// Package change is the only hand that writes to a registry's database. It
// opens one transaction, looks at every row that a change will touch before
// and after it (the images), writes only what the registry itself would write
// (contract actions.md), and enqueues the registry's own jobs. Whether the
// transaction is committed or rolled back is the caller's choice, so a preview
// is the change itself, rolled back.
//
// Images are rows as JSON objects of their columns, read by the columns the
// database has today, so that columns newer than this program are in them.
// Secrets and personal columns never are (table.go).
package change
