package dump

import (
	"context"
	"io"
)

const (
	blockSize = 256 << 10
	blocks    = 8
)

// ahead reads from its source in a goroutine of its own, so that unpacking and
// the server's work overlap, and so that a cancelled import does not wait for
// an input that never comes. At most blocks × blockSize bytes are held.
type ahead struct {
	ctx  context.Context
	full chan block
	free chan []byte
	now  block
	rest []byte
	err  error
}

type block struct {
	data []byte
	err  error
}

// readAhead starts reading r. The goroutine ends at the end of r, at its first
// error, or when ctx ends.
func readAhead(ctx context.Context, r io.Reader) *ahead {
	a := &ahead{ctx: ctx, full: make(chan block, blocks), free: make(chan []byte, blocks)}
	for range blocks {
		a.free <- nil
	}
	go a.fill(r)
	return a
}

func (a *ahead) fill(r io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-a.ctx.Done():
			return
		}
		if buf == nil {
			buf = make([]byte, blockSize)
		}
		n, m := 0, 0
		var err error
		for n < blockSize && err == nil {
			m, err = r.Read(buf[n:blockSize])
			n += m
		}
		select {
		case a.full <- block{data: buf[:n], err: err}:
		case <-a.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// Read gives what was read ahead. After the end it gives the source's error.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.now.data != nil {
			a.free <- a.now.data[:blockSize]
			a.now.data = nil
		}
		if a.now.err != nil {
			a.err = a.now.err
			return 0, a.err
		}
		select {
		case a.now = <-a.full:
			a.rest = a.now.data
		case <-a.ctx.Done():
			a.err = a.ctx.Err()
			return 0, a.err
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}
