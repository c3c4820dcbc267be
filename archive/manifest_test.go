package archive_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/archive/archivetest"
	"cratewarden/telemetry/pacetest"
)

func TestManifest(t *testing.T) {
	t.Parallel()
	got, err := archive.ParseManifest([]byte(`
[package]
name = "a"
version = "1.0.0"
edition = "2021"
rust-version = "1.70"
links = "z"
build = ["one.rs", "./two.rs"]
readme = false
[lib]
name = "a_lib"
crate-type = ["proc-macro"]
[[bin]]
name = "tool"
path = "src/bin/tool.rs"
[dependencies]
plain = "1"
renamed = { package = "real", version = "2", optional = true, default-features = false, features = ["x"] }
shared.workspace = true
[dev_dependencies]
local = { path = "../local" }
[target.'cfg(windows)'.build-dependencies.win]
version = "0.5"
registry-index = "elsewhere"
[features]
default = ["x"]
b = ["dep:real", 3]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &archive.Manifest{
		Name: "a", Version: "1.0.0", Edition: "2021", RustVersion: "1.70", Links: "z",
		Build: []string{"one.rs", "two.rs"}, BuildSet: true,
		HasLib: true, LibName: "a_lib", LibPath: "src/lib.rs", ProcMacro: true,
		Bins: []archive.Target{{Name: "tool", Path: "src/bin/tool.rs"}},
		Dependencies: []archive.Dependency{
			{Key: "plain", Name: "plain", Req: "1", Kind: archive.NormalDependency, DefaultFeatures: true},
			{Key: "renamed", Name: "real", Req: "2", Kind: archive.NormalDependency, Optional: true, Features: []string{"x"}},
			{Key: "shared", Name: "shared", Kind: archive.NormalDependency, DefaultFeatures: true, Workspace: true},
			{Key: "win", Name: "win", Req: "0.5", Kind: archive.BuildDependency, Target: "cfg(windows)", DefaultFeatures: true, Registry: "elsewhere"},
			{Key: "local", Name: "local", Kind: archive.DevDependency, DefaultFeatures: true, Path: "../local"},
		},
		Features: []archive.Feature{{Name: "b", Values: []string{"dep:real"}}, {Name: "default", Values: []string{"x"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestManifestHostile(t *testing.T) {
	t.Parallel()
	const n = 1 << 20
	for name, text := range map[string]string{
		"too large":        strings.Repeat("#", n+1),
		"arrays":           "a = " + strings.Repeat("[", n-10),
		"tables":           "a = " + strings.Repeat("{a=", n/3-10),
		"dotted key":       strings.Repeat("a.", n/2-10) + "a = 1",
		"dotted header":    "[" + strings.Repeat("a.", n/2-10) + "a]",
		"many keys":        strings.Repeat("a\n", n/2),
		"many headers":     strings.Repeat("[[a]]\n", n/6),
		"open string":      "a = \"" + strings.Repeat("x", n-10),
		"not utf-8":        "a = \"\xff\"",
		"duplicate":        "[package]\nname='a'\nname='b'\n",
		"deep arrays":      "a = " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"wrong types":      "package = 1\nlib = []\ndependencies = 'x'\ntarget = {a = 1}\nfeatures = 1\nbin = {}",
		"wrong types deep": "[package]\nname = []\nversion = 1\nbuild = 1\n[dependencies]\na = 1\nb = []\n[features]\nf = 1",
	} {
		var m *archive.Manifest
		var err error
		took := pacetest.Within(t, name, 5*time.Second, func() { m, err = archive.ParseManifest([]byte(text)) })
		if kind := cratewarden.KindOf(err); err != nil && kind != cratewarden.Invalid && kind != cratewarden.TooLarge || (err == nil) == (m == nil) {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v, %.60s", name, took, cratewarden.MessageOf(err))
	}
}

func TestBuildScripts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		build string
		file  string
		want  []string
	}{
		{"", "build.rs", []string{"build.rs"}},
		{"", "src/build.rs", nil},
		{"build = false\n", "build.rs", nil},
		{"build = true\n", "build.rs", []string{"build.rs"}},
		{"build = \"x/y.rs\"\n", "build.rs", []string{"x/y.rs"}},
		{"build = \"../y.rs\"\n", "build.rs", []string{""}},
	} {
		a := read(t, archivetest.Crate("a", "1.0.0", map[string]string{
			"Cargo.toml": archivetest.Manifest("a", "1.0.0", tt.build), tt.file: ""}), "a-1.0.0")
		if diff := cmp.Diff(tt.want, a.BuildScripts()); diff != "" {
			t.Errorf("%q with %s (-want +got):\n%s", tt.build, tt.file, diff)
		}
	}
}

func TestManifestDifferences(t *testing.T) {
	t.Parallel()
	with := func(manifest, original string) []string {
		return read(t, archivetest.Crate("a", "1.0.0", map[string]string{
			"Cargo.toml": archivetest.Manifest("a", "1.0.0", manifest), "Cargo.toml.orig": archivetest.Manifest("a", "1.0.0", original),
			"build.rs": "", "other.rs": "",
		}), "a-1.0.0").ManifestDifferences()
	}
	for _, tt := range []struct {
		manifest, original string
		want               []string
	}{
		{"build = \"build.rs\"\n[dependencies]\nb = \"1\"\n", "[dependencies]\nb = { workspace = true }\n", nil},
		{"", "[dev-dependencies]\nlocal = { path = \"x\" }\n", nil},
		{"[dependencies]\nb = \"2\"\n", "[dependencies]\nb = \"1\"\n", []string{"The normal dependency b is b 2 in Cargo.toml and b 1 in Cargo.toml.orig."}},
		{"[dependencies]\nb = \"2\"\n", "", []string{"The normal dependency b is in Cargo.toml but not in Cargo.toml.orig."}},
		{"build = \"other.rs\"\n", "", []string{"The build script is “other.rs” in Cargo.toml and “build.rs” in Cargo.toml.orig."}},
		{"[lib]\nproc-macro = true\n", "", []string{"Only one of Cargo.toml and Cargo.toml.orig makes this a procedural macro."}},
	} {
		if diff := cmp.Diff(tt.want, with(tt.manifest, tt.original)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.manifest, diff)
		}
	}
}
