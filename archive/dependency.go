package archive

import (
	"cmp"
	"slices"
)

// DependencyKind is the table a dependency stands in.
type DependencyKind string

// The kinds, as the index spells them (contract storage-index.md section 5).
const (
	NormalDependency DependencyKind = "normal"
	BuildDependency  DependencyKind = "build"
	DevDependency    DependencyKind = "dev"
)

// Dependency is one dependency as a manifest states it.
type Dependency struct {
	// Key is the name used in the source, Name the crate's.
	Key, Name string
	Req       string
	Kind      DependencyKind
	// Target is the platform or cfg expression, empty for all.
	Target          string
	Optional        bool
	DefaultFeatures bool
	Features        []string
	// Registry, Path, Git and Workspace say that it comes, or came in the
	// original manifest, from elsewhere.
	Registry, Path, Git string
	Workspace           bool
}

// at tells where a dependency stands, whatever its requirement is.
func (d Dependency) at() dependencyPlace { return dependencyPlace{d.Kind, d.Target, d.Key} }

type dependencyPlace struct {
	kind   DependencyKind
	target string
	key    string
}

func dependencies(doc table) []Dependency {
	list := dependencyTables(nil, doc, "")
	for target, v := range doc.table("target") {
		if sub, ok := v.(map[string]any); ok {
			list = dependencyTables(list, sub, target)
		}
	}
	slices.SortFunc(list, func(a, b Dependency) int {
		return cmp.Or(cmp.Compare(kindOrder(a.Kind), kindOrder(b.Kind)), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Key, b.Key))
	})
	return list
}

func kindOrder(kind DependencyKind) int {
	return slices.Index([]DependencyKind{NormalDependency, BuildDependency, DevDependency}, kind)
}

// dependencyTables reads the three tables, each with the older spelling that
// cargo still takes.
func dependencyTables(list []Dependency, in table, target string) []Dependency {
	for kind, t := range map[DependencyKind]table{
		NormalDependency: in.table("dependencies"),
		BuildDependency:  in.table("build-dependencies", "build_dependencies"),
		DevDependency:    in.table("dev-dependencies", "dev_dependencies"),
	} {
		for key, v := range t {
			list = append(list, dependency(key, v, kind, target))
		}
	}
	return list
}

func dependency(key string, v any, kind DependencyKind, target string) Dependency {
	d := Dependency{Key: key, Name: key, Kind: kind, Target: target, DefaultFeatures: true}
	if req, ok := v.(string); ok {
		d.Req = req
		return d
	}
	sub, _ := v.(map[string]any)
	t := table(sub)
	d.Name = cmp.Or(t.text("package"), key)
	d.Req = t.text("version")
	d.Optional = t.yes("optional")
	d.Features = t.texts("features")
	d.Registry = cmp.Or(t.text("registry"), t.text("registry-index"))
	d.Path, d.Git = t.text("path"), t.text("git")
	d.Workspace = t.yes("workspace")
	for _, spelling := range []string{"default-features", "default_features"} {
		if on, ok := t[spelling].(bool); ok {
			d.DefaultFeatures = on
			break
		}
	}
	return d
}
