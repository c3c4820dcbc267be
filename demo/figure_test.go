package demo

import (
	"io"
	"testing"

	"cratewarden/pg/pgtest"
)

// TestEveryRowArrives compares the rows that were made with those in the
// database, table by table.
func TestEveryRowArrives(t *testing.T) {
	t.Parallel()
	pool := pgtest.Database(t, loaded)
	for _, table := range tables() {
		made, err := standard().stream(table, io.Discard, nil)
		if err != nil {
			t.Fatal(err)
		}
		if there := one[int64](t, pool, `SELECT count(*) FROM `+table.name); there != made || made == 0 {
			t.Errorf("%s: %d rows made, %d there", table.name, made, there)
		}
	}
}
