// Package registry asks the registry's own database for exact facts: what
// crates, versions, owners, tokens, names and jobs there are at this moment.
// It is the only package that knows the registry's column names. Every
// question is bounded in rows and in time, names text columns explicitly, and
// writes nothing.
//
// The subpackages build that database for demonstration and tests (schema),
// fill it from a public dump (dump), and know its storage keys and index lines
// (files).
package registry
