// Package registry asks the registry's own database for exact facts: what
// crates, versions, owners, tokens, names and jobs there are at this moment.
// It is the only package that knows the registry's column names. Every
// question is bounded in rows and in time, names text columns explicitly, and
// writes nothing.
//
// Writing is the matter of one subpackage (change). The others build that database
// for demonstration and tests (schema), say what a role may do in it (check), fill
// it from a public dump (dump), read whole tables (bulk) and everything about a few
// subjects (extract), and know its storage keys, index lines (files) and kinds of
// token (credential).
package registry
