package archive

import (
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"cratewarden"
)

// manifestBytes is the largest manifest that is parsed. The largest of the
// public registry have a few hundred KiB.
const manifestBytes = 1 << 20

// Manifest is what a Cargo.toml says, read leniently: a value of the wrong
// type is as good as absent. It is the uploader's word.
type Manifest struct {
	Name, Version, Edition, RustVersion, Links string
	// Build holds the paths under `package.build`; BuildOff says it is false,
	// BuildSet that the key is there at all.
	Build              []string
	BuildSet, BuildOff bool
	Readme             string
	LicenseFile        string
	// HasLib says that there is a [lib] table; LibPath defaults to src/lib.rs.
	HasLib           bool
	LibName, LibPath string
	ProcMacro        bool
	Bins             []Target
	// Dependencies is sorted by kind, target and key.
	Dependencies []Dependency
	// Features is sorted by name.
	Features []Feature
}

// Target is a binary target.
type Target struct{ Name, Path string }

// Feature is one feature and what it turns on, as written.
type Feature struct {
	Name   string
	Values []string
}

// ParseManifest reads a Cargo.toml or Cargo.toml.orig of at most 1 MiB. The
// errors are TooLarge and Invalid.
func ParseManifest(data []byte) (*Manifest, error) {
	if len(data) > manifestBytes {
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "The manifest has %s; at most %s are read.", size(int64(len(data))), size(manifestBytes))
	}
	var doc table
	if err := toml.Unmarshal(data, (*map[string]any)(&doc)); err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The manifest is not valid TOML: %s.", shown(err.Error()))
	}
	pkg := doc.table("package", "project")
	lib := doc.table("lib")
	m := &Manifest{
		Name: pkg.text("name"), Version: pkg.text("version"), Edition: pkg.text("edition"),
		RustVersion: pkg.text("rust-version"), Links: pkg.text("links"),
		Readme: pkg.text("readme"), LicenseFile: pkg.text("license-file"),
		HasLib: lib != nil, LibName: lib.text("name"), LibPath: cleanRelative(lib.text("path")),
	}
	m.build(pkg)
	if m.LibPath == "" {
		m.LibPath = "src/lib.rs"
	}
	m.ProcMacro = lib.yes("proc-macro") || lib.yes("proc_macro") ||
		slices.Contains(append(lib.texts("crate-type"), lib.texts("crate_type")...), "proc-macro")
	for _, bin := range doc.tables("bin") {
		m.Bins = append(m.Bins, Target{bin.text("name"), cleanRelative(bin.text("path"))})
	}
	m.Dependencies = dependencies(doc)
	for name := range doc.table("features") {
		m.Features = append(m.Features, Feature{name, doc.table("features").texts(name)})
	}
	slices.SortFunc(m.Features, func(a, b Feature) int { return strings.Compare(a.Name, b.Name) })
	return m, nil
}

func (m *Manifest) build(pkg table) {
	switch v := pkg["build"].(type) {
	case nil:
	case bool:
		m.BuildSet, m.BuildOff = true, !v
	default:
		m.BuildSet = true
		for _, p := range pkg.texts("build") {
			m.Build = append(m.Build, cleanRelative(p))
		}
	}
}

// cleanRelative gives a path of the manifest as it would stand in Files, empty
// when it leaves the package.
func cleanRelative(p string) string {
	p = path.Clean(strings.ReplaceAll(p, `\`, "/"))
	if p == "." || strings.HasPrefix(p, "/") || p == ".." || strings.HasPrefix(p, "../") {
		return ""
	}
	return p
}

// table is a TOML table whose every look-up is forgiving.
type table map[string]any

func (t table) table(keys ...string) table {
	for _, key := range keys {
		if sub, ok := t[key].(map[string]any); ok {
			return sub
		}
	}
	return nil
}

func (t table) tables(key string) []table {
	list, _ := t[key].([]any)
	var out []table
	for _, v := range list {
		if sub, ok := v.(map[string]any); ok {
			out = append(out, sub)
		}
	}
	return out
}

func (t table) text(key string) string {
	s, _ := t[key].(string)
	return s
}

// texts takes a list of strings, or a single one.
func (t table) texts(key string) []string {
	if s, ok := t[key].(string); ok {
		return []string{s}
	}
	list, _ := t[key].([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func (t table) yes(key string) bool {
	b, _ := t[key].(bool)
	return b
}
