package action

import (
	"context"
	"strings"
	"testing"
	"time"

	"cratewarden/pg"
	"cratewarden/registry"
)

// What is one's own goes in every form in which programs write it, and what is
// somebody else's stays.
func TestErasureTellsWordsFromOthers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	pattern := sought([]string{"smith@mail.example", "Anne Räuber", `Bob "Ä" O'Neil`, "@gone"})
	for text, want := range map[string]string{
		// The end of another's address or name is another's.
		"john.smith@mail.example":       "=",
		"mary-smith@mail.example":       "=",
		"Jean-Anne Räuber":              "=",
		"smith@mail.example.org":        "=",
		"Anne Räuber-Klein":             "=",
		"(smith@mail.example)":          "([erased])",
		"From:smith@mail.example.":      "From:[erased].",
		"mail=SMITH@Mail.Example&x=1":   "mail=[erased]&x=1",
		"- smith@mail.example\n-smith@": "- [erased]\n-smith@",
		// A letter is the same in upper case, in two parts, and in bytes.
		"ANNE RÄUBER":                    "[erased]",
		"Anne Ra\u0308uber":              "[erased]",
		"Anne\u00a0Räuber":               "[erased]",
		"?q=smith%40mail.example":        "?q=[erased]",
		"?q=by%20Anne%20R%C3%A4uber":     "?q=by%20[erased]",
		"?q=Anne+R%c3%84uber":            "?q=[erased]",
		`"by\nAnne R\u00e4uber"`:         `"by\n[erased]"`,
		`\012Anne R\303\244uber`:         `\012[erased]`,
		`by Bob "Ä" O'Neil`:              "by [erased]",
		`{"by":"bob \"ä\" o’neil"}`:      `{"by":"[erased]"}`,
		"smith\\u0040mail.example":       "[erased]",
		"smithXmail.example @gone-by":    "=",
		"smith@mailXexample, @gone, x":   "smith@mailXexample, [erased], x",
		"https://h.example/?who=%40gone": "https://h.example/?who=[erased]",
	} {
		if want == "=" {
			want = text
		}
		var got string
		if err := k.console.QueryRow(t.Context(), `SELECT regexp_replace($1, $2, '`+takenOut+`', 'gi')`, text, pattern).Scan(&got); err != nil || got != want {
			t.Errorf("%q is %q, not %q: %v", text, got, want, err)
		}
	}
}

// Names are what people call themselves, so one may read like a piece of a
// record. It is taken out of the values of a record and changes no other thing.
func TestErasureKeepsTheShapeOfRecords(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	own := func(sql string) {
		t.Helper()
		if _, err := k.console.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	k.workedOnCases(own)
	own(`INSERT INTO incident_event (incident, at, actor, actor_name, kind, details) SELECT min(number), now(), 'a', 'A', 'shape',
		'{"to": "contained", "from": "open", "n": [1.50, 2, true, null], "why": "says open\", \"to: and true, null"}' FROM incident`)
	for _, name := range []string{`open", "to`, `x: contained", "from": "open`, "true, null", `1.50, 2`, `: [`} {
		w := words{}
		w.name(name)
		if _, err := sweep(t.Context(), k.console, sought(w.private)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	const want = `{"n": [1.50, 2, true, null], "to": "contained", "why": "says [erased]: and [erased]", "from": "open"}`
	if got := one[string](t, k, `SELECT details::text FROM incident_event WHERE kind = 'shape'`); got != want {
		t.Errorf("\n%s\n%s", got, want)
	}
}

// An account may note any address it likes until it confirms it, and any name.
func TestErasureDoesNotTakeAnotherPersonsAddress(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t, func(c *Config) { c.Reader = registry.New(registry.Config{Pool: c.Registry}) })
	account := int32(s.number(`SELECT min(user_id) FROM emails`))
	s.exec(`UPDATE emails SET email = 'victim@mail.example', verified = false WHERE user_id = $1`, account)
	s.exec(`UPDATE users SET name = 'Was Removed' WHERE id = $1`, account)
	if _, err := s.console.Exec(t.Context(), `INSERT INTO notice (kind, title, at) VALUES ('x', 'The crate was removed', now())`); err != nil {
		t.Fatal(err)
	}
	_, effect := s.reviewed("person.erase", m{"account": account})
	codes := ""
	for _, g := range effect.Guards {
		codes += g.Code + " "
	}
	if w, err := s.wordsOf(t.Context(), s.console, PersonErase{Account: account}); err != nil || strings.Join(w.private, " ") != "Was Removed" || !strings.Contains(codes, "mail-unconfirmed ") || !strings.Contains(codes, "own-name ") {
		t.Errorf("%+v %v: %s", w, err, codes)
	}
}

// The work takes out the words that were agreed to and no others: who is erased
// could choose other ones meanwhile.
func TestErasureStopsAtOtherWords(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t, func(c *Config) { c.Reader = registry.New(registry.Config{Pool: c.Registry}) })
	account := int32(s.number(`SELECT min(user_id) FROM emails`))
	s.exec(`UPDATE users SET name = 'Jane Doe' WHERE id = $1`, account)
	p, effect := s.reviewed("person.erase", m{"account": account})
	p, _ = s.apply(p, effect)
	s.exec(`UPDATE users SET name = 'was removed' WHERE id = $1`, account)
	list, err := s.FollowUps(t.Context(), p.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	if err := s.Work(t.Context(), list[0].ID); err == nil {
		t.Error("the words were others, and nobody said so")
	}
	s.exec(`UPDATE users SET name = 'jane doe' WHERE id = $1`, account)
	if _, err := s.console.Exec(t.Context(), `UPDATE follow_up SET next_at = 'epoch'`); err != nil {
		t.Fatal(err)
	}
	s.worked(p.ID)
}

// A page's question to the console's database may not take long; the search may.
func TestErasureSearchesLongerThanAPage(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) {
		hasty, err := pg.Open(t.Context(), pg.Config{URL: c.Console.Config().ConnString(), StatementTimeout: 2 * time.Second, LockTimeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(hasty.Close)
		c.Console = hasty
	})
	if _, err := k.console.Exec(t.Context(), `INSERT INTO person (id, name, listed) VALUES ('gone', 'Gone Realname', false)`); err != nil {
		t.Fatal(err)
	}
	p, err := k.Draft(t.Context(), k.who, Order{Steps: steps(t, "person.erase", m{"person": "gone"})}, "")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := k.console.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE incident_takedown IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	free := make(chan struct{})
	go func() {
		defer close(free)
		time.Sleep(3 * time.Second)
		_ = tx.Rollback(context.WithoutCancel(t.Context()))
	}()
	defer func() { <-free }()
	if _, _, err := k.Review(t.Context(), k.who, p.ID); err != nil {
		t.Error(err)
	}
}
