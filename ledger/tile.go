package ledger

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// The public layout (c2sp.org/tlog-tiles): "checkpoint" is the newest head,
// tile/<L>/<N> are hashes, tile/entries/<N> are entries. checkpoints/<size> is
// ours: every head there ever was, so that an older one cannot take the place
// of the newest unnoticed.
const (
	tileHeight  = 8
	tileWidth   = 1 << tileHeight
	headPath    = "checkpoint"
	headsFolder = "checkpoints"
	tilesFolder = "tile"
)

// entriesLevel is the level that stands for the entries themselves.
const entriesLevel = -1

// tilePath gives the path of a tile; w is its width.
func tilePath(level int, n int64, w int) string {
	path := tilesFolder + "/entries/"
	if level != entriesLevel {
		path = fmt.Sprintf("%s/%d/", tilesFolder, level)
	}
	number := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		number = fmt.Sprintf("x%03d/%s", n%1000, number)
	}
	if path += number; w < tileWidth {
		path += fmt.Sprintf(".p/%d", w)
	}
	return path
}

// parseTilePath is the inverse; false for anything else.
func parseTilePath(path string) (level int, n int64, w int, ok bool) {
	kind, number, ok := strings.Cut(strings.TrimPrefix(path, tilesFolder+"/"), "/")
	if !ok {
		return 0, 0, 0, false
	}
	level = entriesLevel
	if kind != "entries" {
		var err error
		if level, err = strconv.Atoi(kind); err != nil || level < 0 || level > 63 {
			return 0, 0, 0, false
		}
	}
	w = tileWidth
	if number, width, partial := strings.Cut(number, ".p/"); partial {
		var err error
		if w, err = strconv.Atoi(width); err != nil || w < 1 || w >= tileWidth {
			return 0, 0, 0, false
		}
		n, ok = parseTileNumber(number)
	} else {
		n, ok = parseTileNumber(number)
	}
	return level, n, w, ok && tilePath(level, n, w) == path
}

func parseTileNumber(text string) (n int64, ok bool) {
	parts := strings.Split(text, "/")
	if len(parts) > 5 {
		return 0, false
	}
	for _, part := range parts {
		digits, err := strconv.ParseUint(strings.TrimPrefix(part, "x"), 10, 16)
		if err != nil || digits > 999 {
			return 0, false
		}
		n = n*1000 + int64(digits)
	}
	return n, true
}

func headsPath(size int64) string { return fmt.Sprintf("%s/%d", headsFolder, size) }

// tile is one file of the layout, covering w entries or hashes.
type tile struct {
	level int
	n     int64
	w     int
}

func (t tile) path() string { return tilePath(t.level, t.n, t.w) }

// tilesBetween gives the files that a log of the new size has and one of the
// old size has not.
func tilesBetween(oldSize, newSize int64) []tile {
	var tiles []tile
	for _, t := range tlog.NewTiles(tileHeight, oldSize, newSize) {
		if t.L == 0 {
			tiles = append(tiles, tile{entriesLevel, t.N, t.W})
		}
		tiles = append(tiles, tile{t.L, t.N, t.W})
	}
	return tiles
}

// appendToBundle adds an entry to the content of an entries file.
func appendToBundle(bundle, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16(bundle, uint16(len(body))), body...)
}

// splitBundle gives the entries of such a file; false if it ends in the middle
// of one.
func splitBundle(bundle []byte) (bodies [][]byte, ok bool) {
	for len(bundle) > 0 {
		if len(bundle) < 2 {
			return bodies, false
		}
		n := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+n {
			return bodies, false
		}
		bodies = append(bodies, bundle[2:2+n:2+n])
		bundle = bundle[2+n:]
	}
	return bodies, true
}

// salvageBundle reads a damaged file as far as can be: where a length is
// wrong, the end of the JSON object is found by its braces. lengths names the
// entries, from 0, whose length was wrong.
func salvageBundle(bundle []byte) (bodies [][]byte, lengths []int) {
	for len(bundle) > 2 {
		declared := int(binary.BigEndian.Uint16(bundle))
		rest := bundle[2:]
		n := declared
		if !boundary(rest, n) {
			if n = objectEnd(rest); !boundary(rest, n) {
				return bodies, append(lengths, len(bodies))
			}
			lengths = append(lengths, len(bodies))
		}
		bodies = append(bodies, rest[:n:n])
		bundle = rest[n:]
	}
	if len(bundle) > 0 {
		lengths = append(lengths, len(bodies))
	}
	return bodies, lengths
}

// boundary says whether an entry may end at n: there is the end of the file or
// another entry.
func boundary(rest []byte, n int) bool {
	return n > 0 && (n == len(rest) || n+2 < len(rest) && rest[n+2] == '{' && rest[n-1] == '}')
}

// objectEnd gives the length of the JSON object at the beginning, 0 for none.
func objectEnd(text []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth <= 0 {
				return i + 1
			}
		}
	}
	return 0
}
