package evidence

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"

	"cratewarden/ledger"
)

// An encrypted part is a header, then chunks of AES-256-GCM. Each chunk's
// nonce is its number and whether it is the last one, so that chunks cannot be
// cut off, swapped or repeated. The key of a part comes from the bundle's key,
// the part's name and a salt. The salt in turn comes from the bundle's key and
// the content: a key never meets two contents, and the same content under the
// same key gives the same bytes, by which sealing again is recognised.
const (
	cipherMagic = "cwev1\n"
	saltSize    = sha256.Size
	chunkSize   = 64 << 10
)

var errCipher = errors.New("the encrypted part was changed, cut off, or is of another bundle")

func mac(key []byte, words ...string) []byte {
	h := hmac.New(sha256.New, key)
	for _, w := range words {
		_ = binary.Write(h, binary.BigEndian, uint64(len(w)))
		_, _ = io.WriteString(h, w)
	}
	return h.Sum(nil)
}

func partCipher(key []byte, name string, salt []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(mac(key, "part", name, string(salt)))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func chunkNonce(n uint64, last bool) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint64(nonce[3:], n)
	if last {
		nonce[11] = 1
	}
	return nonce
}

// encrypt writes the ciphertext of a part whose content has the given hash.
func encrypt(w io.Writer, key []byte, name string, content io.Reader, digest ledger.Digest) error {
	salt := mac(key, "salt", name, string(digest[:]))
	box, err := partCipher(key, name, salt)
	if err != nil {
		return err
	}
	if _, err := w.Write(append([]byte(cipherMagic), salt...)); err != nil {
		return err
	}
	in := bufio.NewReaderSize(content, chunkSize+1)
	chunk := make([]byte, chunkSize)
	for n := uint64(0); ; n++ {
		size, err := io.ReadFull(in, chunk)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		_, peek := in.Peek(1)
		if peek != nil && peek != io.EOF {
			return peek
		}
		last := peek == io.EOF
		if _, err := w.Write(box.Seal(nil, chunkNonce(n, last), chunk[:size], nil)); err != nil {
			return err
		}
		if last {
			return nil
		}
	}
}

// decrypter gives the content of an encrypted part; every chunk is proven
// before any of it is given.
type decrypter struct {
	in    *bufio.Reader
	box   cipher.AEAD
	n     uint64
	ready bytes.Reader
	last  bool
}

func decrypt(r io.Reader, key []byte, name string) (io.Reader, error) {
	in := bufio.NewReaderSize(r, chunkSize+64)
	head := make([]byte, len(cipherMagic)+saltSize)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, errors.Join(errCipher, err)
	}
	if string(head[:len(cipherMagic)]) != cipherMagic {
		return nil, errCipher
	}
	box, err := partCipher(key, name, head[len(cipherMagic):])
	if err != nil {
		return nil, err
	}
	return &decrypter{in: in, box: box}, nil
}

// Read implements io.Reader.
func (d *decrypter) Read(p []byte) (int, error) {
	for d.ready.Len() == 0 {
		if d.last {
			return 0, io.EOF
		}
		chunk := make([]byte, chunkSize+d.box.Overhead())
		size, err := io.ReadFull(d.in, chunk)
		if err != nil && err != io.ErrUnexpectedEOF {
			return 0, errors.Join(errCipher, err)
		}
		_, peek := d.in.Peek(1)
		d.last = peek == io.EOF
		plain, err := d.box.Open(chunk[:0], chunkNonce(d.n, d.last), chunk[:size], nil)
		if err != nil {
			return 0, errors.Join(errCipher, err, peek)
		}
		d.n++
		d.ready.Reset(plain)
	}
	return d.ready.Read(p)
}
