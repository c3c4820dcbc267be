package incident

import (
	"strconv"
	"strings"
	"testing"

	"cratewarden"
)

func TestFilesAreKeptAsTheyAre(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	i := k.opened()
	body := "<script>alert(1)</script>\x00\xff"
	f, err := k.Attach(ctx, k.ada, i.ID, "../../a\tb.html", strings.NewReader(body))
	if err != nil || f.Name != "a b.html" || f.Bytes != int64(len(body)) {
		t.Fatalf("%+v %v", f, err)
	}
	got, data, err := k.OpenFile(ctx, i.ID, f.ID)
	if err != nil || string(data) != body || got.SHA256 != f.SHA256 {
		t.Fatalf("%q %v", data, err)
	}
	other := k.opened()
	if _, _, err := k.OpenFile(ctx, other.ID, f.ID); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("a file of another case: %v", err)
	}
	k.exec(`UPDATE incident_file SET content = 'forged' WHERE id = $1`, f.ID)
	if _, _, err := k.OpenFile(ctx, i.ID, f.ID); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("a file that was changed in the database: %v", err)
	}
	k.exec(`INSERT INTO incident_file (incident, name, sha256, bytes, content, by_id, by_name, at)
		SELECT 2, 'f' || n, '\x00', 10485760, convert_to(repeat('x', 10485760), 'UTF8'), 'ada', 'Ada', now() FROM generate_series(1, 10) n`)
	if _, err := k.Attach(ctx, k.ada, other.ID, "more", strings.NewReader("x")); cratewarden.KindOf(err) != cratewarden.TooLarge {
		t.Errorf("above 100 MiB: %v", err)
	}
}

// What is erased is gone from every row, and its hash says nothing any more.
func TestErase(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	const secret = "ottilie@mail.example"
	account := sub("account", "7", "victim")
	account.Label, account.Why = secret, "is "+secret
	i, err := k.Open(ctx, k.ada, Opening{Title: "Of " + secret, Subjects: []Subject{account}})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	_, err = k.AddSubjects(ctx, k.ada, i.ID, []Subject{func() Subject { s := sub("crate", "a", ""); s.Why = secret; return s }()})
	must(err)
	note, err := k.Note(ctx, k.ada, i.ID, secret, "")
	must(err)
	text, err := k.WriteText(ctx, k.ada, i.ID, "finder", 0, "first "+secret)
	must(err)
	_, err = k.WriteText(ctx, k.ada, i.ID, "finder", text.Revision, "then "+secret)
	must(err)
	file, err := k.Attach(ctx, k.ada, i.ID, secret, strings.NewReader(secret))
	must(err)
	task, err := k.AddTask(ctx, k.ada, i.ID, TaskOrder{Title: secret}, "")
	must(err)
	_, err = k.Override(ctx, k.ada, i.ID, secret)
	must(err)
	one := func(sql string, args ...any) (id int64) {
		t.Helper()
		must(k.db.QueryRow(ctx, sql+` RETURNING id`, append([]any{i.number()}, args...)...).Scan(&id))
		return id
	}
	draft := one(`INSERT INTO incident_draft (incident, format, recipient, path, body, made, state, approved_why, sent_where, owner, owner_name, made_at, changed_at)
		VALUES ($1, 'mail-reporter', $2, $2, $2, $2, 'approved', $2, $2, 'ada', 'Ada', now(), now())`, secret)
	figure := one(`INSERT INTO incident_figure (incident, what, crate, value, method, query, confirmed, as_of, by_id, by_name, at)
		VALUES ($1, 'downloads', 'a', 1, $2, $2, true, now(), 'ada', 'Ada', now())`, "asked "+secret)
	one(`INSERT INTO incident_event (incident, at, actor, actor_name, kind, body, details)
		VALUES ($1, now(), 'ada', 'Ada', 'draft.approved', $2, jsonb_build_object('draft', $3::text, 'recipient', $2::text, 'salt', 's'))`, secret, strconv.FormatInt(draft, 10))
	for _, e := range []Erasure{{Draft: draft}, {Figure: figure}, {Event: note.ID}, {Text: "finder"}, {File: file.ID}, {Task: task.Item}, {Subject: account.Subject}, {Subject: crate("a")}, {Title: true}, {Early: true}} {
		must(k.Erase(ctx, k.bo, i.ID, e, "request 7"))
	}
	for _, table := range []string{"incident", "incident_event", "incident_subject", "incident_text", "incident_task", "incident_file", "incident_draft", "incident_figure", "ledger_entry"} {
		if n := k.number(`SELECT count(*) FROM ` + table + ` x WHERE x::text LIKE '%ottilie%' OR x::text LIKE '%6f7474696c6965%'`); n > 0 {
			t.Errorf("%s holds it in %d rows", table, n)
		}
	}
	if n := k.number(`SELECT count(*) FROM incident_event WHERE body = '' AND details ? 'salt'`); n > 0 {
		t.Errorf("%d salts stay", n)
	}
	if n := k.number(`SELECT count(*) FROM incident_draft WHERE state = 'withdrawn'`); n != 1 {
		t.Error("the emptied draft may still be sent")
	}
	for _, e := range []Erasure{{}, {Draft: draft}, {Draft: 999}, {Figure: figure}, {Event: note.ID}, {Event: 999}, {Text: "none"}, {File: 99}} {
		if err := k.Erase(ctx, k.bo, i.ID, e, "request 7"); err == nil {
			t.Errorf("%+v was erased", e)
		}
	}
	if _, _, err := k.OpenFile(ctx, i.ID, file.ID); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("an erased file: %v", err)
	}
	if err := k.Erase(ctx, k.bo, i.ID, Erasure{Title: true}, ""); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("without a reason: %v", err)
	}
}
