package ledger

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// Objects is where an export goes: a folder or a bucket.
type Objects interface {
	// Read gives an object whole; NotFound when it is not there.
	Read(ctx context.Context, key string) ([]byte, error)
	// Write stores an object durably. Unless replace is set, one that is
	// there stays, and the answer is Conflict.
	Write(ctx context.Context, key string, content []byte, replace bool) error
}

// Exported says what an export wrote.
type Exported struct {
	Head  Checkpoint
	From  int64 // entries that were there before
	Files int   // files written
}

// Export signs the head and brings the public copy of the log up to it. Only
// what is new is written; the newest checkpoint is written last, so a copy is
// whole whenever somebody reads it, and an export that was cut short is
// completed by the next. It refuses, with Conflict, a copy of another log or
// one that this log does not continue, and never overwrites anything but the
// newest checkpoint. Personal data is not exported, only its hashes.
func (l *Log) Export(ctx context.Context, to Objects) (Exported, error) {
	head, err := l.Head(ctx)
	if err != nil {
		return Exported{}, err
	}
	done := Exported{Head: head}
	old, err := l.exported(ctx, to, head)
	if err != nil {
		return done, err
	}
	done.From = old.Size
	for _, t := range tilesBetween(old.Size, head.Size) {
		content, err := l.tileContent(ctx, t)
		if err != nil {
			return done, fmt.Errorf("%s: %w", t.path(), err)
		}
		if err := done.write(ctx, to, t.path(), content); err != nil {
			return done, err
		}
	}
	if bytes.Equal(old.Note, head.Note) {
		return done, nil
	}
	if old.Size < head.Size || old.Note == nil {
		if err := done.write(ctx, to, headsPath(head.Size), head.Note); err != nil {
			return done, err
		}
	}
	done.Files++
	return done, to.Write(ctx, headPath, head.Note, true)
}

// exported gives the head of what is there already, after proving that this
// log continues it.
func (l *Log) exported(ctx context.Context, to Objects, head Checkpoint) (Checkpoint, error) {
	text, err := to.Read(ctx, headPath)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, err
	}
	old, err := ParseCheckpoint(text, nil)
	if err != nil || old.Origin != head.Origin {
		return Checkpoint{}, cratewarden.Wrap(err, cratewarden.Conflict, "There is something else than an export of this ledger. Choose an empty place.")
	}
	if old.Size > head.Size || continues(old, head.Size, hashReader(ctx, l.db)) != nil {
		return Checkpoint{}, cratewarden.Errorf(cratewarden.Conflict,
			"This ledger does not continue the exported one of %d entries. Nothing was written. Run: cratewarden ledger verify, with both.", old.Size)
	}
	return old, nil
}

// write stores what never changes; what is there must be the same, left by an
// export that was cut short.
func (x *Exported) write(ctx context.Context, to Objects, key string, content []byte) error {
	err := to.Write(ctx, key, content, false)
	if cratewarden.KindOf(err) == cratewarden.Conflict {
		if there, again := to.Read(ctx, key); again == nil && bytes.Equal(there, content) {
			return nil
		}
		return cratewarden.Wrap(err, cratewarden.Conflict, "The exported file %s holds something else. Verify the export before going on.", key)
	}
	if err == nil {
		x.Files++
	}
	return err
}

func (l *Log) tileContent(ctx context.Context, t tile) ([]byte, error) {
	if t.level != entriesLevel {
		return tlog.ReadTileData(tlog.Tile{H: tileHeight, L: t.level, N: t.n, W: t.w}, hashReader(ctx, l.db))
	}
	first := t.n * tileWidth
	rows, err := l.db.Query(ctx, `SELECT body FROM ledger_entry WHERE index >= $1 AND index < $2 ORDER BY index`, first, first+int64(t.w))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var bundle []byte
	count := 0
	for ; rows.Next(); count++ {
		bundle = appendToBundle(bundle, rows.RawValues()[0])
	}
	if rows.Err() == nil && count != t.w {
		return nil, forked(fmt.Errorf("%d entries instead of %d", count, t.w))
	}
	return bundle, rows.Err()
}
