package schema_test

import "testing"

// edges reads the whole table as "target<-dependent@version/dependency*downloads".
const edges = `SELECT string_agg(concat(target_crate_id, '<-', dependent_crate_id, '@', version_id, '/', dependency_id,
	'*', dependent_downloads), ' ' ORDER BY target_crate_id, dependent_crate_id) FROM reverse_dependencies`

// Crates 1 and 2 are depended on by crate 3: its version 1 (the default) needs crate 1 by dependencies 1 and 2, its
// version 2 needs crate 2 by dependency 3.
func TestReverseDependencies(t *testing.T) {
	t.Parallel()
	const base = "1<-3@1/1*0"
	for _, row := range []struct{ name, sql, want string }{
		{"as published", ``, base},
		{"another dependency of the default", `INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind)
			VALUES (1, 2, '*', false, true, '{}', 2)`, base + " 2<-3@1/4*0"},
		{"another dependency of another version", `INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features)
			VALUES (2, 1, '*', false, true, '{}')`, base},
		{"default yanked", `UPDATE versions SET yanked = true WHERE id = 1`, "NULL"},
		{"default yanked and back", `UPDATE versions SET yanked = true WHERE id = 1;
			UPDATE versions SET yanked = false WHERE id = 1`, base},
		{"another version yanked", `UPDATE versions SET yanked = true WHERE id = 2`, base},
		{"default moved", `UPDATE default_versions SET version_id = 2 WHERE crate_id = 3`, "2<-3@2/3*0"},
		{"default yanked, then moved", `UPDATE versions SET yanked = true WHERE id = 1;
			UPDATE default_versions SET version_id = 2 WHERE crate_id = 3`, "2<-3@2/3*0"},
		{"default row added again", `DELETE FROM default_versions WHERE crate_id = 3;
			INSERT INTO default_versions (crate_id, version_id) VALUES (3, 2)`, "2<-3@2/3*0"},
		{"dependency rows deleted: stale", `DELETE FROM dependencies WHERE version_id = 1`, base},
		{"dependency rows changed: stale", `UPDATE dependencies SET crate_id = 2 WHERE version_id = 1`, base},
		{"dependency rows deleted, then rebuilt", `DELETE FROM dependencies WHERE version_id = 1;
			SELECT rebuild_reverse_dependencies(ARRAY[3])`, "NULL"},
		{"one of two deleted, then rebuilt", `DELETE FROM dependencies WHERE id = 1;
			SELECT rebuild_reverse_dependencies(ARRAY[3])`, "1<-3@1/2*0"},
		{"rebuilt for others only", `DELETE FROM dependencies WHERE version_id = 1;
			SELECT rebuild_reverse_dependencies(ARRAY[1, 2])`, base},
		{"downloads counted", `UPDATE crate_downloads SET downloads = 70 WHERE crate_id = 3`, "1<-3@1/1*70"},
		{"downloads of the target counted", `UPDATE crate_downloads SET downloads = 70 WHERE crate_id = 1`, base},
		{"downloads row gone, then rebuilt", `UPDATE crate_downloads SET downloads = 70 WHERE crate_id = 3;
			DELETE FROM crate_downloads WHERE crate_id = 3; SELECT rebuild_reverse_dependencies(ARRAY[3])`, base},
		{"default deleted and moved", `DELETE FROM versions WHERE id = 1;
			UPDATE default_versions SET version_id = 2 WHERE crate_id = 3`, "2<-3@2/3*0"},
		{"target deleted", `DELETE FROM crates WHERE id = 1`, "NULL"},
		{"dependent deleted", `DELETE FROM crates WHERE id = 3`, "NULL"},
		{"count of versions changed only", `UPDATE default_versions SET num_versions = 9`, base},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			for _, name := range []string{"alpha", "beta", "gamma"} {
				addCrate(t, db, name)
			}
			first, second := addVersion(t, db, 3, "1.0.0"), addVersion(t, db, 3, "2.0.0")
			addDependency(t, db, first, 1)
			addDependency(t, db, first, 1)
			addDependency(t, db, second, 2)
			exec(t, db, row.sql)
			if got := scalar(t, db, edges); got != row.want {
				t.Errorf("edges %s, want %s", got, row.want)
			}
		})
	}
}

// compute gives what rebuild stores, and changes nothing.
func TestComputeReverseDependencies(t *testing.T) {
	t.Parallel()
	db := database(t)
	alpha, beta := addCrate(t, db, "alpha"), addCrate(t, db, "beta")
	addDependency(t, db, addVersion(t, db, beta, "1.0.0"), alpha)
	exec(t, db, `UPDATE crate_downloads SET downloads = 7; TRUNCATE reverse_dependencies`)
	got := scalar(t, db, `SELECT string_agg(c::text, ' ') FROM compute_reverse_dependencies(ARRAY[1, 2, 3]) c`)
	if got != "(1,2,1,1,7)" {
		t.Errorf("computed %s, want (1,2,1,1,7)", got)
	}
	if got := scalar(t, db, edges); got != "NULL" {
		t.Errorf("computing stored %s", got)
	}
}
