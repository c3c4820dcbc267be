package bulk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// epoch is PostgreSQL's zero instant, 2000-01-01, in microseconds of ours.
const epoch = 946_684_800_000_000

// Farthest stands for 'infinity': the last instant of the year 9999.
const Farthest = 253_402_300_799_000_000

// row hands out the columns of one row from left to right. After a column of
// an unexpected width err is set and the values mean nothing.
type row struct {
	fields [][]byte
	next   int
	err    error
}

var errShort = errors.New("bulk: the row has fewer columns than asked for")

// text gives the next column; nil means NULL.
func (r *row) text() []byte {
	if r.next >= len(r.fields) {
		r.err = errShort
		return nil
	}
	r.next++
	return r.fields[r.next-1]
}

// fixed gives a column of a known width, nil for NULL.
func (r *row) fixed(width int) []byte {
	b := r.text()
	if b != nil && len(b) != width {
		r.err = fmt.Errorf("bulk: column %d has %d bytes, not %d", r.next, len(b), width)
		return nil
	}
	return b
}

func (r *row) int32() int32 {
	b := r.fixed(4)
	if b == nil {
		return 0
	}
	return int32(binary.BigEndian.Uint32(b))
}

func (r *row) int64() int64 {
	b := r.fixed(8)
	if b == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

func (r *row) bool() bool {
	b := r.fixed(1)
	return b != nil && b[0] != 0
}

// micros gives a timestamptz.
func (r *row) micros() int64 {
	b := r.fixed(8)
	if b == nil {
		return 0
	}
	switch v := int64(binary.BigEndian.Uint64(b)); {
	case v == math.MaxInt64 || v > Farthest-epoch:
		return Farthest
	case v == math.MinInt64:
		return 1
	default:
		return v + epoch
	}
}

// hash gives a SHA-256. Old rows may break the length rule, which is NOT
// VALID (contract constraints.csv); such a row gives zeros.
func (r *row) hash() (sum [32]byte) {
	if b := r.text(); len(b) == len(sum) {
		copy(sum[:], b)
	}
	return sum
}

var (
	copySignature = []byte("PGCOPY\n\xff\r\n\x00")
	errFormat     = errors.New("bulk: the COPY stream is not in the binary format")
)

// copyDecoder turns the bytes of a binary COPY, cut anywhere, into rows.
type copyDecoder struct {
	each    func(*row)
	carry   []byte // the start of a row whose end has not come yet
	row     row
	started bool
	ended   bool
	err     error
}

// Write takes the next piece of the stream.
func (d *copyDecoder) Write(p []byte) (int, error) {
	buf := p
	if len(d.carry) > 0 {
		d.carry = append(d.carry, p...)
		buf = d.carry
	}
	used := d.consume(buf)
	d.carry = append(d.carry[:0], buf[used:]...)
	if d.err == nil {
		d.err = d.row.err
	}
	if d.err != nil {
		return 0, d.err
	}
	return len(p), nil
}

// consume decodes the whole rows at the start of buf and gives their length.
func (d *copyDecoder) consume(buf []byte) (used int) {
	if !d.started {
		used = d.header(buf)
		if !d.started {
			return 0
		}
	}
	for d.err == nil && d.row.err == nil && !d.ended {
		n := d.one(buf[used:])
		if n == 0 {
			break
		}
		used += n
	}
	return used
}

func (d *copyDecoder) header(buf []byte) int {
	fixed := len(copySignature) + 8
	if len(buf) < fixed {
		return 0
	}
	if string(buf[:len(copySignature)]) != string(copySignature) {
		d.err = errFormat
		return 0
	}
	extension := int(binary.BigEndian.Uint32(buf[fixed-4:]))
	if len(buf) < fixed+extension {
		return 0
	}
	d.started = true
	return fixed + extension
}

// one decodes one row and gives its length, 0 when it is not complete.
func (d *copyDecoder) one(buf []byte) int {
	if len(buf) < 2 {
		return 0
	}
	count := int(int16(binary.BigEndian.Uint16(buf)))
	if count < 0 {
		d.ended = true
		return 2
	}
	d.row.fields, d.row.next = d.row.fields[:0], 0
	at := 2
	for range count {
		if len(buf) < at+4 {
			return 0
		}
		size := int(int32(binary.BigEndian.Uint32(buf[at:])))
		at += 4
		if size < 0 {
			d.row.fields = append(d.row.fields, nil)
			continue
		}
		if len(buf) < at+size {
			return 0
		}
		d.row.fields = append(d.row.fields, buf[at:at+size:at+size])
		at += size
	}
	d.each(&d.row)
	return at
}
