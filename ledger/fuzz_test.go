package ledger

import (
	"bytes"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// Whatever is accepted is written again byte for byte.
func FuzzParseEntry(f *testing.F) {
	for i := range 4 {
		e := sample(i)
		body, err := encode(&e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"v":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ParseEntry(body)
		if err != nil {
			return
		}
		again, err := encode(&e)
		if err != nil || !bytes.Equal(again, body) {
			t.Errorf("%q became %q (%v)", body, again, err)
		}
	})
}

// With the key, nothing passes but the very text that was signed.
func FuzzParseCheckpoint(f *testing.F) {
	keys, public := testKeys(f, 2)
	c, err := sign(7, unknown(), keys)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.Note)
	f.Add(bytes.ReplaceAll(c.Note, []byte("7"), []byte("8")))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := ParseCheckpoint(text, nil)
		if err == nil && (got.Size < 0 || !bytes.Equal(got.Note, text)) {
			t.Errorf("%q: %+v", text, got)
		}
		if got, err := ParseCheckpoint(text, public); err == nil && (got.Size != 7 || !bytes.HasPrefix(text, c.Note[:bytes.Index(c.Note, []byte("\n\n"))])) {
			t.Errorf("a forged head passed: %q", text)
		}
	})
}

// An entries file never makes the reader go wrong, and what it reads whole it
// would write the same.
func FuzzBundle(f *testing.F) {
	f.Add(appendToBundle(appendToBundle(nil, []byte(`{"a":"}"}`)), []byte(`{}`)))
	f.Add([]byte{0, 5, '{'})
	f.Fuzz(func(t *testing.T, bundle []byte) {
		bodies, whole := splitBundle(bundle)
		var again []byte
		for _, body := range bodies {
			again = appendToBundle(again, body)
		}
		if whole && !bytes.Equal(again, bundle) {
			t.Errorf("%q became %q", bundle, again)
		}
		salvageBundle(bundle)
	})
}

func FuzzParseProof(f *testing.F) {
	keys, public := testKeys(f, 1)
	c, err := sign(7, unknown(), keys)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(Inclusion{Index: 3, Path: tlog.RecordProof{{1}, {2}}, Signed: c}.Text())
	f.Add(Consistency{Old: 3, Signed: c}.Text())
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := ParseInclusion(text, public); err == nil && !bytes.Equal(p.Text(), text) {
			t.Errorf("%q became %q", text, p.Text())
		}
		if p, err := ParseConsistency(text, public); err == nil && !bytes.Equal(p.Text(), text) {
			t.Errorf("%q became %q", text, p.Text())
		}
	})
}
