package dump

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// onItself runs a statement about the database it runs in.
func onItself(t *testing.T, url, sql string) {
	t.Helper()
	execute(t, url, `DO $$ BEGIN EXECUTE format($s$`+sql+`$s$, current_database()); END $$`)
}

// A target that a copy could not replace without a trace is loaded in place,
// and keeps what is set on it; one that can be replaced has another oid after.
func TestWhoIsReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql      string
		replaced bool
	}{
		"nothing is set": {`ANALYZE`, true},
		"an extension":   {`CREATE EXTENSION pg_trgm`, true},
		"a comment":      {`COMMENT ON DATABASE %I IS 'ours'`, false},
		"a grant":        {`GRANT CREATE ON DATABASE %I TO PUBLIC`, false},
		"a setting":      {`ALTER DATABASE %I SET work_mem = '8MB'`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := emptyURL(t)
			onItself(t, url, c.sql)
			before := query[int64](t, url, `SELECT `+oid+`::bigint`)
			mustLoad(t, Config{URL: url}, smallArchive, nil)
			if replaced := before != query[int64](t, url, `SELECT `+oid+`::bigint`); replaced != c.replaced {
				t.Errorf("replaced: %v, want %v", replaced, c.replaced)
			}
			wantDerived(t, url)
		})
	}
}

// While somebody is connected the target stays where it is.
func TestOthersAreNotCutOff(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	other, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(t.Context()) }()
	mustLoad(t, Config{URL: url}, smallArchive, nil)
	var crates int
	if err := other.QueryRow(t.Context(), `SELECT count(*) FROM crates`).Scan(&crates); err != nil || crates != 40 {
		t.Errorf("the connection sees %d crates, %v", crates, err)
	}
}

// What somebody puts into the target meanwhile is theirs, and stays.
func TestTargetFilledMeanwhile(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	err := importUntil(t.Context(), t, Config{URL: url}, PhaseDerived, func() { execute(t, url, `CREATE TABLE apples (id integer)`) })
	wantFault(t, err, cratewarden.Conflict, `"apples"`)
	if n := query[int](t, url, `SELECT count(*)::integer FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`); n != 1 {
		t.Errorf("%d tables in the target, want theirs alone", n)
	}
	if left := query[int](t, url, `SELECT count(*)::integer FROM pg_database WHERE datname LIKE `+copyName+` || '%'`); left > 0 {
		t.Errorf("%d copies stayed", left)
	}
}

// The copy that a killed program left is removed by the next import.
func TestCopyOfAKilledProgramIsRemoved(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	name := query[string](t, url, `SELECT `+copyName)
	execute(t, url, `CREATE DATABASE `+name+` TEMPLATE template0`)
	mustLoad(t, Config{URL: url}, smallArchive, nil)
	if query[bool](t, url, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = '`+name+`')`) {
		t.Errorf("the database %s is still there", name)
	}
}

// A role that owns the target and may make no databases can import too.
func TestOwnerWithoutRightToMakeDatabases(t *testing.T) {
	t.Parallel()
	url := emptyURL(t)
	execute(t, url, `CREATE EXTENSION ltree; CREATE EXTENSION pg_trgm; CREATE EXTENSION pgcrypto;
		CREATE ROLE dump_owner LOGIN; GRANT CREATE ON SCHEMA public TO dump_owner`)
	onItself(t, url, `ALTER DATABASE %I OWNER TO dump_owner`)
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	mustLoad(t, Config{URL: "host=" + config.Host + " port=5432 sslmode=disable user=dump_owner dbname=" + config.Database}, smallArchive, nil)
	wantDerived(t, url)
}
