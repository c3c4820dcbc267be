package incident

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cratewarden"
)

// A change of two fields is done or not done as a whole, and says both values
// where two people differ.
func TestDecideComparesEveryField(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	i := k.opened()
	was := func(fields ...Field) map[Field]string {
		out := map[Field]string{}
		for _, f := range fields {
			out[f] = i.Value(f)
		}
		return out
	}
	if _, err := k.Decide(ctx, k.bo, i.ID, Change{Set: map[Field]string{SeverityField: "critical"}, Was: was(SeverityField)}); err != nil {
		t.Fatal(err)
	}
	_, err := k.Decide(ctx, k.ada, i.ID, Change{Set: map[Field]string{SeverityField: "low", TLPField: "TLP:RED"}, Was: was(SeverityField, TLPField)})
	var c *Clash
	if !errors.As(err, &c) || len(c.Fields) != 1 || c.Fields[0].Field != SeverityField || c.Fields[0].Was != "medium" || c.Fields[0].Now != "critical" ||
		c.Fields[0].Wanted != "low" || c.Fields[0].By.ID != "bo" || cratewarden.KindOf(err) != cratewarden.Conflict || !strings.Contains(cratewarden.MessageOf(err), "Bo") {
		t.Fatalf("%v %+v", err, c)
	}
	now, err := k.Incident(ctx, i.ID)
	if err != nil || now.TLP != Amber || now.Severity != Critical {
		t.Fatalf("half of a change was done: %+v %v", now, err)
	}
	// Whoever wants what somebody else already wrote does not clash.
	if _, err := k.Decide(ctx, k.ada, i.ID, Change{Set: map[Field]string{SeverityField: "critical", TLPField: "red"}, Was: was(SeverityField, TLPField)}); err != nil {
		t.Fatal(err)
	}
	got, err := k.Decide(ctx, k.ada, i.ID, Change{
		Set:    map[Field]string{TitleField: " New\n title ", KindField: "typosquat", CampaignField: "#Wave-2, wave-1,wave-1", ReportedField: "2026-08-20T09:15:00+02:00", LeadField: "bo", VerdictField: "malicious"},
		Was:    was(TitleField, KindField, CampaignField, ReportedField, LeadField, VerdictField),
		Reason: "the helper is a copy",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Title != "New title" || got.Kind != Typosquat || got.Value(CampaignField) != "wave-1,wave-2" || got.Value(ReportedField) != "2026-08-20T07:15:00Z" ||
		got.Lead != (Person{"bo", "Bo"}) || got.Verdict != Malicious || got.State != Triaged {
		t.Errorf("%+v", got)
	}
	if want := []string{"incident.opened", "incident.lead", "incident.verdict", "incident.state"}; !slices.Equal(k.notices(), want) {
		t.Errorf("told %v", k.notices())
	}
	tasks, err := k.Tasks(ctx, i.ID)
	book, _ := k.cfg.Playbooks.Of("typosquat")
	if err != nil || len(tasks) < len(book.Items) || tasks[0].Item != book.Items[0].ID || tasks[0].Title != book.Items[0].Title || tasks[0].Phase == "" {
		t.Errorf("the tasks are not those of the new kind: %+v %v", tasks, err)
	}
}

// What cannot be is refused with a sentence, and nothing is written.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	i := k.opened()
	before := k.everything()
	one := func(f Field, v string) error {
		_, err := k.Decide(ctx, k.ada, i.ID, Change{Set: map[Field]string{f: v}, Was: map[Field]string{f: i.Value(f)}})
		return err
	}
	subject := func(s Subject) error {
		_, err := k.AddSubjects(ctx, k.ada, i.ID, []Subject{s})
		return err
	}
	long := strings.Repeat("x", 70_000)
	open := func(o Opening) error { _, err := k.Open(ctx, k.ada, o); return err }
	note := func(body string) error { _, err := k.Note(ctx, k.ada, i.ID, body, ""); return err }
	text := func(field, body string) error {
		_, err := k.WriteText(ctx, k.ada, i.ID, field, 0, body)
		return err
	}
	file := func(name, body string) error {
		_, err := k.Attach(ctx, k.ada, i.ID, name, strings.NewReader(body))
		return err
	}
	for name, err := range map[string]error{
		"no title": one(TitleField, " \n"), "long title": one(TitleField, long), "steered title": one(TitleField, "a\x1b[31mb"), "no text": one(TitleField, "\xff"), "zero": one(TitleField, "a\x00b"),
		"kind": one(KindField, "../../etc"), "severity": one(SeverityField, "worst"), "tlp": one(TLPField, "WHITE"), "verdict": one(VerdictField, "guilty"), "verdict back": one(VerdictField, ""),
		"nobody": one(LeadField, "zoe"), "long lead": one(LeadField, long), "campaign": one(CampaignField, "<script>"), "time": one(ReportedField, "yesterday"), "field": one("state", "closed"),
		"no field": func() error { _, err := k.Decide(ctx, k.ada, i.ID, Change{}); return err }(),
		"not seen": func() error {
			_, err := k.Decide(ctx, k.ada, i.ID, Change{Set: map[Field]string{TitleField: "x"}})
			return err
		}(),
		"crate": subject(sub("crate", "../x", "")), "version": subject(sub("version", "a", "")), "sql": subject(sub("version", "a@1'; DROP TABLE incident; --", "")), "token itself": subject(sub("token", "cioAbcdef", "")),
		"script link": subject(sub("link", "javascript:alert(1)", "")), "login link": subject(sub("link", "https://a:b@c.example/", "")), "account": subject(sub("account", "99999999999", "")), "account login": subject(sub("account", "somebody", "")),
		"kind of subject": subject(sub("person", "ada", "")), "part": subject(sub("crate", "a", "hero")), "itself": subject(sub("incident", "INC-1", "")), "no incident": subject(sub("incident", "INC-99", "")), "unseen": subject(sub("report", "a\u202eb", "")), "long": subject(sub("report", long, "")),
		"empty case": open(Opening{}), "long note": open(Opening{Title: "x", Note: long}), "open kind": open(Opening{Title: "x", Kind: "nonsense"}), "long key": open(Opening{Title: "x", Key: long}),
		"no note": note(" \n"), "note": note(long), "text name": text("../x", "x"), "text": text("summary", long),
		"no file": file("a.txt", ""), "no name": file("..", "x"), "name": file("a\x00b", "x"), "large": file("a", strings.Repeat("x", MaxFile+1)),
		"no case":   func() error { _, err := k.Note(ctx, k.ada, "INC-9", "x", ""); return err }(),
		"no id":     func() error { _, err := k.Incident(ctx, "'; --"); return err }(),
		"no reason": func() error { _, err := k.Override(ctx, k.ada, i.ID, " "); return err }(),
		"skip":      func() error { _, err := k.Skip(ctx, k.ada, i.ID, k.anItem(), ""); return err }(),
		"no task":   func() error { _, err := k.Done(ctx, k.ada, i.ID, "nothing", ""); return err }(),
		"no person": func() error { _, err := k.Note(ctx, k.nobody(), i.ID, "x", ""); return err }(),
	} {
		switch cratewarden.KindOf(err) {
		case cratewarden.Invalid, cratewarden.TooLarge, cratewarden.NotFound, cratewarden.Unavailable, cratewarden.Unsigned:
			if m := cratewarden.MessageOf(err); len(m) > 400 || strings.ContainsAny(m, "\x00\x1b\u202e") {
				t.Errorf("%s: the sentence repeats what steers text: %q", name, m)
			}
		default:
			t.Errorf("%s: %v", name, err)
		}
	}
	for table, digest := range k.everything() {
		if digest != before[table] {
			t.Errorf("%s changed", table)
		}
	}
}

// The same key is one case and one note; another request under it is refused.
func TestKeysMakeThingsOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	o := Opening{Title: "Once", Subjects: []Subject{sub("crate", "a", "")}, Key: "k"}
	first, err := k.Open(ctx, k.ada, o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := k.Open(ctx, k.ada, o)
	if err != nil || again.ID != first.ID {
		t.Fatalf("%s then %s %v", first.ID, again.ID, err)
	}
	o.Title = "Twice"
	if _, err := k.Open(ctx, k.ada, o); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("another case under the same key: %v", err)
	}
	if other, err := k.Open(ctx, k.bo, o); err != nil || other.ID == first.ID {
		t.Errorf("another person's key is theirs: %v %v", other.ID, err)
	}
	a, err := k.Note(ctx, k.ada, first.ID, "said once", "n")
	if err != nil || a.Body != "said once" {
		t.Fatal(a, err)
	}
	if b, err := k.Note(ctx, k.ada, first.ID, "said once", "n"); err != nil || b.ID != a.ID {
		t.Errorf("%d then %d %v", a.ID, b.ID, err)
	}
	x, err := k.AddTask(ctx, k.ada, first.ID, TaskOrder{Title: "do"}, "t")
	if err != nil {
		t.Fatal(err)
	}
	if y, err := k.AddTask(ctx, k.ada, first.ID, TaskOrder{Title: "do"}, "t"); err != nil || y.Item != x.Item {
		t.Errorf("%v %v", y, err)
	}
	f, err := k.Attach(ctx, k.ada, first.ID, `C:\logs\a.txt`, strings.NewReader("x"))
	if err != nil || f.Name != "a.txt" {
		t.Fatal(f, err)
	}
	if g, err := k.Attach(ctx, k.ada, first.ID, "a.txt", strings.NewReader("x")); err != nil || g.ID != f.ID {
		t.Errorf("%v %v", g, err)
	}
	if n := k.number(`SELECT count(*) FROM incident_event WHERE incident = 1 AND kind IN ('note', 'task', 'file') AND actor = 'ada'`); n != 3 {
		t.Errorf("%d events for one note, one task and one file", n)
	}
}
