package pg_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func one() pgtest.Template {
	return pgtest.Template{Name: "one", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `CREATE TABLE one (id int PRIMARY KEY); INSERT INTO one (id) VALUES (1)`)
		return err
	}}
}

// Each sort of trouble must arrive as the kind that surfaces know, and never
// with SQL in the sentence for people.
func TestServerErrorsHaveKinds(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, one())
	pool, err := pg.Open(t.Context(), pg.Config{URL: url, StatementTimeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for sql, want := range map[string]cratewarden.Kind{
		`SELECT pg_sleep(5)`:                  cratewarden.Timeout,
		`SELECT nothing FROM one`:             cratewarden.Unavailable,
		`SELECT id FROM nowhere`:              cratewarden.Unavailable,
		`INSERT INTO one (id) VALUES (1)`:     cratewarden.Conflict,
		`SELECT 1/0`:                          cratewarden.Internal,
		`SET ROLE nobody_of_that_name`:        cratewarden.Internal,
		`SELECT pg_read_file('/etc/no-such')`: cratewarden.Internal,
	} {
		_, err := pool.Exec(t.Context(), sql)
		err = pg.Map(err)
		if cratewarden.KindOf(err) != want {
			t.Errorf("%s: kind %s, want %s", sql, cratewarden.KindOf(err), want)
		}
		if text := cratewarden.MessageOf(err); strings.Contains(text, "SELECT") || strings.Contains(text, "one") && strings.Contains(text, "relation") {
			t.Errorf("%s: the sentence tells too much: %s", sql, text)
		}
	}
}

func TestReadOnlyPoolCannotWrite(t *testing.T) {
	t.Parallel()
	pool, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t, one()), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	_, err = pool.Exec(t.Context(), `DELETE FROM one`)
	if cratewarden.KindOf(pg.Map(err)) != cratewarden.Refused {
		t.Errorf("delete on a read-only pool: %v", err)
	}
}

func TestTransactionIsAllOrNothing(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, one())
	stop := errors.New("stop")
	add := func(id int, end error) error {
		return pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `INSERT INTO one (id) VALUES ($1)`, id); err != nil {
				return err
			}
			return end
		})
	}
	if err := add(2, stop); !errors.Is(err, stop) {
		t.Errorf("the cause is lost: %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			_, _ = tx.Exec(t.Context(), `INSERT INTO one (id) VALUES (3)`)
			panic("in the middle")
		})
	}()
	if err := add(4, nil); err != nil {
		t.Fatal(err)
	}
	var ids []int32
	if err := pool.QueryRow(t.Context(), `SELECT array_agg(id ORDER BY id) FROM one`).Scan(&ids); err != nil {
		t.Fatal(err)
	}
	if len(ids) != 2 || ids[1] != 4 {
		t.Errorf("rows %v, want 1 and 4", ids)
	}
}

func TestSnapshotSeesOneMoment(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, one())
	err := pg.Snapshot(t.Context(), pool, func(tx pgx.Tx) error {
		var before, after int
		if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM one`).Scan(&before); err != nil {
			return err
		}
		if _, err := pool.Exec(t.Context(), `INSERT INTO one (id) VALUES (7)`); err != nil {
			return err
		}
		if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM one`).Scan(&after); err != nil {
			return err
		}
		if before != after {
			t.Errorf("%d rows, then %d", before, after)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A wrong address must be explained without repeating the password in it.
func TestOpenKeepsPasswordsToItself(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]cratewarden.Kind{
		"postgres://u:secretword@127.0.0.1:1/x?connect_timeout=1": cratewarden.Unavailable,
		"nonsense://u:secretword@":                                cratewarden.Invalid,
	} {
		_, err := pg.Open(t.Context(), pg.Config{URL: url})
		if cratewarden.KindOf(err) != want || strings.Contains(cratewarden.MessageOf(err), "secretword") {
			t.Errorf("%v, want %s without the password", err, want)
		}
	}
}
