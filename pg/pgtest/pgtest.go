// Package pgtest gives each test a real PostgreSQL database of its own. One
// private server runs per test program; a template database is built once and
// cloned for every test in a fraction of a second, so there is never a reason
// to fake the database or to share it.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/pg"
	"cratewarden/pg/pgtemp"
)

// Template is a database built once and cloned for each test.
type Template struct {
	// Name tells templates apart within one test program.
	Name string
	// From is the template this one starts from; nil means an empty database.
	From *Template
	// Build fills the database; nil leaves it as it is.
	Build func(ctx context.Context, conn *pgx.Conn) error
}

// suite is the server and the templates of one test program.
type suite struct {
	once      sync.Once
	server    *pgtemp.Server
	admin     *pgxpool.Pool // makes and drops databases
	err       error
	mu        sync.Mutex
	templates map[string]*built
	serial    atomic.Int64
}

type built struct {
	once sync.Once
	name string
	err  error
}

// shared is global because a test program has exactly one main, which starts
// and stops it; nothing outside tests can reach it.
var shared = &suite{templates: map[string]*built{}}

// Main runs a test program's tests and stops the server afterwards; use it as
// func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }.
func Main(m *testing.M) int {
	code := m.Run()
	Stop()
	return code
}

// Stop ends the server, for programs that have more to end than Main knows.
func Stop() {
	if shared.admin != nil {
		shared.admin.Close()
	}
	if shared.server != nil {
		shared.server.Stop()
	}
}

// Server gives the test program's server, starting it at the first call.
func Server(t testing.TB) *pgtemp.Server {
	t.Helper()
	shared.once.Do(func() {
		if shared.server, shared.err = pgtemp.Start(context.Background(), pgtemp.Config{Fast: true}); shared.err == nil {
			shared.admin, shared.err = pgxpool.New(context.Background(), shared.server.URL("postgres"))
		}
	})
	if shared.err != nil {
		t.Fatalf("start PostgreSQL for tests: %v", shared.err)
	}
	return shared.server
}

// Database gives a pool on a fresh clone of the template; the database is
// dropped when the test ends.
func Database(t testing.TB, tmpl Template) *pgxpool.Pool {
	t.Helper()
	pool, err := pg.Open(t.Context(), pg.Config{URL: URL(t, tmpl), StatementTimeout: time.Minute, LockTimeout: time.Minute})
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// URL is Database for tests that open their own connections.
func URL(t testing.TB, tmpl Template) string {
	t.Helper()
	server := Server(t)
	source := shared.template(t, tmpl)
	name := fmt.Sprintf("test_%d", shared.serial.Add(1))
	admin(t, fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s%s`, name, source, strategy(server)))
	t.Cleanup(func() { admin(t, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`) })
	return server.URL(name)
}

// strategy copies the template's files instead of logging every page, which
// is some times faster; version 14 knows no other way.
func strategy(server *pgtemp.Server) string {
	if server.Version() < 15 {
		return ""
	}
	return " STRATEGY file_copy"
}

// template builds the named template once and gives its database's name.
func (s *suite) template(t testing.TB, tmpl Template) string {
	t.Helper()
	s.mu.Lock()
	b, ok := s.templates[tmpl.Name]
	if !ok {
		b = &built{name: fmt.Sprintf("template_%d", len(s.templates))}
		s.templates[tmpl.Name] = b
	}
	s.mu.Unlock()
	b.once.Do(func() {
		source := "template0"
		if tmpl.From != nil {
			source = s.template(t, *tmpl.From) + strategy(s.server)
		}
		b.err = s.build(b.name, source, tmpl)
	})
	if b.err != nil {
		t.Fatalf("build template %q: %v", tmpl.Name, b.err)
	}
	return b.name
}

func (s *suite) build(name, source string, tmpl Template) error {
	ctx := context.Background()
	if err := s.execute(ctx, `CREATE DATABASE `+name+` TEMPLATE `+source); err != nil {
		return err
	}
	if tmpl.Build == nil {
		return nil
	}
	// A template with a connection left open cannot be cloned.
	conn, err := pgx.Connect(ctx, s.server.URL(name))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	return tmpl.Build(ctx, conn)
}

func admin(t testing.TB, sql string) {
	t.Helper()
	if err := shared.execute(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// execute runs one statement about databases. The server waits 5 s for those who
// left a database to be gone; on a machine that stands still for so long it is
// asked again.
func (s *suite) execute(ctx context.Context, sql string) error {
	for end := time.Now().Add(time.Minute); ; {
		_, err := s.admin.Exec(ctx, sql)
		if in, ok := errors.AsType[*pgconn.PgError](err); !ok || in.Code != objectInUse || time.Now().After(end) {
			return err
		}
	}
}

// objectInUse is the server's code for a database that somebody is still in.
const objectInUse = "55006"
