package main

import (
	"os"
	"path/filepath"
	"testing"

	"cratewarden"
)

// TestEvidenceStoreIsApart: the registry's storage, a folder in it, around it
// or a link to it is refused, in either form.
func TestEvidenceStoreIsApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"static/deep", "evidence"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	static := filepath.Join(dir, "static")
	if err := os.Symlink(static, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		store, other string
		refused      bool
	}{
		{"", static, false}, {filepath.Join(dir, "evidence"), "", false}, {filepath.Join(dir, "evidence"), static, false}, {static + "-evidence", static, false},
		{static, static, true}, {static + "/", static, true}, {filepath.Join(static, "deep"), static, true}, {dir, static, true}, {filepath.Join(dir, "link"), static, true},
		{"s3://vault/evidence", "s3://crates-io", false}, {"s3://crates-io-evidence", "s3://crates-io", false}, {"s3://crates-io/evidence", "s3://crates-io", true}, {"s3://crates-io/", "s3://crates-io?region=x", true},
	} {
		if got := cratewarden.KindOf(apart(c.store, "", c.other)) == cratewarden.Refused; got != c.refused {
			t.Errorf("%q beside %q: refused %v, want %v", c.store, c.other, got, c.refused)
		}
	}
}
