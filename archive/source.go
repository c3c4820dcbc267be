package archive

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"cratewarden"
)

var (
	errCompressed = errors.New("archive: more compressed bytes than the limit")
	errUnpacked   = errors.New("archive: more unpacked bytes than the limit")
)

// source takes the stored bytes: it counts and hashes them, obeys the context
// and the limit, and remembers an error of the storage so that it is never
// mistaken for a fault of the archive.
type source struct {
	ctx   context.Context
	r     io.Reader
	limit int64
	n     int64
	sum   hash.Hash
	whole bool
	over  bool
	err   error
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	if s.whole {
		return 0, io.EOF
	}
	// One byte beyond the limit is asked for, to tell "exactly at" from "over".
	if room := s.limit + 1 - s.n; int64(len(p)) > room {
		p = p[:max(room, 0)]
	}
	if len(p) == 0 {
		s.over = true
		return 0, errCompressed
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	s.sum.Write(p[:n])
	switch {
	case err == io.EOF:
		s.whole = true
	case err != nil:
		s.err = err
	}
	if s.n > s.limit {
		s.over = true
		return n, errCompressed
	}
	return n, err
}

// stream is an archive being unpacked: the stored bytes, the gzip member and
// the count of what came out of it.
type stream struct {
	src      *source
	buf      *bufio.Reader
	gz       *gzip.Reader
	limit    int64
	unpacked int64
	over     bool
}

func newStream(ctx context.Context, r io.Reader, limits Limits) *stream {
	src := &source{ctx: ctx, r: r, limit: limits.Compressed, sum: sha256.New()}
	return &stream{src: src, buf: bufio.NewReaderSize(src, 64<<10), limit: limits.Unpacked}
}

// open reads the gzip header. Only the first member is the archive: cargo
// stops there, so what follows is reported and not read.
func (s *stream) open() error {
	gz, err := gzip.NewReader(s.buf)
	if err != nil {
		return err
	}
	gz.Multistream(false)
	s.gz = gz
	return nil
}

func (s *stream) Read(p []byte) (int, error) {
	if err := s.src.ctx.Err(); err != nil {
		return 0, err
	}
	if room := s.limit - s.unpacked; int64(len(p)) > room {
		p = p[:room]
	}
	if len(p) == 0 {
		// At the limit one more byte decides between an end and too much.
		var one [1]byte
		if _, err := io.ReadFull(s.gz, one[:]); err != nil {
			return 0, err
		}
		s.over = true
		return 0, errUnpacked
	}
	n, err := s.gz.Read(p)
	s.unpacked += int64(n)
	return n, err
}

// fault tells an error that must be returned from one that describes the
// archive; the latter gives nil.
func (s *stream) fault(ctx context.Context) error {
	if s.src.ctx.Err() != nil {
		return stopped(ctx)
	}
	if s.src.err == nil {
		return nil
	}
	if e, ok := errors.AsType[*cratewarden.Error](s.src.err); ok {
		return e
	}
	return cratewarden.Wrap(s.src.err, cratewarden.Unavailable, "The archive could not be read from storage. Try again in a minute.")
}

// stopped is the error for a reading that ended early: by the caller, or by
// the clock.
func stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return cratewarden.Wrap(ctx.Err(), cratewarden.Canceled, "Reading the archive was cancelled.")
	}
	return cratewarden.Wrap(context.DeadlineExceeded, cratewarden.Timeout, "Reading the archive took longer than allowed. Try again; if it stays, treat the archive as hostile.")
}
