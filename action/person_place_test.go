package action

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/registry"
)

// ours are columns of text that no person writes at: ids, kinds, states, hashes
// and secrets of ours, and names of crates. By table, with what they are.
func ours() map[string]string {
	return map[string]string{
		"setting":           "name value",
		"console_migration": "name sha256",
		"ledger_entry":      "hashes", "ledger_checkpoint": "note",
		"document":         "sha256",
		"evidence_bundle":  "digest plan incident actor_id request",
		"evidence_subject": "digest kind", "evidence_check": "digest actor_id",
		"plan":         "id state incident undoes review fingerprint digest confirm evidence registry_tx effect",
		"plan_subject": "plan kind id",
		"request":      "actor key operation digest plan evidence",
		"follow_up":    "plan kind state registry_tx",
		"held":         "crate num plan files_state files",
		"tombstone":    "crate canon num tar_sha256 plan",
		"sign_in":      "state browser provider nonce verifier back", // gone within minutes
		"person":       "id",
		"identity":     "provider person",
		"session":      "id token person kind provider ended_by ended_why",
		"passkey":      "id person", "enrolment": "code person made_by",
		"ceremony":   "id kind session person purpose plan digest passkey",
		"api_token":  "id token person roles acts revoked_by",
		"ask":        "id secret code session person answered_in purpose plan digest state",
		"wrong_code": "person", "spent": "plan person",
		"break_glass":       "plan digest person verdict",
		"notice":            "kind people roles path plan",
		"delivery":          "channel person key state asked_by",
		"incident":          "kind state verdict severity tlp lead drill doubt",
		"incident_text":     "field by_id",
		"incident_subject":  "kind role by_id",
		"incident_event":    "actor kind",
		"incident_task":     "item state holder by_id",
		"incident_file":     "sha256 by_id",
		"incident_figure":   "what by_id",
		"incident_draft":    "format crate state owner approved_by sent_by sent_via",
		"incident_takedown": "crate versions",
		"incident_fact":     "what",
	}
}

// cleared are the columns that go by the person's id. The tests below look at
// what is left in them.
func cleared() map[string]string {
	return map[string]string{
		"person": "name registry_login mail member", "identity": "subject login", "session": "subject address agent", "passkey": "name",
		"api_token": "name used_from networks", "ask": "address agent", "delivery": "name masked", "evidence_check": "actor_name",
		"incident": "lead_name opened_by", "incident_event": "actor_name", "incident_task": "holder_name by_name",
		"incident_draft": "owner_name approved_name sent_name", "incident_subject": "by_name", "incident_text": "by_name", "incident_file": "by_name", "incident_figure": "by_name",
	}
}

// A new column of text is either searched by an erasure, cleared, kept for a
// reason, or none of a person's. Add it to textPlaces, personRows, caseRows or
// apart, or say here that it is ours.
func TestErasureKnowsEveryColumn(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	known, kinds := map[string]int{}, map[string]string{}
	for _, p := range textPlaces() {
		for _, spec := range strings.Fields(p.free + " " + p.stays) {
			name, kind := columnKind(spec)
			known[p.table+"."+name]++
			if !slices.Contains(strings.Fields(p.stays), spec) {
				kinds[p.table+"."+name] = kind
			}
		}
		if p.stays != "" && p.because == "" {
			t.Errorf("%s: why do its columns stay?", p.table)
		}
	}
	for name, why := range apart() {
		if known[name]++; len(why) < 10 {
			t.Errorf("%s: no reason", name)
		}
	}
	for _, list := range []map[string]string{ours(), cleared()} {
		for table, names := range list {
			for _, name := range strings.Fields(names) {
				known[table+"."+name]++
			}
		}
	}
	rows, err := k.console.Query(t.Context(), `SELECT c.table_name || '.' || c.column_name, c.udt_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.udt_name !~ '^(int[248]|bool|timestamptz|float[48]|date)$' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	var name, kind string
	n := 0
	if _, err := pgx.ForEachRow(rows, []any{&name, &kind}, func() error {
		n++
		switch known[name] {
		case 0:
			t.Errorf("%s (%s) may hold a person's data, and an erasure does not know it", name, kind)
		case 1:
		default:
			t.Errorf("%s stands in %d lists", name, known[name])
		}
		if want, free := kinds[name]; free && (want == "json") != strings.HasPrefix(kind, "json") || free && (want == "list") != (kind == "_text") {
			t.Errorf("%s is %s, not %q", name, kind, want)
		}
		delete(known, name)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(known) > 0 || n < 150 {
		t.Errorf("of %d columns there are none like %v", n, slices.Sorted(maps.Keys(known)))
	}
}

// everywhere fills every table in which a person may stand with a row.
func (k *kit) everywhere(own func(sql string), plan string) {
	k.t.Helper()
	k.workedOnCases(own)
	b, err := k.cfg.Evidence.Seal(k.t.Context(), evidence.Request{Users: []int32{1}, Reason: "test", Actor: ledger.Actor{ID: "gone", Name: "Gone Realname"}})
	if err != nil {
		k.t.Fatal(err)
	}
	own(`INSERT INTO evidence_check (digest, checked_at, actor_id, actor_name, parts, bytes, found, findings) VALUES ('\x` + b.Digest.String() + `', now(), 'gone', 'Gone Realname', 1, 1, 0, '[]')`)
	own(`INSERT INTO follow_up (plan, step, kind, args, state) VALUES ('` + plan + `', 1, 'index.sync', '{}', 'given up')`)
	own(`INSERT INTO break_glass (plan, digest, person, actor, reason, demands, at, due_at) VALUES ('` + plan + `', '\x00', 'gone', '{}', '', '[]', now(), now())`)
	own(`INSERT INTO notice (kind, title, at) VALUES ('x', 'x', now())`)
	own(`INSERT INTO delivery (notice, channel, person, name, masked, key, next_at, created_at) SELECT id, 'mail', 'gone', 'Gone Realname', 'g***@private.example', 'k' || id, now(), now() FROM notice`)
	own(`INSERT INTO incident_takedown (incident, crate, versions, whole, reason, taken_at, changed_at) SELECT min(number), 'a', '{}', true, '', now(), now() FROM incident`)
	own(`INSERT INTO incident_fact (id, at, what, subjects, moment, seen_at) VALUES ('f', now(), 'publish', '{}', '{}', now())`)
	own(`INSERT INTO held (version_id, crate, num, plan, step, was_yanked) VALUES (1, 'a', '1.0.0', '` + plan + `', 1, false)`)
}

// write puts a text into a column of every row, in the column's form.
func write(own func(sql string), place, spec, text string) {
	name, kind := columnKind(spec)
	text = "'" + text + "'"
	switch kind {
	case "json":
		text = `jsonb_build_object('body', ` + text + `)`
		if name == "findings" {
			text = `jsonb_build_array(` + text + `)`
		}
	case "list":
		text = `ARRAY['first', ` + text + `]`
	}
	own(`UPDATE ` + place + ` SET ` + name + ` = ` + text)
}

// Whatever column a mail address or a name stands in: the review says so, the
// work takes it out, and the rest of the text stays.
func TestErasureTakesWordsOutOfEveryText(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t, func(c *Config) { c.Reader = registry.New(registry.Config{Pool: c.Registry}) })
	own := func(sql string) {
		t.Helper()
		if _, err := s.console.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	account := int32(s.number(`SELECT min(user_id) FROM emails`))
	s.exec(`UPDATE emails SET email = 'Ottilie.Räuber@Mail.example' WHERE user_id = $1`, account)
	s.exec(`UPDATE emails SET verified = true WHERE user_id = $1`, account)
	own(`INSERT INTO person (id, name, registry_login, member, mail, listed) VALUES ('gone', 'Gone Realname', 'gone-login', '{"name": "Gone B. Realname", "mail": "b@private.example"}', 'gone@private.example', false)`)
	other, _ := s.reviewed("person.erase", m{"account": account + 1})
	s.everywhere(own, other.ID)
	const text = `He said:\n<ottilie.räuber@mail.EXAMPLE> is Gone  Realname, B@private.example (@Gone-Login); not Ottilie.Räuber@mail.example.org, Undergone Realname or gone-login.`
	for _, p := range textPlaces() {
		for _, spec := range strings.Fields(p.free) {
			write(own, p.table, spec, text)
		}
	}
	own(`UPDATE incident_file SET content = convert_to('` + text + `', 'UTF8') WHERE by_id = 'gone'`)
	own(`UPDATE incident_event SET details = details || '{"salt": "0011"}'`)
	own(`UPDATE plan SET state = 'applied'`)

	p, effect := s.reviewed("person.erase", m{"account": account}, "person.erase", m{"person": "gone"})
	p, _ = s.apply(p, effect)
	said := ""
	for _, g := range effect.Guards {
		said += g.Code + " " + g.Text + "\n"
	}
	for _, place := range textPlaces() {
		if place.free != "" && strings.Count(said, "are taken out of "+place.called+": ") != 2 {
			t.Errorf("the review does not name %s twice", place.called)
		}
	}
	if strings.Contains(strings.ToLower(said), "ottilie") || strings.Contains(said, "Realname") || strings.Count(said, "in-files ") != 2 {
		t.Errorf("the review: %s", said)
	}
	s.worked(p.ID)
	const want = `He said:\n<[erased]> is [erased], [erased] ([erased]); not Ottilie.Räuber@mail.example.org, Undergone Realname or gone-login.`
	for _, place := range textPlaces() {
		for _, spec := range strings.Fields(place.free) {
			name, kind := columnKind(spec)
			got := name + `::text`
			switch kind {
			case "json":
				if got = name + ` ->> 'body'`; name == "findings" {
					got = name + ` -> 0 ->> 'body'`
				}
			case "list":
				got = name + `[2]`
			}
			like := ` LIKE '` + strings.NewReplacer(`\n`, `%n`, `\`, `\\`).Replace(want) + `'`
			if n := one[int](t, s.kit, `SELECT count(*) FROM `+place.table+` WHERE `+got+like); n < 1 {
				t.Errorf("%s.%s is not as it should be: %s", place.table, name, one[string](t, s.kit, `SELECT string_agg(`+name+`::text, ' ') FROM `+place.table))
			}
			if n := one[int](t, s.kit, `SELECT count(*) FROM `+place.table+` WHERE `+got+` LIKE 'He said%' AND NOT `+got+like); n > 0 {
				t.Errorf("%s.%s: %d rows are changed otherwise", place.table, name, n)
			}
		}
	}
	if n := one[int](t, s.kit, `SELECT count(*) FROM incident_event WHERE details ? 'salt'`); n != 0 {
		t.Errorf("%d salts stay", n)
	}
	if n := one[int](t, s.kit, `SELECT count(*) FROM incident_file WHERE content <> '' AND by_id = 'gone'`) + one[int](t, s.kit, `SELECT count(*) FROM incident_file WHERE content = '' AND by_id = 'stays'`); n != 0 {
		t.Errorf("%d files are not as they should be", n)
	}
	left := regexp.MustCompile(`(?i)ottilie.räuber@mail.example[^.]|[^r]gone\s+realname|@private.example|@gone-login`)
	for _, table := range slices.Sorted(maps.Keys(ours())) {
		if strings.HasPrefix(table, "ledger_") || table == "document" {
			continue
		}
		if all := one[string](t, s.kit, `SELECT coalesce(string_agg(to_jsonb(t)::text, ' '), '') FROM `+table+` t`); table != "evidence_bundle" && left.MatchString(all) {
			t.Errorf("%s still has it: %s", table, left.FindString(all))
		}
	}
	if report, err := s.ledger.Verify(t.Context()); err != nil || !report.OK() {
		t.Errorf("%v %v", report, err)
	}
}
