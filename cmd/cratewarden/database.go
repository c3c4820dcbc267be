package main

import (
	"context"
	"errors"

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
