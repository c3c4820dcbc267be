package bulk

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func registry(t testing.TB) (*pgxpool.Pool, Source) {
	pool := pgtest.Database(t, pgtest.Template{Name: "registry", Build: schema.Create})
	return pool, Source{Pool: pool}
}

func exec(t testing.TB, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Binary COPY gives every kind of value as it is, NULL and infinity too.
func TestStreamsGiveWhatIsThere(t *testing.T) {
	t.Parallel()
	pool, s := registry(t)
	exec(t, pool, `INSERT INTO users (gh_login, username, gh_id, name, account_lock_reason, account_lock_until, created_at)
		VALUES ('a', 'b', 5, NULL, 'x', 'infinity', NULL), ('c', 'c', -1, 'C', NULL, NULL, '2020-01-02 03:04:05.678901+00')`)
	exec(t, pool, `INSERT INTO oauth_github (account_id, user_id, encrypted_token, login) VALUES (9, 1, '', 'old'), (5, 1, '', 'same'), (5000000000, 2, '', 'big')`)
	exec(t, pool, `INSERT INTO emails (user_id, email) VALUES (1, 'A@x.example')`)
	exec(t, pool, `INSERT INTO api_tokens (user_id, token, name, endpoint_scopes, crate_scopes) VALUES (1, '\x01', 't', NULL, '{}'), (1, '\x02', 'u', '{yank,publish-new}', '{a*}')`)
	var accounts []Account
	if err := s.Accounts(t.Context(), func(a Account) { accounts = append(accounts, a.clone()) }); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(accounts, func(a, b Account) int { return int(a.ID - b.ID) })
	a, c := accounts[0], accounts[1]
	if string(a.LinkedLogin) != "same" || a.LinkedGitHub != 5 || a.Created != 0 || !a.Locked || a.LockedUntil != Farthest || a.Name != nil || string(a.Mail) != "A@x.example" {
		t.Errorf("account a is %+v", a)
	}
	if want := time.Date(2020, 1, 2, 3, 4, 5, 678901000, time.UTC).UnixMicro(); c.Created != want || c.LinkedGitHub != 5_000_000_000 || c.Locked || c.Mail != nil {
		t.Errorf("account c is %+v", c)
	}
	var tokens []Token
	if err := s.Tokens(t.Context(), func(k Token) { tokens = append(tokens, k.clone()) }); err != nil {
		t.Fatal(err)
	}
	if k := tokens[0]; k.EndpointScopes != nil || k.CrateScopes == nil || len(k.CrateScopes) != 0 || k.LastUsed != 0 {
		t.Errorf("a legacy token is %+v", k)
	}
	if k := tokens[1]; string(k.EndpointScopes) != "yank\npublish-new" || string(k.CrateScopes) != "a*" {
		t.Errorf("a scoped token is %+v", k)
	}
}

// Everything a poll asks walks an index: even with sequential scans made
// cheap by tiny tables, forbidding them must leave no plan with one.
func TestPollsUseIndexesOnly(t *testing.T) {
	t.Parallel()
	pool, _ := registry(t)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	plan := func(sql string, args ...any) {
		t.Helper()
		rows, err := conn.Query(t.Context(), "EXPLAIN "+sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if text := strings.Join(lines, "\n"); strings.Contains(text, "Seq Scan") {
			t.Errorf("%s scans a table:\n%s", sql, text)
		}
	}
	if _, err := conn.Exec(t.Context(), `SET enable_seqscan = off`); err != nil {
		t.Fatal(err)
	}
	for _, sql := range changeQueries {
		plan(sql, int32(1))
	}
	ids := []int32{1, 2}
	plan(selectTouched, time.Now())
	plan(selectHead)
	plan(selectTouchedVersions, ids)
	plan(selectCrates+` WHERE c.id = ANY($1)`, ids)
	plan(selectOwners+` WHERE crate_id = ANY($1) AND owner_kind IN (0, 1)`, ids)
	plan(selectDependencies+` WHERE version_id = ANY($1)`, ids)
	plan(selectAccounts+` WHERE u.id = ANY($1)`, ids)
	plan(selectTokens+` WHERE id = ANY($1)`, ids)
	plan(`SELECT id FROM versions WHERE yanked ORDER BY id`)
}

// Reading shows its name, has its own time limits and may not write.
func TestReadsAreNamedBoundedAndHarmless(t *testing.T) {
	t.Parallel()
	_, s := registry(t)
	err := s.read(t.Context(), pollLimit, func(tx pgx.Tx) error {
		var name, limit, lock, mode string
		err := tx.QueryRow(t.Context(), `SELECT current_setting('application_name'), current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('transaction_read_only')`).
			Scan(&name, &limit, &lock, &mode)
		if name != Application || limit != "15s" || lock != "1s" || mode != "on" {
			t.Errorf("a read is %q, limited to %s and %s, read-only %s", name, limit, lock, mode)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	err = s.load(ctx, `SELECT pg_sleep(30)`, func(*row) {})
	if cratewarden.KindOf(pg.Map(err)) != cratewarden.Timeout {
		t.Errorf("a read that was given up gives %v", err)
	}
}

// stream makes the bytes of a binary COPY.
func stream(rows [][]string) []byte {
	b := append([]byte{}, copySignature...)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, fields := range rows {
		b = binary.BigEndian.AppendUint16(b, uint16(len(fields)))
		for _, f := range fields {
			if f == "NULL" {
				b = binary.BigEndian.AppendUint32(b, ^uint32(0))
				continue
			}
			b = binary.BigEndian.AppendUint32(b, uint32(len(f)))
			b = append(b, f...)
		}
	}
	return append(b, 0xff, 0xff)
}

// However the stream is cut, the rows are the same.
func TestCopyDecoderTakesAnyPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "NULL", "some text", strings.Repeat("x", 300)}), 1, 4), 0, 6).Draw(r, "rows")
		data, got := stream(rows), [][]string{}
		d := &copyDecoder{each: func(row *row) {
			var fields []string
			for range row.fields {
				if f := row.text(); f == nil {
					fields = append(fields, "NULL")
				} else {
					fields = append(fields, string(f))
				}
			}
			got = append(got, fields)
		}}
		for len(data) > 0 {
			n := rapid.IntRange(1, len(data)).Draw(r, "piece")
			if _, err := d.Write(data[:n]); err != nil {
				r.Fatal(err)
			}
			data = data[n:]
		}
		if fmt.Sprint(got) != fmt.Sprint(rows) {
			r.Fatalf("got %q, want %q", got, rows)
		}
	})
}

func FuzzCopyDecoder(f *testing.F) {
	f.Add(stream([][]string{{"1234", "NULL"}}))
	f.Add([]byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &copyDecoder{each: func(r *row) { r.int32(); r.micros(); r.bool(); r.hash() }}
		for chunk := range slices.Chunk(data, 7) {
			if _, err := d.Write(chunk); err != nil {
				return
			}
		}
	})
}
