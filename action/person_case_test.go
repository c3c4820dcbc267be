package action

import (
	"strings"
	"testing"
)

// workedOnCases fills every table of cases with rows by two people.
func (k *kit) workedOnCases(own func(sql string)) {
	for _, p := range [][2]string{{"gone", "Gone Realname"}, {"stays", "Stays Here"}} {
		own(strings.NewReplacer("$id", "'"+p[0]+"'", "$name", "'"+p[1]+"'").Replace(`
			WITH c AS (INSERT INTO incident (title, kind, state, severity, tlp, lead, lead_name, opened_by, opened_at, changed_at)
				VALUES ('A case', 'typosquat', 'reported', 'high', 'AMBER', $id, $name, jsonb_build_object('id', $id, 'name', $name), now(), now()) RETURNING number),
			e AS (INSERT INTO incident_event (incident, at, actor, actor_name, kind, details) SELECT number, now(), $id, $name, 'opened', '{}' FROM c
				UNION ALL SELECT number, now(), 'other', 'Other', 'lead', jsonb_build_object('was', $id, 'was_name', $name, 'now', $id, 'now_name', $name) FROM c),
			s AS (INSERT INTO incident_subject (incident, kind, id, by_id, by_name, at) SELECT number, 'person', $id, $id, $name, now() FROM c),
			x AS (INSERT INTO incident_text (incident, field, body, by_id, by_name, at) SELECT number, 'summary', 'text', $id, $name, now() FROM c),
			t AS (INSERT INTO incident_task (incident, item, place, title, holder, holder_name, by_id, by_name) SELECT number, 'lead', 1, 'Lead', $id, $name, $id, $name FROM c),
			f AS (INSERT INTO incident_file (incident, name, sha256, bytes, content, by_id, by_name, at) SELECT number, 'a.txt', sha256('a'), 1, 'a', $id, $name, now() FROM c),
			g AS (INSERT INTO incident_figure (incident, what, crate, value, method, confirmed, as_of, by_id, by_name, at) SELECT number, 'downloads', 'serde', 1, 'logs', true, now(), $id, $name, now() FROM c)
			INSERT INTO incident_draft (incident, format, path, body, made, owner, owner_name, approved_by, approved_name, sent_by, sent_name, made_at, changed_at)
				SELECT number, 'blog', 'a.md', 'text', 'text', $id, $name, $id, $name, $id, $name, now(), now() FROM c`))
	}
}

// cases gives every row of every table of cases as text.
func (k *kit) cases() string {
	k.t.Helper()
	var out strings.Builder
	rows, err := k.console.Query(k.t.Context(), `SELECT table_name::text FROM information_schema.tables WHERE table_name ~ '^incident' ORDER BY 1`)
	if err != nil {
		k.t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			k.t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if rows.Err() != nil || len(tables) < 8 {
		k.t.Fatalf("%v %v", tables, rows.Err())
	}
	for _, name := range tables {
		out.WriteString(one[string](k.t, k, `SELECT coalesce(string_agg(to_jsonb(t)::text, ' '), '') FROM `+name+` t`))
	}
	return out.String()
}

// Names of those who stay are kept, and the review points at cases about
// somebody.
func TestEraseLooksAtCases(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	own := func(sql string) {
		t.Helper()
		if _, err := k.console.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	own(`INSERT INTO person (id, name, member, listed) VALUES ('gone', 'Gone Realname', '{}', false), ('stays', 'Stays Here', '{}', true)`)
	k.workedOnCases(own)
	before := k.cases()
	p, effect := k.applied("person.erase", m{"person": "gone"})
	if !strings.Contains(codes(effect), "in-cases") {
		t.Errorf("the review does not name the case: %s", codes(effect))
	}
	k.worked(p.ID)
	after := k.cases()
	if strings.Contains(after, "Realname") || strings.Count(after, "Stays Here") != strings.Count(before, "Stays Here") || strings.Count(before, "Stays Here") < 12 {
		t.Errorf("before: %s\nafter: %s", before, after)
	}
}
