package dump

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
)

// table streams one CSV file into COPY.
func (im *importer) table(ctx context.Context, f file) error {
	im.meter.table(f.table)
	// Without its own end the reading goroutine would outlive a failed COPY.
	reading, stop := context.WithCancel(ctx)
	defer stop()
	input := readAhead(reading, f.data)
	body := bufio.NewReaderSize(input, 64<<10)
	header, line, err := readHeader(body, f.table)
	if err != nil {
		return input.first(err)
	}
	absent, err := im.layout.check(f.table, header)
	if err != nil {
		return err
	}
	if im.crew != nil {
		// Rows can be written frozen, and without a log, only into a table that
		// is new in this transaction.
		if _, err := im.tx.Exec(ctx, "TRUNCATE public."+pgx.Identifier{f.table}.Sanitize()); err != nil {
			return err
		}
	}
	undo, err := im.arrange(ctx, f.table, absent)
	if err != nil {
		return err
	}
	rows := &metered{r: io.MultiReader(bytes.NewReader(line), body), im: im}
	tag, err := im.conn.PgConn().CopyFrom(ctx, rows, copyStatement(f.table, header))
	if err != nil {
		return input.first(err)
	}
	for _, sql := range undo {
		if _, err := im.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	for _, c := range absent {
		if _, computed := derived[f.table][c]; !computed || c == "encrypted_token" {
			im.result.Absent = append(im.result.Absent, f.table+"."+c)
		}
	}
	im.result.Rows[f.table] = tag.RowsAffected()
	im.sizes[f.table] = rows.n
	im.meter.now.Rows += tag.RowsAffected()
	return im.handOver(ctx)
}

// first gives what reading the archive said, which comes before what the
// server made of it.
func (a *ahead) first(err error) error {
	if a.err != nil && a.err != io.EOF {
		return reading(a.err)
	}
	return err
}

// metered counts a table's bytes and reports how far the archive is read.
type metered struct {
	r  io.Reader
	im *importer
	n  int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	done, _ := m.im.src.progress()
	m.im.meter.to(done)
	return n, err
}

// arrange lets a table take rows without the columns the dump leaves out, and
// gives the statements that make it strict again.
func (im *importer) arrange(ctx context.Context, table string, absent []string) (undo []string, err error) {
	for _, c := range absent {
		alter := fmt.Sprintf("ALTER TABLE public.%s ALTER COLUMN %s ", pgx.Identifier{table}.Sanitize(), pgx.Identifier{c}.Sanitize())
		value, ok := derived[table][c]
		guess := im.layout.guess(table, c)
		switch {
		case ok && value == byTrigger:
			var drop []string
			drop, err = im.semverTrigger(ctx)
			undo = append(undo, drop...)
		case ok:
			_, err = im.tx.Exec(ctx, alter+"SET DEFAULT "+value)
			undo = append(undo, alter+"DROP DEFAULT")
		case guess != "":
			_, err = im.tx.Exec(ctx, alter+"DROP DEFAULT")
			undo = append(undo, alter+"SET DEFAULT "+guess)
		}
		if err != nil {
			return nil, err
		}
	}
	return undo, nil
}
