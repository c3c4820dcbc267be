package schema_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// querier is a pool, a connection or a transaction.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func exec(t *testing.T, db querier, sql string, args ...any) {
	t.Helper()
	if len(args) == 0 {
		args = []any{pgx.QueryExecModeSimpleProtocol}
	}
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// scalar reads one value as text, with "NULL" for NULL.
func scalar(t *testing.T, db querier, sql string, args ...any) string {
	t.Helper()
	var value *string
	if err := db.QueryRow(t.Context(), `SELECT (`+sql+`)::text`, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if value == nil {
		return "NULL"
	}
	return *value
}

func number(t *testing.T, db querier, sql string, args ...any) int64 {
	t.Helper()
	var value int64
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// code runs a statement that must fail and gives its SQLSTATE; "" when it did not fail.
func code(t *testing.T, db querier, sql string, args ...any) string {
	t.Helper()
	if len(args) == 0 {
		args = []any{pgx.QueryExecModeSimpleProtocol}
	}
	_, err := db.Exec(t.Context(), sql, args...)
	return state(t, err)
}

func state(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		t.Fatalf("not an answer of the server: %v", err)
	}
	return refusal.Code
}

// SQLSTATEs that the contract speaks of.
const (
	raised          = "P0001"
	foreignKey      = "23503"
	uniqueKey       = "23505"
	checkFailed     = "23514"
	notNull         = "23502"
	outOfRange      = "22008"
	lockUnavailable = "55P03"
)

func addUser(t *testing.T, db querier, login string) int64 {
	t.Helper()
	return number(t, db, `INSERT INTO users (gh_login, gh_id, username) VALUES ($1, -1, $1) RETURNING id`, login)
}

func addCrate(t *testing.T, db querier, name string) int64 {
	t.Helper()
	return number(t, db, `INSERT INTO crates (name) VALUES ($1) RETURNING id`, name)
}

func addVersion(t *testing.T, db querier, crate int64, num string) int64 {
	t.Helper()
	return number(t, db, `INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256)
		VALUES ($1, $2::text, split_part($2::text, '+', 1), 1, decode(repeat('00', 32), 'hex')) RETURNING id`, crate, num)
}

func addDependency(t *testing.T, db querier, version, target int64) int64 {
	t.Helper()
	return number(t, db, `INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features)
		VALUES ($1, $2, '*', false, true, '{}') RETURNING id`, version, target)
}
