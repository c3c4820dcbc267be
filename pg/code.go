package pg

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// IsCode says that the server refused with this SQLSTATE (PostgreSQL
// documentation, appendix A).
func IsCode(err error, code string) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pe.Code == code
}
