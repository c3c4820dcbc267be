package incident

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Limits of what is attached, in bytes.
const (
	MaxFile  = 10 << 20
	MaxFiles = 100 << 20 // of one case
)

// Attach keeps a file with a case, as it is: it is never opened, unpacked or
// shown. A file that is there already, by name and content, is the answer.
func (s *Service) Attach(ctx context.Context, who action.Actor, id, name string, content io.Reader) (File, error) {
	name, err := line("name of the file", path.Base(strings.ReplaceAll(name, `\`, "/")), maxTitle)
	if err != nil {
		return File{}, err
	}
	if name == "" || strings.Trim(name, "./") == "" {
		return File{}, cratewarden.Errorf(cratewarden.Invalid, "The file has no name.")
	}
	data, err := io.ReadAll(io.LimitReader(content, MaxFile+1))
	switch {
	case err != nil:
		return File{}, cratewarden.Wrap(err, cratewarden.Invalid, "The file could not be read to its end. Send it again.")
	case len(data) > MaxFile:
		return File{}, cratewarden.Errorf(cratewarden.TooLarge, "A file may have 10 MiB. Keep a larger one elsewhere, and note its address and SHA-256.")
	case len(data) == 0:
		return File{}, cratewarden.Errorf(cratewarden.Invalid, "The file is empty.")
	}
	f := File{Name: name, SHA256: sha256.Sum256(data), Bytes: int64(len(data))}
	_, err = s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		f.By, f.At = w.person(), w.now
		var all int64
		var have *int64
		err := w.tx.QueryRow(ctx, `SELECT coalesce(sum(octet_length(content)), 0), min(id) FILTER (WHERE name = $2 AND sha256 = $3 AND octet_length(content) > 0)
			FROM incident_file WHERE incident = $1`, w.inc.number(), name, f.SHA256[:]).Scan(&all, &have)
		switch {
		case err != nil:
			return err
		case have != nil:
			f, err = readFile(ctx, w.tx, w.inc.number(), *have)
			return err
		case all+f.Bytes > MaxFiles:
			return cratewarden.Errorf(cratewarden.TooLarge, "The files of a case may have 100 MiB together; this one would make it %d bytes.", all+f.Bytes)
		}
		if err := w.tx.QueryRow(ctx, `INSERT INTO incident_file (incident, name, sha256, bytes, content, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			w.inc.number(), name, f.SHA256[:], f.Bytes, data, f.By.ID, f.By.Name, f.At).Scan(&f.ID); err != nil {
			return err
		}
		number := strconv.FormatInt(f.ID, 10)
		w.record(record{Kind: FileEvent, Body: name, Details: map[string]string{"file": number, "bytes": strconv.FormatInt(f.Bytes, 10)},
			Local: map[string]string{"sha256": f.SHA256.String()}, Documents: []ledger.Document{{Name: "attachment " + number, SHA256: f.SHA256, Bytes: f.Bytes}}})
		return nil
	})
	return f, err
}

const fileColumns = `id, name, sha256, bytes, by_id, by_name, at`

func scanFile(row pgx.CollectableRow) (f File, err error) {
	var digest []byte
	err = row.Scan(&f.ID, &f.Name, &digest, &f.Bytes, &f.By.ID, &f.By.Name, &f.At)
	copy(f.SHA256[:], digest)
	f.At = f.At.UTC()
	return f, err
}

func readFile(ctx context.Context, db querier, incident, file int64) (File, error) {
	rows, err := db.Query(ctx, `SELECT `+fileColumns+` FROM incident_file WHERE incident = $1 AND id = $2`, incident, file)
	if err != nil {
		return File{}, pg.Map(err)
	}
	f, err := pgx.CollectExactlyOneRow(rows, scanFile)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, cratewarden.Errorf(cratewarden.NotFound, "Incident %s has no file %d.", idOf(incident), file)
	}
	return f, pg.Map(err)
}

// Files lists what is attached, in the order in which it came.
func (s *Service) Files(ctx context.Context, id string) ([]File, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Query(ctx, `SELECT `+fileColumns+` FROM incident_file WHERE incident = $1 ORDER BY id`, i.number())
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanFile)
	return out, pg.Map(err)
}

// OpenFile gives a file with its content, which is proven against the hash that
// was recorded: Conflict if it was changed since. Surfaces offer it for saving,
// as application/octet-stream, whatever its name says.
func (s *Service) OpenFile(ctx context.Context, id string, file int64) (File, []byte, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return File{}, nil, err
	}
	f, err := readFile(ctx, s.db, i.number(), file)
	if err != nil {
		return f, nil, err
	}
	var data []byte
	if err := s.db.QueryRow(ctx, `SELECT content FROM incident_file WHERE id = $1`, file).Scan(&data); err != nil {
		return f, nil, pg.Map(err)
	}
	switch {
	case len(data) == 0:
		return f, nil, cratewarden.Errorf(cratewarden.NotFound, "The content of this file was erased.")
	case sha256.Sum256(data) != f.SHA256:
		return f, nil, cratewarden.Errorf(cratewarden.Conflict, "The file is not what was attached: its SHA-256 differs. Somebody changed it in the database.")
	}
	return f, data, nil
}
