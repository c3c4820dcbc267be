package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"cratewarden"
)

// Schema is the version of the form of entries that this release writes.
// Entries of older versions stay readable for ever; newer ones are refused.
const Schema = 1

// Digest is a SHA-256, written as 64 lower-case hexadecimal digits.
type Digest [sha256.Size]byte

// String gives the digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText gives the digits.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the digits; capital ones are refused, so that one digest
// has one form.
func (d *Digest) UnmarshalText(text []byte) error {
	n, err := hex.Decode(d[:], text[:min(len(text), 2*len(d))])
	if err != nil || n != len(d) || len(text) != 2*len(d) || !bytes.Equal(bytes.ToLower(text), text) {
		return fmt.Errorf("not a SHA-256 in hexadecimal: %q", text)
	}
	return nil
}

// stamp has a fixed width, so that times in text sort as times do.
const stamp = "2006-01-02T15:04:05.000000Z"

// wire is an entry as it is written: the time in a fixed form, and the schema.
type wire struct {
	*plain
	At     string `json:"at"`
	Schema int    `json:"v"`
}

// plain is Entry without its methods.
type plain Entry

// encode gives an entry's canonical form: JSON with sorted keys, no spaces, and
// one way to write each string, as RFC 8785 has it. Equal entries have equal
// bytes, on every machine.
func encode(e *Entry) ([]byte, error) {
	text, err := json.Marshal(wire{plain: (*plain)(e), At: e.At.UTC().Format(stamp), Schema: Schema})
	if err != nil {
		return nil, err
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	var tree any
	if err := in.Decode(&tree); err != nil {
		return nil, err
	}
	out := writeValue(make([]byte, 0, len(text)), tree)
	if len(out) > MaxEntry {
		return nil, cratewarden.Errorf(cratewarden.TooLarge,
			"A ledger entry may have %d bytes; this one has %d. Name the rows in a document and put its hash into the entry.", MaxEntry, len(out))
	}
	return out, nil
}

func writeValue(out []byte, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		out = append(out, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(writeString(out, key), ':')
			out = writeValue(out, v[key])
		}
		return append(out, '}')
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = writeValue(out, item)
		}
		return append(out, ']')
	case string:
		return writeString(out, v)
	case json.Number:
		return append(out, v...)
	case bool:
		return fmt.Append(out, v)
	}
	return append(out, "null"...)
}

// writeString escapes what JSON demands and nothing else. A zero character has
// no place in the database's text, so it becomes the replacement character; so
// does what is not UTF-8, because a record must never fail on what an attacker
// called a thing.
func writeString(out []byte, s string) []byte {
	const short = "\b\t\n\f\r\"\\"
	out = append(out, '"')
	for _, r := range s {
		switch {
		case r == 0:
			out = utf8.AppendRune(out, utf8.RuneError)
		case r < utf8.RuneSelf && bytes.IndexByte([]byte(short), byte(r)) >= 0:
			out = append(out, '\\', `btnfr"\`[bytes.IndexByte([]byte(short), byte(r))])
		case r < ' ':
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"')
}

// ParseEntry reads an entry, from an export or a page's download. It accepts
// exactly what Append writes: any other text of the same meaning is Invalid.
func ParseEntry(body []byte) (Entry, error) {
	var e Entry
	w := wire{plain: (*plain)(&e)}
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if err := in.Decode(&w); err != nil {
		if newer(body) {
			return Entry{}, cratewarden.Wrap(err, cratewarden.Invalid, "This entry was written by a newer release. Read it with that one.")
		}
		return Entry{}, malformed(err)
	}
	at, err := time.Parse(stamp, w.At)
	if err != nil {
		return Entry{}, malformed(err)
	}
	e.At = at
	if w.Schema != Schema {
		return Entry{}, malformed(fmt.Errorf("schema %d", w.Schema))
	}
	again, err := encode(&e)
	if err != nil {
		return Entry{}, malformed(err)
	}
	if !bytes.Equal(again, body) {
		return Entry{}, malformed(fmt.Errorf("not in canonical form"))
	}
	return e, nil
}

func newer(body []byte) bool {
	var head struct {
		Schema int `json:"v"`
	}
	return json.Unmarshal(body, &head) == nil && head.Schema > Schema
}

func malformed(cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Invalid, "This is not a ledger entry as this program writes them.")
}
