package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cratewarden/pg"
)

func refused(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pe.Code == "42501"
}

// Even the owner of the tables, and a session that pretends to be a replica,
// are refused until they take the triggers away.
func TestTheDatabaseRefusesChanges(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.append(t, Entry{Kind: Note, Actor: Actor{ID: "p"}, Personal: []byte("x")}, sample(1))
	l.head(t)
	for _, replica := range []string{"origin", "replica"} {
		for _, sql := range []string{
			`UPDATE ledger_entry SET body = '{}'`, `DELETE FROM ledger_entry WHERE index = 1`, `TRUNCATE ledger_entry CASCADE`,
			`UPDATE ledger_checkpoint SET note = ''`, `DELETE FROM ledger_checkpoint`, `TRUNCATE ledger_checkpoint`,
			`UPDATE ledger_sealed SET ciphertext = ''`, `DELETE FROM ledger_sealed`, `TRUNCATE ledger_sealed CASCADE`,
			`UPDATE ledger_key SET key = key`, `TRUNCATE ledger_key`,
		} {
			err := pg.InTx(t.Context(), l.db, func(tx pgx.Tx) error {
				if _, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = `+replica); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), sql)
				return err
			})
			if !refused(err) {
				t.Errorf("%s (%s): %v", sql, replica, err)
			}
		}
	}
}

// The grants that docs/ledger.md names are enough for everything the console
// does, and not enough to change an entry even without the triggers.
func TestTheGrantsOfTheManual(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	role := fmt.Sprintf("ledger_grants_%d", os.Getpid())
	tamper(t, l.db, `CREATE ROLE `+role)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, _ = l.db.Exec(ctx, `RESET ROLE`)
		_, _ = l.db.Exec(ctx, `DROP OWNED BY `+role)
		_, _ = l.db.Exec(ctx, `DROP ROLE `+role)
	})
	text, err := os.ReadFile("../docs/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	_, grants, ok := strings.Cut(string(text), "```sql\n")
	if !ok {
		t.Fatal("no grants in docs/ledger.md")
	}
	grants, _, _ = strings.Cut(grants, "```")
	tamper(t, l.db, strings.ReplaceAll(grants, "console_role", role))
	disarm(t, l.db)
	as := func(fn func(tx pgx.Tx) error) error {
		return pg.InTx(t.Context(), l.db, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `SET LOCAL ROLE `+role); err != nil {
				return err
			}
			return fn(tx)
		})
	}
	err = as(func(tx pgx.Tx) error {
		if _, err := l.Append(t.Context(), tx, Entry{Kind: Note, Actor: Actor{ID: "p"}, Personal: []byte("x")}); err != nil {
			return err
		}
		if _, err := l.OpenPersonal(t.Context(), tx, 0, Entry{Actor: Actor{ID: "p"}}); err != nil {
			return err
		}
		_, err := l.Erase(t.Context(), tx, 0, Entry{Actor: Actor{ID: "p"}})
		return err
	})
	if err != nil {
		t.Errorf("the console cannot work with these grants: %v", err)
	}
	if err := as(func(tx pgx.Tx) error { _, err := l.signHead(t.Context(), tx); return err }); err != nil {
		t.Errorf("the console cannot sign with these grants: %v", err)
	}
	for _, table := range []string{"ledger_entry", "ledger_checkpoint", "ledger_sealed"} {
		for _, sql := range []string{`DELETE FROM ` + table, `TRUNCATE ` + table, `ALTER TABLE ` + table + ` ENABLE TRIGGER USER`} {
			err := as(func(tx pgx.Tx) error { _, err := tx.Exec(t.Context(), sql); return err })
			if !refused(err) {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
	for _, sql := range []string{`UPDATE ledger_entry SET body = body`, `UPDATE ledger_key SET key = key`, `UPDATE ledger_sealed SET index = index`, `UPDATE ledger_checkpoint SET size = size`} {
		if err := as(func(tx pgx.Tx) error { _, err := tx.Exec(t.Context(), sql); return err }); !refused(err) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
