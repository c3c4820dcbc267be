package dump

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"sync/atomic"
)

// tarSource reads a tar.gz from front to end, once, holding one block of it.
type tarSource struct {
	raw    io.Reader
	seeker *os.File // nil for a stream
	total  int64

	read   atomic.Int64
	digest hash.Hash
	gz     *gzip.Reader
	tar    *tar.Reader
	census census
}

func newTar(raw io.Reader, total int64, seeker *os.File) (*tarSource, error) {
	s := &tarSource{raw: raw, total: total, seeker: seeker}
	return s, s.start()
}

func (s *tarSource) start() error {
	s.read.Store(0)
	s.digest, s.census = sha256.New(), census{}
	gz, err := gzip.NewReader(bufio.NewReaderSize(counting{s}, 1<<16))
	if err != nil {
		return err
	}
	s.gz, s.tar = gz, tar.NewReader(gz)
	return nil
}

// counting passes the raw input on, counted and hashed.
type counting struct{ s *tarSource }

func (c counting) Read(p []byte) (int, error) {
	n, err := c.s.raw.Read(p)
	c.s.read.Add(int64(n))
	c.s.digest.Write(p[:n])
	return n, err
}

func (s *tarSource) next(ctx context.Context) (file, error) {
	for {
		if err := ctx.Err(); err != nil {
			return file{}, err
		}
		h, err := s.tar.Next()
		if err != nil {
			return file{}, err
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeDir {
			return file{}, linkRefused(h.Name)
		}
		if h.Typeflag == tar.TypeDir {
			if err := s.census.count(); err != nil {
				return file{}, err
			}
			continue
		}
		p, err := s.census.admit(h.Name)
		if err != nil {
			return file{}, err
		}
		if p.kind != kindOther {
			return file{place: p, data: s.tar}, nil
		}
	}
}

// finish reads to the end of the input: the checksum of gzip stands there, and
// an archive cut short is only found there.
func (s *tarSource) finish(ctx context.Context) (string, error) {
	for _, r := range []io.Reader{s.gz, counting{s}} {
		if _, err := io.Copy(io.Discard, cancellable{ctx, r}); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(s.digest.Sum(nil)), nil
}

type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func (s *tarSource) rewind() (bool, error) {
	if s.seeker == nil {
		return false, nil
	}
	if _, err := s.seeker.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	return true, s.start()
}

func (s *tarSource) progress() (int64, int64) { return s.read.Load(), s.total }

func (s *tarSource) close() error {
	if s.seeker == nil {
		return nil
	}
	if err := s.seeker.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
