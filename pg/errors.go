package pg

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cratewarden"
)

// Map turns an error of the driver or the server into one of our kinds with a
// sentence for people. Errors that already have a kind pass through, and so
// does nil. The server's own text stays in the cause.
func Map(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*cratewarden.Error](err); ok {
		return err
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return mapServer(err, pe)
	}
	return mapClient(err)
}

func mapClient(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return cratewarden.Wrap(err, cratewarden.Timeout, "The database took longer than this page may wait. Narrow the question and try again.")
	case errors.Is(err, context.Canceled):
		return cratewarden.Wrap(err, cratewarden.Canceled, "The request was given up before the database answered.")
	case errors.Is(err, pgx.ErrNoRows):
		return cratewarden.Wrap(err, cratewarden.NotFound, "There is no such row.")
	}
	if _, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		return malformedURL()
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return unavailable(err)
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return unavailable(err)
	}
	if pgconn.SafeToRetry(err) {
		return unavailable(err)
	}
	return cratewarden.Wrap(err, cratewarden.Internal, "The database gave an unexpected answer.")
}

// malformedURL leaves the cause out: it quotes the address, and where that is
// malformed the driver cannot see what in it is the password.
func malformedURL() error {
	return cratewarden.Errorf(cratewarden.Invalid,
		"The database address is not a valid PostgreSQL URL. It should look like postgres://user@host:5432/database.")
}

func unavailable(err error) error {
	return cratewarden.Wrap(err, cratewarden.Unavailable, "The database does not answer. Check that it runs and that its address is right; this page works again as soon as it does.")
}

// mapServer sorts by SQLSTATE class (PostgreSQL documentation, appendix A).
func mapServer(err error, pe *pgconn.PgError) error {
	wrap := func(kind cratewarden.Kind, text string) error { return cratewarden.Wrap(err, kind, "%s", text) }
	switch pe.Code {
	case "57014":
		return wrap(cratewarden.Timeout, "The database stopped this question because it took too long. Narrow it and try again.")
	case "55P03":
		return wrap(cratewarden.Timeout, "Somebody else holds the rows this needs. Try again in a moment.")
	case "42501":
		return wrap(cratewarden.Refused, "The database role may not do this. Run check-registry to see the grants it needs.")
	case "53100":
		return wrap(cratewarden.Unavailable, "The database server's disk is full. Free some space and try again.")
	case "22021", "22P05":
		return wrap(cratewarden.Invalid, "That text holds a character that no database text can hold. Leave it out.")
	case "25006":
		return wrap(cratewarden.Refused, "This connection is read-only.")
	case "40001", "40P01":
		return wrap(cratewarden.Conflict, "Somebody changed the same rows at the same time. Try again.")
	case "42P01", "42703", "42883":
		return wrap(cratewarden.Unavailable, "The database lacks a table, column or function that this needs. Run check-registry to see which.")
	}
	switch pe.Code[:min(2, len(pe.Code))] {
	case "08", "57", "53":
		return unavailable(err)
	case "28", "3D":
		return wrap(cratewarden.Unavailable, "The database refused the connection: check the user, the password and the database name.")
	case "23":
		return wrap(cratewarden.Conflict, "The database refused the change because it breaks a rule of its own.")
	}
	return wrap(cratewarden.Internal, "The database refused this in a way nobody foresaw.")
}
