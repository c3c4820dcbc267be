package schema_test

import "testing"

// Each row starts from crate "Foo-Bar", reserved crate name "no_go", user "Some-One" and reserved user name "Bad-Name".
func TestNames(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, sql, code string }{
		{"other spelling of a crate", `INSERT INTO crates (name) VALUES ('foo_bar')`, uniqueKey},
		{"reserved crate name", `INSERT INTO crates (name) VALUES ('no_go')`, raised},
		{"reserved crate name, other spelling", `INSERT INTO crates (name) VALUES ('NO-go')`, raised},
		{"seeded crate name", `INSERT INTO crates (name) VALUES ('std')`, raised},
		{"free crate name", `INSERT INTO crates (name) VALUES ('nogo')`, ""},
		{"rename into a reserved name", `UPDATE crates SET name = 'No-Go'`, raised},
		{"reserve a crate's name", `INSERT INTO reserved_crate_names (name) VALUES ('foo_BAR')`, raised},
		{"change a reservation into a crate's name", `UPDATE reserved_crate_names SET name = 'foo-bar' WHERE name = 'no_go'`, raised},
		{"reserve another spelling of a reserved name", `INSERT INTO reserved_crate_names (name) VALUES ('no-go')`, ""},
		{"reserve the same spelling twice", `INSERT INTO reserved_crate_names (name) VALUES ('no_go')`, uniqueKey},
		{"delete a crate and reserve its name in one transaction",
			`DELETE FROM crates; INSERT INTO reserved_crate_names (name) VALUES ('foo-bar')`, ""},
		{"reserve a crate's name, then delete it", `INSERT INTO reserved_crate_names (name) VALUES ('foo-bar'); DELETE FROM crates`, raised},
		{"reserve after all, then publish again", `DELETE FROM crates; INSERT INTO reserved_crate_names (name) VALUES ('foo-bar');
			INSERT INTO crates (name) VALUES ('foo_bar')`, raised},
		{"a deleted crate's name is no business of the triggers", `INSERT INTO deleted_crates (name, created_at, deleted_at, available_at)
			VALUES ('gone', now(), now(), 'infinity'), ('gone', now(), now(), 'infinity'); INSERT INTO crates (name) VALUES ('gone')`, ""},
		{"reserved user name", `INSERT INTO users (gh_login, gh_id, username) VALUES ('x', 1, 'bad_name')`, raised},
		{"reserved user name is no matter for the login", `INSERT INTO users (gh_login, gh_id, username) VALUES ('bad-name', 1, 'x')`, ""},
		{"change into a reserved user name", `UPDATE users SET username = 'BAD-name'`, raised},
		{"reserve a user name in use", `INSERT INTO reserved_usernames (username) VALUES ('some_one')`, ""},
		{"reserve a user name in use, then lock its user", `INSERT INTO reserved_usernames (username) VALUES ('some_one');
			UPDATE users SET account_lock_reason = 'x'`, ""},
		{"reserve a user name in use, then its user logs in", `INSERT INTO reserved_usernames (username) VALUES ('some_one');
			UPDATE users SET username = username`, raised},
		{"reserve another spelling of a reserved user name", `INSERT INTO reserved_usernames (username) VALUES ('bad_name')`, uniqueKey},
		{"same login and user name twice", `INSERT INTO users (gh_login, gh_id, username) VALUES ('Some-One', -1, 'Some-One')`, ""},
		{"same GitHub id twice", `INSERT INTO users (gh_login, gh_id, username) VALUES ('x', 7, 'x'), ('y', 7, 'y')`, uniqueKey},
		{"unknown GitHub id twice", `INSERT INTO users (gh_login, gh_id, username) VALUES ('x', -1, 'x'), ('y', -1, 'y')`, ""},
		{"team in lower case", `INSERT INTO teams (login, github_id, org_id) VALUES ('github:org:team', 1, 1)`, ""},
		{"team in upper case", `INSERT INTO teams (login, github_id, org_id) VALUES ('github:Org:team', 1, 1)`, checkFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			exec(t, db, `INSERT INTO crates (name) VALUES ('Foo-Bar');
				INSERT INTO reserved_crate_names (name) VALUES ('no_go');
				INSERT INTO users (gh_login, gh_id, username) VALUES ('Some-One', -1, 'Some-One');
				INSERT INTO reserved_usernames (username) VALUES ('Bad-Name')`)
			if got := code(t, db, row.sql); got != row.code {
				t.Errorf("SQLSTATE %q, want %q", got, row.code)
			}
		})
	}
}
