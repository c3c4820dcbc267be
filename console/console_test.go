package console

import (
	"bytes"
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func empty() pgtest.Template { return pgtest.Template{Name: "empty"} }

func TestMigrateOnceThenNeverAgain(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, empty())
	first, err := Migrate(t.Context(), url)
	if err != nil || len(first) == 0 {
		t.Fatalf("first: %v, %v", first, err)
	}
	again, err := Migrate(t.Context(), url)
	if err != nil || len(again) != 0 {
		t.Errorf("again: %v, %v", again, err)
	}
}

// A registry's database is never touched, whoever gives its address twice.
func TestDatabaseOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, empty())
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), `CREATE TABLE crates (id integer)`); err != nil {
		t.Fatal(err)
	}
	if _, err := Migrate(t.Context(), url); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("migrated somebody else's database: %v", err)
	}
	var tables int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables); err != nil || tables != 1 {
		t.Errorf("%d tables, %v", tables, err)
	}
}

// A file that was changed after it was applied must stop the program, because
// nobody can say any more what the database holds.
func TestChangedMigrationIsRefused(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.URL(t, empty()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	text := func(sql string) fstest.MapFS { return fstest.MapFS{"0001_a.sql": {Data: []byte(sql)}} }
	if _, err := pg.Migrate(t.Context(), conn, text(`CREATE TABLE a (id int)`)); err != nil {
		t.Fatal(err)
	}
	_, err = pg.Migrate(t.Context(), conn, text(`CREATE TABLE a (id bigint)`))
	if cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("changed file: %v", err)
	}
}

func TestBrokenMigrationLeavesNothing(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, empty())
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	broken := fstest.MapFS{"0001_a.sql": {Data: []byte(`CREATE TABLE half (id int); SELECT nonsense`)}}
	if _, err := pg.Migrate(t.Context(), conn.Conn(), broken); err == nil {
		t.Fatal("a broken migration was applied")
	}
	var there bool
	if err := pool.QueryRow(t.Context(), `SELECT to_regclass('half') IS NOT NULL`).Scan(&there); err != nil || there {
		t.Errorf("half a migration stayed: %v %v", there, err)
	}
}

// A role with the least rights must be able to start on a database that its
// owner has migrated.
func TestMigrateNeedsNoOwnerWhenNothingIsNew(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, empty())
	if _, err := Migrate(t.Context(), pool.Config().ConnString()); err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, sql := range []string{
		`CREATE ROLE least_` + pool.Config().ConnConfig.Database, `GRANT SELECT ON console_migration TO least_` + pool.Config().ConnConfig.Database,
		`SET ROLE least_` + pool.Config().ConnConfig.Database,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	names, err := pg.Migrate(t.Context(), conn.Conn(), sub)
	if err != nil || len(names) != 0 {
		t.Errorf("as the least role: %v, %v", names, err)
	}
	if _, err := conn.Exec(t.Context(), `RESET ROLE`); err != nil {
		t.Fatal(err)
	}
}

func TestSettingsAndKeys(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, empty())
	if _, err := Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	pool, err := pg.Open(t.Context(), pg.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s := NewStore(pool)
	if _, err := s.Setting(t.Context(), "x"); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("unset: %v", err)
	}
	for _, v := range []string{"1", "2"} {
		if err := s.Set(t.Context(), "x", []byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := s.Setting(t.Context(), "x"); err != nil || string(v) != "2" {
		t.Errorf("set twice: %q %v", v, err)
	}
	a, err := s.Key(t.Context(), "mail")
	if err != nil || len(a) != 32 {
		t.Fatalf("key: %x %v", a, err)
	}
	if b, _ := s.Key(t.Context(), "mail"); !bytes.Equal(a, b) {
		t.Error("the key changed between two calls")
	}
}
