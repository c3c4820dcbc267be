package schema_test

import "testing"

// Each text is one transaction, as all statements of one simple message are; the state after it is "crate:default version:number of versions".
func TestDefaultVersions(t *testing.T) {
	t.Parallel()
	insert := `INSERT INTO versions (id, crate_id, num, num_no_build, crate_size, tar_sha256) VALUES `
	row := func(id, num string) string {
		return "(" + id + ", 1, '" + num + "', '" + num + "', 1, decode(repeat('00', 32), 'hex'))"
	}
	for _, tc := range []struct {
		name, sql, code, want string
	}{
		{"first version", insert + row("1", "1.0.0"), "", "1:1:1"},
		{"higher version does not become the default", insert + row("1", "1.0.0") + `;` + insert + row("2", "2.0.0"), "", "1:1:2"},
		{"three at once", insert + row("1", "1.0.0") + "," + row("2", "2.0.0") + "," + row("3", "3.0.0"), "", "1:1:3"},
		{"delete another", insert + row("1", "1.0.0") + "," + row("2", "2.0.0") + `;DELETE FROM versions WHERE id = 2`, "", "1:1:1"},
		{"delete the default", insert + row("1", "1.0.0") + "," + row("2", "2.0.0") + `;DELETE FROM versions WHERE id = 1`, foreignKey, "NULL"},
		{"delete the default and move it after", insert + row("1", "1.0.0") + "," + row("2", "2.0.0") +
			`;DELETE FROM versions WHERE id = 1;UPDATE default_versions SET version_id = 2`, "", "1:2:1"},
		{"delete the only version", insert + row("1", "1.0.0") + `;DELETE FROM versions`, foreignKey, "NULL"},
		{"delete the only version and the default row", insert + row("1", "1.0.0") +
			`;DELETE FROM versions;DELETE FROM default_versions`, "", "NULL"},
		{"delete the crate", insert + row("1", "1.0.0") + "," + row("2", "2.0.0") + `;DELETE FROM crates`, "", "NULL"},
		{"same number, other build", insert + row("1", "1.0.0") +
			`;INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256)
			VALUES (1, '1.0.0+b', '1.0.0', 1, decode(repeat('00', 32), 'hex'))`, uniqueKey, "NULL"},
		{"as upserted by the registry", insert + row("1", "1.0.0") + "," + row("2", "2.0.0") + `;DELETE FROM default_versions;
			INSERT INTO default_versions (crate_id, version_id) VALUES (1, 2)`, "", "1:2:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			addCrate(t, db, "alpha")
			if got := code(t, db, tc.sql); got != tc.code {
				t.Errorf("SQLSTATE %q, want %q", got, tc.code)
			}
			got := scalar(t, db, `SELECT concat(crate_id, ':', version_id, ':', num_versions) FROM default_versions`)
			if got != tc.want {
				t.Errorf("default_versions %s, want %s", got, tc.want)
			}
		})
	}
}

// Deleting the default version passes the statement and fails at COMMIT, or as early as one asks.
func TestDeferredCheckOfTheDefaultVersion(t *testing.T) {
	t.Parallel()
	db := database(t)
	version := addVersion(t, db, addCrate(t, db, "alpha"), "1.0.0")
	for _, early := range []bool{false, true} {
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		exec(t, tx, `DELETE FROM versions WHERE id = $1`, version)
		if early {
			_, err = tx.Exec(t.Context(), `SET CONSTRAINTS ALL IMMEDIATE`)
			_ = tx.Rollback(t.Context())
		} else {
			err = tx.Commit(t.Context())
		}
		if got := state(t, err); got != foreignKey {
			t.Errorf("asked early %v: SQLSTATE %q, want %q", early, got, foreignKey)
		}
	}
	if n := number(t, db, `SELECT count(*) FROM versions`); n != 1 {
		t.Errorf("%d versions remain, want 1", n)
	}
}
