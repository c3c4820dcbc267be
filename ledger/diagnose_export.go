package ledger

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// diagnose reads an export again, keeping all hashes, and says what is wrong.
func (o *offline) diagnose() {
	size := o.heads.newest().Size
	o.widths = map[tile][]int{}
	// The files were listed before without trouble, and what does not belong
	// was reported then.
	quiet := &offline{fsys: o.fsys, report: &Report{}, widths: o.widths}
	_ = quiet.list()
	d := &diagnosis{stored: emptyTree(size), heads: o.heads.list, report: o.report, where: func(level int, n int64) string {
		return fmt.Sprintf("in the tile %d/%d", level/tileHeight, n/tileWidth)
	}}
	o.collectHashes(size, d)
	o.collectEntries(size, d)
	o.report.Size = int64(len(d.rows))
	d.run()
	o.narrower(size, d.proven)
}

// width is how wide a tile must be in a log of that size, 0 for not there.
func (t tile) width(size int64) int {
	below := size
	if t.level > 0 {
		below = size >> (tileHeight * t.level)
	}
	return int(max(0, min(tileWidth, below-t.n*tileWidth)))
}

func (o *offline) collectHashes(size int64, d *diagnosis) {
	for _, t := range tilesBetween(0, size) {
		if t.level == entriesLevel {
			continue
		}
		content, err := o.content(t.level, t.n, t.w)
		switch {
		case err != nil:
			o.report.add(BadFile, -1, -1, "the file %s is missing", t.path())
			continue
		case len(content) != t.w*tlog.HashSize:
			o.report.add(BadFile, -1, -1, "the file %s has %d bytes instead of %d", t.path(), len(content), t.w*tlog.HashSize)
		}
		for i := 0; (i+1)*tlog.HashSize <= len(content) && i < t.w; i++ {
			d.stored.set(t.level*tileHeight, t.n*tileWidth+int64(i), tlog.Hash(content[i*tlog.HashSize:]))
		}
	}
}

func (o *offline) collectEntries(size int64, d *diagnosis) {
	for n := int64(0); n*tileWidth < size; n++ {
		first := n * tileWidth
		path := tilePath(entriesLevel, n, tile{level: entriesLevel, n: n}.width(size))
		bundle, err := o.content(entriesLevel, n, tile{level: entriesLevel, n: n}.width(size))
		if err != nil {
			o.report.add(BadFile, -1, -1, "the file %s is missing", path)
			continue
		}
		bodies, whole := splitBundle(bundle)
		// A length that was changed shifts all that follows; the second
		// reading finds the entries by their own ends.
		again, lengths := salvageBundle(bundle)
		if !whole || len(lengths) > 0 && len(again) > len(bodies) {
			bodies = again
			for _, i := range lengths {
				o.report.addEntry(Changed, first+int64(i), "the length of entry %d, in the file %s, was changed", first+int64(i), path)
			}
		}
		for i, body := range bodies {
			d.rows = append(d.rows, newFound(first+int64(i), body, d.stored.get(0, first+int64(i))))
		}
	}
}

// narrower checks tiles that earlier exports left behind, and finds files for
// which there is no place.
func (o *offline) narrower(size int64, proven []tlog.Hash) {
	hashes := emptyTree(size)
	copy(hashes.leaves(), proven)
	hashes.fill()
	var bad []string
	for t, widths := range o.widths {
		for _, w := range widths {
			if must := t.width(size); w == must {
				continue
			} else if content, err := o.content(t.level, t.n, w); w > must || err != nil || !t.holds(content, w, hashes) {
				bad = append(bad, tilePath(t.level, t.n, w))
			}
		}
	}
	slices.Sort(bad)
	for _, path := range bad {
		o.report.add(BadFile, -1, -1, "the file %s was changed or does not belong there", path)
	}
}

// holds says whether a tile of that width is what the tree says.
func (t tile) holds(content []byte, w int, hashes tree) bool {
	if t.level == entriesLevel {
		bodies, whole := splitBundle(content)
		for i, body := range bodies {
			whole = whole && tlog.RecordHash(body) == hashes.get(0, t.n*tileWidth+int64(i))
		}
		return whole && len(bodies) == w
	}
	var want []byte
	for i := range int64(w) {
		h := hashes.get(t.level*tileHeight, t.n*tileWidth+i)
		want = append(want, h[:]...)
	}
	return bytes.Equal(content, want)
}
