package demo

import (
	"encoding/hex"
	"io"
	"strconv"
	"time"
)

// rows writes one table in PostgreSQL's COPY text format. Columns are written
// one after another; end finishes a row.
type rows struct {
	w     io.Writer
	b     []byte
	err   error
	count int64
	tick  func(int64)
}

func (w *rows) sep() {
	if n := len(w.b); n > 0 && w.b[n-1] != '\n' {
		w.b = append(w.b, '\t')
	}
}

// end finishes the row and now and then hands what is there on. It says
// whether to go on.
func (w *rows) end() bool {
	w.b = append(w.b, '\n')
	if w.count++; w.count%50_000 == 0 && w.tick != nil {
		w.tick(w.count)
	}
	if len(w.b) > 1<<16 {
		w.flush()
	}
	return w.err == nil
}

func (w *rows) flush() {
	if w.err == nil {
		_, w.err = w.w.Write(w.b)
	}
	w.b = w.b[:0]
}

func (w *rows) null() { w.sep(); w.b = append(w.b, `\N`...) }

func (w *rows) int(x int64) { w.sep(); w.b = strconv.AppendInt(w.b, x, 10) }

// id writes an id made from an index, NULL for a negative one.
func (w *rows) id(index int32) {
	if index < 0 {
		w.null()
		return
	}
	w.int(int64(index) + 1)
}

func (w *rows) bool(x bool) {
	w.sep()
	if x {
		w.b = append(w.b, 't')
	} else {
		w.b = append(w.b, 'f')
	}
}

// raw writes text that needs no escaping.
func (w *rows) raw(s string) { w.sep(); w.b = append(w.b, s...) }

func (w *rows) text(s string) {
	w.sep()
	if s == "" { // an empty first column must not look like a fresh line
		return
	}
	w.escape(s)
}

// textOrNull writes the empty string as NULL.
func (w *rows) textOrNull(s string) {
	if s == "" {
		w.null()
		return
	}
	w.text(s)
}

func (w *rows) escape(s string) {
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\':
			w.b = append(w.b, `\\`...)
		case '\n':
			w.b = append(w.b, `\n`...)
		case '\r':
			w.b = append(w.b, `\r`...)
		case '\t':
			w.b = append(w.b, `\t`...)
		case 0: // PostgreSQL stores no NUL in text
		default:
			w.b = append(w.b, c)
		}
	}
}

func (w *rows) bytes(x []byte) {
	w.sep()
	w.b = hex.AppendEncode(append(w.b, `\\x`...), x)
}

func (w *rows) time(t instant) {
	if t == 0 {
		w.null()
		return
	}
	w.sep()
	w.b = t.time().AppendFormat(w.b, "2006-01-02 15:04:05.999999-07")
}

func (w *rows) date(t instant) { w.sep(); w.b = t.time().AppendFormat(w.b, time.DateOnly) }

// array writes a text[]; nil is the empty array.
func (w *rows) array(list []string) {
	w.sep()
	w.b = append(w.b, '{')
	for i, s := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, '"')
		for j := range len(s) {
			if c := s[j]; c == '"' || c == '\\' {
				w.b = append(w.b, `\\`...)
			}
			w.escape(s[j : j+1])
		}
		w.b = append(w.b, '"')
	}
	w.b = append(w.b, '}')
}

func (w *rows) arrayOrNull(list []string) {
	if list == nil {
		w.null()
		return
	}
	w.array(list)
}

func (w *rows) ints(list ...int64) {
	w.sep()
	w.b = append(w.b, '{')
	for i, x := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = strconv.AppendInt(w.b, x, 10)
	}
	w.b = append(w.b, '}')
}
