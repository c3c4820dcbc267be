package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/archive/archivetest"
)

func read(t *testing.T, crate []byte, root string) *archive.Archive {
	t.Helper()
	a, err := archive.Read(t.Context(), bytes.NewReader(crate), root, archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	invariants(t, a, archive.Limits{})
	return a
}

func TestHonest(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long/", 30) + "name.rs"
	manifest := archivetest.Manifest("honest", "1.2.3", "build = \"gen/main.rs\"\nreadme = \"docs/front.md\"\n[lib]\nproc-macro = true\n")
	crate := archivetest.Crate("honest", "1.2.3", map[string]string{
		"Cargo.toml": manifest, "Cargo.toml.orig": manifest, "Cargo.lock": "", "LICENSE-MIT": "MIT",
		".cargo_vcs_info.json": `{"git":{"sha1":"0123abcd","dirty":true},"path_in_vcs":"crates/honest","more":1}`,
		"src/lib.rs":           "// one\n// two", "gen/main.rs": "fn main() {}\n", "docs/front.md": "# Hi\n", long: "",
	})
	a := read(t, crate, "honest-1.2.3")
	if len(a.Problems) > 0 || !a.Whole || !a.Finished {
		t.Errorf("an honest archive: whole %v, finished %v, %v", a.Whole, a.Finished, a.Problems)
	}
	sum := sha256.Sum256(crate)
	if a.Hash() != hex.EncodeToString(sum[:]) || a.Compressed != int64(len(crate)) {
		t.Errorf("hash %s, size %d", a.Hash(), a.Compressed)
	}
	roles := map[string][]archive.Role{}
	for _, f := range a.Files {
		if f.Roles != nil {
			roles[f.Path] = f.Roles
		}
	}
	want := map[string][]archive.Role{
		"Cargo.toml": {archive.RoleManifest}, "Cargo.toml.orig": {archive.RoleOriginal}, "Cargo.lock": {archive.RoleLock},
		".cargo_vcs_info.json": {archive.RoleVCS}, "gen/main.rs": {archive.RoleBuildScript}, "src/lib.rs": {archive.RoleProcMacro},
		"docs/front.md": {archive.RoleReadme}, "LICENSE-MIT": {archive.RoleLicence},
	}
	if diff := cmp.Diff(want, roles); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&archive.VCSInfo{Commit: "0123abcd", Dirty: true, PathInVCS: "crates/honest"}, a.VCS); diff != "" {
		t.Error(diff)
	}
	if f := a.File("src/lib.rs"); f.Lines != 2 || f.Size != 13 || f.Hash() != fmt.Sprintf("%x", sha256.Sum256([]byte("// one\n// two"))) {
		t.Errorf("%+v", f)
	}
	if content, ok := a.Open("src/lib.rs"); !ok || string(content) != "// one\n// two" {
		t.Errorf("%q %v", content, ok)
	}
	if a.File(long) == nil || a.File("nothing") != nil {
		t.Error("a long name is missing, or a file was made up")
	}
}

// The standard library writes the same kinds of archive with other headers.
func TestStandardWriter(t *testing.T) {
	t.Parallel()
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatPAX, tar.FormatGNU} {
		var out bytes.Buffer
		gz := gzip.NewWriter(&out)
		w := tar.NewWriter(gz)
		names := []string{"Cargo.toml", strings.Repeat("folder/", 17) + "a.rs"}
		if format != tar.FormatUSTAR {
			names = append(names, strings.Repeat("ä", 150)+".rs")
		}
		for _, name := range names {
			content := archivetest.Manifest("std", "1.0.0", "")
			if err := w.WriteHeader(&tar.Header{Name: "std-1.0.0/" + name, Size: int64(len(content)), Mode: 0o644, Format: format}); err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, content)
		}
		w.Close()
		gz.Close()
		a := read(t, out.Bytes(), "std-1.0.0")
		if len(a.Problems) > 0 || len(a.Files) != len(names) {
			t.Errorf("%v: %d files, %v", format, len(a.Files), a.Problems)
		}
	}
}

func TestDuplicateShowsTheLast(t *testing.T) {
	t.Parallel()
	crate := sound().File("a", "first").File("a", "second!").Crate()
	a := read(t, crate, "evil-1.0.0")
	content, _ := a.Open("a")
	again, err := archive.Extract(t.Context(), bytes.NewReader(crate), "evil-1.0.0", "a", archive.Limits{})
	if string(content) != "second!" || string(again) != "second!" || err != nil {
		t.Errorf("%q, %q, %v", content, again, err)
	}
}

func TestKindsOfFile(t *testing.T) {
	t.Parallel()
	utf16 := func(s string) string {
		out := "\xff\xfe"
		for _, c := range []byte(s) {
			out += string([]byte{c, 0})
		}
		return out
	}
	for name, tt := range map[string]struct {
		content string
		want    archive.File
	}{
		"empty":     {"", archive.File{Kind: archive.Text, Encoding: archive.UTF8}},
		"text":      {"a\nbcd\n", archive.File{Kind: archive.Text, Encoding: archive.UTF8, Lines: 2, LongestLine: 3}},
		"bom":       {"\ufeffab\n", archive.File{Kind: archive.Text, Encoding: archive.UTF8BOM, Lines: 1, LongestLine: 2}},
		"crlf":      {"a\r\nb\r\n", archive.File{Kind: archive.Text, Encoding: archive.UTF8, Lines: 2, LongestLine: 2, CRLF: true}},
		"lone cr":   {"aaaaaaaaaa\rb", archive.File{Kind: archive.Text, Encoding: archive.UTF8, Lines: 1, LongestLine: 12, Control: 1}},
		"latin-1":   {"caf\xe9 au lait", archive.File{Kind: archive.Text, Encoding: archive.NotUTF8, Lines: 1, LongestLine: 12}},
		"cut off":   {"Hello, wor\xe2\x80", archive.File{Kind: archive.Text, Encoding: archive.NotUTF8, Lines: 1, LongestLine: 12}},
		"utf-16":    {utf16("a\nb"), archive.File{Kind: archive.Text, Encoding: archive.UTF16LE, Lines: 2, LongestLine: 2}},
		"bidi":      {"/* \u202e */", archive.File{Kind: archive.Text, Encoding: archive.UTF8, Lines: 1, LongestLine: 9, Bidi: 1}},
		"invisible": {"a\u200bb\U000e0041", archive.File{Kind: archive.Text, Encoding: archive.UTF8, Lines: 1, LongestLine: 9, Invisible: 2}},
		"emoji":     {"❤️ 👩‍👩‍👧", archive.File{Kind: archive.Text, Encoding: archive.UTF8, Lines: 1, LongestLine: 25}},
		"script":    {"#!/bin/sh\n", archive.File{Kind: archive.Text, Magic: "script", Encoding: archive.UTF8, Lines: 1, LongestLine: 9}},
		"attribute": {"#![no_std]", archive.File{Kind: archive.Text, Encoding: archive.UTF8, Lines: 1, LongestLine: 10}},
		"elf":       {"\x7fELF\x02", archive.File{Kind: archive.Binary, Magic: "ELF"}},
		"pe":        {"MZ\x90\x00", archive.File{Kind: archive.Binary, Magic: "PE"}},
		"macho":     {"\xcf\xfa\xed\xfe", archive.File{Kind: archive.Binary, Magic: "Mach-O"}},
		"fat macho": {"\xca\xfe\xba\xbe\x00\x00\x00\x02", archive.File{Kind: archive.Binary, Magic: "Mach-O"}},
		"java":      {"\xca\xfe\xba\xbe\x00\x00\x00\x41", archive.File{Kind: archive.Binary, Magic: "Java class"}},
		"wasm":      {"\x00asm\x01", archive.File{Kind: archive.Binary, Magic: "wasm"}},
		"zip":       {"PK\x03\x04", archive.File{Kind: archive.Binary, Magic: "zip"}},
		"gzip":      {"\x1f\x8b\x08", archive.File{Kind: archive.Binary, Magic: "gzip"}},
		"png":       {"\x89PNG\r\n\x1a\n", archive.File{Kind: archive.Binary, Magic: "png"}},
		"tar":       {strings.Repeat("a", 257) + "ustar\x00", archive.File{Kind: archive.Binary, Magic: "tar"}},
		"nul":       {"a\x00b", archive.File{Kind: archive.Binary, Magic: "data"}},
		"noise":     {"\x80\x81\x82abc", archive.File{Kind: archive.Binary, Magic: "data"}},
		"across": {strings.Repeat("x", 32<<10-1) + "\u202e" + strings.Repeat("y", 10),
			archive.File{Kind: archive.Text, Encoding: archive.UTF8, Lines: 1, LongestLine: 32<<10 + 12, Bidi: 1}},
	} {
		a := read(t, sound().File("f", tt.content).Crate(), "evil-1.0.0")
		got := *a.File("f")
		tt.want.Path, tt.want.Size, tt.want.Mode = "f", int64(len(tt.content)), 0o644
		tt.want.SHA256 = sha256.Sum256([]byte(tt.content))
		tt.want.Kept = tt.want.Kind == archive.Text
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := archive.Decode([]byte(utf16("hé")), archive.UTF16LE); got != "h\u00c3\u00a9" {
		t.Errorf("%q", got)
	}
}

func TestExtractErrors(t *testing.T) {
	t.Parallel()
	crate := sound().File("big", strings.Repeat("x", 1000)).Raw(archivetest.Header{Name: "evil-1.0.0/link", Type: '2', Link: "big"}, "").Crate()
	for path, want := range map[string]cratewarden.Kind{
		"big": cratewarden.TooLarge, "link": cratewarden.NotFound, "../big": cratewarden.NotFound, "": cratewarden.NotFound,
	} {
		_, err := archive.Extract(t.Context(), bytes.NewReader(crate), "evil-1.0.0", path, archive.Limits{ExtractFile: 999})
		if got := cratewarden.KindOf(err); got != want {
			t.Errorf("%q: %q, %v", path, got, err)
		}
	}
}
