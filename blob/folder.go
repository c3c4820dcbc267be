package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"cratewarden"
)

// Folder is a store in a folder of the file system: each key is a path below
// it. Symbolic links that lead out of the folder are not followed.
type Folder struct {
	root    *os.Root
	scratch bool
}

// OpenFolder opens an existing folder. With scratch, writes are not forced to
// disk: only for data that can be made again.
func OpenFolder(dir string, scratch bool) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Unavailable, "The storage folder cannot be opened. Create it or correct the storage setting.")
	}
	return &Folder{root: root, scratch: scratch}, nil
}

// Close gives the folder up. No call may follow.
func (f *Folder) Close() error { return f.root.Close() }

// Get implements Store.
func (f *Folder) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	if err := checkKeys(ctx, key); err != nil {
		return nil, Info{}, err
	}
	file, stat, err := f.open(key)
	if err != nil {
		return nil, Info{}, readError(key, err)
	}
	return body{ctx, file}, fileInfo(key, stat), nil
}

// open refuses everything but regular files. It does not wait on a named pipe
// that somebody put there.
func (f *Folder) open(key string) (*os.File, fs.FileInfo, error) {
	file, err := f.root.OpenFile(key, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	stat, err := file.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, stat, nil
}

// Stat implements Store.
func (f *Folder) Stat(ctx context.Context, key string) (Info, error) {
	if err := checkKeys(ctx, key); err != nil {
		return Info{}, err
	}
	stat, err := f.root.Stat(key)
	if err == nil && !stat.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Info{}, readError(key, err)
	}
	return fileInfo(key, stat), nil
}

// Put implements Store. The content goes to a file of another name first; only
// when it is complete and on disk does it get its key, in one step.
func (f *Folder) Put(ctx context.Context, key string, content io.Reader, opts PutOptions) error {
	if err := checkKeys(ctx, key); err != nil {
		return err
	}
	dir := path.Dir(key)
	if err := f.root.MkdirAll(dir, 0o755); err != nil {
		return fileError(key, err)
	}
	temp := path.Join(dir, tempPrefix+rand.Text())
	defer func() { _ = f.root.Remove(temp) }()
	if err := f.write(ctx, temp, content); err != nil {
		return fileError(key, err)
	}
	place := f.root.Link
	if opts.Overwrite {
		place = f.root.Rename
	}
	if err := place(temp, key); err != nil {
		return fileError(key, err)
	}
	return fileError(key, f.syncParents(key))
}

func (f *Folder) write(ctx context.Context, name string, content io.Reader) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, body{ctx, io.NopCloser(content)})
	if err == nil && !f.scratch {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncParents makes the entry of a file durable, and those of the folders that
// MkdirAll may have made on the way.
func (f *Folder) syncParents(key string) error {
	if f.scratch {
		return nil
	}
	for dir := path.Dir(key); ; dir = path.Dir(dir) {
		file, err := f.root.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(file.Sync(), file.Close()); err != nil || dir == "." {
			return err
		}
	}
}

// Move implements Store. A hard link gives the object its second key before it
// loses the first, so a crash in between leaves both.
func (f *Folder) Move(ctx context.Context, from, to string) error {
	if err := checkKeys(ctx, from, to); err != nil {
		return err
	}
	if _, err := f.Stat(ctx, from); err != nil || from == to {
		return err
	}
	if err := f.root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return fileError(to, err)
	}
	err := f.root.Link(from, to)
	if errors.Is(err, fs.ErrExist) {
		same, cmpErr := f.sameBytes(ctx, from, to)
		if cmpErr != nil {
			return cmpErr
		}
		if !same {
			return exists(to, err)
		}
		err = nil
	}
	if err == nil {
		err = f.syncParents(to)
	}
	if err != nil {
		return fileError(to, err)
	}
	return f.Delete(ctx, from)
}

// Delete implements Store. Folders left empty stay.
func (f *Folder) Delete(ctx context.Context, key string) error {
	if _, err := f.Stat(ctx, key); err != nil {
		if cratewarden.KindOf(err) == cratewarden.NotFound {
			return nil
		}
		return err
	}
	if err := f.root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fileError(key, err)
	}
	return fileError(key, f.syncParents(key))
}

func (f *Folder) sameBytes(ctx context.Context, a, b string) (bool, error) {
	fileA, infoA, err := f.Get(ctx, a)
	if err != nil {
		return false, err
	}
	defer func() { _ = fileA.Close() }()
	fileB, infoB, err := f.Get(ctx, b)
	if err != nil {
		// Something other than an object has the key.
		if cratewarden.KindOf(err) == cratewarden.NotFound {
			return false, nil
		}
		return false, err
	}
	defer func() { _ = fileB.Close() }()
	if infoA.Size != infoB.Size {
		return false, nil
	}
	return sameContent(fileA, fileB)
}

func sameContent(a, b io.Reader) (bool, error) {
	bufA, bufB := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		if !bytes.Equal(bufA[:n], bufB[:m]) {
			return false, nil
		}
		atEnd := func(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }
		switch {
		case errA != nil && !atEnd(errA):
			return false, errA
		case errB != nil && !atEnd(errB):
			return false, errB
		case errA != nil || errB != nil:
			return errA != nil && errB != nil, nil
		}
	}
}

// readError treats a key below a file as what it is to a reader: not there.
func readError(key string, err error) error {
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENXIO) {
		return notFound(key, err)
	}
	return fileError(key, err)
}

func fileInfo(key string, stat fs.FileInfo) Info {
	return Info{
		Key: key, Size: stat.Size(), ModTime: stat.ModTime().UTC(),
		ETag:        fmt.Sprintf(`"%x-%x"`, stat.ModTime().UnixNano(), stat.Size()),
		ContentType: typeOf(key),
	}
}

// typeOf guesses as the registry labels its own objects, and asks no table of
// the machine, so that every machine answers alike.
func typeOf(key string) string {
	types := map[string]string{
		".crate": "application/gzip", ".gz": "application/gzip", ".zip": "application/zip",
		".json": "application/json", ".html": "text/html", ".png": "image/png",
		".xml": "text/xml; charset=UTF-8", ".csv": "text/csv", ".txt": "text/plain",
	}
	if t, ok := types[strings.ToLower(path.Ext(key))]; ok {
		return t
	}
	return "application/octet-stream"
}
