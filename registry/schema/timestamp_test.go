package schema_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// One crate with one version, both last changed in 2020; which of the two timestamps does a statement move?
func TestWhichTimestampsMove(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, sql      string
		version, crate bool
	}{
		{"yank", `UPDATE versions SET yanked = true`, true, false},
		{"yank message alone", `UPDATE versions SET yank_message = 'bad'`, false, false},
		{"same yank, new message", `UPDATE versions SET yanked = false, yank_message = 'bad'`, true, false},
		{"same yank", `UPDATE versions SET yanked = false`, false, false},
		{"version downloads", `UPDATE versions SET downloads = 7`, false, false},
		{"version touched", `UPDATE versions SET updated_at = now()`, true, true},
		{"crate changed", `UPDATE crates SET description = 'new'`, false, true},
		{"crate same", `UPDATE crates SET name = name`, false, false},
		{"trusted publishing only", `UPDATE crates SET trustpub_only = true`, false, true},
		{"keyword linked", `INSERT INTO crates_keywords (crate_id, keyword_id) VALUES (1, 1)`, false, true},
		{"keyword unlinked", `DELETE FROM crates_keywords`, false, true},
		{"category linked", `INSERT INTO crates_categories (crate_id, category_id) VALUES (1, 1)`, false, true},
		{"category unlinked", `DELETE FROM crates_categories`, false, true},
		{"other version published", `INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256)
			VALUES (1, '2.0.0', '2.0.0', 1, decode(repeat('00', 32), 'hex'))`, false, true},
		{"crate downloads", `UPDATE crate_downloads SET downloads = 9`, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			exec(t, db, `INSERT INTO keywords (keyword) VALUES ('one'), ('two');
				INSERT INTO categories (category, slug) VALUES ('One', 'one'), ('Two', 'two');
				INSERT INTO crates (name) VALUES ('alpha');
				INSERT INTO crates_keywords (crate_id, keyword_id) VALUES (1, 2);
				INSERT INTO crates_categories (crate_id, category_id) VALUES (1, 2)`)
			addVersion(t, db, 1, "1.0.0")
			exec(t, db, `UPDATE versions SET updated_at = '2020-01-01Z'`)
			exec(t, db, `UPDATE crates SET updated_at = '2020-01-01Z'`)
			exec(t, db, row.sql)
			version := scalar(t, db, `SELECT updated_at > '2020-01-01Z' FROM versions WHERE num = '1.0.0'`) == "true"
			crate := scalar(t, db, `SELECT updated_at > '2020-01-01Z' FROM crates`) == "true"
			if version != row.version || crate != row.crate {
				t.Errorf("moved: version %v, crate %v; want %v, %v", version, crate, row.version, row.crate)
			}
		})
	}
}

// The moment stored is that of the transaction, so that everything one action changed carries the same one.
func TestTimestampIsTheTransactions(t *testing.T) {
	t.Parallel()
	db := database(t)
	addVersion(t, db, addCrate(t, db, "alpha"), "1.0.0")
	err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		exec(t, tx, `SELECT pg_sleep(0.01)`)
		exec(t, tx, `UPDATE versions SET yanked = true`)
		if got := scalar(t, tx, `SELECT updated_at = now() FROM versions`); got != "true" {
			t.Error("versions.updated_at is not the start of the transaction")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOwnerRows(t *testing.T) {
	t.Parallel()
	db := database(t)
	crate, first, second := addCrate(t, db, "alpha"), addUser(t, db, "first"), addUser(t, db, "second")
	add := `INSERT INTO crate_owners (crate_id, owner_id, created_by, owner_kind) VALUES ($1, $2, $3, 0)
		ON CONFLICT (crate_id, owner_id, owner_kind) DO UPDATE SET deleted = false`
	exec(t, db, add, crate, first, first)
	exec(t, db, `UPDATE crate_owners SET deleted = true, created_at = '2020-01-01Z', updated_at = '2020-01-01Z'`)
	exec(t, db, add, crate, first, second)
	got := scalar(t, db, `SELECT concat_ws(' ', deleted, created_by = $1, created_at = '2020-01-01Z',
		updated_at > '2020-01-01Z', email_notifications) FROM crate_owners`, first)
	if got != "f t t t t" {
		t.Errorf("added again: %s; want not deleted, first creator and time kept, updated_at moved", got)
	}
	// No foreign key guards owner_id: an owner that never existed can be stored.
	exec(t, db, add, crate, 4711, second)
	if n := number(t, db, `SELECT count(*) FROM crate_owners`); n != 2 {
		t.Errorf("%d owners, want 2", n)
	}
}
