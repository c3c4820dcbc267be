package files

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// VersionFacts is what a row of versions says that goes into the index.
type VersionFacts struct {
	// Num is the full version with its build metadata.
	Num string
	// SHA256 is of the archive (versions.tar_sha256).
	SHA256 []byte
	// Features is the whole table of the manifest; BuildLine splits it.
	Features    map[string][]string
	Yanked      bool
	Links       *string
	RustVersion *string
	CreatedAt   time.Time
	// WithPubTime writes CreatedAt into the line; true only where the
	// registry runs with INDEX_INCLUDE_PUBTIME.
	WithPubTime bool
}

// DependencyFacts is what a row of dependencies says that goes into the index.
type DependencyFacts struct {
	// Crate is the stored spelling of the crate depended on.
	Crate string
	// ExplicitName is the manifest key when the dependency was renamed.
	ExplicitName    *string
	Req             string
	Features        []string
	Optional        bool
	DefaultFeatures bool
	Target          *string
	// Kind is the registry's number: 0 normal, 1 build, 2 dev.
	Kind int16
}

// BuildLine makes the line that the registry would write for a version. Order
// of lines within a file is the caller's: by created_at, then semver.
func BuildLine(crateName string, v VersionFacts, deps []DependencyFacts) Line {
	line := Line{
		Name: crateName, Vers: v.Num, Cksum: hex.EncodeToString(v.SHA256), Yanked: v.Yanked,
		Links: v.Links, RustVersion: v.RustVersion, Deps: make([]Dep, len(deps)),
	}
	for i, d := range deps {
		line.Deps[i] = buildDep(d)
	}
	SortDeps(line.Deps)
	line.Features, line.Features2 = SplitFeatures(v.Features)
	if len(line.Features2) > 0 {
		line.V = 2
	}
	if v.WithPubTime {
		line.PubTime = v.CreatedAt.UTC().Format("2006-01-02T15:04:05Z")
	}
	return line
}

func buildDep(d DependencyFacts) Dep {
	dep := Dep{
		Name: d.Crate, Req: d.Req, Features: slices.Clone(d.Features), Optional: d.Optional,
		DefaultFeatures: d.DefaultFeatures, Target: d.Target, Kind: kindName(d.Kind),
	}
	if d.ExplicitName != nil {
		dep.Name, dep.Package = *d.ExplicitName, &d.Crate
	}
	return dep
}

// kindName leaves a number the contract does not know nameless, so that it
// shows as a difference instead of passing for another kind.
func kindName(kind int16) string {
	names := []string{"normal", "build", "dev"}
	if kind < 0 || int(kind) >= len(names) {
		return ""
	}
	return names[kind]
}

// SplitFeatures parts a manifest's features into those that old versions of
// Cargo read and those they must not see: a feature with a value that starts
// with "dep:" or holds "?/", and every feature that names one of these. Both
// maps share the lists of the argument.
func SplitFeatures(all map[string][]string) (features, features2 map[string][]string) {
	features, features2 = make(map[string][]string, len(all)), make(map[string][]string)
	for name, values := range all {
		if slices.ContainsFunc(values, newSyntax) {
			features2[name] = values
		} else {
			features[name] = values
		}
	}
	// Each round moves at least one feature, so there are at most as many
	// rounds as features, of which the registry allows 300.
	for moved := len(features2) > 0; moved; {
		moved = false
		for name, values := range features {
			if slices.ContainsFunc(values, func(v string) bool { _, in := features2[v]; return in }) {
				features2[name] = values
				delete(features, name)
				moved = true
			}
		}
	}
	return features, features2
}

func newSyntax(value string) bool {
	return strings.HasPrefix(value, "dep:") || strings.Contains(value, "?/")
}
