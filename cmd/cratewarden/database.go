package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cratewarden/pg"
	"cratewarden/pg/pgtemp"
)

// createDatabase makes a database on a private server unless it is there.
func createDatabase(ctx context.Context, server *pgtemp.Server, name string) error {
	err := onServer(ctx, server, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize()+` TEMPLATE template0`)
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "42P04" {
		return nil
	}
	return pg.Map(err)
}

// freshDatabase makes a database on a private server, in place of one of that
// name.
func freshDatabase(ctx context.Context, server *pgtemp.Server, name string) error {
	if err := onServer(ctx, server, `DROP DATABASE IF EXISTS `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`); err != nil {
		return pg.Map(err)
	}
	return createDatabase(ctx, server, name)
}

func onServer(ctx context.Context, server *pgtemp.Server, sql string) error {
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

// readMark reads what a data folder was made from; false when it was never
// finished.
func readMark[T any](dir, name string) (T, bool) {
	var mark T
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return mark, false
	}
	return mark, json.Unmarshal(text, &mark) == nil
}

// writeMark says that a data folder is complete; it is written last and
// removed first, so that a half-made folder is never taken for a whole one.
func writeMark(dir, name string, mark any) error {
	text, err := json.MarshalIndent(mark, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func removeMark(dir, name string) error {
	err := os.Remove(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
