package archivetest

import (
	"bytes"
	"compress/flate"
	"io"
)

// Bomb gives a `.crate` whose tar begins with head and goes on with n MiB of
// zero bytes, without ever holding them. The stream is valid but for its end:
// no reader within its limits comes that far.
func Bomb(head []byte, n int) io.Reader {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression) // a valid level gives no error
	mib := make([]byte, 1<<20)
	pack := func(data []byte) []byte {
		packed.Reset()
		w.Write(data)
		w.Flush()
		return bytes.Clone(packed.Bytes())
	}
	readers := []io.Reader{
		bytes.NewReader([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")),
		bytes.NewReader(pack(head)),
		bytes.NewReader(pack(mib)),
	}
	// With a window full of zeros, one more MiB always packs to the same bytes.
	again := pack(mib)
	for range n - 1 {
		readers = append(readers, bytes.NewReader(again))
	}
	return io.MultiReader(readers...)
}
