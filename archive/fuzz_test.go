package archive_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"path"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/archive/archivetest"
)

// FuzzRead feeds tar streams, and packed ones as they are. What the reader
// finds sound must be what the standard library finds too: a file that only
// one of them sees is where an attacker would hide.
func FuzzRead(f *testing.F) {
	for _, h := range hostiles() {
		if len(h.data) < 10_000 {
			f.Add(h.data, true)
		}
	}
	f.Add(sound().Tar(), false)
	f.Add(sound().PAX(map[string]string{"path": "evil-1.0.0/é", "size": "1"}).File("x", "y").Tar(), false)
	f.Add(sound().File(strings.Repeat("long/", 40)+"x", "y").FileMode("run", "#!/bin/sh", 0o755).Tar(), false)
	f.Add(sound().Raw(archivetest.Header{Name: "evil-1.0.0/a", Type: 'S'}, "x").File("b", "c").Tar(), false)
	f.Add(sound().Raw(archivetest.Header{Name: "b", Prefix: "evil-1.0.0/a", Magic: "ustar\x0000"}, "x").Tar(), false)
	limits := archive.Limits{Unpacked: 1 << 20, Compressed: 1 << 20, Files: 50, KeepFile: 4 << 10, KeepTotal: 16 << 10, Depth: 8, PathBytes: 200}
	f.Fuzz(func(t *testing.T, data []byte, packed bool) {
		data = bytes.Clone(data)
		stored := data
		if !packed {
			resum(data)
			stored = archivetest.Gzip(data)
		}
		a, err := archive.Read(t.Context(), bytes.NewReader(stored), "evil-1.0.0", limits)
		if err != nil {
			t.Fatal(err)
		}
		if err := broken(a, limits); err != nil {
			t.Fatal(err)
		}
		if a.Unpacked > limits.Unpacked {
			t.Fatalf("unpacked %d bytes", a.Unpacked)
		}
		if a.Whole && a.SHA256 != sha256.Sum256(stored) {
			t.Fatal("the hash is not that of the stored bytes")
		}
		for _, file := range a.Files[:min(len(a.Files), 3)] {
			content, err := archive.Extract(t.Context(), bytes.NewReader(stored), a.Root, file.Path, limits)
			if err != nil || sha256.Sum256(content) != file.SHA256 {
				t.Fatalf("Extract gives other bytes for %q: %v", file.Path, err)
			}
		}
		if !packed && a.Finished && len(a.Problems) == 0 {
			if err := agree(a, data); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// resum corrects the checksum of whatever looks like a header, without which
// nearly every change that the fuzzer makes would be refused at once.
func resum(data []byte) {
	for ; len(data) >= 512; data = data[512:] {
		if b := data[:512]; string(b[257:262]) == "ustar" {
			copy(b[148:156], "        ")
			sum := 0
			for _, c := range b {
				sum += int(c)
			}
			copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
		}
	}
}

// agree compares with the standard library's reading of the same tar.
func agree(a *archive.Archive, data []byte) error {
	r := tar.NewReader(bytes.NewReader(data))
	files := 0
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil // it refuses what we accept; that hides nothing
		}
		if h.Typeflag == tar.TypeDir {
			continue
		}
		name := strings.TrimPrefix(path.Clean(h.Name), a.Root+"/")
		file := a.File(name)
		content, err := io.ReadAll(r)
		if err != nil {
			return nil
		}
		if file == nil || file.SHA256 != sha256.Sum256(content) {
			return fmt.Errorf("the standard library sees another %q", h.Name)
		}
		files++
	}
	if files != len(a.Files) {
		return fmt.Errorf("the standard library sees %d files, we %d", files, len(a.Files))
	}
	return nil
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(archivetest.Manifest("a", "1.0.0", "[dependencies]\na = \"1\"\nb = { version = \"2\", optional = true }\n")))
	f.Add([]byte("[package]\nbuild = [\"../a\", 1]\n[lib]\npath = '..\\x'\n[target.'cfg(unix)'.dependencies.a]\nversion = 1\n"))
	f.Add([]byte("a.b.c = {d = [[{e = 1}]]}\n[features]\nx = [\"y\", 2, [\"z\"]]\n[[bin]]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		m, err := archive.ParseManifest(data)
		if (m == nil) == (err == nil) {
			t.Fatalf("%v, %v", m, err)
		}
		if kind := cratewarden.KindOf(err); err != nil && kind != cratewarden.Invalid && kind != cratewarden.TooLarge {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %v", took)
		}
		if m == nil {
			return
		}
		for _, p := range append(m.Build, m.LibPath) {
			if strings.HasPrefix(p, "/") || p == ".." || strings.HasPrefix(p, "../") {
				t.Fatalf("path %q leaves the package", p)
			}
		}
	})
}

func FuzzColour(f *testing.F) {
	names := []string{"a.rs", "a.toml", "a.md", "a.c", "a.py", "a.js", "a.html", "a.sh", "a.json", "a.yml", "a.xml", "Makefile", "a.txt", "a.cpp", "a.pl", "a.rb"}
	f.Add(byte(0), "fn main() { /* \u202e */ println!(\"{}\", 'a'); }\r\n")
	f.Add(byte(1), "[a]\nb = \"\x1b\xff\"\n")
	f.Add(byte(2), "# T\n```rust\nfn x() {}\n```\n<script>\n")
	f.Add(byte(6), "<a href='x'><script>let a = `${1}`</script><style>a{b:c}</style>")
	f.Add(byte(4), "def f():\n    '''\r\r\n'''")
	f.Add(byte(12), "a\u200d\ufe0f👩\u200d👩\u2028")
	var c archive.Colourer
	f.Fuzz(func(t *testing.T, which byte, text string) {
		start := time.Now()
		out := c.Colour(t.Context(), names[int(which)%len(names)], text)
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("took %v", took)
		}
		if err := sameText(text, out.Lines); err != nil {
			t.Fatal(err)
		}
	})
}
