package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// VerifyExport checks an exported copy without any database: every file must
// be what the signed heads say, and none may be there that does not belong.
// The error is about reading; what was found wrong is in the report.
func VerifyExport(export fs.FS, v Verification) (*Report, error) {
	o := &offline{fsys: export, v: v, report: &Report{}, widths: map[tile][]int{}}
	if err := o.list(); err != nil {
		return o.report, cratewarden.Wrap(err, cratewarden.Unavailable, "The exported ledger cannot be read.")
	}
	if err := o.readHeads(); err != nil {
		return o.report, err
	}
	if o.heads.newest().Note == nil {
		return o.report, nil // said already: there is no good head
	}
	if !o.scan() {
		o.diagnose()
	}
	return o.report, nil
}

// offline is one verification of an export.
type offline struct {
	fsys   fs.FS
	v      Verification
	heads  heads
	report *Report
	widths map[tile][]int // the widths in which a tile is there
	older  []string       // files below checkpoints
	now    [64][]byte     // content so far of the last tile of each level
}

func (o *offline) list() error {
	return fs.WalkDir(o.fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		level, n, w, ok := parseTilePath(path)
		switch {
		case ok:
			at := tile{level: level, n: n}
			o.widths[at] = append(o.widths[at], w)
		case strings.HasPrefix(path, headsFolder+"/"):
			o.older = append(o.older, path)
		case path != headPath:
			o.report.add(BadFile, -1, -1, "%q does not belong to an exported ledger", path)
		}
		return nil
	})
}

func (o *offline) readHeads() error {
	text, err := fs.ReadFile(o.fsys, headPath)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		o.report.add(BadFile, -1, -1, "the file %s is missing", headPath)
	case err != nil:
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The exported ledger cannot be read.")
	}
	var newest Checkpoint
	if err == nil {
		newest, _ = o.heads.take(text, "the file "+headPath, o.v, o.report)
	}
	for _, path := range o.older {
		text, err := fs.ReadFile(o.fsys, path)
		if err != nil {
			return cratewarden.Wrap(err, cratewarden.Unavailable, "The exported ledger cannot be read.")
		}
		if c, ok := o.heads.take(text, "the file "+path, o.v, o.report); ok && headsPath(c.Size) != path {
			o.report.add(BadHead, -1, -1, "the file %s holds the head of %d entries", path, c.Size)
		}
	}
	o.heads.sort(o.v, o.report)
	there := int64(0)
	for t := range o.widths {
		if t.level == entriesLevel {
			there += tileWidth
		}
	}
	o.heads.list = plausible(o.heads.list, there, o.report)
	if best := o.heads.newest(); newest.Note != nil && best.Size > newest.Size {
		o.report.add(BadHead, -1, -1, "the file %s holds the head of %d entries, but there is one of %d: an older one was put in its place", headPath, newest.Size, best.Size)
	}
	if o.heads.newest().Note == nil {
		o.report.add(BadHead, -1, -1, "there is no good signed head, so nothing can be proven")
	}
	return nil
}

// content reads a tile in the width it has in a log of the newest head's size.
func (o *offline) content(level int, n int64, w int) ([]byte, error) {
	return fs.ReadFile(o.fsys, tilePath(level, n, w))
}

// scan is the pass that suffices when nothing is wrong.
func (o *offline) scan() bool {
	size := o.heads.newest().Size
	g := &growing{}
	whole := o.heads.pass(0, g.root, o.report)
	for n := int64(0); n*tileWidth < size && whole; n++ {
		w := int(min(tileWidth, size-n*tileWidth))
		bundle, err := o.content(entriesLevel, n, w)
		bodies, ok := splitBundle(bundle)
		if err != nil || !ok || len(bodies) != w || !o.same(tile{level: entriesLevel, n: n}, bundle, len(bodies)) {
			return false
		}
		o.report.Size += int64(w)
		for _, body := range bodies {
			whole = o.grow(g, body) && whole
		}
	}
	return whole && o.lastTiles(size) && len(o.widths) == 0
}

// grow adds an entry, and compares tiles that it completes.
func (o *offline) grow(g *growing, body []byte) bool {
	whole := true
	for level, h := range g.add(g.leaf(body)) {
		if level%tileHeight != 0 {
			continue
		}
		l := level / tileHeight
		if o.now[l] = append(o.now[l], h[:]...); len(o.now[l]) == tileWidth*tlog.HashSize {
			n := (g.size>>level - 1) / tileWidth
			whole = o.same(tile{level: l, n: n}, o.now[l], tileWidth) && whole
			o.now[l] = o.now[l][:0]
		}
	}
	return o.heads.pass(g.size, g.root, o.report) && whole
}

func (o *offline) lastTiles(size int64) bool {
	whole := true
	for l, content := range o.now {
		if len(content) > 0 {
			n := size >> (tileHeight * l) / tileWidth
			whole = o.same(tile{level: l, n: n}, content, len(content)/tlog.HashSize) && whole
		}
	}
	return whole
}

// same compares the files of a tile with what they must hold. Narrower ones,
// of earlier exports, must be its beginning. A tile that was compared is
// crossed off; what is left in the end does not belong.
func (o *offline) same(t tile, content []byte, w int) bool {
	whole := slices.Contains(o.widths[t], w)
	for _, width := range o.widths[t] {
		there, err := o.content(t.level, t.n, width)
		whole = whole && err == nil && width <= w && bytes.Equal(there, narrow(t.level, content, width))
	}
	delete(o.widths, t)
	return whole
}

// narrow gives the beginning of a tile.
func narrow(level int, content []byte, w int) []byte {
	if level != entriesLevel {
		return content[:min(len(content), w*tlog.HashSize)]
	}
	end := 0
	for range w {
		if end+2 > len(content) {
			break
		}
		end += 2 + int(content[end])<<8 + int(content[end+1])
	}
	return content[:min(end, len(content))]
}

// trustedCopy reads from an export the hashes of all entries, if they are what
// its newest head signs.
func trustedCopy(v Verification, r *Report) (Checkpoint, []tlog.Hash) {
	text, err := fs.ReadFile(v.Export, headPath)
	if err != nil {
		r.add(BadFile, -1, -1, "the export to compare with has no readable file %s", headPath)
		return Checkpoint{}, nil
	}
	head, err := ParseCheckpoint(text, v.Keys)
	if err != nil {
		r.add(BadHead, -1, -1, "the export to compare with: %s", cratewarden.MessageOf(err))
		return Checkpoint{}, nil
	}
	g := &growing{}
	var leaves []tlog.Hash
	for n := int64(0); n*tileWidth < head.Size; n++ {
		path := tilePath(0, n, int(min(tileWidth, head.Size-n*tileWidth)))
		content, err := fs.ReadFile(v.Export, path)
		if err != nil {
			r.add(BadFile, -1, -1, "the export to compare with lacks the file %s", path)
			return head, nil
		}
		for ; len(content) >= tlog.HashSize; content = content[tlog.HashSize:] {
			leaves = append(leaves, tlog.Hash(content))
			g.add(tlog.Hash(content))
		}
	}
	if g.size != head.Size || g.root() != head.Root {
		r.add(BadFile, -1, -1, "%s", fmt.Sprintf("the export to compare with is not whole; verify it by itself. It was used as far as its head of %d entries goes", head.Size))
		return head, nil
	}
	return head, leaves
}
