package dump

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"cratewarden"
)

// Archive is an opened public dump. It is read once, by [Import]; close it
// afterwards.
type Archive struct {
	src source
}

// Metadata is what metadata.json says (contract db-dump.md section 2).
type Metadata struct {
	// Timestamp is the start of the dump: the rows are those of this moment.
	Timestamp time.Time `json:"timestamp"`
	// Commit is the registry's deployed commit, or "unknown".
	Commit string `json:"crates_io_commit"`
}

// source is one form of archive. Its files come in any order.
type source interface {
	// next gives the next file of the dump, io.EOF after the last one. The
	// reader of the file before is dead then.
	next(ctx context.Context) (file, error)
	// finish reads what is left, so that checksums at the end are checked, and
	// gives the SHA-256 of the whole input in hex.
	finish(ctx context.Context) (string, error)
	// rewind starts over; false when the input cannot be read twice.
	rewind() (bool, error)
	// progress gives the bytes of input read and their total, 0 if unknown.
	progress() (read, total int64)
	close() error
}

// file is one file of the dump that an import looks at.
type file struct {
	place
	data io.Reader
}

// Open opens the archive at path: a tar.gz or zip file or a folder. The path
// "-" reads a tar.gz from stdin. The form is found by looking at the content,
// not at the name. Errors are of kind NotFound for a path that is not there and
// Invalid for something that is no archive.
func Open(ctx context.Context, path string, stdin io.Reader) (*Archive, error) {
	if err := ctx.Err(); err != nil {
		return nil, fault(err)
	}
	if path == "-" && stdin != nil {
		return fromStream(stdin)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault(reading(err))
	}
	if info.IsDir() {
		src, err := openFolder(path)
		if err != nil {
			return nil, fault(reading(err))
		}
		return &Archive{src: src}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fault(reading(err))
	}
	src, err := fromFile(f, info)
	if err != nil {
		return nil, errors.Join(fault(reading(err)), f.Close())
	}
	return &Archive{src: src}, nil
}

// Digest gives the SHA-256 that an import of the archive at path would report,
// without reading its tables, so that an archive already imported need not be
// imported again. The errors are those of [Open].
func Digest(ctx context.Context, path string) (string, error) {
	a, err := Open(ctx, path, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = a.Close() }()
	if t, ok := a.src.(*tarSource); ok {
		// What opening it read was hashed already; the rest needs no unpacking.
		_, err := io.Copy(io.Discard, cancellable{ctx, counting{t}})
		return hex.EncodeToString(t.digest.Sum(nil)), fault(reading(err))
	}
	sum, err := a.src.finish(ctx)
	return sum, fault(reading(err))
}

// Close releases the archive's files.
func (a *Archive) Close() error { return a.src.close() }

const (
	magicGzip = "\x1f\x8b"
	magicZip  = "PK\x03\x04"
)

func fromStream(r io.Reader) (*Archive, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	magic, err := buffered.Peek(4)
	switch {
	case err != nil && len(magic) == 0:
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "Standard input is empty. Pipe a tar.gz of the public dump into it.")
	case bytes.HasPrefix(magic, []byte(magicZip)):
		return nil, cratewarden.Errorf(cratewarden.Invalid, "A zip archive cannot be read from standard input because its list of files stands at its end. Save it and give its file name, or use the tar.gz.")
	case !bytes.HasPrefix(magic, []byte(magicGzip)):
		return nil, notArchive()
	}
	src, err := newTar(buffered, 0, nil)
	if err != nil {
		return nil, fault(reading(err))
	}
	return &Archive{src: src}, nil
}

func fromFile(f *os.File, info fs.FileInfo) (source, error) {
	magic := make([]byte, 4)
	n, _ := f.ReadAt(magic, 0)
	switch magic = magic[:n]; {
	case bytes.HasPrefix(magic, []byte(magicZip)):
		return openZip(f, info.Size())
	case bytes.HasPrefix(magic, []byte(magicGzip)):
		return newTar(f, info.Size(), f)
	}
	return nil, notArchive()
}

func notArchive() error {
	return cratewarden.Errorf(cratewarden.Invalid, "This is not an archive of the public dump. Give its tar.gz or zip file, or the folder it unpacks to.")
}

// parseMetadata reads metadata.json. Fields it does not know are let pass: the
// registry may add some.
func parseMetadata(r io.Reader) (Metadata, error) {
	var m Metadata
	text, err := readAll(r, "metadata.json", maxMetadata)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Timestamp.IsZero() {
		return m, cratewarden.Wrap(err, cratewarden.Invalid, "metadata.json does not say when the dump was made. The archive is damaged or no public dump.")
	}
	m.Timestamp = m.Timestamp.UTC()
	return m, nil
}

func readAll(r io.Reader, name string, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "%s in the archive is larger than %d KiB.", name, limit>>10)
	}
	return text, nil
}
