package demo

import (
	"testing"

	"cratewarden/blob"
)

func folder(t *testing.T) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
