package incident

import (
	"testing"
	"time"
)

// The round asks for all cases that were told of at once, and at ten thousand of them
// has its answer in a moment: it asks after each change of any case.
func TestTenThousandToldCasesAreFollowed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, sql := range []string{
		`INSERT INTO incident (number, title, kind, state, severity, tlp, opened_by, opened_at, changed_at) OVERRIDING SYSTEM VALUE
			SELECT n, 't', 'flood', 'closed', 'low', 'AMBER', '{}', now(), now() - interval '1 hour' FROM generate_series(1, 10000) n`,
		`UPDATE incident SET state = 'merged', merged_into = number - 1 WHERE number % 100 = 0`,
		`INSERT INTO plan (id, state, title, author, incident, public_reason, internal_note, steps, changed_at)
			SELECT 'p' || n, 'applied', 't', '{}', 'INC-' || (n % 10000 + 1), '', '', '[]', now() - interval '2 hours' FROM generate_series(1, 20000) n`,
		`UPDATE plan SET changed_at = 'tomorrow' WHERE id = 'p99'`, // of INC-100, which goes on in INC-99
		`INSERT INTO incident_draft (incident, format, crate, path, body, made, state, owner, owner_name, made_at, changed_at, sent_at)
			SELECT n, 'rustsec', 'c' || n, '', '', '', 'sent', 'ada', 'Ada', now(), now(), now() FROM generate_series(1, 10000) n`,
		`ANALYZE`,
	} {
		if _, err := k.db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	told, err := k.toldCases(t.Context())
	k.must(err)
	took := time.Since(began)
	t.Logf("%d cases in %s", len(told), took.Round(time.Millisecond))
	if len(told) != 9900 || !told[99].After(time.Now()) || told[98].After(time.Now()) {
		t.Errorf("%d cases, of which INC-99 changed at %s and INC-98 at %s", len(told), told[99], told[98])
	}
	if took > 10*time.Second {
		t.Error("its work grows with the square of the cases")
	}
}
