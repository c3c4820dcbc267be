package schema_test

import "testing"

// The search vector is rebuilt only by statements whose SET list names updated_at (contract pitfalls.md 2).
func TestSearchVector(t *testing.T) {
	t.Parallel()
	const (
		first = `'document':4 'encod':2B 'framework':3C 'serd':1A`
		fresh = `'document':4 'encod':2B 'replac':3C 'serd':1A`
	)
	for _, row := range []struct{ name, sql, want string }{
		{"as published", ``, first},
		{"description alone", `UPDATE crates SET description = 'replacement'`, first},
		{"description and time", `UPDATE crates SET description = 'replacement', updated_at = now()`, fresh},
		{"time mentioned, unchanged", `UPDATE crates SET description = 'replacement', updated_at = updated_at`, fresh},
		{"description, then a version", `UPDATE crates SET description = 'replacement';
			INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256)
			VALUES (1, '1.0.0', '1.0.0', 1, decode(repeat('00', 32), 'hex'))`, fresh},
		{"description, then a category", `UPDATE crates SET description = 'replacement';
			INSERT INTO crates_categories (crate_id, category_id) VALUES (1, 1)`, fresh},
		{"second keyword", `INSERT INTO keywords (keyword) VALUES ('json');
			INSERT INTO crates_keywords (crate_id, keyword_id) VALUES (1, 2)`,
			`'document':5 'encod':2B 'framework':4C 'json':3B 'serd':1A`},
		{"no keyword", `DELETE FROM crates_keywords`, `'document':3 'framework':2C 'serd':1A`},
		{"yank", `INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256)
			VALUES (1, '1.0.0', '1.0.0', 1, decode(repeat('00', 32), 'hex'));
			UPDATE crates SET description = 'replacement'; UPDATE versions SET yanked = true`, first},
		{"nothing but a name", `DELETE FROM crates_keywords;
			UPDATE crates SET description = NULL, readme = NULL, updated_at = now()`, `'serd':1A`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			exec(t, db, `INSERT INTO keywords (keyword) VALUES ('encoding');
				INSERT INTO categories (category, slug) VALUES ('One', 'one');
				INSERT INTO crates (name, description, readme) VALUES ('serde', 'framework', 'documentation');
				INSERT INTO crates_keywords (crate_id, keyword_id) VALUES (1, 1);`+row.sql)
			if got := scalar(t, db, `SELECT textsearchable_index_col FROM crates`); got != row.want {
				t.Errorf("vector %s, want %s", got, row.want)
			}
		})
	}
}
