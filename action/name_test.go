package action

import (
	"encoding/json"
	"strings"
	"testing"
)

// grown adds what a newer registry may have: columns that may be empty, and a
// table of which we know nothing.
func (k *kit) grown(tables ...string) {
	for _, t := range tables {
		k.exec(`ALTER TABLE ` + t + ` ADD COLUMN newer_than_us text`)
	}
	k.exec(`CREATE TABLE newer_table (id serial PRIMARY KEY, note text)`)
}

// deleted adds deletions of a name and gives the id of the last.
func (k *kit) deleted(name string, when ...string) int64 {
	for _, w := range when {
		k.exec(`INSERT INTO deleted_crates (name, created_at, deleted_at, available_at) VALUES ($1, '2020-01-01', $2::timestamptz, $2::timestamptz + interval '1 day')`, name, w)
	}
	return k.number(`SELECT id FROM deleted_crates WHERE canon_crate_name(name) = canon_crate_name($1) ORDER BY deleted_at DESC LIMIT 1`, name)
}

func TestReserveAndFreeNames(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.grown("reserved_crate_names", "reserved_usernames", "deleted_crates")
	effect := k.identity("name.reserve", m{"name": "Never-Used-Yet"}, "name.reserve", m{"name": "nor_this"})
	if len(effect.Rows) != 2 || len(effect.Jobs) != 0 || effect.Rows[0].Table != "reserved_crate_names" || effect.Rows[0].Step != 1 || effect.Rows[1].Step != 2 {
		t.Errorf("%+v", effect)
	}
	effect = k.identity("name.unreserve", m{"name": "PROC-macro"})
	if len(effect.Rows) != 1 || effect.Rows[0].Key != "proc_macro" || effect.Rows[0].After != nil {
		t.Errorf("%+v", effect)
	}
	_, effect = k.reviewed("name.reserve", m{"name": "Proc-Macro"}, "name.unreserve", m{"name": "not-reserved"})
	if len(effect.Rows) != 0 || len(effect.Guards) != 2 || effect.Guards[0].Code != "nothing-to-do" || effect.Guards[1].Code != "nothing-to-do" {
		t.Errorf("%+v", effect.Guards)
	}
	if got := k.blocked("name.reserve", m{"name": "Array_kit"}, "name.reserve", m{"name": "arraykit"}); got != "name-in-use" {
		t.Error(got)
	}
	// The second step sees what the first did.
	_, effect = k.reviewed("name.reserve", m{"name": "twice-named"}, "name.reserve", m{"name": "twice_named"})
	if len(effect.Rows) != 1 || effect.Guards[0].Code != "nothing-to-do" {
		t.Errorf("%+v", effect)
	}
}

func TestReservedNameStopsItsPublish(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.applied("name.reserve", m{"name": "grabbed-name"})
	_, err := k.registry.Exec(t.Context(), `INSERT INTO crates (name) VALUES ('grabbed_name')`)
	if err == nil || !strings.Contains(err.Error(), "reserved") {
		t.Fatal(err)
	}
	k.undone(p)
	k.exec(`INSERT INTO crates (name) VALUES ('grabbed_name')`)
}

func TestBlockADeletedName(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.grown("deleted_crates")
	id := k.deleted("gone-crate", "2026-11-01", "2026-11-20 10:00")
	effect := k.identity("name.block", m{"name": "Gone_Crate", "until": "2027-06-01T00:00:00Z"})
	if len(effect.Rows) != 1 || effect.Rows[0].Before.Int("id") != id || effect.Rows[0].After.Text("available_at")[:10] != "2027-06-01" {
		t.Errorf("%+v", effect.Rows)
	}
	if len(effect.Public) != 1 || !strings.Contains(effect.Public[0].Text, "2027-06-01") {
		t.Errorf("%+v", effect.Public)
	}
	_, effect = k.reviewed("name.block", m{"name": "gone-crate", "until": "2026-11-10T00:00:00Z"})
	if effect.Guards[0].Code != "past-date" {
		t.Errorf("%+v", effect.Guards)
	}
	k.exec(`UPDATE deleted_crates SET available_at = '2030-01-01' WHERE name = 'gone-crate' AND id <> $1`, id)
	_, effect = k.reviewed("name.block", m{"name": "gone-crate", "until": "2027-01-10T00:00:00Z"})
	if effect.Guards[0].Code != "older-deletion" {
		t.Errorf("%+v", effect.Guards)
	}
	if got := k.blocked("name.block", m{"name": "was-never-here", "until": "2027-01-10T00:00:00Z"}); got != "never-deleted" {
		t.Error(got)
	}
	if got := k.blocked("name.block", m{"name": "arraykit", "until": "2027-01-10T00:00:00Z"}); got != "name-in-use" {
		t.Error(got)
	}
}

func TestReserveUsername(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.grown("reserved_usernames", "users")
	effect := k.identity("name.reserve_username", m{"username": "nobody-has-it"})
	if len(effect.Rows) != 1 || len(effect.Guards) != 0 {
		t.Errorf("%+v", effect)
	}
	effect = k.identity("name.reserve_username", m{"username": "Mirelund"})
	if len(effect.Affected) != 1 || effect.Guards[0].Code != "name-in-use" || effect.Guards[0].Level != Warn {
		t.Errorf("%+v", effect)
	}
	k.applied("name.reserve_username", m{"username": "kept-away"})
	_, effect = k.reviewed("name.reserve_username", m{"username": "KEPT_away"})
	if effect.Guards[0].Code != "nothing-to-do" {
		t.Errorf("%+v", effect.Guards)
	}
}

// refused decodes one step and wants a complaint about it.
func refused(t *testing.T, step string) {
	t.Helper()
	if _, err := NewCatalogue().Decode([]StepText{json.RawMessage(step)}); err == nil {
		t.Errorf("taken: %s", step)
	} else if !strings.HasPrefix(err.Error(), "Step 1: ") {
		t.Error(err)
	}
}

func TestBadNameParameters(t *testing.T) {
	t.Parallel()
	for _, step := range []string{
		`{"do":"name.reserve"}`, `{"do":"name.reserve","name":""}`, `{"do":"name.reserve","name":"1abc"}`, `{"do":"name.reserve","name":"a b"}`,
		`{"do":"name.reserve","name":"a","until":"2027-01-01T00:00:00Z"}`, `{"do":"name.reserve","name":7}`, `{"do":"name.unreserve","name":"ä"}`,
		`{"do":"name.block","name":"abc"}`, `{"do":"name.block","name":"abc","until":"tomorrow"}`, `{"do":"name.block","name":"-","until":"2027-01-01T00:00:00Z"}`,
		`{"do":"name.reserve_username","username":""}`, `{"do":"name.reserve_username","username":"a b"}`, `{"do":"name.reserve_username","name":"a"}`,
		`{"do":"name.burn","name":"a"}`,
	} {
		refused(t, step)
	}
}
