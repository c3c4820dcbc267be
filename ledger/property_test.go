package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"cratewarden/pg"
)

// Whatever is appended in whatever transactions, and whenever heads are signed
// and exports made: the log is what was committed, every proof between any two
// heads holds, and the export can be computed again from the entries.
func TestAnySequenceProvesItself(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	copied := newShelf()
	var heads []Checkpoint
	committed := 0
	giveUp := errors.New("changed my mind")
	// One log lives through all sequences, so that it grows beyond a tile.
	rapid.Check(t, func(rt *rapid.T) {
		entries := rapid.SliceOfN(anyEntry(), 0, 12).Draw(rt, "entries")
		rollback := rapid.IntRange(0, 3).Draw(rt, "rollback") == 0
		err := pg.InTx(t.Context(), l.db, func(tx pgx.Tx) error {
			for _, e := range entries {
				if _, err := l.Append(t.Context(), tx, e); err != nil {
					return err
				}
			}
			if rollback {
				return giveUp
			}
			return nil
		})
		if err != nil && !errors.Is(err, giveUp) {
			rt.Fatalf("append: %v", err)
		}
		if err == nil {
			committed += len(entries)
		}
		if rapid.Bool().Draw(rt, "sign") {
			heads = append(heads, l.head(t))
		}
		if rapid.IntRange(0, 3).Draw(rt, "export") == 0 {
			l.export(t, copied)
		}
	})
	l.export(t, copied)
	head := l.head(t)
	if head.Size != int64(committed) {
		t.Errorf("%d entries, want %d", head.Size, committed)
	}
	for _, old := range heads {
		if old.Size == 0 {
			continue
		}
		p, err := l.ProveConsistency(t.Context(), old.Size, head)
		if err != nil {
			t.Fatal(err)
		}
		if p, err = ParseConsistency(p.Text(), l.public); err != nil || p.Check(old) != nil {
			t.Errorf("from %d to %d: %v, %v", old.Size, head.Size, err, p.Check(old))
		}
	}
	proveEach(t, l, head)
	if r := l.verify(t, Verification{Known: [][]byte{head.Note}, Export: copied}); !r.OK() {
		t.Errorf("database: %+v", r.Problems)
	}
	if r, err := VerifyExport(copied, Verification{Keys: l.public}); err != nil || !r.OK() || r.Size != head.Size {
		t.Errorf("export: %v, %+v", err, r)
	}
	recompute(t, copied, head)
	t.Logf("%d entries, %d heads", committed, len(heads))
}

func proveEach(t *testing.T, l bench, head Checkpoint) {
	t.Helper()
	for range 100 {
		i := rand.Int64N(head.Size)
		r, err := l.Get(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Proof.Check(r.Body); err != nil {
			t.Errorf("entry %d: %v", i, err)
		}
	}
}

// recompute builds the tiles from nothing but the exported entries, with the
// library's own functions, and compares.
func recompute(t *testing.T, copied shelf, head Checkpoint) {
	t.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for n := int64(0); n < head.Size; {
		bundle := copied.MapFS[tilePath(entriesLevel, n/tileWidth, int(min(tileWidth, head.Size-n)))]
		bodies, ok := splitBundle(bundle.Data)
		if !ok {
			t.Fatalf("bundle at %d", n)
		}
		for _, body := range bodies {
			hashes, err := tlog.StoredHashes(n, body, reader)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, hashes...)
			n++
		}
	}
	for _, tl := range tlog.NewTiles(tileHeight, 0, head.Size) {
		want, err := tlog.ReadTileData(tl, reader)
		if err != nil {
			t.Fatal(err)
		}
		path := tilePath(tl.L, tl.N, tl.W)
		if file := copied.MapFS[path]; file == nil || !bytes.Equal(file.Data, want) {
			t.Errorf("%s differs", path)
		}
	}
}

// anyEntry makes entries with any text in them.
func anyEntry() *rapid.Generator[Entry] {
	return rapid.Custom(func(t *rapid.T) Entry {
		text := rapid.StringN(0, 30, 60)
		e := Entry{
			Kind:  rapid.SampledFrom([]Kind{Intent, Refusal, Opening, Note}).Draw(t, "kind"),
			Actor: Actor{ID: "p" + text.Draw(t, "id"), Name: text.Draw(t, "name"), RegistryUser: rapid.Int64().Draw(t, "user")},
			Plan:  text.Draw(t, "plan"), Session: text.Draw(t, "session"),
		}
		if rapid.Bool().Draw(t, "reasons") {
			e.Reasons = &Reasons{Public: text.Draw(t, "public"), Internal: text.Draw(t, "internal")}
		}
		if rapid.IntRange(0, 9).Draw(t, "personal") == 0 {
			e.Personal = []byte(text.Draw(t, "data"))
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "images") {
			e.Images = append(e.Images, Image{Row: fmt.Sprint(text.Draw(t, "row"), i), After: &Digest{byte(i)}})
		}
		return e
	})
}

// What is written is read back the same, and in one form only. Zero characters
// and broken UTF-8 are the exception: they become the replacement character.
func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		e := anyEntry().Draw(rt, "entry")
		e.Index = rapid.Int64Min(0).Draw(rt, "index")
		body, err := encode(&e)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := ParseEntry(body)
		if err != nil {
			rt.Fatalf("%v: %s", err, body)
		}
		again, err := encode(&got)
		if err != nil || !bytes.Equal(again, body) {
			rt.Fatalf("%s\n%s", again, body)
		}
		if !bytes.ContainsRune(body, '\uFFFD') {
			if diff := cmp.Diff(e, got, cmpopts.IgnoreFields(Entry{}, "Personal"), cmpopts.EquateEmpty()); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
	e := Entry{Kind: Note, Actor: Actor{ID: "a\x00b\xff\u2028<&>\"\\\x1f\t"}, Details: map[string]string{"b": "2", "a": "1"}}
	body, err := encode(&e)
	want := `{"actor":{"id":"a` + "\uFFFDb\uFFFD\u2028" + `<&>\"\\\u001f\t"},"at":"0001-01-01T00:00:00.000000Z","details":{"a":"1","b":"2"},"index":0,"kind":"note","v":1}`
	if err != nil || string(body) != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
}

func TestTilePaths(t *testing.T) {
	t.Parallel()
	for path, c := range map[string]tile{
		"tile/0/x001/x234/067":        {0, 1234067, tileWidth},
		"tile/2/000":                  {2, 0, tileWidth},
		"tile/0/x070/000.p/112":       {0, 70000, 112},
		"tile/entries/x001/234.p/255": {entriesLevel, 1234, 255},
	} {
		if got := c.path(); got != path {
			t.Errorf("%+v: %s, want %s", c, got, path)
		}
		if level, n, w, ok := parseTilePath(path); !ok || (tile{level, n, w}) != c {
			t.Errorf("%s: %d %d %d %v", path, level, n, w, ok)
		}
	}
	for _, path := range []string{"", "tile", "tile/0", "tile/00/000", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/x000/001", "tile/64/000", "tile/-1/000", "tile/0/000.p/01", "tile/0/x001/x001"} {
		if _, _, _, ok := parseTilePath(path); ok {
			t.Errorf("%q passed for a tile", path)
		}
	}
}
