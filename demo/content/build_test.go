package content_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"cratewarden"
	"cratewarden/demo/content"
)

var update = flag.Bool("update", false, "write golden files anew")

func build(t testing.TB, s content.Spec) content.Package {
	t.Helper()
	p, err := content.Build(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// unpack reads an archive and fails on whatever the registry would refuse
// (contract storage-index.md section 3).
func unpack(t testing.TB, s content.Spec, p content.Package) map[string]string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(p.Archive))
	if err != nil {
		t.Fatal(err)
	}
	files, manifests := map[string]string{}, 0
	for r := tar.NewReader(zip); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		path, ok := strings.CutPrefix(head.Name, s.Name+"-"+s.Version+"/")
		if !ok || path == "" || strings.Contains("/"+path+"/", "/../") || !utf8.ValidString(path) || head.Typeflag != tar.TypeReg {
			t.Errorf("entry %q of type %q would be refused", head.Name, head.Typeflag)
		}
		if _, twice := files[path]; twice {
			t.Errorf("%q is there twice", path)
		}
		if strings.EqualFold(path, "Cargo.toml") {
			manifests++
		}
		text, err := io.ReadAll(r)
		if err != nil || int64(len(text)) != head.Size {
			t.Errorf("%q: %d bytes, header says %d, error %v", path, len(text), head.Size, err)
		}
		files[path] = string(text)
	}
	if manifests != 1 {
		t.Errorf("%d manifests", manifests)
	}
	return files
}

// full uses every field.
func full() content.Spec {
	return content.Spec{
		Name: "Tidy-Config_core", Version: "1.4.2-rc.1+build.7", Description: "A \"quoted\" \\ thing,\nin two lines */ <b>bold</b>", License: "MIT/Apache-2.0",
		Edition: "2018", RustVersion: "1.61", Links: "tidy", Repository: "https://git.invalid/tidy/config", Homepage: "https://tidy.invalid",
		Documentation: "https://docs.invalid/tidy", Authors: []string{"A <a@tidy.invalid>"}, Keywords: []string{"config"}, Categories: []string{"parsing"},
		Dependencies: []content.Dependency{
			{Name: "serde", Req: "^1.0.100", Features: []string{"derive"}, Optional: true, NoDefaultFeatures: true},
			{Name: "rand", Rename: "_rand08", Req: ">=0.8, <0.9"},
			{Name: "cc", Req: "~1", Kind: content.BuildDependency},
			{Name: "libc", Req: "0.2", Target: `cfg(target_os = "linux")`},
			{Name: "proptest", Req: "=1.2.3-beta.1", Kind: content.DevDependency},
		},
		Features: map[string][]string{"default": {"std"}, "std": {}, "1.x+y": {"dep:serde", "serde?/std"}},
		Kind:     content.LibraryAndBinary, Topic: content.Parser, Size: content.Medium, Seed: 42, Generation: 7,
		Traits: content.Traits{BuildScript: true, CSources: true, BlobFixture: true, OddEncodings: true, Lockfile: true},
		VCS:    content.VCS{SHA: strings.Repeat("ab", 20), Dirty: true, Path: "crates/core"},
	}
}

func TestEveryCombinationIsValid(t *testing.T) {
	t.Parallel()
	sizes := map[content.Size][2]int{content.Small: {5, 18}, content.Medium: {12, 30}, content.Large: {25, 50}}
	for kind := content.Library; kind <= content.LibraryAndBinary; kind++ {
		for topic := content.AnyTopic; topic <= content.Logging; topic++ {
			for size := content.Small; size <= content.Large; size++ {
				payload := content.Payload(int(topic+content.Topic(size)) % 6)
				spec := content.Spec{Name: fmt.Sprintf("c-%d-%d-%d", kind, topic, size), Version: "0.1.0", Kind: kind, Topic: topic, Size: size, Payload: payload, Generation: int(topic) * 3, VCS: content.VCS{SHA: strings.Repeat("0", 40)}}
				p := build(t, spec)
				checkPackage(t, spec, p)
				if n := len(p.Files); payload != content.HelperOnly && (n < sizes[size][0] || n > sizes[size][1]) {
					t.Errorf("%s has %d files: %v", spec.Name, n, p.Files)
				}
			}
		}
	}
	checkPackage(t, full(), build(t, full()))
}

func checkPackage(t *testing.T, spec content.Spec, p content.Package) {
	t.Helper()
	files := unpack(t, spec, p)
	if len(files) != len(p.Files) || int64(len(p.Archive)) != p.Size {
		t.Errorf("%s: %d files and %d bytes do not fit the package's facts", spec.Name, len(files), len(p.Archive))
	}
	for _, name := range []string{"Cargo.toml", "Cargo.toml.orig"} {
		var m manifest
		if err := toml.Unmarshal([]byte(files[name]), &m); err != nil {
			t.Errorf("%s: %s: %v\n%s", spec.Name, name, err, files[name])
		}
		if m.Package.Name != spec.Name || m.Package.Version != spec.Version || m.Package.Description != p.Description || m.Package.License != p.License {
			t.Errorf("%s: %s says %+v", spec.Name, name, m.Package)
		}
		for _, target := range append(m.Bin, m.Test...) {
			if _, ok := files[target.Path]; !ok {
				t.Errorf("%s: target %s is missing", spec.Name, target.Path)
			}
		}
	}
	_, lib := files["src/lib.rs"]
	_, main := files["src/main.rs"]
	_, bin := files["src/bin/"+spec.Name+".rs"]
	if lib != p.HasLib || (p.LibName != "") != lib || (len(p.BinNames) > 0) != (main || bin) {
		t.Errorf("%s: lib %v, main %v, bin %v do not fit %+v", spec.Name, lib, main, bin, p.BinNames)
	}
	for path, text := range files {
		if strings.HasSuffix(path, ".rs") && !strings.HasPrefix(path, "tests/data/") {
			checkRust(t, spec.Name+"/"+path, text)
		}
	}
	if marked := strings.Contains(strings.Join(values(files), "\n"), content.Marker); marked != (spec.Payload != content.NoPayload) {
		t.Errorf("%s: payload %d, marker %v", spec.Name, spec.Payload, marked)
	}
	if _, ok := files["Cargo.lock"]; ok {
		var lock map[string]any
		if err := toml.Unmarshal([]byte(files["Cargo.lock"]), &lock); err != nil {
			t.Errorf("%s: Cargo.lock: %v", spec.Name, err)
		}
	}
}

type manifest struct {
	Package struct {
		Name, Version, Description, License, Edition string
		RustVersion                                  string `toml:"rust-version"`
	}
	Lib               struct{ Name, Path string }
	Bin, Test         []struct{ Name, Path string }
	Features          map[string][]string
	Dependencies      map[string]any
	BuildDependencies map[string]any `toml:"build-dependencies"`
	DevDependencies   map[string]any `toml:"dev-dependencies"`
	Target            map[string]struct{ Dependencies map[string]any }
}

// checkRust finds places of a template that were not filled and brackets that
// do not pair. It is no compiler.
func checkRust(t *testing.T, name, text string) {
	t.Helper()
	for _, left := range []string{"@Type@", "@noun@", "@lib@", "@K1@", "@K2@", "@K3@", "//%", "@variants@", "@arms@", "@Noun@", "@first@", "@Description@"} {
		if strings.Contains(text, left) {
			t.Errorf("%s: %q was not filled in", name, left)
		}
	}
	if strings.Count(text, "{") != strings.Count(text, "}") || !strings.HasSuffix(text, "\n") {
		t.Errorf("%s: braces do not pair, or the last line has no end", name)
	}
}

func values(m map[string]string) []string {
	var out []string
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func TestManifestKeepsTheSpec(t *testing.T) {
	t.Parallel()
	files := unpack(t, full(), build(t, full()))
	for _, name := range []string{"Cargo.toml", "Cargo.toml.orig"} {
		var m manifest
		if err := toml.Unmarshal([]byte(files[name]), &m); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(full().Features, m.Features, cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		serde := m.Dependencies["serde"].(map[string]any)
		want := map[string]any{"version": "^1.0.100", "optional": true, "default-features": false, "features": []any{"derive"}}
		if diff := cmp.Diff(want, serde); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if renamed := m.Dependencies["_rand08"].(map[string]any); renamed["package"] != "rand" {
			t.Errorf("%s: renamed dependency %v", name, renamed)
		}
		if len(m.BuildDependencies) != 1 || len(m.DevDependencies) != 1 || len(m.Target[`cfg(target_os = "linux")`].Dependencies) != 1 || len(m.Dependencies) != 2 {
			t.Errorf("%s: tables %+v", name, m)
		}
		if m.Package.Edition != "2018" || m.Package.RustVersion != "1.61" {
			t.Errorf("%s: %+v", name, m.Package)
		}
	}
	var info struct {
		Git struct {
			SHA1  string
			Dirty bool
		}
		Path string `json:"path_in_vcs"`
	}
	if err := json.Unmarshal([]byte(files[".cargo_vcs_info.json"]), &info); err != nil || info.Git.SHA1 != full().VCS.SHA || !info.Git.Dirty || info.Path != "crates/core" {
		t.Errorf("VCS facts %+v, %v", info, err)
	}
}

func TestGoldenListing(t *testing.T) {
	t.Parallel()
	p := build(t, full())
	got := strings.Join(p.Files, "\n") + "\n\n" + string(p.LineCounts) + "\n\n" + unpack(t, full(), p)["Cargo.toml"] + "\n" + string(p.ReadmeHTML)
	const name = "testdata/full.txt"
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestSameSpecSameBytes(t *testing.T) {
	t.Parallel()
	a, b := build(t, full()), build(t, full())
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
	other := full()
	other.Seed++
	if build(t, other).SHA256 == a.SHA256 {
		t.Error("another seed gives the same archive")
	}
	// The seed of a spec without one comes from the name.
	first, second := content.Spec{Name: "abc", Version: "1.0.0"}, content.Spec{Name: "abd", Version: "1.0.0"}
	if cmp.Equal(unpack(t, first, build(t, first))["src/lib.rs"], unpack(t, second, build(t, second))["src/lib.rs"]) {
		t.Error("two crates without seeds are the same")
	}
}

// TestGenerationsDifferALittle compares 30 successive releases.
func TestGenerationsDifferALittle(t *testing.T) {
	t.Parallel()
	spec := content.Spec{Name: "evolving", Size: content.Medium, Seed: 9}
	var before map[string]string
	silent := 0
	for g := range 30 {
		spec.Generation, spec.Version = g, fmt.Sprintf("0.%d.0", g)
		files := unpack(t, spec, build(t, spec))
		if before != nil {
			changed := 0
			for path, text := range files {
				if strings.HasPrefix(path, "src/") && before[path] != text {
					changed++
				}
			}
			for path := range before {
				if _, ok := files[path]; !ok {
					t.Errorf("release %d lost %s", g, path)
				}
			}
			if changed == 0 {
				silent++
			}
			if changed > 6 {
				t.Errorf("release %d changes %d sources", g, changed)
			}
		}
		before = files
	}
	if silent > 3 {
		t.Errorf("%d of 29 releases change no source", silent)
	}
}

func TestOddEncodingsAreOdd(t *testing.T) {
	t.Parallel()
	spec := content.Spec{Name: "odd", Version: "1.0.0", Traits: content.Traits{OddEncodings: true, BlobFixture: true}}
	files := unpack(t, spec, build(t, spec))
	for path, odd := range map[string]func(string) bool{
		"tests/data/latin1.txt":            func(s string) bool { return !utf8.ValidString(s) },
		"tests/data/utf16.txt":             func(s string) bool { return strings.HasPrefix(s, "\xff\xfeU\x00") },
		"tests/data/bom.txt":               func(s string) bool { return strings.HasPrefix(s, "\xef\xbb\xbf") },
		"tests/data/crlf.txt":              func(s string) bool { return strings.Contains(s, "\r\n") && !strings.HasSuffix(s, "\n") },
		"tests/data/bidi.rs":               func(s string) bool { return strings.ContainsRune(s, 0x202e) },
		"tests/data/controls.txt":          func(s string) bool { return strings.ContainsAny(s, "\x00\x1b") },
		"tests/data/long-line.json":        func(s string) bool { return len(s) > 20000 && !strings.Contains(s, "\n") },
		"tests/data/empty.txt":             func(s string) bool { return s == "" },
		"tests/data/naïve näme (1) 名前.txt": func(s string) bool { return s != "" },
		"tests/data/sample.bin":            func(s string) bool { return !utf8.ValidString(s) && strings.Contains(s, "\x00") },
	} {
		text, ok := files[path]
		if !ok || !odd(text) {
			t.Errorf("%s: there %v, %.40q", path, ok, text)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []content.Spec{
		{}, {Name: "ok"}, {Name: "../up", Version: "1.0.0"}, {Name: "a b", Version: "1.0.0"}, {Name: "ok", Version: "1"}, {Name: "ok", Version: "1.0.0/.."},
		{Name: "ok", Version: "1.0.x"}, {Name: "ok", Version: "1.0.0-a..b"}, {Name: "ok", Version: "1.0.0-ä"}, {Name: "ok", Version: "1.0.0-" + strings.Repeat("a", 150)},
	} {
		if _, err := content.Build(s); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("Build(%q, %q) = %v", s.Name, s.Version, err)
		}
	}
}

// TestTwoThousand holds the demo's promise to start within seconds.
func TestTwoThousand(t *testing.T) {
	start, total := time.Now(), int64(0)
	for n := range 2000 {
		total += build(t, content.Spec{Name: fmt.Sprintf("crate-%d", n), Version: "0.1.0", Size: content.Size(n % 8 / 6), Generation: n % 20}).Size
	}
	took := time.Since(start)
	t.Logf("2,000 archives, %d bytes, in %v", total, took)
	if took > 30*time.Second {
		t.Errorf("2,000 archives took %v", took)
	}
}
