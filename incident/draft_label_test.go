package incident_test

import (
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/incident"
)

func (r *writingRoom) mark(label, was incident.TLP) {
	r.t.Helper()
	if _, err := r.Decide(r.t.Context(), responder(), r.id, incident.Change{Set: map[incident.Field]string{incident.TLPField: string(label)}, Was: map[incident.Field]string{incident.TLPField: string(was)}}); err != nil {
		r.t.Fatal(err)
	}
	r.facts(func(s *advisory.Sheet) { s.TLP = string(label) })
}

// A post that was approved for the team does not go to its chat once the case is
// for named people only, nor do the digests; a reason is for that one text.
func TestNarrowedCasesAreToldNoFurther(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	post, mail := r.approve(r.one(advisory.Zulip, ""), ""), r.approve(r.one(advisory.MailDependents, ""), "")
	r.mark("RED", "CLEAR")
	for _, d := range []incident.Draft{post, mail} {
		_, err := r.Send(t.Context(), responder(), d.ID, incident.SendOrder{Revision: d.Revision, Where: "to them", Via: d.Vias[0]})
		wantKind(t, string(d.Format), err, cratewarden.Refused)
		if err == nil || !strings.Contains(cratewarden.MessageOf(err), "TLP:RED") {
			t.Error(err)
		}
		if _, err = r.Approve(t.Context(), responder(), d.ID, incident.DraftOrder{Revision: d.Revision}); err != nil { // it is approved, and that changes nothing
			t.Error(err)
		}
		_, err = r.Send(t.Context(), responder(), d.ID, incident.SendOrder{Revision: d.Revision, Where: "to them", Via: d.Vias[0]})
		wantKind(t, string(d.Format)+" again", err, cratewarden.Refused)
	}
	r.send(r.approve(r.one(advisory.Zulip, ""), "Only the named are in that stream."), "to the named")
	locked := r.approve(r.one(advisory.MailLocked, ""), "")
	r.send(locked, "to that person")
}

// A draft says that the facts changed since it was made, approved or not, and not
// when nothing but the time passed.
func TestDraftsSayThatTheFactsChanged(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	newer := func(d incident.Draft) bool {
		for _, p := range d.Problems {
			if p.Rule == "facts-newer" {
				return !p.Severe
			}
		}
		return false
	}
	r.approve(r.one(advisory.Blog, ""), "")
	r.facts(func(s *advisory.Sheet) { s.AsOf = s.AsOf.AddDate(0, 0, 1) })
	for _, f := range []advisory.Format{advisory.Blog, advisory.RustSec, advisory.OSV, advisory.CSAF20, advisory.Zulip, advisory.Status, advisory.List} {
		if d := r.one(f, ""); newer(d) {
			t.Errorf("%s: the day after, the facts are called new", f)
		}
	}
	r.facts(func(s *advisory.Sheet) { s.Behaviour = "A build script sends files away." })
	for _, f := range []advisory.Format{advisory.Blog, advisory.RustSec, advisory.OSV, advisory.CSAF20} {
		if d := r.one(f, ""); !newer(d) {
			t.Errorf("%s does not say that what the code does is known better", f)
		}
	}
	r.make()
	if d := r.one(advisory.RustSec, ""); newer(d) {
		t.Error("made anew, it still says so")
	}
	if d := r.one(advisory.Blog, ""); d.State != incident.DraftApproved || !strings.Contains(d.Made, "sends files") {
		t.Errorf("%+v", d)
	}
}
