package files

import (
	"cmp"
	"slices"
)

// Line is one line of an index file: one version (contract storage-index.md
// section 5). Fields stand in the order in which they are written. A nil
// pointer is a key that is absent.
type Line struct {
	Name      string
	Vers      string
	Deps      []Dep
	Cksum     string
	Features  map[string][]string
	Features2 map[string][]string
	Yanked    bool
	Links     *string
	// RustVersion is the oldest compiler the manifest asks for.
	RustVersion *string
	// PubTime is "YYYY-MM-DDTHH:MM:SSZ"; empty where the registry leaves it
	// out.
	PubTime string
	// V is the version of the line's format: 2 with Features2, else 0, which
	// is not written.
	V int
	// Unknown are the keys found in a parsed line that the registry never
	// writes, in byte order. They are not written back.
	Unknown []string
}

// Dep is one dependency of a line.
type Dep struct {
	// Name is the name used in the manifest, which for a renamed dependency
	// is not the crate's.
	Name            string
	Req             string
	Features        []string
	Optional        bool
	DefaultFeatures bool
	// Target is nil for all targets; the key is written in any case.
	Target *string
	// Kind is "normal", "build" or "dev"; lines written by old software may
	// have none, which is kept as "".
	Kind string
	// Package is the real crate name of a renamed dependency, else nil.
	Package *string
}

// Crate is the name of the crate depended on, whatever the manifest calls it.
func (d Dep) Crate() string {
	if d.Package != nil {
		return *d.Package
	}
	return d.Name
}

// SortDeps puts dependencies in the index's order: name, kind, requirement,
// optional, default features, target, package, features; absent before
// present.
func SortDeps(deps []Dep) { slices.SortStableFunc(deps, compareDep) }

func compareDep(a, b Dep) int {
	return cmp.Or(
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)),
		cmp.Compare(a.Req, b.Req),
		compareBool(a.Optional, b.Optional),
		compareBool(a.DefaultFeatures, b.DefaultFeatures),
		compareOptional(a.Target, b.Target),
		compareOptional(a.Package, b.Package),
		slices.Compare(a.Features, b.Features),
	)
}

func kindRank(kind string) int {
	return slices.Index([]string{"normal", "build", "dev"}, kind)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func compareOptional(a, b *string) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	default:
		return cmp.Compare(*a, *b)
	}
}
