package evidence

import (
	"context"
	"io"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
	"cratewarden/registry/extract"
	"cratewarden/registry/files"
)

func itoa[T int32 | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// readRows reads everything that stands in the registry's database, in one
// snapshot, into the spool. The snapshot is over before any file is fetched,
// so that it does not keep the registry from cleaning up.
func (d *draft) readRows(ctx context.Context, r *Request) error {
	return pg.Snapshot(ctx, d.service.cfg.Registry, func(tx pgx.Tx) error {
		// Whatever the role's settings, the same rows must give the same text.
		_, err := tx.Exec(ctx, `SELECT set_config('timezone', 'UTC', true), set_config('bytea_output', 'hex', true),
			set_config('extra_float_digits', '1', true), set_config('intervalstyle', 'postgres', true),
			set_config('statement_timeout', $1, true)`, strconv.FormatInt(d.service.cfg.RowTimeout.Milliseconds(), 10))
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT pg_current_snapshot()::text, now()`).Scan(&d.manifest.Snapshot, &d.manifest.TakenAt); err != nil {
			return err
		}
		subjects, err := extract.Resolve(ctx, tx, r.Crates, r.Versions, r.Users)
		if err != nil {
			return err
		}
		d.manifest.Subjects, d.manifest.Parts, d.manifest.Missing = *subjects, []Part{}, []Missing{}
		if err := d.readSheets(ctx, tx); err != nil {
			return err
		}
		return d.readIndex(ctx, tx)
	})
}

func (d *draft) readSheets(ctx context.Context, tx pgx.Tx) error {
	sheets, left, err := extract.Plan(ctx, tx, &d.manifest.Subjects)
	if err != nil {
		return err
	}
	d.manifest.LeftOut = left
	for _, sheet := range sheets {
		part := Part{Name: "rows/" + sheet.Name + ".jsonl", Kind: KindRows, Source: sheet.Table}
		err := d.add(ctx, part, sheet.Personal, func(w io.Writer) (int64, error) { return sheet.Write(ctx, tx, &d.manifest.Subjects, w) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) readIndex(ctx context.Context, tx pgx.Tx) error {
	for _, c := range d.manifest.Subjects.Crates {
		path := files.IndexPath(c.Name)
		part := Part{Name: "index-built/" + path, Kind: KindIndexBuilt, Source: path}
		err := d.add(ctx, part, false, func(w io.Writer) (int64, error) { return extract.Index(ctx, tx, c, d.service.cfg.PubTime, w) })
		if err != nil {
			return err
		}
	}
	return nil
}

// add writes one part into the spool. A personal part without rows holds
// nothing to hide and stays open, so that its emptiness can be seen.
func (d *draft) add(ctx context.Context, part Part, personal bool, write func(io.Writer) (int64, error)) error {
	content, err := d.spool.write(ctx, d.left, func(w io.Writer) (err error) {
		part.Rows, err = write(w)
		return err
	})
	if err != nil {
		return err
	}
	d.left -= content.size
	part.Encrypted = personal && part.Rows > 0
	d.rows = append(d.rows, rowPart{part, content})
	d.service.log.DebugContext(ctx, "evidence read", "part", part.Name, "rows", part.Rows)
	return nil
}
