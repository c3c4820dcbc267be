package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident/playbook"
	"cratewarden/ledger"
)

// ruled says the machine in words, apart from the table.
func ruled(from, to State) way {
	f, t := from.Rank(), to.Rank()
	switch {
	case from == Merged || to == Merged || from == to || to == Reported:
		return never
	case from == Closed || from == Reviewed:
		switch {
		case to == Triaged:
			return again
		case from == Closed && to == Reviewed:
			return onward
		}
		return never
	case to == Reviewed:
		return never
	case t > f:
		return onward
	}
	return back
}

// Every pair of states: the table says what the words say, and the service does
// what the table says.
func TestEveryPairOfStates(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	i := k.judged(Malicious)
	for _, from := range States() {
		for _, to := range States() {
			if got, want := wayTo(from, to), ruled(from, to); got != want {
				t.Errorf("%s to %s: the table says %c, the rules say %c", from, to, got, want)
			}
			k.try(i.ID, from, to, "")
			k.try(i.ID, from, to, "because")
		}
	}
	if wayTo("", Triaged) != never || wayTo(Triaged, "elsewhere") != never {
		t.Error("a state that is none leads somewhere")
	}
}

// try moves a case that is put into one state to another. Nothing is shown
// beyond the verdict, and a task is open.
func (k *kit) try(id string, from, to State, reason string) {
	k.t.Helper()
	if _, err := k.db.Exec(k.t.Context(), `UPDATE incident SET state = $1, merged_into = NULL WHERE number = 1`, from); err != nil {
		k.t.Fatal(err)
	}
	want := false
	switch ruled(from, to) {
	case onward:
		want = reason != "" || to == Triaged
	case back:
		want = reason != ""
	}
	want = want || from == to && from != Merged // there already
	got, err := k.Move(k.t.Context(), k.ada, id, to, reason)
	if from == Merged { // a row like that cannot be: it says merged and names no other
		if err == nil {
			k.t.Errorf("a merged case was moved to %s", to)
		}
		return
	}
	if (err == nil) != want {
		k.t.Errorf("%s to %s for %q: %v", from, to, reason, err)
	}
	if kind := cratewarden.KindOf(err); err != nil && kind != cratewarden.Conflict && kind != cratewarden.Invalid {
		k.t.Errorf("%s to %s for %q: a %s: %v", from, to, reason, kind, err)
	}
	if err == nil && got.State != to {
		k.t.Errorf("%s to %s for %q became %s", from, to, reason, got.State)
	}
	if reason == "" {
		return
	}
	k.exec(`UPDATE incident SET state = $1 WHERE number = 1`, from)
	_, err = k.Reopen(k.t.Context(), k.ada, id, reason)
	if (err == nil) != (ruled(from, Triaged) == again) {
		k.t.Errorf("reopen %s: %v", from, err)
	}
}

func (k *kit) exec(sql string, args ...any) {
	k.t.Helper()
	if _, err := k.db.Exec(k.t.Context(), sql, args...); err != nil {
		k.t.Fatal(err)
	}
}

func act(plan string, minute int, kind string, subjects ...ledger.Subject) actFact {
	return actFact{kind: kind, subjects: subjects, proof: proof{plan: plan, at: time.Unix(1_780_000_000, 0).UTC().Add(time.Duration(minute) * time.Minute)}}
}

func version(id string) ledger.Subject { return ledger.Subject{Kind: "version", ID: id} }

func account(id string) ledger.Subject { return ledger.Subject{Kind: "account", ID: id} }

func crate(id string) ledger.Subject { return ledger.Subject{Kind: "crate", ID: id} }

func TestWhatTheRecordShows(t *testing.T) {
	t.Parallel()
	sealed := []bundleFact{{proof{at: time.Unix(1_780_000_500, 0).UTC()}}}
	sent := func(format string, minute int) draftFact {
		return draftFact{format, "sent", proof{at: time.Unix(1_780_000_000, 0).UTC().Add(time.Duration(minute) * time.Minute)}}
	}
	bad, good := sub("version", "a@2.0.0", "payload"), sub("version", "a@1.0.0", "restore")
	owner := sub("account", "7", "compromised")
	hold, lock := act("p1", 1, "version.hold", version("a@2.0.0")), act("p1", 1, "account.contain", account("7"))
	gone, back := act("p2", 9, "version.delete", version("a@2.0.0")), act("p2", 9, "version.unyank", version("a@1.0.0"))
	for _, c := range []struct {
		name     string
		verdict  Verdict
		subjects []Subject
		facts    facts
		want     string // the states that the record leads to, from triaged on
	}{
		{"nothing", Malicious, []Subject{bad}, facts{}, ""},
		{"a plan that only looks", Malicious, []Subject{bad}, facts{acts: []actFact{act("p", 1, "job.resync_index", crate("a"))}}, ""},
		{"held", Malicious, []Subject{bad}, facts{acts: []actFact{hold}}, "contained"},
		{"its crate held", Malicious, []Subject{bad}, facts{acts: []actFact{act("p", 1, "crate.hold", crate("a"))}}, "contained"},
		{"another crate held", Malicious, []Subject{bad}, facts{acts: []actFact{act("p", 1, "crate.hold", crate("ab"))}}, ""},
		{"another version held", Malicious, []Subject{bad}, facts{acts: []actFact{act("p", 1, "version.hold", version("a@2.0.1"))}}, ""},
		{"a crate by one version", Malicious, []Subject{sub("crate", "a", "carrier")}, facts{acts: []actFact{hold}}, "contained"},
		{"only yanked", Malicious, []Subject{bad}, facts{acts: []actFact{act("p", 1, "version.yank", version("a@2.0.0"))}}, ""},
		{"held, the owner not locked", Compromised, []Subject{bad, owner}, facts{acts: []actFact{hold}}, ""},
		{"held and locked", Compromised, []Subject{bad, owner}, facts{acts: []actFact{hold, lock}}, "contained"},
		{"no part is known", Malicious, []Subject{sub("crate", "a", "")}, facts{acts: []actFact{lock}}, "contained"},
		{"held and sealed", Malicious, []Subject{bad}, facts{acts: []actFact{hold}, bundles: sealed}, "contained evidence"},
		{"sealed, not held", Malicious, []Subject{bad}, facts{bundles: sealed}, ""},
		{"deleted", Malicious, []Subject{bad}, facts{acts: []actFact{hold, gone}, bundles: sealed}, "contained evidence removed"},
		{"deleted, not restored", Malicious, []Subject{bad, good}, facts{acts: []actFact{hold, gone}, bundles: sealed}, "contained evidence"},
		{"deleted and restored", Malicious, []Subject{bad, good}, facts{acts: []actFact{hold, gone, back}, bundles: sealed}, "contained evidence removed"},
		{"deleted without evidence", Malicious, []Subject{bad}, facts{acts: []actFact{hold, gone}}, "contained"},
		{"told", Malicious, []Subject{bad}, facts{acts: []actFact{hold, gone}, bundles: sealed, drafts: []draftFact{sent("rustsec", 20)}}, "contained evidence removed communicated"},
		{"half told", Malicious, []Subject{bad}, facts{acts: []actFact{hold, gone}, bundles: sealed, drafts: []draftFact{sent("rustsec", 20), {format: "osv", state: "approved"}}}, "contained evidence removed"},
		{"only a chat told", Malicious, []Subject{bad}, facts{acts: []actFact{hold, gone}, bundles: sealed, drafts: []draftFact{sent("zulip", 20)}}, "contained evidence removed"},
		{"benign", Benign, []Subject{bad}, facts{}, ""},
		{"a service told", ServiceCase, nil, facts{drafts: []draftFact{sent("status", 2)}}, "communicated"},
		{"policy takes no advisory", PolicyCase, []Subject{bad}, facts{acts: []actFact{hold, gone}, bundles: sealed}, "contained evidence removed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := Incident{State: Triaged, Verdict: c.verdict, Subjects: c.subjects}
			var got []string
			for _, step := range forward(Triaged, needsOf(i, c.facts), time.Time{}) {
				got = append(got, strings.Replace(string(step.to), "sealed", "evidence", 1))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%q, want %q", s, c.want)
			}
			if again := forward(Triaged, needsOf(i, c.facts), time.Unix(1_790_000_000, 0)); len(again) > 0 {
				t.Errorf("what was shown before the case went back moves it again: %v", again)
			}
		})
	}
}

// A benign case closes without a reason, unless something is still held.
func TestBenignCasesCloseWhenNothingIsHeld(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.Playbooks = playbook.Set{} })
	i := k.judged(Benign)
	k.engine.apply(t, i.ID, "p1", "version.hold", action.Hold{VersionRef: action.VersionRef{Crate: "arraykit", Version: "0.3.10"}})
	if _, err := k.Move(t.Context(), k.ada, i.ID, Closed, ""); cratewarden.KindOf(err) != cratewarden.Conflict || !strings.Contains(err.Error(), "p1") {
		t.Fatalf("closed while a version is held: %v", err)
	}
	k.engine.apply(t, i.ID, "p2", "version.release", action.Release{VersionRef: action.VersionRef{Crate: "arraykit", Version: "0.3.10"}})
	got, err := k.Move(t.Context(), k.ada, i.ID, Closed, "")
	if err != nil || got.State != Closed || got.ClosedAt == nil {
		t.Fatalf("%+v %v", got, err)
	}
}

// What has no verdict goes nowhere, whatever the reason.
func TestNoStepWithoutVerdict(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	i := k.opened()
	for _, to := range []State{Triaged, Contained, Closed} {
		if _, err := k.Move(t.Context(), k.ada, i.ID, to, "trust me"); cratewarden.KindOf(err) != cratewarden.Conflict {
			t.Errorf("%s: %v", to, err)
		}
	}
	next, err := k.Next(t.Context(), i)
	if err != nil || slices.ContainsFunc(next, func(s Step) bool { return s.Ready }) {
		t.Errorf("%+v %v", next, err)
	}
}
