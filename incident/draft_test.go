package incident_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
)

// writingRoom is a service of which only drafts are looked at; its facts are
// given.
type writingRoom struct {
	*incident.Service
	t     *testing.T
	db    *pgxpool.Pool
	log   *ledger.Log
	mu    sync.Mutex
	sheet advisory.Sheet
	down  error // of the facts
	told  []notify.Notice
	id    string
	now   time.Time
	cfg   incident.Config
}

// settings are those of the service, for another of the same console.
func (r *writingRoom) settings() incident.Config { return r.cfg }

func editor() action.Actor {
	return action.Actor{ID: "edi", Name: "Edi Editor", Roles: []cratewarden.Role{cratewarden.Editor}, Session: "s-edi"}
}

func responder() action.Actor {
	return action.Actor{ID: "rob", Name: "Rob Responder", Roles: []cratewarden.Role{cratewarden.Responder}, Session: "s-rob"}
}

func newWritingRoom(t *testing.T) *writingRoom {
	t.Helper()
	r := &writingRoom{t: t, now: time.Date(2026, 8, 20, 9, 40, 0, 0, time.UTC), sheet: factsOfTest()}
	r.db = pgtest.Database(t, pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := pg.Migrate(ctx, conn, os.DirFS("../console/migrations"))
		return err
	}})
	clock := func() time.Time {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.now = r.now.Add(time.Second)
		return r.now
	}
	r.log = ledger.New(ledger.Config{DB: r.db, Clock: clock})
	r.cfg = incident.Config{
		Console: r.db, Ledger: r.log, Clock: clock, Logger: logtest.New(t).Logger(),
		Registry: advisory.Registry{Name: "Harbor"}, Publisher: advisory.Publisher{Name: "Harbor security", Contact: "security@harbor.example"},
		FeedKey: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)), FeedURL: "https://console.example/takedowns",
		Facts: func(_ context.Context, id string) (advisory.Sheet, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			s := r.sheet
			s.Incident = id
			return s, r.down
		},
		Tell: func(_ context.Context, _ pgx.Tx, n notify.Notice) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.told = append(r.told, n)
			return nil
		},
	}
	r.Service = incident.New(r.cfg)
	i, err := r.Open(t.Context(), responder(), incident.Opening{Title: "Supply chain attack on arraykit", Kind: incident.CompromisedOwner, TLP: incident.Clear, Severity: incident.Critical,
		Subjects: []incident.Subject{{Subject: ledger.Subject{Kind: "crate", ID: "arraykit"}}}})
	if err != nil {
		t.Fatal(err)
	}
	r.id = i.ID
	return r
}

func factsOfTest() advisory.Sheet {
	clock := func(text string) time.Time {
		at, err := time.Parse("15:04:05", text)
		if err != nil {
			panic(err)
		}
		return time.Date(2026, 8, 20, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
	}
	removed := clock("09:26:00")
	return advisory.Sheet{
		Title: "Supply chain attack on arraykit", Kind: "compromised-owner", Verdict: "compromised owner", TLP: "CLEAR", Severity: "critical", AsOf: clock("09:40:00"),
		Registry: advisory.Registry{Name: "Harbor", Ecosystem: "crates.io", URL: "https://harbor.example"},
		Crates: []advisory.Crate{
			{Name: "arraykit", Role: "carrier", PublishedBy: "kernelsmith", Owners: []string{"kernelsmith", "second-smith"}, Good: []string{"0.3.9"}, Restored: []string{"0.3.9"},
				Bad: []advisory.Version{{Num: "0.3.10", Published: clock("07:15:00"), Held: clock("08:41:40"), Removed: clock("09:00:00"), SHA256: strings.Repeat("a", 64)}}},
			{Name: "proc-makro1", Role: "payload", PublishedBy: "kernelsmyth", Deleted: true,
				Bad: []advisory.Version{{Num: "1.0.107", Published: clock("07:11:00"), Removed: removed, SHA256: strings.Repeat("d", 64)}}},
		},
		Accounts:  []advisory.Account{{Login: "kernelsmith", Role: "compromised", Locked: true, LockedAt: clock("08:40:00")}},
		Behaviour: "A build script sends environment variables away.", Trigger: "It runs when the crate is built.", Summary: "Bad versions were published with a stolen token.",
		Links: []advisory.Link{{Kind: "report", URL: "https://reports.example/1", Title: "Report"}}, Finder: []advisory.Credit{{Name: "Ada of Example Research", Type: "REPORTER"}},
		RemovedAt: &removed, Publisher: advisory.Publisher{Name: "Harbor security", Namespace: "https://harbor.example", Category: "vendor", Contact: "security@harbor.example", Authors: "Robin", Team: "the Harbor team", TeamURL: "https://harbor.example/team"},
	}
}

func (r *writingRoom) facts(change func(*advisory.Sheet)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.sheet)
}

func (r *writingRoom) notices(kind string) (out []notify.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.told {
		if n.Kind == kind {
			out = append(out, n)
		}
	}
	return out
}

func (r *writingRoom) make(formats ...advisory.Format) []incident.Draft {
	r.t.Helper()
	list, err := r.Make(r.t.Context(), editor(), r.id, formats)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// one finds the first draft of a form, newest first.
func (r *writingRoom) one(f advisory.Format, crate string) incident.Draft {
	r.t.Helper()
	list, err := r.Drafts(r.t.Context(), r.id)
	if err != nil {
		r.t.Fatal(err)
	}
	for n := range list {
		if d := list[len(list)-1-n]; d.Format == f && (crate == "" || d.Crate == crate) {
			return d
		}
	}
	r.t.Fatalf("no draft %s %s", f, crate)
	return incident.Draft{}
}

// to takes the case to a state, with a reason for what is not shown.
func (r *writingRoom) to(s incident.State) {
	r.t.Helper()
	if _, err := r.Decide(r.t.Context(), responder(), r.id, incident.Change{Set: map[incident.Field]string{incident.VerdictField: string(incident.Compromised)}, Was: map[incident.Field]string{incident.VerdictField: ""}}); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.Move(r.t.Context(), responder(), r.id, s, "done by hand in this test"); err != nil {
		r.t.Fatal(err)
	}
}

func (r *writingRoom) approve(d incident.Draft, reason string) incident.Draft {
	r.t.Helper()
	out, err := r.Approve(r.t.Context(), responder(), d.ID, incident.DraftOrder{Revision: d.Revision, Reason: reason})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *writingRoom) send(d incident.Draft, where string) incident.Draft {
	r.t.Helper()
	out, err := r.Send(r.t.Context(), responder(), d.ID, incident.SendOrder{Revision: d.Revision, Where: where})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func wantKind(t *testing.T, what string, err error, kind cratewarden.Kind) {
	t.Helper()
	if cratewarden.KindOf(err) != kind {
		t.Errorf("%s: %v is %q, want %q", what, err, cratewarden.KindOf(err), kind)
	}
}

func TestDraftsAreMadeAndNeverOverwriteWhatWasEdited(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	list := r.make()
	count := map[advisory.Format]int{}
	for _, d := range list {
		count[d.Format]++
		if d.State != incident.DraftOpen || d.Edited || d.Owner.ID != "edi" || !d.Checked || d.Body == "" || d.Made != "" {
			t.Errorf("%+v", d)
		}
		if d.Public != (d.Locked != "") {
			t.Errorf("%s: public %v, locked %q", d.Format, d.Public, d.Locked)
		}
	}
	for f, n := range map[advisory.Format]int{advisory.RustSec: 2, advisory.OSV: 2, advisory.Blog: 1, advisory.MailLocked: 1, advisory.MailCoOwner: 1, advisory.MailReporter: 1, advisory.AmIAffected: 1, advisory.List: 1, advisory.PostMortem: 1} {
		if count[f] != n {
			t.Errorf("%d drafts of %s, want %d", count[f], f, n)
		}
	}
	if again := r.make(); len(again) != len(list) {
		t.Errorf("%d drafts after making them again, %d before", len(again), len(list))
	}
	blog, status := r.one(advisory.Blog, ""), r.one(advisory.Status, "")
	edited, err := r.EditDraft(t.Context(), editor(), blog.ID, blog.Revision, blog.Body+"\nOne more sentence.\n")
	if err != nil || !edited.Edited || edited.Revision != blog.Revision+1 || edited.Made != blog.Body {
		t.Fatalf("%+v %v", edited, err)
	}
	r.facts(func(s *advisory.Sheet) { s.Title, s.EffectOnUsers = "Another title", "Builds fail." })
	r.make()
	if d := r.one(advisory.Blog, ""); d.Body != edited.Body || !strings.Contains(d.Made, "Another title") || !d.Edited {
		t.Errorf("an edited draft was changed: %+v", d)
	}
	if d := r.one(advisory.Status, ""); d.Body == status.Body || !strings.Contains(d.Body, "Builds fail.") || d.Made != "" || d.Edited {
		t.Errorf("a draft that nobody touched keeps old facts: %+v", d)
	}
	taken, err := r.EditDraft(t.Context(), editor(), blog.ID, edited.Revision, r.one(advisory.Blog, "").Made)
	if err != nil || taken.Edited || taken.Made != "" {
		t.Errorf("the made text was taken back: %+v %v", taken, err)
	}
	r.facts(func(s *advisory.Sheet) { s.Crates = s.Crates[:1] })
	r.make(advisory.RustSec)
	if d := r.one(advisory.RustSec, "proc-makro1"); !d.Idle || d.Body == "" {
		t.Errorf("a crate that left the facts: %+v", d)
	}
	if d := r.one(advisory.OSV, "proc-makro1"); d.Idle {
		t.Error("a form that was not asked for is called idle")
	}
}

// Two people edit one draft: the second learns of it, with both texts.
func TestTwoEditorsLoseNothing(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	d := r.make(advisory.Blog)[0]
	texts := []string{d.Body + "\nFrom the first.\n", d.Body + "\nFrom the second.\n"}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for n, text := range texts {
		wg.Go(func() { _, errs[n] = r.EditDraft(t.Context(), editor(), d.ID, d.Revision, text) })
	}
	wg.Wait()
	lost := 0
	if errs[1] != nil {
		lost = 1
	}
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("%v, %v", errs[0], errs[1])
	}
	clash, ok := errors.AsType[*incident.Clash](errs[lost])
	if !ok || len(clash.Fields) != 1 || clash.Fields[0].Wanted != texts[lost] || clash.Fields[0].Now != texts[1-lost] || clash.Fields[0].Revision != d.Revision+1 {
		t.Fatalf("%+v", clash)
	}
	wantKind(t, "the second", errs[lost], cratewarden.Conflict)
	if _, err := r.EditDraft(t.Context(), editor(), d.ID, clash.Fields[0].Revision, texts[lost]); err != nil {
		t.Error(err)
	}
	if _, err := r.EditDraft(t.Context(), editor(), d.ID, d.Revision, texts[lost]); err != nil {
		t.Errorf("the same text again: %v", err)
	}
}

func TestPublicTextsWaitForTheRemoval(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	blog := r.approve(r.one(advisory.Blog, ""), "")
	_, err := r.Send(t.Context(), responder(), blog.ID, incident.SendOrder{Revision: blog.Revision, Where: "https://blog.example/post"})
	wantKind(t, "a post before the removal", err, cratewarden.Refused)
	_, err = r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.RustSec})
	wantKind(t, "a patch before the removal", err, cratewarden.Refused)
	mail := r.approve(r.one(advisory.MailLocked, ""), "")
	if mail = r.send(mail, "mail to the account's address"); mail.State != incident.DraftSent {
		t.Errorf("%+v", mail)
	}
	if _, err := r.Override(t.Context(), responder(), r.id, "The press has it already."); err != nil {
		t.Fatal(err)
	}
	if blog = r.send(blog, "https://blog.example/post"); blog.State != incident.DraftSent || blog.SentBy.ID != "rob" || blog.SentAt == nil || blog.SentWhere != "https://blog.example/post" {
		t.Errorf("%+v", blog)
	}
	if again := r.send(blog, "https://blog.example/post"); again.Revision != blog.Revision {
		t.Error("saying twice that it went out changed it")
	}
}

func TestSevereProblemsStopApproval(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	d := r.one(advisory.RustSec, "arraykit")
	if len(d.Problems) > 0 && !advisory.Publishable(d.Problems) {
		t.Fatalf("made from sound facts: %+v", d.Problems)
	}
	d, err := r.EditDraft(t.Context(), editor(), d.ID, d.Revision, strings.Replace(d.Body, `categories = ["malicious"]`, "", 1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Approve(t.Context(), responder(), d.ID, incident.DraftOrder{Revision: d.Revision})
	wantKind(t, "without its category", err, cratewarden.Refused)
	if !strings.Contains(err.Error(), "malicious") {
		t.Errorf("%v does not say what", err)
	}
	ok := r.approve(d, "The database asked for it.")
	if ok.ApprovedWhy != "The database asked for it." || ok.State != incident.DraftApproved || ok.ApprovedBy.ID != "rob" {
		t.Errorf("%+v", ok)
	}
	entry := r.lastEntry("incident.draft.approved")
	if !strings.Contains(entry.Details["problems"], "category-missing") || entry.Documents[0].SHA256.String() == "" || entry.Incident != r.id {
		t.Errorf("%+v", entry)
	}
	if strings.Contains(string(marshal(t, entry)), "database asked") {
		t.Error("the ledger has the reason in the clear: it could not be erased")
	}
	edited, err := r.EditDraft(t.Context(), editor(), ok.ID, ok.Revision, ok.Body+"\n")
	if err != nil || edited.State != incident.DraftOpen || edited.ApprovedAt != nil || edited.ApprovedWhy != "" {
		t.Errorf("an edit leaves the approval: %+v %v", edited, err)
	}
	blog := r.one(advisory.Blog, "")
	blog, err = r.EditDraft(t.Context(), editor(), blog.ID, blog.Revision, blog.Body+"\nWrite to ada@private.example.\n")
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Approve(t.Context(), responder(), blog.ID, incident.DraftOrder{Revision: blog.Revision, Reason: "She agreed."})
	wantKind(t, "somebody's address, whatever the reason", err, cratewarden.Refused)
	mail := r.one(advisory.MailLocked, "")
	mail, err = r.EditDraft(t.Context(), editor(), mail.ID, mail.Revision, strings.Replace(mail.Body, "\n", "\nBcc: everybody\n", 1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Approve(t.Context(), responder(), mail.ID, incident.DraftOrder{Revision: mail.Revision})
	wantKind(t, "a mail with a header", err, cratewarden.Refused)
	r.mu.Lock()
	r.down = cratewarden.Errorf(cratewarden.Unavailable, "The registry is away.")
	r.mu.Unlock()
	if d := r.one(advisory.Zulip, ""); d.Checked {
		t.Error("called checked without facts")
	}
	zulip := r.one(advisory.Zulip, "")
	_, err = r.Approve(t.Context(), responder(), zulip.ID, incident.DraftOrder{Revision: zulip.Revision})
	wantKind(t, "nobody checked it", err, cratewarden.Refused)
	status := r.one(advisory.Status, "")
	_, err = r.Approve(t.Context(), responder(), status.ID, incident.DraftOrder{Revision: status.Revision, Reason: "It is urgent."})
	wantKind(t, "a public text that nobody checked", err, cratewarden.Unavailable)
}

func TestAmberIsNotForEverybody(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.facts(func(s *advisory.Sheet) { s.TLP = "AMBER" })
	r.make()
	d := r.one(advisory.Blog, "")
	_, err := r.Approve(t.Context(), responder(), d.ID, incident.DraftOrder{Revision: d.Revision})
	wantKind(t, "AMBER", err, cratewarden.Refused)
	r.approve(r.one(advisory.Zulip, ""), "")
}

func TestSendingCorrectingWithdrawing(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	d := r.one(advisory.Blog, "")
	_, err := r.Send(t.Context(), responder(), d.ID, incident.SendOrder{Revision: d.Revision, Where: "https://blog.example/post"})
	wantKind(t, "not approved", err, cratewarden.Conflict)
	d = r.approve(d, "")
	for where, kind := range map[string]cratewarden.Kind{
		"": cratewarden.Invalid, "on the blog": cratewarden.Invalid, "http://blog.example/post": cratewarden.Invalid, "javascript:alert(1)": cratewarden.Invalid,
		"https://blog.example/?to=ada@private.example": cratewarden.Invalid, "https://" + strings.Repeat("a", 400): cratewarden.TooLarge, "https://a.example/\x00": cratewarden.Invalid,
	} {
		_, err := r.Send(t.Context(), responder(), d.ID, incident.SendOrder{Revision: d.Revision, Where: where})
		wantKind(t, where, err, kind)
	}
	_, err = r.Send(t.Context(), responder(), d.ID, incident.SendOrder{Revision: d.Revision, Via: incident.ByChannels})
	wantKind(t, "a post by channels", err, cratewarden.Invalid)
	_, err = r.Send(t.Context(), responder(), d.ID, incident.SendOrder{Revision: d.Revision - 1, Where: "https://blog.example/post"})
	wantKind(t, "an old revision", err, cratewarden.Conflict)
	d = r.send(d, "https://blog.example/post")
	_, err = r.EditDraft(t.Context(), editor(), d.ID, d.Revision, "other")
	wantKind(t, "editing what was sent", err, cratewarden.Conflict)

	r.facts(func(s *advisory.Sheet) {
		used := true
		s.UsedInTheWild, s.UseNote = &used, "Logs show 2,285 downloads."
	})
	r.make()
	if d = r.one(advisory.Blog, ""); !strings.Contains(d.Made, "Logs show") || d.State != incident.DraftSent {
		t.Fatalf("new facts do not stand beside what was sent: %+v", d)
	}
	c, err := r.Correct(t.Context(), editor(), d.ID, incident.CorrectOrder{Reason: "The logs were read."})
	if err != nil || c.Corrects != d.ID || c.State != incident.DraftOpen || !strings.Contains(c.Body, "Logs show") || c.Edited {
		t.Fatalf("%+v %v", c, err)
	}
	_, err = r.Correct(t.Context(), editor(), d.ID, incident.CorrectOrder{Reason: "Again."})
	wantKind(t, "a second correction at a time", err, cratewarden.Conflict)
	if n := len(r.make(advisory.Blog)); n != len(r.make()) {
		t.Error("making drafts again made another beside the correction")
	}
	if was, err := r.DraftByNumber(t.Context(), d.ID); err != nil || was.State != incident.DraftSent || was.CorrectedBy != c.ID {
		t.Errorf("%+v %v", was, err)
	}
	c = r.send(r.approve(c, ""), "https://blog.example/post#2")
	if was, err := r.DraftByNumber(t.Context(), d.ID); err != nil || was.State != incident.DraftCorrected || was.SentWhere != "https://blog.example/post" {
		t.Errorf("%+v %v", was, err)
	}
	_, err = r.Withdraw(t.Context(), responder(), c.ID, incident.DraftOrder{Revision: c.Revision})
	wantKind(t, "withdrawing without a reason", err, cratewarden.Invalid)
	if c, err = r.Withdraw(t.Context(), responder(), c.ID, incident.DraftOrder{Revision: c.Revision, Reason: "It was wrong."}); err != nil || c.State != incident.DraftWithdrawn || c.SentAt == nil {
		t.Errorf("%+v %v", c, err)
	}
	if n := len(r.notices("draft.sent")); n != 2 {
		t.Errorf("%d notices of sending", n)
	}
}

func TestChannelsTakeTheChatPost(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	asked, err := r.Ask(t.Context(), editor(), r.id, nil)
	if err != nil || len(asked) == 0 {
		t.Fatal(err)
	}
	if n := r.notices("draft.wanted"); len(n) != 1 || !strings.Contains(n[0].Text, "2 rustsec") || len(n[0].Roles) != 3 || n[0].Path != "/incidents/"+r.id {
		t.Errorf("%+v", n)
	}
	d := r.approve(r.one(advisory.Zulip, ""), "")
	sent, err := r.Send(t.Context(), responder(), d.ID, incident.SendOrder{Revision: d.Revision, Via: incident.ByChannels})
	if err != nil || sent.SentVia != incident.ByChannels {
		t.Fatalf("%+v %v", sent, err)
	}
	if n := r.notices("incident.post"); len(n) != 1 || n[0].Text != d.Body {
		t.Errorf("%+v", n)
	}
	for _, n := range r.told {
		if len(cratewarden.Traces(n.Title+n.Text)) > 0 {
			t.Errorf("a notice leads to somebody: %+v", n)
		}
	}
	_, err = r.Ask(t.Context(), editor(), r.id, []int64{d.ID})
	wantKind(t, "asking for what is sent", err, cratewarden.Conflict)
}

func TestPatchAndExport(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	_, err := r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.OSV})
	wantKind(t, "nothing approved", err, cratewarden.Conflict)
	_, err = r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.Blog})
	wantKind(t, "a patch of a post", err, cratewarden.Invalid)
	r.approve(r.one(advisory.OSV, "arraykit"), "")
	patch, err := r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.OSV})
	if err != nil || !bytes.Contains(patch, []byte("arraykit")) || bytes.Contains(patch, []byte("proc-makro1")) || !bytes.Contains(patch, []byte("From: Harbor security <security@harbor.example>")) {
		t.Errorf("%s %v", patch, err)
	}
	if _, err := r.db.Exec(t.Context(), `UPDATE incident_draft SET path = '../../etc/passwd' WHERE format IN ('blog', 'zulip')`); err != nil {
		t.Fatal(err)
	}
	first, err := r.ExportDrafts(t.Context(), r.id, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.ExportDrafts(t.Context(), r.id, nil)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two exports of the same drafts differ: %v", err)
	}
	z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range z.File {
		if !filepath.IsLocal(f.Name) || strings.Contains(f.Name, "\\") || texts[f.Name] != "" {
			t.Errorf("the file %q", f.Name)
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		texts[f.Name] = string(body)
	}
	var index struct {
		Files []struct{ File, SHA256, State string } `json:"files"`
	}
	if err := json.Unmarshal([]byte(texts["index.json"]), &index); err != nil || len(index.Files) != len(z.File)-1 {
		t.Errorf("%d of %d files in the index: %v", len(index.Files), len(z.File), err)
	}
	for _, f := range index.Files {
		if texts[f.File] == "" {
			t.Errorf("the index names %q, which is not there", f.File)
		}
	}
}

func (r *writingRoom) lastEntry(act string) ledger.Entry {
	r.t.Helper()
	page, err := r.log.List(r.t.Context(), ledger.Filter{Incident: r.id, Limit: 100})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, e := range page.Entries {
		if e.Action == act {
			return e
		}
	}
	r.t.Fatalf("no entry %s", act)
	return ledger.Entry{}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What was drafted in a case goes on in the one that it was merged into.
func TestDraftsOutliveAMerge(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make(advisory.RustSec)
	old := r.one(advisory.RustSec, "arraykit")
	into, err := r.Open(t.Context(), responder(), incident.Opening{Title: "The same", Kind: incident.CompromisedOwner, TLP: incident.Clear,
		Subjects: []incident.Subject{{Subject: ledger.Subject{Kind: "crate", ID: "internkit"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Merge(t.Context(), responder(), r.id, into.ID, "The same attack."); err != nil {
		t.Fatal(err)
	}
	r.id = into.ID
	if list := r.make(advisory.RustSec); len(list) != 2 || list[0].ID != old.ID {
		t.Errorf("%d drafts after the merge", len(list))
	}
	r.to(incident.Removed)
	d := r.approve(r.one(advisory.RustSec, "arraykit"), "")
	r.send(d, "https://advisories.example/RS-2026-0001")
	if _, parsed := r.feed(); len(parsed.Entries) != 1 {
		t.Errorf("%+v", parsed.Entries)
	}
}

// Nobody may work on drafts without a name, and numbers of none are said so.
func TestDraftsTakeAPerson(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	_, err := r.Make(t.Context(), action.Actor{}, r.id, nil)
	wantKind(t, "nobody", err, cratewarden.Unsigned)
	d := r.make(advisory.Blog)[0]
	_, err = r.EditDraft(t.Context(), action.Actor{}, d.ID, d.Revision, "x")
	wantKind(t, "nobody edits", err, cratewarden.Unsigned)
	_, err = r.DraftByNumber(t.Context(), 404)
	wantKind(t, "no such draft", err, cratewarden.NotFound)
	_, err = r.Make(t.Context(), editor(), r.id, []advisory.Format{"telegram"})
	wantKind(t, "no such form", err, cratewarden.Invalid)
	_, err = r.EditDraft(t.Context(), editor(), d.ID, d.Revision, "a\x00b")
	wantKind(t, "a zero letter", err, cratewarden.Invalid)
	_, err = r.EditDraft(t.Context(), editor(), d.ID, d.Revision, strings.Repeat("a", 1<<20+1))
	wantKind(t, "too long", err, cratewarden.TooLarge)
	count := func() (n int) {
		if err := r.db.QueryRow(t.Context(), `SELECT count(*) FROM incident_event WHERE kind = 'draft.made'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	r.make(advisory.Blog)
	if count() != before {
		t.Error("making the same again is recorded as a change")
	}
}
