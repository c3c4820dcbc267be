package content

import (
	"slices"

	"cratewarden/registry/files"
)

// Spec says which archive to make. Only Name and Version are needed; the
// zero value of every other field is a small, plain library without extras.
// Make one Spec per crate and change Version, Generation and VCS from release
// to release, so that successive archives differ as real ones do.
type Spec struct {
	// Name and Version are the exact strings of the upload.
	Name    string
	Version string

	// Description and License default to a sentence by topic and to
	// "MIT OR Apache-2.0".
	Description string
	License     string
	// Edition defaults to "2021"; RustVersion and Links to absent.
	Edition     string
	RustVersion string
	Links       string

	Repository    string
	Homepage      string
	Documentation string
	Authors       []string
	Keywords      []string
	Categories    []string

	Dependencies []Dependency
	// Features is the [features] table as written in the manifest.
	Features map[string][]string

	Kind   Kind
	Topic  Topic
	Size   Size
	Traits Traits
	VCS    VCS
	// Payload puts one of the inert look-alikes of an attack in the archive.
	Payload Payload

	// Seed chooses the shape of the crate and must stay the same over all its
	// versions. Zero stands for a seed made from Name.
	Seed uint64
	// Generation counts the releases of the crate, from 0. Each one changes a
	// few files and now and then adds one.
	Generation int
}

// Dependency is one entry of the manifest's dependency tables.
type Dependency struct {
	// Name is the real crate name and Rename the manifest key if it differs.
	Name   string
	Rename string
	// Req is the requirement. Write its operator, as in "^1.2": the registry
	// stores "1.2" so, and the manifest and the index should agree.
	Req  string
	Kind DependencyKind
	// Target is a cfg expression or a target triple; empty means all targets.
	Target   string
	Optional bool
	// NoDefaultFeatures writes default-features = false.
	NoDefaultFeatures bool
	Features          []string
}

// DependencyKind has the registry's own numbers (dependencies.kind).
type DependencyKind int16

// The three kinds of dependency.
const (
	NormalDependency DependencyKind = 0
	BuildDependency  DependencyKind = 1
	DevDependency    DependencyKind = 2
)

// Facts is the dependency as the registry's row and index line tell it.
func (d Dependency) Facts() files.DependencyFacts {
	facts := files.DependencyFacts{
		Crate: d.Name, Req: d.Req, Features: slices.Clone(d.Features), Optional: d.Optional,
		DefaultFeatures: !d.NoDefaultFeatures, Kind: int16(d.Kind),
	}
	if d.Rename != "" {
		facts.ExplicitName = &d.Rename
	}
	if d.Target != "" {
		facts.Target = &d.Target
	}
	return facts
}
