package archive

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// metaLimit is the most bytes of names and attributes before one entry. Real
// archives need a few hundred.
const metaLimit = 64 << 10

// Types of tar entry that need telling apart.
const (
	typeOldFile  = 0
	typeFile     = '0'
	typeHardLink = '1'
	typeSymlink  = '2'
	typeChar     = '3'
	typeBlock    = '4'
	typeDir      = '5'
	typeFIFO     = '6'
	typeSparse   = 'S'
	typePAX      = 'x'
	typeLongName = 'L'
	typeLongLink = 'K'
)

// entry is one member of the tar as written.
type entry struct {
	name   string
	link   string
	kind   byte
	size   int64
	mode   int64
	sparse bool
	// nameless says that the real name was in a header too large to read.
	nameless bool
}

// halt ends a reading with the problem that made going on pointless.
type halt struct{ Problem }

func (h *halt) Error() string { return h.Sentence }

func halted(kind ProblemKind, name, format string, args ...any) error {
	return &halt{Problem{kind, shown(name), fmt.Sprintf(format, args...)}}
}

// tarReader walks the entries of a tar stream. After next, Read gives the
// entry's data; next skips what was not read.
type tarReader struct {
	r    io.Reader
	left int64 // data of the present entry not yet read
	pad  int64
	// marked says that the end was a zero block and not the end of the bytes.
	marked bool
	skip   []byte
}

// meta is what the headers before an entry said about it.
type meta struct {
	pax      map[string]string
	longName *string
	longLink *string
	huge     bool
}

func (t *tarReader) Read(p []byte) (int, error) {
	if t.left == 0 {
		return 0, io.EOF
	}
	n, err := t.r.Read(p[:min(int64(len(p)), t.left)])
	t.left -= int64(n)
	if t.left == 0 {
		return n, nil // the data is whole; trouble behind it shows in what is read next
	}
	return n, short(err)
}

// next gives the next entry, io.EOF at the end, a *halt, or the stream's error.
func (t *tarReader) next() (*entry, error) {
	var m meta
	for {
		b, err := t.block()
		if err != nil {
			return nil, err
		}
		n, err := number(b[124:136])
		if err != nil {
			return nil, halted(ProblemHeader, b.path(), "The size of this entry is not a number. Reading stopped here.")
		}
		t.left, t.pad = n, -n&(blockSize-1)
		switch b.kind() {
		case typePAX, typeLongName, typeLongLink:
			if err := t.readMeta(b, &m); err != nil {
				return nil, err
			}
		default:
			return t.finish(b, &m)
		}
	}
}

// block reads the next header, past the rest of the present entry.
func (t *tarReader) block() (*block, error) {
	if err := t.discard(t.left + t.pad); err != nil {
		return nil, err
	}
	t.left, t.pad = 0, 0
	var b block
	if _, err := io.ReadFull(t.r, b[:]); err != nil {
		return nil, err
	}
	if b.zero() {
		t.marked = true
		return nil, io.EOF
	}
	if !b.sound() {
		return nil, halted(ProblemHeader, "", "A tar header has a wrong checksum. Reading stopped there.")
	}
	return &b, nil
}

func (t *tarReader) discard(n int64) error {
	if t.skip == nil {
		t.skip = make([]byte, 32<<10)
	}
	for n > 0 {
		k, err := io.ReadFull(t.r, t.skip[:min(n, int64(len(t.skip)))])
		n -= int64(k)
		if err != nil {
			return short(err)
		}
	}
	return nil
}

// short turns an end in the middle of something into an unexpected one.
func short(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readMeta takes a header that describes the entry after it.
func (t *tarReader) readMeta(b *block, m *meta) error {
	if t.left > metaLimit {
		m.huge = true
		return nil
	}
	data := make([]byte, t.left)
	if _, err := io.ReadFull(t, data); err != nil {
		return short(err)
	}
	switch {
	case b.kind() == typeLongName && m.longName == nil:
		m.longName = new(strings.TrimRight(string(data), "\x00"))
	case b.kind() == typeLongLink && m.longLink == nil:
		m.longLink = new(strings.TrimRight(string(data), "\x00"))
	case b.kind() == typePAX && m.pax == nil:
		records, err := paxRecords(data)
		if err != nil {
			return halted(ProblemAmbiguous, "", "A PAX header is malformed or gives a value twice, and programs disagree on what it means. Reading stopped there.")
		}
		m.pax = records
	default:
		return halted(ProblemAmbiguous, "", "Two headers of the same type describe one entry, and programs disagree on which one counts. Reading stopped there.")
	}
	return nil
}

// finish makes the entry from its own header and those before it. Wherever
// two of them disagree, the reading stops: one program would see a file where
// another sees something else.
func (t *tarReader) finish(b *block, m *meta) (*entry, error) {
	e := &entry{name: b.path(), link: b.link(), kind: b.kind(), size: t.left, nameless: m.huge}
	e.mode, _ = number(b[100:108])
	path, hasPath := m.pax["path"]
	if hasPath {
		e.name = path
	}
	if m.longName != nil {
		if hasPath && path != *m.longName {
			return nil, halted(ProblemAmbiguous, path, "This entry has two different long names. Reading stopped here.")
		}
		e.name = *m.longName
	}
	if link, ok := m.pax["linkpath"]; ok {
		e.link = link
	}
	if m.longLink != nil {
		e.link = *m.longLink
	}
	for key := range m.pax {
		e.sparse = e.sparse || strings.HasPrefix(key, "GNU.sparse.")
	}
	if text, ok := m.pax["size"]; ok {
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n != e.size {
			return nil, halted(ProblemSize, e.name, "The tar header says %s and the PAX header says “%s”. The registry refuses this; reading stopped here, because programs disagree on what follows.", size(e.size), shown(text))
		}
	}
	switch e.kind {
	case typeHardLink, typeSymlink, typeChar, typeBlock, typeDir, typeFIFO:
		if e.size != 0 {
			return nil, halted(ProblemAmbiguous, e.name, "This entry cannot have data but claims %s. Reading stopped here, because programs disagree on what follows.", size(e.size))
		}
	case typeSparse:
		e.sparse = true
		if err := t.sparseBlocks(b); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// sparseBlocks skips the further maps that old GNU sparse headers may have.
func (t *tarReader) sparseBlocks(b *block) error {
	more := b[482] != 0
	for range 1000 {
		if !more {
			return nil
		}
		var ext block
		if _, err := io.ReadFull(t.r, ext[:]); err != nil {
			return short(err)
		}
		more = ext[504] != 0
	}
	return halted(ProblemSparse, b.path(), "This sparse entry has more than 1,000 maps. Reading stopped here.")
}

// ended tells the end of the tar from trouble.
func ended(err error) bool { return errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) }
