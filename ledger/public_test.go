package ledger

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// stranger reads the public files and nothing else.
type stranger struct {
	l     bench
	t     *testing.T
	paths map[string]bool
}

func (s stranger) Height() int { return tileHeight }

func (s stranger) ReadTiles(tiles []tlog.Tile) (out [][]byte, err error) {
	for _, t := range tiles {
		path := tilePath(t.L, t.N, t.W)
		content, settled, err := s.l.Public(s.t.Context(), path)
		if err != nil || !settled {
			return nil, fmt.Errorf("%s: %v, settled %t", path, err, settled)
		}
		s.paths[path] = true
		out = append(out, content)
	}
	return out, nil
}

func (s stranger) SaveTiles([]tlog.Tile, [][]byte) {}

// What is public is enough to prove that an older head is the beginning of the
// newest, and that an entry somebody was shown is in it; nothing of what is
// written in the ledger is in it, nor anything that no signed head covers yet.
func TestPublicFilesProveWithoutShowing(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	public := func(path string) ([]byte, error) {
		content, _, err := l.Public(t.Context(), path)
		return content, err
	}
	if _, err := public(headPath); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("before the first head: %v", err)
	}
	fill := func(n int) (last Receipt) {
		for range n {
			last = l.append(t, Entry{Kind: Note, Action: "x", Actor: Actor{ID: "u1", Name: "Ada"}, Reasons: &Reasons{Internal: "a secret reason"}})[0]
		}
		return last
	}
	fill(300)
	old := l.head(t)
	shown := fill(300)
	l.head(t)
	fill(200) // no head covers these
	text, err := public(headPath)
	if err != nil {
		t.Fatal(err)
	}
	head, err := ParseCheckpoint(text, l.public)
	if err != nil || head.Size != 600 {
		t.Fatalf("%+v %v", head, err)
	}
	s := stranger{l, t, map[string]bool{}}
	reader := tlog.TileHashReader(tlog.Tree{N: head.Size, Hash: head.Root}, s)
	if root, err := tlog.TreeHash(old.Size, reader); err != nil || root != old.Root {
		t.Errorf("the older head: %v", err)
	}
	record, err := l.Get(t.Context(), shown.Index)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := tlog.ProveRecord(head.Size, shown.Index, reader)
	if err == nil {
		err = tlog.CheckRecord(proof, head.Size, head.Root, shown.Index, record.Hash())
	}
	if err != nil || len(s.paths) < 3 {
		t.Errorf("%v, from %v", err, s.paths)
	}
	if text, err := public("checkpoints/300"); err != nil || string(text) != string(old.Note) {
		t.Errorf("%s %v", text, err)
	}
	for _, path := range []string{
		"tile/entries/000", "tile/entries/002.p/88", "tile/0/002.p/89", "tile/0/002", "tile/0/003.p/1", "tile/1/000.p/3", "tile/1/001.p/1", "tile/9/000.p/1", "tile/63/000.p/1", "tile/0/x999/999",
		"checkpoints/600 ", "checkpoints/0600", "checkpoints/299", "checkpoints/-1", "", "tile", "../checkpoint", "/checkpoint", "tile/0/../0/000",
	} {
		if content, err := public(path); cratewarden.KindOf(err) != cratewarden.NotFound || content != nil {
			t.Errorf("%q: %d bytes, %v", path, len(content), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := l.Public(ctx, headPath); cratewarden.KindOf(err) == cratewarden.NotFound || err == nil {
		t.Errorf("a database that does not answer: %v", err)
	}
}
