package pgtest

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func sample() Template {
	return Template{Name: "sample", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `CREATE TABLE t (id int); INSERT INTO t (id) VALUES (1)`)
		return err
	}}
}

// Two tests on one template must not see each other's changes.
func TestClonesAreApart(t *testing.T) {
	t.Parallel()
	a, b := Database(t, sample()), Database(t, sample())
	if _, err := a.Exec(t.Context(), `INSERT INTO t (id) VALUES (2)`); err != nil {
		t.Fatal(err)
	}
	var inA, inB int
	if err := a.QueryRow(t.Context(), `SELECT count(*) FROM t`).Scan(&inA); err != nil {
		t.Fatal(err)
	}
	if err := b.QueryRow(t.Context(), `SELECT count(*) FROM t`).Scan(&inB); err != nil {
		t.Fatal(err)
	}
	if inA != 2 || inB != 1 {
		t.Errorf("rows = %d and %d, want 2 and 1", inA, inB)
	}
}

// The goal is at most 150 ms for a clone on the machines we build on.
func BenchmarkClone(b *testing.B) {
	tmpl := sample()
	URL(b, tmpl)
	for b.Loop() {
		URL(b, tmpl)
	}
}
