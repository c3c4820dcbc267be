package content

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"cratewarden"
)

// pack writes the files as a gzip tar in the order of their paths. All entries
// bear the same old time, as Cargo's do, so that the bytes depend on nothing
// but the content.
func pack(root string, files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		head := &tar.Header{Typeflag: tar.TypeReg, Name: root + path, Size: int64(len(files[path])), Mode: 0o644, ModTime: time.Date(2006, 7, 24, 1, 21, 28, 0, time.UTC)}
		if err := w.WriteHeader(head); err != nil {
			return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The path %q cannot stand in an archive.", root+path)
		}
		// Writing to memory cannot fail.
		_, _ = w.Write(files[path])
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
