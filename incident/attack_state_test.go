package incident

import (
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/ledger"
)

// What only hides a version, or only brings another back, is not its removal: no
// state may say so, since public texts wait for it.
func TestNothingIsRemovedByHalf(t *testing.T) {
	t.Parallel()
	sealed := []bundleFact{{proof{at: time.Unix(1_780_000_500, 0).UTC()}}}
	named, bad := sub("crate", "a", ""), sub("version", "a@2.0.0", "payload")
	hold, back := act("p1", 1, "version.hold", version("a@2.0.0")), act("p1", 1, "version.unyank", version("b@1.0.0"))
	free, again := act("p2", 2, "version.release", version("a@2.0.0")), act("p3", 3, "version.hold", version("a@2.0.0"))
	whole, part, open := act("p1", 1, "crate.hold", crate("a")), act("p2", 2, "version.delete", version("a@2.0.0")), act("p3", 3, "crate.release", crate("a"))
	for _, c := range []struct {
		name     string
		subjects []Subject
		acts     []actFact
		want     string
	}{
		{"held, and a good one is back", []Subject{named}, []actFact{hold, back}, "contained evidence"},
		{"held with its crate, and a good one is back", []Subject{named}, []actFact{whole, back}, "contained evidence"},
		{"only a good one is back", []Subject{named}, []actFact{act("p1", 1, "account.contain", account("7")), back}, "contained evidence removed"},
		{"held, then deleted", []Subject{named}, []actFact{hold, back, part}, "contained evidence removed"},
		{"only yanked, of what has no part", []Subject{named}, []actFact{act("p1", 1, "version.yank", version("a@2.0.0"))}, ""},
		{"held and let go", []Subject{bad}, []actFact{hold, free}, ""},
		{"held, let go and held again", []Subject{bad}, []actFact{hold, free, again}, "contained evidence"},
		{"deleted, then the rest of the crate let go", []Subject{bad}, []actFact{whole, part, open}, "contained evidence removed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := Incident{State: Triaged, Verdict: Malicious, Subjects: c.subjects}
			var got []string
			for _, step := range forward(Triaged, needsOf(i, facts{acts: c.acts, bundles: sealed}), time.Time{}) {
				got = append(got, strings.Replace(string(step.to), "sealed", "evidence", 1))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%q, want %q", s, c.want)
			}
		})
	}
}

// A report of tomorrow would stop clocks before they began.
func TestNothingIsReportedInTheFuture(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	later := time.Now().Add(time.Hour)
	if _, err := k.Open(t.Context(), k.ada, Opening{Title: "x", Kind: Typosquat, ReportedAt: &later}); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("opened with a report of the future: %v", err)
	}
	i := k.opened()
	change := Change{Set: map[Field]string{ReportedField: stamp(later)}, Was: map[Field]string{ReportedField: ""}}
	if _, err := k.Decide(t.Context(), k.ada, i.ID, change); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("a report of the future was taken: %v", err)
	}
	change.Set[ReportedField] = stamp(time.Now().Add(-time.Hour))
	if _, err := k.Decide(t.Context(), k.ada, i.ID, change); err != nil {
		t.Error(err)
	}
}

// However a name is spelled, the open case about it is found before a second one
// is opened.
func TestSimilarKnowsEverySpelling(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	i := k.opened(sub("version", "Array_Kit@0.3.10", "carrier"))
	for _, s := range []Subject{sub("crate", "array-kit", ""), sub("version", "ARRAY_KIT@1.0.0", ""), sub("crate", "Array_Kit", "")} {
		list, err := k.Similar(t.Context(), []Subject{s})
		if err != nil || len(list) != 1 || list[0].ID != i.ID {
			t.Errorf("%s: %d cases, %v", s.ID, len(list), err)
		}
	}
	if list, err := k.Similar(t.Context(), []Subject{sub("crate", "arraykit", "")}); err != nil || len(list) != 0 {
		t.Errorf("another crate: %d cases, %v", len(list), err)
	}
}

// Whoever unlocks what everybody reads before the removal does not do it in
// silence: those who could stop it are told, and the reason stays in the house.
func TestUnlockingEarlyIsTold(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	i := k.judged(Malicious)
	if _, err := k.Override(t.Context(), k.ada, i.ID, "A paper prints it tomorrow."); err != nil {
		t.Fatal(err)
	}
	told := k.told[len(k.told)-1]
	if told.Kind != "incident.unlocked" || len(told.Roles) != 3 || !strings.Contains(told.Title, i.ID) || !strings.Contains(told.Text, "Ada") || strings.Contains(told.Title+told.Text, "paper") {
		t.Errorf("%+v", told)
	}
	n := len(k.told)
	if _, err := k.Override(t.Context(), k.ada, i.ID, "A paper prints it tomorrow."); err != nil || len(k.told) != n {
		t.Errorf("%v, told %d times", err, len(k.told)-n)
	}
}

// A program that writes without end fills no memory: pages, exports and drafts
// read all that was written. People still decide, and say why.
func TestNotesOfACaseAreBounded(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	i := k.judged(Malicious)
	k.exec(`INSERT INTO incident_event (incident, at, actor, actor_name, kind, body) SELECT 1, now(), 'bot', 'Bot', 'note', repeat('x', 1 << 20) FROM generate_series(1, 32)`)
	if _, err := k.Note(t.Context(), k.ada, i.ID, "one more", ""); cratewarden.KindOf(err) != cratewarden.TooLarge {
		t.Errorf("a note beyond the bound: %v", err)
	}
	if _, err := k.WriteText(t.Context(), k.ada, i.ID, "summary", 0, "one more"); cratewarden.KindOf(err) != cratewarden.TooLarge {
		t.Errorf("a text beyond the bound: %v", err)
	}
	if _, err := k.Move(t.Context(), k.ada, i.ID, Contained, "by hand"); err != nil {
		t.Errorf("nobody can decide any more: %v", err)
	}
	var first int64
	if err := k.db.QueryRow(t.Context(), `SELECT min(id) FROM incident_event WHERE kind = 'note'`).Scan(&first); err != nil {
		t.Fatal(err)
	}
	if err := k.Erase(t.Context(), k.ada, i.ID, Erasure{Event: first}, "made by a program"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Note(t.Context(), k.ada, i.ID, "there is room again", ""); err != nil {
		t.Error(err)
	}
}

// A token is not stopped by a lock of somebody else's account.
func TestTokenIsNotContainedByAStranger(t *testing.T) {
	t.Parallel()
	token, owner := sub("token", "5", "compromised"), sub("account", "7", "compromised")
	for _, c := range []struct {
		name     string
		subjects []Subject
		acts     []actFact
		want     bool
	}{
		{"its owner's account, which the case names", []Subject{token, owner}, []actFact{act("p1", 1, "account.contain", account("7"))}, true},
		{"an account that the case does not name", []Subject{token}, []actFact{act("p1", 1, "account.contain", account("8"))}, false},
		{"the token itself", []Subject{token}, []actFact{act("p1", 1, "token.revoke", ledger.Subject{Kind: "token", ID: "5"})}, true},
		{"another token", []Subject{token}, []actFact{act("p1", 1, "token.revoke", ledger.Subject{Kind: "token", ID: "6"})}, false},
	} {
		i := Incident{State: Triaged, Verdict: Compromised, Subjects: c.subjects}
		if got := needsOf(i, facts{acts: c.acts})[Contained].met; got != c.want {
			t.Errorf("%s: contained is %t", c.name, got)
		}
	}
}
