package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/pg/pgtest"
)

// On a new console, where nobody has a passkey, the server issues the first code.
func TestEnrolOnTheServer(t *testing.T) {
	t.Parallel()
	own := pgtest.URL(t, pgtest.Template{Name: "empty"})
	pool := migrated(t, own)
	enrol := func(who string) (string, error) {
		var out bytes.Buffer
		err := run(context.Background(), []string{"passkey", "enrol", "--console-url", own, who}, strings.NewReader(""), &out, &out)
		return out.String(), err
	}
	if _, err := enrol("ada"); cratewarden.KindOf(err) != cratewarden.Unavailable {
		t.Errorf("no list yet: %v", err)
	}
	for _, sql := range []string{
		`INSERT INTO roster (read_at) VALUES (now())`,
		`INSERT INTO person (id, name, member) VALUES ('u1', 'Ada', '{"github_id": 1815, "github": "ada", "name": "Ada", "grants": [{"role": "platform", "source": "test"}]}')`,
		`INSERT INTO identity (provider, subject, person, login) VALUES ('github', '1815', 'u1', 'ada')`,
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := enrol("bo"); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("nobody: %v", err)
	}
	out, err := enrol("ada")
	if err != nil || !regexp.MustCompile(`^([B-Z]{5}-){5}[B-Z]{5}\n`).MatchString(out) || !strings.Contains(out, "For Ada (ada, github number 1815), who has 0 passkeys.") {
		t.Errorf("%v: %s", err, out)
	}
	var codes, entries int
	if err := pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM enrolment WHERE made_by = 'server'),
		(SELECT count(*) FROM ledger_entry WHERE body::jsonb->>'action' = 'enrolment.issue')`).Scan(&codes, &entries); err != nil || codes != 1 || entries != 1 {
		t.Errorf("%d codes, %d entries, %v", codes, entries, err)
	}
}
