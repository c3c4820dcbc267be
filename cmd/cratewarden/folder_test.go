package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"cratewarden"
)

// A folder with somebody's things in it is refused untouched: its storage
// folder would be removed. An empty one, a new one and our own are taken.
func TestDataFolder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, files := range map[string][]string{
		"foreign":     {"storage/static/mine"},
		"another":     {"postgres/base"},
		"empty":       nil,
		"ours":        {"postgres/lock", "demo.json"},
		"new/and/new": nil,
	} {
		dir := filepath.Join(root, name)
		if name != "new/and/new" {
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range files {
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(f)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, f), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want := cratewarden.Kind("")
		if name == "foreign" || name == "another" {
			want = cratewarden.Conflict
		}
		if _, err := dataFolder(dir, "demo"); cratewarden.KindOf(err) != want {
			t.Errorf("%s: %v, want kind %q", name, err, want)
		}
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if made := name == "new/and/new"; !made && info.Mode().Perm() != 0o755 || made && info.Mode().Perm()&0o066 != 0 {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
	}
}

// What was made of a folder for one command is not there for the other.
func TestMarksAreRemovedTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writeMark(dir, demoFile, demoMark{Crates: 7}); err != nil {
		t.Fatal(err)
	}
	if mark, whole := readMark[demoMark](dir, demoFile); !whole || mark.Crates != 7 {
		t.Fatalf("read %+v, %v", mark, whole)
	}
	for range 2 {
		if err := removeMarks(dir); err != nil {
			t.Fatal(err)
		}
	}
	if _, whole := readMark[demoMark](dir, demoFile); whole {
		t.Error("the demo's mark stayed")
	}
}

// An address that cannot be had is refused before anything is made.
func TestAddresses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for addr, want := range map[string]cratewarden.Kind{
		taken.Addr().String(): cratewarden.Conflict,
		"127.0.0.1:99999":     cratewarden.Invalid,
		"8420":                cratewarden.Invalid,
		"0.0.0.0:0":           cratewarden.Refused,
		":0":                  cratewarden.Refused,
		"192.0.2.1:0":         cratewarden.Refused,
		"localhost:0":         "",
		"127.0.0.1:0":         "",
	} {
		dir := filepath.Join(t.TempDir(), "data")
		listener, err := listen(addr, false, nil)
		if cratewarden.KindOf(err) != want {
			t.Errorf("%s: %v, want kind %q", addr, err, want)
		}
		if err == nil {
			_ = listener.Close()
			continue
		}
		if err := run(t.Context(), []string{"demo", "--addr", addr, "--data", dir}, nil, os.Stdout, os.Stderr); cratewarden.KindOf(err) != want {
			t.Errorf("demo on %s: %v, want kind %q", addr, err, want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: the folder was made before the address was refused", addr)
		}
	}
}
