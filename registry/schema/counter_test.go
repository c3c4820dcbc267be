package schema_test

import "testing"

func TestKeywordAndCategoryCounters(t *testing.T) {
	t.Parallel()
	db := database(t)
	exec(t, db, `INSERT INTO keywords (keyword) VALUES ('one'), ('two');
		INSERT INTO categories (category, slug) VALUES ('One', 'one'), ('Two', 'two');
		INSERT INTO crates (name) VALUES ('alpha'), ('beta')`)
	for _, step := range []struct{ sql, want string }{
		{`INSERT INTO crates_keywords (crate_id, keyword_id) VALUES (1, 1), (2, 1), (2, 2)`, "2,1 0,0"},
		{`INSERT INTO crates_categories (crate_id, category_id) VALUES (1, 1), (1, 2)`, "2,1 1,1"},
		{`DELETE FROM crates_keywords WHERE crate_id = 1`, "1,1 1,1"},
		{`DELETE FROM crates WHERE id = 2`, "0,0 1,1"},
		{`DELETE FROM categories WHERE id = 2`, "0,0 1"},
		{`DELETE FROM crates`, "0,0 0"},
	} {
		exec(t, db, step.sql)
		got := scalar(t, db, `SELECT (SELECT string_agg(crates_cnt::text, ',' ORDER BY id) FROM keywords) || ' ' ||
			(SELECT string_agg(crates_cnt::text, ',' ORDER BY id) FROM categories)`)
		if got != step.want {
			t.Errorf("after %s: counters %s, want %s", step.sql, got, step.want)
		}
	}
}

func TestNewCrateHasADownloadsRow(t *testing.T) {
	t.Parallel()
	db := database(t)
	addCrate(t, db, "alpha")
	if got := scalar(t, db, `SELECT concat(crate_id, ':', downloads) FROM crate_downloads`); got != "1:0" {
		t.Errorf("crate_downloads = %s, want crate 1 with 0", got)
	}
}

func TestCategoryPath(t *testing.T) {
	t.Parallel()
	db := database(t)
	exec(t, db, `INSERT INTO categories (category, slug) VALUES ('C', 'changing')`)
	for _, row := range []struct{ slug, want string }{
		{"wasm", "root.wasm"},
		{"web-programming", "root.web_programming"},
		{"web-programming::http-client", "root.web_programming.http_client"},
		{" padded ", "root.padded"},
	} {
		exec(t, db, `INSERT INTO categories (category, slug, path) VALUES ('N', $1, 'ignored')`, row.slug)
		if got := scalar(t, db, `SELECT path FROM categories WHERE slug = $1`, row.slug); got != row.want {
			t.Errorf("slug %q gives path %s, want %s", row.slug, got, row.want)
		}
		exec(t, db, `DELETE FROM categories WHERE slug = $1`, row.slug)
		exec(t, db, `UPDATE categories SET slug = $1 WHERE category = 'C'`, row.slug)
		if got := scalar(t, db, `SELECT path FROM categories WHERE category = 'C'`); got != row.want {
			t.Errorf("slug changed to %q gives path %s, want %s", row.slug, got, row.want)
		}
	}
}

// The view counts the last 90 days, leaves out crates without downloads, and is stale until refreshed.
func TestRecentDownloads(t *testing.T) {
	t.Parallel()
	db := database(t)
	alpha, beta := addCrate(t, db, "alpha"), addCrate(t, db, "beta")
	first, second := addVersion(t, db, alpha, "1.0.0"), addVersion(t, db, alpha, "2.0.0")
	old := addVersion(t, db, beta, "1.0.0")
	for _, day := range []struct {
		version   int64
		ago, hits int
	}{{first, 0, 1}, {first, 89, 10}, {first, 90, 100}, {first, 91, 1000}, {second, 5, 10000}, {old, 200, 5}} {
		exec(t, db, `INSERT INTO version_downloads (version_id, date, downloads)
			VALUES ($1, date(CURRENT_TIMESTAMP) - $2::integer, $3)`, day.version, day.ago, day.hits)
	}
	all := `SELECT string_agg(crate_id || ':' || downloads, ' ' ORDER BY crate_id) FROM recent_crate_downloads`
	if got := scalar(t, db, all); got != "NULL" {
		t.Errorf("before the refresh the view holds %s", got)
	}
	exec(t, db, `SELECT refresh_recent_crate_downloads()`)
	if got := scalar(t, db, all); got != "1:10011" {
		t.Errorf("recent downloads %s, want 1:10011", got)
	}
	exec(t, db, `DELETE FROM crates WHERE id = $1`, alpha)
	if got := scalar(t, db, all); got != "1:10011" {
		t.Errorf("deleting a crate changed the view at once: %s", got)
	}
	exec(t, db, `SELECT refresh_recent_crate_downloads()`)
	if got := scalar(t, db, all); got != "NULL" {
		t.Errorf("after the second refresh the view holds %s", got)
	}
}
