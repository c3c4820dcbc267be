package incident_test

import (
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// refusals are what the ledger says that people were denied, the last first.
func refusals(t *testing.T, log *ledger.Log) (out []string) {
	t.Helper()
	page, err := log.List(t.Context(), ledger.Filter{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		if e.Kind == ledger.Refusal {
			out = append(out, strings.Join([]string{e.Actor.ID, e.Action, e.Incident, e.Details["rule"], e.Details["why"]}, "|"))
		}
	}
	return out
}

// Whoever is denied something by a rule of cases stands in the ledger, with the rule,
// and without the words of a text that must not be said.
func TestRefusalsOfCasesAreEntries(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r := newWritingRoom(t)
	r.make()
	blog := r.approve(r.one(advisory.Blog, ""), "")
	_, send := r.Send(ctx, responder(), blog.ID, incident.SendOrder{Revision: blog.Revision, Where: "https://blog.example/post"})
	_, patch := r.Patch(ctx, r.id, incident.PatchOrder{Format: advisory.RustSec, Who: responder()})
	advice := r.one(advisory.RustSec, "arraykit")
	advice, err := r.EditDraft(ctx, editor(), advice.ID, advice.Revision, advice.Body+"\nAsk someone@mail.example about it.\n")
	if err != nil {
		t.Fatal(err)
	}
	_, approve := r.Approve(ctx, responder(), advice.ID, incident.DraftOrder{Revision: advice.Revision})
	_, drill := r.DrillStart(ctx, responder(), incident.DrillAugust)
	for what, err := range map[string]error{"send": send, "patch": patch, "approve": approve, "drill": drill} {
		wantKind(t, what, err, cratewarden.Refused)
	}
	got := refusals(t, r.log)
	want := []string{"rob|incident.drill||drill|", "rob|incident.publish|" + r.id + "|lint|", "rob|incident.publish|" + r.id + "|locked|", "rob|incident.publish|" + r.id + "|locked|"}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for n := range want {
		if !strings.HasPrefix(got[n], want[n]) || strings.HasSuffix(got[n], "|") || strings.Contains(got[n], "someone") {
			t.Errorf("%q is not %q and why", got[n], want[n])
		}
	}
	if _, err := r.Approve(ctx, action.Actor{}, advice.ID, incident.DraftOrder{Revision: advice.Revision}); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Error(err)
	}
	if n := len(refusals(t, r.log)); n != len(want) {
		t.Errorf("%d refusals: what is no refusal, or nobody's, is written down as one", n)
	}
}
