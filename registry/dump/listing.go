package dump

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
)

// listing is an archive whose files are known beforehand and can be read in
// any order: a zip file or a folder. Small files come first, then the tables in
// the order of the dump.
type listing struct {
	files  []member
	at     int
	open   io.ReadCloser
	read   atomic.Int64
	total  int64
	digest func(context.Context) (string, error)
	root   io.Closer
}

// member is one file of a listing.
type member struct {
	place
	size int64 // bytes of input, compressed if the archive is
	// open gives the content and a function that tells how much of size was
	// read; nil means as much as was given out.
	open func() (io.ReadCloser, error)
	// ratio is input bytes per byte of content.
	ratio float64
}

func newListing(files []member, root io.Closer, digest func(context.Context) (string, error)) *listing {
	slices.SortStableFunc(files, func(a, b member) int {
		if a.kind != b.kind {
			return int(a.kind) - int(b.kind)
		}
		return rank(a.table) - rank(b.table)
	})
	l := &listing{files: files, root: root, digest: digest}
	for _, f := range files {
		l.total += f.size
	}
	return l
}

func (l *listing) next(ctx context.Context) (file, error) {
	if err := ctx.Err(); err != nil {
		return file{}, err
	}
	if err := l.done(); err != nil {
		return file{}, err
	}
	if l.at == len(l.files) {
		return file{}, io.EOF
	}
	m := l.files[l.at]
	l.at++
	r, err := m.open()
	if err != nil {
		return file{}, err
	}
	l.open = r
	return file{place: m.place, data: &scaled{r: r, l: l, m: m, base: l.read.Load()}}, nil
}

func (l *listing) done() error {
	if l.open == nil {
		return nil
	}
	err := l.open.Close()
	l.open = nil
	return err
}

// scaled counts content as the share of input it was made from.
type scaled struct {
	r     io.Reader
	l     *listing
	m     member
	base  int64
	given int64
}

func (s *scaled) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.given += int64(n)
	s.l.read.Store(s.base + int64(float64(s.given)*s.m.ratio))
	return n, err
}

func (l *listing) finish(ctx context.Context) (string, error) {
	if err := l.done(); err != nil {
		return "", err
	}
	return l.digest(ctx)
}

func (l *listing) rewind() (bool, error) {
	l.at = 0
	l.read.Store(0)
	return true, l.done()
}

func (l *listing) progress() (int64, int64) { return l.read.Load(), l.total }

func (l *listing) close() error {
	err := l.done()
	if l.root != nil {
		if e := l.root.Close(); err == nil {
			err = e
		}
		l.root = nil
	}
	return err
}

// openZip reads the list of files at the end of a zip. Its SHA-256 is that of
// the whole file.
func openZip(f *os.File, size int64) (source, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, err
	}
	var c census
	var files []member
	for _, e := range z.File {
		mode := e.Mode()
		if mode.IsDir() {
			continue
		}
		if !mode.IsRegular() {
			return nil, linkRefused(e.Name)
		}
		p, err := c.admit(e.Name)
		if err != nil {
			return nil, err
		}
		if p.kind == kindOther {
			continue
		}
		m := member{place: p, size: int64(e.CompressedSize64), open: e.Open}
		if e.UncompressedSize64 > 0 {
			m.ratio = float64(e.CompressedSize64) / float64(e.UncompressedSize64)
		}
		files = append(files, m)
	}
	return newListing(files, f, func(ctx context.Context) (string, error) {
		sum := sha256.New()
		_, err := io.Copy(sum, cancellable{ctx, io.NewSectionReader(f, 0, size)})
		return hex.EncodeToString(sum.Sum(nil)), err
	}), nil
}

// openFolder reads an unpacked archive: the folder with data/ in it, or the
// one above. Links are refused, and nothing outside the folder can be reached.
func openFolder(path string) (source, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	var c census
	var files []member
	var list []string
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			return linkRefused(name)
		}
		p, err := c.admit(name)
		if err != nil || p.kind == kindOther {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		list = append(list, name)
		files = append(files, member{place: p, size: info.Size(), ratio: 1,
			open: func() (io.ReadCloser, error) { return root.Open(filepath.FromSlash(name)) }})
		return nil
	})
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	slices.Sort(list)
	return newListing(files, root, func(ctx context.Context) (string, error) { return folderDigest(ctx, root, list) }), nil
}

// folderDigest is the SHA-256 over the name and SHA-256 of every file used, in
// the order of the names, since a folder has no bytes of its own.
func folderDigest(ctx context.Context, root *os.Root, names []string) (string, error) {
	all := sha256.New()
	for _, name := range names {
		f, err := root.Open(filepath.FromSlash(name))
		if err != nil {
			return "", err
		}
		one := sha256.New()
		_, err = io.Copy(one, cancellable{ctx, f})
		_ = f.Close()
		if err != nil {
			return "", err
		}
		all.Write([]byte(hex.EncodeToString(one.Sum(nil)) + "  " + name + "\n"))
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}
