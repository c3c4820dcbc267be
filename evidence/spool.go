package evidence

import (
	"bufio"
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"os"

	"cratewarden"
	"cratewarden/ledger"
)

// spool is a nameless temporary file into which streams are written one after
// the other, so that their hash and size are known before they get their key.
// Nothing of it stays after the process, however it ends.
type spool struct {
	file *os.File
	size int64
}

func newSpool() (*spool, error) {
	file, err := os.CreateTemp("", "cratewarden-evidence-*")
	if err != nil {
		return nil, spoolError(err)
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close()
		return nil, spoolError(err)
	}
	return &spool{file: file}, nil
}

func (s *spool) Close() { _ = s.file.Close() }

func spoolError(cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Unavailable, "The temporary folder cannot take what is being sealed. Free some space there and seal again.")
}

// section is one stream in a spool.
type section struct {
	spool      *spool
	from, size int64
	digest     ledger.Digest
}

func (s section) reader() io.ReadSeeker { return io.NewSectionReader(s.spool.file, s.from, s.size) }

// write runs fn on a new section at the end. fn must not write more than most
// bytes; the error is TooLarge then.
func (s *spool) write(ctx context.Context, most int64, fn func(io.Writer) error) (section, error) {
	w := &sectionWriter{ctx: ctx, hash: sha256.New(), left: most}
	w.out = bufio.NewWriterSize(io.NewOffsetWriter(s.file, s.size), 64<<10)
	if err := fn(w); err != nil {
		return section{}, err
	}
	if err := w.out.Flush(); err != nil {
		return section{}, spoolError(err)
	}
	done := section{spool: s, from: s.size, size: w.size, digest: ledger.Digest(w.hash.Sum(nil))}
	s.size += w.size
	return done, nil
}

type sectionWriter struct {
	ctx        context.Context
	out        *bufio.Writer
	hash       hash.Hash
	size, left int64
}

// Write implements io.Writer.
func (w *sectionWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, givenUp(err)
	}
	if w.left -= int64(len(p)); w.left < 0 {
		return 0, errTooLarge
	}
	w.size += int64(len(p))
	_, _ = w.hash.Write(p) // never fails
	n, err := w.out.Write(p)
	if err != nil {
		return n, spoolError(err)
	}
	return n, nil
}

var errTooLarge error = cratewarden.Errorf(cratewarden.TooLarge,
	"Something here is larger than an evidence bundle may hold. Seal fewer crates at a time, or raise the limits of the evidence settings.")

func givenUp(cause error) error {
	if cause == context.DeadlineExceeded {
		return cratewarden.Wrap(cause, cratewarden.Timeout, "Working on evidence took too long and was stopped. Do it again: what was stored already is not stored twice.")
	}
	return cratewarden.Wrap(cause, cratewarden.Canceled, "Working on evidence was given up. Nothing has changed but stored parts that no bundle names.")
}
