package schema_test

import "testing"

// Each row starts from a verified address whose token was made in 2020. The state after the statement: verified, token
// changed, token_generated_at moved.
func TestEmails(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, sql, want string }{
		{"nothing", `UPDATE emails SET email = email`, "t f f"},
		{"unverify", `UPDATE emails SET verified = false`, "f f f"},
		{"new address", `UPDATE emails SET email = 'new@example.com'`, "f t f"},
		{"new address set verified", `UPDATE emails SET email = 'new@example.com', verified = true`, "f t f"},
		{"new address, then verified", `UPDATE emails SET email = 'new@example.com'; UPDATE emails SET verified = true`, "t t f"},
		{"new address with a token of our own", `UPDATE emails SET email = 'new@example.com', token = 'mine'`, "f t t"},
		{"token anew", `UPDATE emails SET token = DEFAULT`, "t t t"},
		{"token mentioned", `UPDATE emails SET token = token`, "t f t"},
		{"other case is another address", `UPDATE emails SET email = 'ONE@example.com'`, "f t f"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := database(t)
			user := addUser(t, db, "one")
			exec(t, db, `INSERT INTO emails (user_id, email, verified) VALUES ($1, 'one@example.com', true)`, user)
			if got := scalar(t, db, `SELECT concat_ws(' ', token_generated_at IS NOT NULL, length(token)) FROM emails`); got != "t 26" {
				t.Errorf("new address: %s", got)
			}
			// The trigger would set the time at once, and the clock must stand still for the comparison below.
			exec(t, db, `ALTER TABLE emails DISABLE TRIGGER USER;
				UPDATE emails SET token = 'old', token_generated_at = '2020-01-01Z'; ALTER TABLE emails ENABLE TRIGGER USER`)
			exec(t, db, row.sql)
			got := scalar(t, db, `SELECT concat_ws(' ', verified, token <> 'old', token_generated_at > '2020-01-01Z') FROM emails`)
			if got != row.want {
				t.Errorf("verified, token changed, time moved = %s; want %s", got, row.want)
			}
			if got := scalar(t, db, `SELECT token = 'mine' FROM emails`); got != "false" {
				t.Error("a statement chose the token of a new address")
			}
		})
	}
}

func TestOneAddressPerUser(t *testing.T) {
	t.Parallel()
	db := database(t)
	user := addUser(t, db, "one")
	add := `INSERT INTO emails (user_id, email) VALUES ($1, $2)`
	exec(t, db, add, user, "a@example.com")
	if got := code(t, db, add, user, "b@example.com"); got != uniqueKey {
		t.Errorf("SQLSTATE %q, want %q", got, uniqueKey)
	}
}
