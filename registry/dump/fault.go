package dump

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"cratewarden"
	"cratewarden/pg"
)

// fault turns whatever went wrong into an error with a kind and a sentence. An
// import that gives one has changed nothing.
func fault(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*cratewarden.Error](err); ok {
		return err
	}
	wrap := func(kind cratewarden.Kind, text string) error { return cratewarden.Wrap(err, kind, "%s", text) }
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return serverFault(err, pe)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok && !errors.Is(err, context.Canceled) {
		return pg.Map(err) // a missing socket is no missing archive
	}
	switch {
	case errors.Is(err, context.Canceled):
		return wrap(cratewarden.Canceled, "The import was cancelled. The target is as it was.")
	case errors.Is(err, context.DeadlineExceeded):
		return wrap(cratewarden.Timeout, "The import took longer than allowed. The target is as it was.")
	case errors.Is(err, fs.ErrNotExist):
		return wrap(cratewarden.NotFound, "There is no such archive. Check the path.")
	case errors.Is(err, fs.ErrPermission):
		return wrap(cratewarden.Refused, "The archive cannot be read: permission denied.")
	case damaged(err):
		return wrap(cratewarden.Invalid, "The archive is damaged or was cut short. Fetch it again. The target is as it was.")
	}
	return pg.Map(err)
}

// readError is what reading the archive gave. Without it a connection that
// ends early would look like an archive that ends early.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

func reading(err error) error {
	if err == nil {
		return nil
	}
	return readError{err}
}

// damaged says whether an error tells of a broken archive.
func damaged(err error) bool {
	if _, ok := errors.AsType[readError](err); !ok {
		return false
	}
	if _, ok := errors.AsType[flate.CorruptInputError](err); ok {
		return true
	}
	return slices.ContainsFunc([]error{
		io.ErrUnexpectedEOF, io.EOF, gzip.ErrHeader, gzip.ErrChecksum, tar.ErrHeader, tar.ErrFieldTooLong, tar.ErrInsecurePath,
		zip.ErrFormat, zip.ErrAlgorithm, zip.ErrChecksum, zip.ErrInsecurePath,
	}, func(known error) bool { return errors.Is(err, known) })
}

// copyAt reads the place of a bad row out of the server's context line. It
// says "line" in the server's language, so any word will do.
var copyAt = regexp.MustCompile(`COPY (\w+), \S+ (\d+)(?:, \S+ (\w+))?`)

func serverFault(err error, pe *pgconn.PgError) error {
	wrap := func(kind cratewarden.Kind, format string, args ...any) error {
		return cratewarden.Wrap(err, kind, format+" The target is as it was.", args...)
	}
	switch pe.Code {
	case "57014":
		return wrap(cratewarden.Canceled, "The database server stopped the import at somebody's request.")
	case "53100":
		return wrap(cratewarden.Unavailable, "The database server's disk is full. A dump needs about ten times the size of its tar.gz; free some space and start again.")
	case "42501":
		return wrap(cratewarden.Refused, "The database role may not create tables or extensions in the target. Give it the database, or let its owner import.")
	case "25006":
		return wrap(cratewarden.Refused, "The target is read-only. Import into a primary server.")
	case "42P07", "42723", "42710":
		return wrap(cratewarden.Conflict, "The target database is not empty: it already has something of the same name as the registry's. Import into an empty database.")
	case "58P01", "0A000":
		return wrap(cratewarden.Unavailable, "The database server lacks something the registry schema needs (the extensions ltree, pg_trgm and pgcrypto of PostgreSQL 14 or newer).")
	}
	if at := copyAt.FindStringSubmatch(pe.Where); at != nil && pe.Code[:2] != "53" && pe.Code[:2] != "57" {
		if at[3] != "" {
			return wrap(cratewarden.Invalid, "%s.csv has a bad value in line %s, column %q.", at[1], at[2], at[3])
		}
		return wrap(cratewarden.Invalid, "%s.csv has a bad row in line %s.", at[1], at[2])
	}
	switch pe.Code[:2] {
	case "23":
		return wrap(cratewarden.Invalid, "The rows of %s.csv break the rule %q of the registry schema.", pe.TableName, pe.ConstraintName)
	case "22", "42":
		return wrap(cratewarden.Invalid, "The database refused the archive's schema or rows. They do not fit each other or this server's version.")
	}
	return pg.Map(err)
}
