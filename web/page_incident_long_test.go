package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cratewarden/advisory"
	"cratewarden/incident"
)

// A case in which programs write a great deal still shows what was written last.
func TestLongCasesShowTheirNewestNotes(t *testing.T) {
	t.Parallel()
	s, b := caseServer(t)
	answer := ask(s, "POST", "/incidents", post(url.Values{"subjects": {"arraykit@0.3.10"}, "kind": {"malicious-update"}, "severity": {"high"}, "tlp": {"AMBER"}, "key": {"k1"}}))
	at := answer.Header.Get("Location")
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatal(answer.StatusCode)
	}
	if _, err := b.db.Exec(t.Context(), `INSERT INTO incident_event (incident, at, actor, actor_name, kind, body) SELECT 1, now(), 'bot', 'Bot', 'note', 'line ' || n FROM generate_series(1, $1) n`, caseEventsRead+5); err != nil {
		t.Fatal(err)
	}
	if answer := ask(s, "POST", at+"/notes", post(url.Values{"body": {"STOP: it is exfiltrating now"}})); answer.StatusCode != http.StatusSeeOther {
		t.Fatal(answer.StatusCode)
	}
	if page := body(t, ask(s, "GET", at, nil)); !strings.Contains(page, "STOP: it is exfiltrating now") {
		t.Error("the newest note is not on the page of the case")
	}
}

// What came up since an approval can be approved on the page, too.
func TestApprovalCanBeRenewedOnThePage(t *testing.T) {
	t.Parallel()
	k := sampleCases().fill(t)
	s := incidentServer(t, k, responder)
	seen := 0
	for i := range k.drafts {
		d := &k.drafts[i]
		if d.State != incident.DraftApproved {
			continue
		}
		seen++
		action := `action="` + draftURL("INC-118", d.ID, "approve") + `"`
		d.Public, d.Problems = true, nil
		if page := body(t, ask(s, "GET", draftURL("INC-118", d.ID), nil)); strings.Contains(page, action) {
			t.Errorf("%d is sound, and is to be approved again", d.ID)
		}
		d.Problems = []advisory.Problem{{Rule: "range-wrong", Why: "Another version is bad.", Severe: true}}
		if page := body(t, ask(s, "GET", draftURL("INC-118", d.ID), nil)); !strings.Contains(page, action) {
			t.Errorf("%d cannot be approved again", d.ID)
		}
	}
	if seen == 0 {
		t.Fatal("no sample is approved")
	}
}
