package archive

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"unicode/utf16"
	"unicode/utf8"
)

// scan looks at a file as it streams by: its hash, what its bytes are, and
// what a reader of its text should be warned of. It holds 512 bytes.
type scan struct {
	sum   hash.Hash
	head  []byte
	size  int64
	nul   bool
	order byte // 'L' or 'B' once a UTF-16 mark was seen
	carry []byte
	prev  rune

	lines, line, longest     int64
	bidi, invisible, control int64
	invalid, crlf            int64
}

func newScan() *scan { return &scan{sum: sha256.New(), head: make([]byte, 0, 512)} }

func (s *scan) Write(p []byte) (int, error) {
	n := len(p)
	s.sum.Write(p)
	first := s.size == 0
	s.size += int64(n)
	if room := cap(s.head) - len(s.head); room > 0 {
		s.head = append(s.head, p[:min(room, n)]...)
	}
	if first && n >= 2 {
		switch {
		case p[0] == 0xff && p[1] == 0xfe:
			s.order = 'L'
		case p[0] == 0xfe && p[1] == 0xff:
			s.order = 'B'
		case bytes.HasPrefix(p, []byte(bom)):
			p = p[len(bom):]
		}
		if s.order != 0 {
			p = p[2:]
		}
	}
	switch {
	case s.nul:
	case s.order != 0:
		s.units(p)
	case bytes.IndexByte(p, 0) >= 0:
		s.nul = true
	default:
		s.text(p)
	}
	return n, nil
}

const bom = "\ufeff"

// text counts in UTF-8, keeping the start of a character that the chunk cuts.
func (s *scan) text(p []byte) {
	if len(s.carry) > 0 {
		p = append(s.carry, p...)
		s.carry = nil
	}
	for i := 0; i < len(p); {
		if c := p[i]; c >= 0x20 && c < 0x7f {
			s.line++
			s.prev = rune(c)
			i++
			continue
		}
		if !utf8.FullRune(p[i:]) {
			s.carry = bytes.Clone(p[i:])
			return
		}
		r, n := utf8.DecodeRune(p[i:])
		s.rune(r, n)
		i += n
	}
}

// units counts in UTF-16.
func (s *scan) units(p []byte) {
	if len(s.carry) > 0 {
		p = append(s.carry, p...)
		s.carry = nil
	}
	for ; len(p) >= 2; p = p[2:] {
		s.rune(rune(unit16(p, s.order)), 2)
	}
	s.carry = bytes.Clone(p)
}

func unit16(p []byte, order byte) uint16 {
	if order == 'L' {
		return uint16(p[0]) | uint16(p[1])<<8
	}
	return uint16(p[1]) | uint16(p[0])<<8
}

func (s *scan) rune(r rune, n int) {
	s.line += int64(n)
	switch {
	case r == utf8.RuneError && n == 1:
		s.invalid++
	case r == '\n':
		s.lines++
		s.longest = max(s.longest, s.line-int64(n))
		s.line = 0
		if s.prev == '\r' {
			s.crlf++
			s.control--
		}
	default:
		switch oddIn(s.prev, r) {
		case control:
			s.control++
		case bidi:
			s.bidi++
		case invisible:
			s.invisible++
		}
	}
	s.prev = r
}

// done gives what was learnt.
func (s *scan) done(f *File) {
	for range s.carry { // a character cut off by the end of the file
		s.invalid++
		s.line++
	}
	f.Size = s.size
	s.sum.Sum(f.SHA256[:0])
	f.Magic = magic(s.head)
	noise := (s.invalid + s.control) * 5
	if f.Magic != "" || s.nul || noise > s.size {
		f.Kind = Binary
		if f.Magic == "" {
			f.Magic = "data"
		}
		return
	}
	f.Kind, f.Encoding = Text, UTF8
	switch {
	case s.order == 'L':
		f.Encoding = UTF16LE
	case s.order == 'B':
		f.Encoding = UTF16BE
	case s.invalid > 0:
		f.Encoding = NotUTF8
	case bytes.HasPrefix(s.head, []byte(bom)):
		f.Encoding = UTF8BOM
	}
	if bytes.HasPrefix(s.head, []byte("#!/")) || bytes.HasPrefix(s.head, []byte("#! /")) {
		f.Magic = "script"
	}
	f.Lines = s.lines
	if s.line > 0 {
		f.Lines++
	}
	f.LongestLine = max(s.longest, s.line)
	f.Bidi, f.Invisible, f.Control = s.bidi, s.invisible, s.control
	f.CRLF = s.crlf > 0
}

// Decode gives the content of a text file as a string: byte order marks are
// dropped and UTF-16 becomes UTF-8. Bytes that are not UTF-8 stay as they are,
// for Colour and Visible to show by their codes.
func Decode(content []byte, encoding string) string {
	switch encoding {
	case UTF16LE, UTF16BE:
		order := byte('L')
		if encoding == UTF16BE {
			order = 'B'
		}
		units := make([]uint16, 0, len(content)/2)
		for ; len(content) >= 2; content = content[2:] {
			units = append(units, unit16(content, order))
		}
		if len(units) > 0 && units[0] == 0xfeff {
			units = units[1:]
		}
		return string(utf16.Decode(units))
	default:
		return string(bytes.TrimPrefix(content, []byte(bom)))
	}
}
