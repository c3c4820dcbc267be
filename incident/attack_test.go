package incident_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
	"cratewarden/ledger"
	"cratewarden/notify"
)

// What was told of a case stays told when it goes on in another, under the same
// name, and a later advisory of the same crate does not tell it twice.
func TestFeedOutlivesAMerge(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	sent := r.send(r.approve(r.one(advisory.RustSec, "arraykit"), ""), "https://advisories.example/RS-2026-0001")
	first := r.id
	into, err := r.Open(t.Context(), responder(), incident.Opening{Title: "The same", Kind: incident.CompromisedOwner, TLP: incident.Clear,
		Subjects: []incident.Subject{{Subject: ledger.Subject{Kind: "crate", ID: "internkit"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Merge(t.Context(), responder(), first, into.ID, "The same attack."); err != nil {
		t.Fatal(err)
	}
	f, parsed := r.feed()
	if len(parsed.Entries) != 1 || parsed.Entries[0].ID != first+"/arraykit" {
		t.Fatalf("after the merge the feed tells %s", f.JSON)
	}
	r.id = into.ID
	r.to(incident.Removed)
	r.send(r.approve(r.one(advisory.OSV, "arraykit"), ""), "https://advisories.example/MAL-2026-1")
	if f, parsed = r.feed(); len(parsed.Entries) != 1 || len(parsed.Entries[0].Advisories) != 2 {
		t.Fatalf("the same takedown is told twice: %s", f.JSON)
	}
	for _, d := range []incident.Draft{sent, r.one(advisory.OSV, "arraykit")} {
		if _, err := r.Withdraw(t.Context(), responder(), d.ID, incident.DraftOrder{Revision: mustDraft(t, r, d.ID).Revision, Reason: "It was wrong."}); err != nil {
			t.Fatal(err)
		}
	}
	if f, parsed = r.feed(); len(parsed.Entries) != 0 {
		t.Errorf("withdrawn, and on the feed: %s", f.JSON)
	}
}

func mustDraft(t *testing.T, r *writingRoom, id int64) incident.Draft {
	t.Helper()
	d, err := r.DraftByNumber(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A merge is no way to put a case on the feed whose bad versions are still there.
func TestMergeTellsNoTakedownTooEarly(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	if _, err := r.Override(t.Context(), responder(), r.id, "It is in the press."); err != nil {
		t.Fatal(err)
	}
	r.send(r.approve(r.one(advisory.RustSec, "arraykit"), ""), "https://advisories.example/RS-2026-0001")
	into, err := r.Open(t.Context(), responder(), incident.Opening{Title: "The same", Kind: incident.CompromisedOwner, TLP: incident.Clear,
		Subjects: []incident.Subject{{Subject: ledger.Subject{Kind: "crate", ID: "internkit"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Merge(t.Context(), responder(), r.id, into.ID, "The same attack."); err != nil {
		t.Fatal(err)
	}
	if f, parsed := r.feed(); len(parsed.Entries) != 0 {
		t.Errorf("neither case is removed, and the feed tells %s", f.JSON)
	}
	r.id = into.ID
	r.to(incident.Removed)
	if f, parsed := r.feed(); len(parsed.Entries) != 1 {
		t.Errorf("removed, and the feed tells %s", f.JSON)
	}
}

// An approval is for the facts of its time. When they change so that the text
// would not pass any more, it does not go out until somebody looks again.
func TestApprovalFallsBehindTheFacts(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	blog := r.approve(r.one(advisory.Blog, ""), "")
	r.facts(func(s *advisory.Sheet) { s.TLP = "RED" })
	order := incident.SendOrder{Revision: blog.Revision, Where: "https://blog.example/post"}
	_, err := r.Send(t.Context(), responder(), blog.ID, order)
	wantKind(t, "marked RED since", err, cratewarden.Refused)
	r.facts(func(s *advisory.Sheet) { s.TLP = "CLEAR" })

	record := r.approve(r.one(advisory.RustSec, "arraykit"), "")
	r.facts(func(s *advisory.Sheet) {
		s.Crates[0].Bad = append(s.Crates[0].Bad, advisory.Version{Num: "0.3.11", Published: s.Crates[0].Bad[0].Published, Removed: s.Crates[0].Bad[0].Removed, SHA256: strings.Repeat("b", 64)})
	})
	to := incident.SendOrder{Revision: record.Revision, Where: "https://advisories.example/RS-2026-0001"}
	_, err = r.Send(t.Context(), responder(), record.ID, to)
	wantKind(t, "another version is bad since", err, cratewarden.Refused)
	_, err = r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.RustSec})
	wantKind(t, "a patch of what was approved before", err, cratewarden.Refused)
	again := r.approve(record, "The other version gets an advisory of its own.")
	if again.Revision == record.Revision || again.ApprovedWhy == "" {
		t.Errorf("%+v", again)
	}
	if patch, err := r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.RustSec}); err != nil || !strings.Contains(string(patch), "0.3.10") {
		t.Errorf("approved again, and no patch: %v", err)
	}
	r.send(again, to.Where)

	// Down facts are no reason to let it go unseen either.
	r.mu.Lock()
	r.down = cratewarden.Errorf(cratewarden.Unavailable, "The registry is away.")
	r.mu.Unlock()
	_, err = r.Send(t.Context(), responder(), blog.ID, order)
	wantKind(t, "facts out of reach", err, cratewarden.Unavailable)
	r.mu.Lock()
	r.down = nil
	r.mu.Unlock()
}

// A reason makes up for what was wrong when it was given, not for what came
// later.
func TestReasonOfAnApprovalIsForItsProblems(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	d := r.one(advisory.RustSec, "arraykit")
	d, err := r.EditDraft(t.Context(), editor(), d.ID, d.Revision, strings.Replace(d.Body, `categories = ["malicious"]`, "", 1))
	if err != nil {
		t.Fatal(err)
	}
	d = r.approve(d, "The database asked for it.")
	to := incident.SendOrder{Revision: d.Revision, Where: "https://advisories.example/RS-2026-0001"}
	r.facts(func(s *advisory.Sheet) { s.TLP = "AMBER+STRICT" })
	_, err = r.Send(t.Context(), responder(), d.ID, to)
	wantKind(t, "marked AMBER since", err, cratewarden.Refused)
	r.facts(func(s *advisory.Sheet) { s.TLP = "CLEAR" })
	r.send(d, to.Where)
}

// Notices go to chats and webhooks: they do not say whom a mail was for, nor
// repeat a title that nobody approved.
func TestNoticesOfDraftsNameNobody(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	secret := "Jane Doe's laptop"
	if _, err := r.Decide(t.Context(), responder(), r.id, incident.Change{Set: map[incident.Field]string{incident.TitleField: secret},
		Was: map[incident.Field]string{incident.TitleField: "Supply chain attack on arraykit"}}); err != nil {
		t.Fatal(err)
	}
	r.make()
	for _, f := range []advisory.Format{advisory.MailLocked, advisory.MailReporter} {
		d := r.approve(r.one(f, ""), "")
		r.send(d, "called "+d.Recipient)
	}
	z := r.approve(r.one(advisory.Zulip, ""), "")
	if _, err := r.Send(t.Context(), responder(), z.ID, incident.SendOrder{Revision: z.Revision, Via: incident.ByChannels}); err != nil {
		t.Fatal(err)
	}
	if len(r.notices("draft.sent")) != 3 || len(r.notices("incident.post")) != 1 {
		t.Fatalf("%+v", r.told)
	}
	for _, n := range append(r.notices("draft.sent"), notify.Notice{Title: r.notices("incident.post")[0].Title}) {
		for _, name := range []string{"kernelsmith", "Ada of Example", secret} {
			if strings.Contains(n.Title+n.Text, name) {
				t.Errorf("a notice names %q: %+v", name, n)
			}
		}
	}
}

// What the ledger keeps for ever leads to nobody: ids of subjects and the names
// of what is counted are no place for an address, and neither is the reason of an
// erasure.
func TestNoAddressGetsIntoTheLedger(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	for _, s := range []ledger.Subject{{Kind: "report", ID: "ada@private.example"}, {Kind: "finding", ID: "from ada@private.example"}, {Kind: "link", ID: "https://desk.example/?from=ada@private.example"},
		{Kind: "notice", ID: "password=hunter2hunter2"}, {Kind: "advisory", ID: "ada@private.example"}, {Kind: "evidence", ID: "ada@private.example"}, {Kind: "plan", ID: "ada@private.example"}} {
		_, err := r.AddSubjects(t.Context(), responder(), r.id, []incident.Subject{{Subject: s}})
		wantKind(t, s.Kind+" "+s.ID, err, cratewarden.Invalid)
		_, err = r.Open(t.Context(), responder(), incident.Opening{Kind: incident.Typosquat, Title: "x", Subjects: []incident.Subject{{Subject: s}}})
		wantKind(t, "opened with "+s.Kind+" "+s.ID, err, cratewarden.Invalid)
	}
	if _, err := r.AddSubjects(t.Context(), responder(), r.id, []incident.Subject{{Subject: ledger.Subject{Kind: "link", ID: "https://desk.example/tickets/12"}}, {Subject: ledger.Subject{Kind: "report", ID: "desk 12"}}}); err != nil {
		t.Error(err)
	}
	for _, o := range []incident.FigureOrder{{Crate: "ada@private.example"}, {Crate: "arraykit", Version: "ada@private.example"}, {Crate: "arraykit", Version: "0.3.10 ada"}} {
		o.What, o.Value, o.Method, o.Query = incident.Downloads, 1, "logs", "q"
		_, err := r.Figure(t.Context(), responder(), r.id, o)
		wantKind(t, "a figure of "+o.Crate+" "+o.Version, err, cratewarden.Invalid)
	}
	if _, err := r.Note(t.Context(), responder(), r.id, "Ada wrote it: ada@private.example", ""); err != nil {
		t.Fatal(err)
	}
	list, err := r.Events(t.Context(), r.id, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	note := list[len(list)-1]
	err = r.Erase(t.Context(), responder(), r.id, incident.Erasure{Event: note.ID}, "Asked for by ada@private.example")
	wantKind(t, "a reason with the address", err, cratewarden.Invalid)
	if err := r.Erase(t.Context(), responder(), r.id, incident.Erasure{Event: note.ID}, "Request 12"); err != nil {
		t.Error(err)
	}
	p, err := r.log.List(t.Context(), ledger.Filter{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p)
	if err != nil || len(p.Entries) < 3 {
		t.Fatal(err)
	}
	for _, trace := range cratewarden.Traces(string(text)) {
		if trace.Kind == cratewarden.MailTrace || trace.Kind == cratewarden.SecretTrace {
			t.Errorf("the ledger holds %+v", trace)
		}
	}
}

// What was held and let go can be downloaded again: no document may say that it
// is gone, and held again it is gone from then on.
func TestSheetForgetsAHoldThatWasReleased(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	v := k.story.August.Republished[0]
	i := k.open(incident.MaliciousUpdate, incident.Malicious, action.VersionSubject(v.Crate, v.Version))
	do := func(kind string) action.Plan {
		t.Helper()
		text, err := json.Marshal(map[string]string{"do": kind, "crate": v.Crate, "version": v.Version})
		k.must(err)
		p, err := k.engine.Draft(t.Context(), k.ada, action.Order{Title: kind, Incident: i.ID, Internal: "test", Steps: []action.StepText{text}}, "")
		k.must(err)
		p = k.apply(p)
		k.work(p.ID)
		return p
	}
	one := func() advisory.Version {
		t.Helper()
		s, err := k.Sheet(t.Context(), i.ID)
		k.must(err)
		if len(s.Crates) != 1 || len(s.Crates[0].Bad) != 1 {
			t.Fatalf("%+v", s.Crates)
		}
		return s.Crates[0].Bad[0]
	}
	do("version.hold")
	first := one()
	if first.Held.IsZero() {
		t.Fatal("held, and the sheet does not say so")
	}
	do("version.release")
	if got := one(); !got.Gone().IsZero() {
		t.Errorf("everybody can download it, and the sheet says that it is gone since %s", got.Gone())
	}
	do("version.hold")
	if got := one(); !got.Held.After(first.Held) {
		t.Errorf("held again, and the sheet says since %s, as if it had not been back", got.Held)
	}
}

// A case that is opened again has not put back what it removed: readers of the
// feed are not told that a takedown never was.
func TestFeedOutlivesAReopening(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	r.send(r.approve(r.one(advisory.RustSec, "arraykit"), ""), "https://advisories.example/RS-2026-0001")
	if _, err := r.Move(t.Context(), responder(), r.id, incident.Closed, "The rest follows by hand."); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reopen(t.Context(), responder(), r.id, "Another crate."); err != nil {
		t.Fatal(err)
	}
	if f, parsed := r.feed(); len(parsed.Entries) != 1 {
		t.Errorf("opened again, and the feed tells %s", f.JSON)
	}
}

// Withdrawing the correction of an advisory withdraws the advisory: what it
// corrected was not right either.
func TestWithdrawnCorrectionLeavesTheFeed(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	first := r.send(r.approve(r.one(advisory.RustSec, "arraykit"), ""), "https://advisories.example/RS-2026-0001")
	c, err := r.Correct(t.Context(), responder(), first.ID, incident.CorrectOrder{Reason: "A wrong word."})
	if err != nil {
		t.Fatal(err)
	}
	c = r.send(r.approve(c, ""), "https://advisories.example/RS-2026-0001")
	_, was := r.feed()
	if len(was.Entries) != 1 {
		t.Fatal("corrected, and not on the feed")
	}
	if _, err := r.Withdraw(t.Context(), responder(), c.ID, incident.DraftOrder{Revision: c.Revision, Reason: "It was no attack."}); err != nil {
		t.Fatal(err)
	}
	f, parsed := r.feed()
	if len(parsed.Entries) != 0 {
		t.Errorf("withdrawn, and the feed tells %s", f.JSON)
	}
	if !parsed.Updated.After(was.Updated) {
		t.Errorf("readers refuse what is not newer: %s after %s", parsed.Updated, was.Updated)
	}
}

// A flood has thousands of crates: what is wrong with all of them is not said
// anew with the text of each, and still stops each.
func TestDraftsOfAFloodStayReadable(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	const crates = 300
	r.facts(func(s *advisory.Sheet) {
		one := s.Crates[1]
		s.Behaviour, s.Crates = "", nil
		for n := range crates {
			one.Name = fmt.Sprintf("flood-%d", n)
			s.Crates = append(s.Crates, one)
		}
	})
	list := r.make(advisory.OSV)
	if len(list) != crates {
		t.Fatalf("%d drafts", len(list))
	}
	total := 0
	for _, d := range list {
		total += len(d.Problems)
		if advisory.Publishable(d.Problems) {
			t.Errorf("%s may go although nobody said what the code does", d.Crate)
		}
	}
	if total > 30*crates {
		t.Errorf("%d findings with %d texts", total, crates)
	}
	// A crate whose own text is right is stopped by what others lack, and that is said.
	_, err := r.Approve(t.Context(), responder(), list[0].ID, incident.DraftOrder{Revision: list[0].Revision})
	wantKind(t, "a sheet without behaviour", err, cratewarden.Refused)
}

// The facts are read before a case's row is held. What somebody marks for fewer
// people in between does not go out by that.
func TestLabelOfNowCounts(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	blog := r.approve(r.one(advisory.Blog, ""), "")
	label := func(was, now incident.TLP) { // and the facts are still those of before
		t.Helper()
		if _, err := r.Decide(t.Context(), responder(), r.id, incident.Change{Set: map[incident.Field]string{incident.TLPField: string(now)}, Was: map[incident.Field]string{incident.TLPField: string(was)}}); err != nil {
			t.Fatal(err)
		}
	}
	label(incident.Clear, incident.Red)
	_, err := r.Send(t.Context(), responder(), blog.ID, incident.SendOrder{Revision: blog.Revision, Where: "https://blog.example/post"})
	wantKind(t, "sent by the facts of before", err, cratewarden.Conflict)
	status := r.one(advisory.Status, "")
	_, err = r.Approve(t.Context(), responder(), status.ID, incident.DraftOrder{Revision: status.Revision})
	wantKind(t, "approved by the facts of before", err, cratewarden.Conflict)
	label(incident.Red, incident.Clear)
	r.send(blog, "https://blog.example/post")
	r.approve(status, "")
}
