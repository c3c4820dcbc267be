package check_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cratewarden/pg/pgtest"
	"cratewarden/registry/check"
	"cratewarden/registry/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func registry() pgtest.Template {
	return pgtest.Template{Name: "registry", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		// Version 14 lets everybody create objects there, which is no right that we granted (TestNotes).
		_, err := conn.Exec(ctx, `REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
		return err
	}}
}

// connect gives the owner's connection to a registry of the test's own.
func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	return open(t, pgtest.URL(t, registry()))
}

func open(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// roles counts the roles made so far; unlike databases they are shared by the whole server.
var roles atomic.Int64

// connectAs gives two connections to one registry: the owner's, and one of a fresh role with exactly the grants of mode.
func connectAs(t *testing.T, mode check.Mode) (owner, role *pgx.Conn) {
	t.Helper()
	url := pgtest.URL(t, registry())
	owner, role = open(t, url), open(t, url)
	// A name that only works when it is quoted.
	name := fmt.Sprintf(`Odd "role"; %d`, roles.Add(1))
	exec(t, owner, `CREATE ROLE `+pgx.Identifier{name}.Sanitize())
	exec(t, owner, check.Grants(name, mode))
	exec(t, role, `SET SESSION AUTHORIZATION `+pgx.Identifier{name}.Sanitize())
	return owner, role
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// code runs statements and gives the SQLSTATE of the failure, "" for none.
func code(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	if err == nil {
		return ""
	}
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		t.Fatalf("not an answer of the server: %v", err)
	}
	if refusal.Code != denied {
		t.Logf("%v", err)
	}
	return refusal.Code
}

const denied = "42501"

func run(t *testing.T, conn *pgx.Conn) check.Report {
	t.Helper()
	report, err := check.Run(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// able lists the capabilities a report says are usable.
func able(r check.Report) []check.Capability {
	able := []check.Capability{}
	for _, c := range check.Capabilities() {
		if r.Can(c) {
			able = append(able, c)
		}
	}
	return able
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
