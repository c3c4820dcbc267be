// Package blast answers who is hit: given bad versions of a crate, which other
// versions have a requirement that could resolve to one of them, directly or
// through others, how far away, and how many downloads hang on it. It asks a
// graph and computes; it reads nothing itself, so that a slow and obviously
// right implementation can be held against it.
//
// What counts as hit, for Cargo:
//
//   - A version is hit when one of its dependencies has a requirement that takes
//     a bad version, and in turn when one takes a hit version of another crate.
//   - In the mode Could any version that the requirement takes will do; in the
//     mode Would only the highest of them that is not yanked, which is what a
//     build without a lock file gets at this moment.
//   - A pre-release is taken only by a requirement that names a pre-release of
//     the same major, minor and patch number.
//   - Yanked versions are never chosen anew. The bad versions themselves count
//     in the mode Could although they are yanked: they could be chosen before,
//     and lock files keep them. With Locked that goes for all versions.
//   - A development dependency is built by whoever works on the crate and by
//     nobody who uses it: it makes a version hit, and nothing beyond.
//
// What this cannot know: lock files, features that switch optional dependencies
// on, platforms, patches, and compilers too old for a version. It says who could
// be hit, not who was.
package blast
