package dossier_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"maps"
	"slices"
	"testing"
)

// packed makes a .crate of files by path, below its root folder unless the
// path begins with "!", which is written as it stands.
func packed(t testing.TB, root string, files map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	tape := tar.NewWriter(zip)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		name := root + "/" + path
		if path[0] == '!' {
			name = path[1:]
		}
		if err := tape.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[path])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		_ = must(tape.Write([]byte(files[path])))
	}
	if err := tape.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// store puts a version's archive into the storage and its true checksum and
// size into the database.
func (r crateRig) store(t testing.TB, crate, num string, files map[string]string) {
	t.Helper()
	content := packed(t, crate+"-"+num, files)
	r.put(t, r.static, "crates/"+crate+"/"+crate+"-"+num+".crate", content)
	sum := sha256.Sum256([]byte(content))
	_ = must(r.pool.Exec(t.Context(), `UPDATE versions SET tar_sha256 = $3, crate_size = $4 FROM crates c
		WHERE c.id = versions.crate_id AND c.name = $1 AND num = $2`, crate, num, sum[:], len(content)))
}

// labFiles are the files of the first and second version with an archive of
// the crate lab.
func labFiles() (before, after map[string]string) {
	before = map[string]string{
		"Cargo.toml":           "[package]\nname = \"lab\"\nversion = \"0.5.0\"\n\n[dependencies]\nolder = \"1\"\n",
		"Cargo.toml.orig":      "[package]\nname = \"lab\"\nversion = \"0.5.0\"\n\n[dependencies]\nolder = \"1\"\n",
		"src/lib.rs":           "//! A crate.\npub fn one() -> u8 {\n    1\n}\n",
		".cargo_vcs_info.json": `{"git":{"sha1":"0123456789abcdef0123456789abcdef01234567"},"path_in_vcs":""}`,
	}
	after = map[string]string{
		"Cargo.toml":      "[package]\nname = \"lab\"\nversion = \"0.6.0\"\nbuild = \"build.rs\"\n\n[dependencies]\nnewborn = \"0.1\"\nolder = \"2\"\n",
		"Cargo.toml.orig": "[package]\nname = \"lab\"\nversion = \"0.6.0\"\n\n[dependencies]\nolder = \"2\"\n",
		"src/lib.rs":      "//! A crate.\npub fn one() -> u8 {\n    2 // \u202e not one\n}\n",
		"build.rs":        "fn main() {}\n",
		"tool.bin":        "\x7fELF\x02\x01\x01\x00\x00\x00",
	}
	return before, after
}
