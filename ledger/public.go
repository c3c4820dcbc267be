package ledger

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// Public gives a file of the log's layout that strangers may read: the newest
// signed head ("checkpoint"), older ones ("checkpoints/<size>") and hashes
// ("tile/<level>/<n>") as far as that head reaches. With them anybody can hold
// the console to its history without reading it. Entries are not among them:
// they name people and internal reasons. settled says that the file will never
// change. The error is NotFound for any other path.
func (l *Log) Public(ctx context.Context, path string) (content []byte, settled bool, err error) {
	none := cratewarden.Errorf(cratewarden.NotFound, "The public ledger has no such file.")
	head, err := lastHead(ctx, l.db, nil)
	if err != nil {
		return nil, false, err
	}
	if head.Note == nil {
		return nil, false, none
	}
	if path == headPath {
		return head.Note, false, nil
	}
	if size, ok := strings.CutPrefix(path, headsFolder+"/"); ok {
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil || headsPath(n) != path {
			return nil, false, none
		}
		var note string
		err = l.db.QueryRow(ctx, `SELECT note FROM ledger_checkpoint WHERE size = $1 ORDER BY note LIMIT 1`, n).Scan(&note)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, false, none
		}
		return []byte(note), false, err // a new key signs the same head again
	}
	level, n, w, ok := parseTilePath(path)
	if !ok || level == entriesLevel || !covered(head.Size, level, n, w) {
		return nil, false, none
	}
	content, err = tlog.ReadTileData(tlog.Tile{H: tileHeight, L: level, N: n, W: w}, hashReader(ctx, l.db))
	return content, true, err
}

// covered says whether a tile holds nothing but hashes of full subtrees of a log
// of this size.
func covered(size int64, level int, n int64, w int) bool {
	for range level {
		size /= tileWidth
	}
	return n < size/tileWidth || n == size/tileWidth && int64(w) <= size%tileWidth
}
