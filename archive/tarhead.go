package archive

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// This file understands one 512-byte tar header and the records of a PAX
// header. The standard library's reader is not used because it repairs, joins
// and expands in silence, and what we must show is what is written.

const blockSize = 512

type block [blockSize]byte

func (b *block) name() string   { return cstring(b[0:100]) }
func (b *block) kind() byte     { return b[156] }
func (b *block) link() string   { return cstring(b[157:257]) }
func (b *block) ustar() bool    { return string(b[257:263]) == "ustar\x00" }
func (b *block) prefix() string { return cstring(b[345:500]) }
func (b *block) zero() bool     { return *b == block{} }

func cstring(field []byte) string {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		field = field[:i]
	}
	return string(field)
}

// path is the name with the prefix that only POSIX headers have; a GNU header
// keeps other things in those bytes.
func (b *block) path() string {
	if prefix := b.prefix(); b.ustar() && prefix != "" {
		return prefix + "/" + b.name()
	}
	return b.name()
}

// sound verifies the header's checksum, counted with unsigned or, as some old
// programs did, signed bytes.
func (b *block) sound() bool {
	want, err := number(b[148:156])
	if err != nil {
		return false
	}
	var unsigned, signed int64
	for i, c := range b {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}

var errNumber = errors.New("archive: not a number")

// number reads an octal field, or a base-256 one when its first bit is set.
// Negative numbers and those beyond 63 bits are refused.
func number(field []byte) (int64, error) {
	if field[0]&0x80 != 0 {
		if field[0]&0x40 != 0 {
			return 0, errNumber
		}
		n := int64(field[0] & 0x3f)
		for _, c := range field[1:] {
			if n >= 1<<54 {
				return 0, errNumber
			}
			n = n<<8 | int64(c)
		}
		return n, nil
	}
	text := strings.Trim(cstring(field), " ")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 8, 63)
	if err != nil {
		return 0, errNumber
	}
	return int64(n), nil
}

var errPAX = errors.New("archive: malformed PAX record")

// paxRecords reads "LENGTH KEY=VALUE\n" records. A key given twice is an
// error here: programs disagree on which one counts.
func paxRecords(data []byte) (map[string]string, error) {
	records := map[string]string{}
	for len(data) > 0 {
		space := bytes.IndexByte(data[:min(len(data), 8)], ' ')
		if space < 1 {
			return nil, errPAX
		}
		n, err := strconv.ParseUint(string(data[:space]), 10, 31)
		if err != nil || int(n) > len(data) || int(n) < space+3 || data[n-1] != '\n' {
			return nil, errPAX
		}
		key, value, ok := strings.Cut(string(data[space+1:n-1]), "=")
		if _, twice := records[key]; !ok || key == "" || twice {
			return nil, errPAX
		}
		records[key] = value
		data = data[n:]
	}
	return records, nil
}
