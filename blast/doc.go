// Package blast answers who is hit: given bad versions of a crate, which other
// versions have a requirement that could resolve to one of them, directly or
// through others, how far away, and how many downloads hang on it. It asks a
// graph and computes; it reads nothing itself, so that a slow and obviously
// right implementation can be held against it.
package blast
