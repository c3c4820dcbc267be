package schema_test

import (
	"strings"
	"testing"
)

// What the CHECK constraints of versions refuse in new and changed rows.
func TestVersionChecks(t *testing.T) {
	t.Parallel()
	db := database(t)
	addVersion(t, db, addCrate(t, db, "alpha"), "1.0.0")
	long := "1.0.0-" + strings.Repeat("a", 144)
	for _, row := range []struct{ sql, code string }{
		{`UPDATE versions SET num = '` + long + `'`, ""},
		{`UPDATE versions SET num = '` + long + `a'`, checkFailed},
		{`UPDATE versions SET tar_sha256 = decode(repeat('00', 31), 'hex')`, checkFailed},
		{`UPDATE versions SET zip_sha256 = decode(repeat('00', 33), 'hex')`, checkFailed},
		{`UPDATE versions SET zip_sha256 = decode(repeat('00', 32), 'hex'), zip_json_sha256 = decode(repeat('00', 32), 'hex')`, ""},
		{`UPDATE versions SET zip_json_sha256 = ''`, checkFailed},
		{`UPDATE versions SET zip_sha256 = NULL, zip_json_sha256 = NULL`, ""},
		{`UPDATE versions SET tar_sha256 = NULL`, notNull},
	} {
		if got := code(t, db, row.sql); got != row.code {
			t.Errorf("%s: SQLSTATE %q, want %q", row.sql, got, row.code)
		}
	}
}

// An old row may break the two NOT VALID checks; it can be read and deleted, but no longer be changed, not even yanked.
func TestOldRowsThatBreakACheck(t *testing.T) {
	t.Parallel()
	db := database(t)
	exec(t, db, `ALTER TABLE versions DROP CONSTRAINT versions_tar_sha256_len`)
	addVersion(t, db, addCrate(t, db, "alpha"), "1.0.0")
	exec(t, db, `UPDATE versions SET tar_sha256 = 'short'`)
	exec(t, db, `ALTER TABLE versions ADD CONSTRAINT versions_tar_sha256_len CHECK (octet_length(tar_sha256) = 32) NOT VALID`)
	if got := code(t, db, `UPDATE versions SET yanked = true`); got != checkFailed {
		t.Errorf("SQLSTATE %q, want %q", got, checkFailed)
	}
	exec(t, db, `DELETE FROM crates`)
}
